// Claims about copies that are ordered several at a time.
#include <numeric>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::read_words;
using claims::zeroed_words;

namespace {

using Words = std::vector<std::uint32_t>;

Words counted(std::size_t count) {
    Words words(count);
    std::iota(words.begin(), words.end(), 1u);
    return words;
}

CUdeviceptr address(const void* host) { return reinterpret_cast<CUdeviceptr>(host); }

CUstream new_stream() {
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    return stream;
}

CUmemcpyAttributes ordered(CUmemcpySrcAccessOrder order) {
    CUmemcpyAttributes attributes{};
    attributes.srcAccessOrder = order;
    return attributes;
}

CUmemcpy3DOperand at_pointer(CUdeviceptr pointer, std::size_t row = 0, std::size_t height = 0) {
    CUmemcpy3DOperand operand{};
    operand.type = CU_MEMCPY_OPERAND_TYPE_POINTER;
    operand.op.ptr.ptr = pointer;
    operand.op.ptr.rowLength = row;
    operand.op.ptr.layerHeight = height;
    return operand;
}

}  // namespace

CLAIM("a batch copies each of its parts, and says so when one cannot be") {
    begin();
    const CUstream stream = new_stream();
    CUdeviceptr first = zeroed_words(4);
    CUdeviceptr second = zeroed_words(4);
    const Words words = counted(8);
    Words back(4);
    CUdeviceptr targets[] = {first, second, address(back.data())};
    CUdeviceptr sources[] = {address(words.data()), address(words.data() + 4), first};
    std::size_t sizes[] = {16, 12, 16};
    CUmemcpyAttributes attributes[] = {ordered(CU_MEMCPY_SRC_ACCESS_ORDER_DURING_API_CALL),
                                       ordered(CU_MEMCPY_SRC_ACCESS_ORDER_STREAM)};
    std::size_t from[] = {0, 2};
    const auto batch = [&](std::size_t count, std::size_t attribute_count, CUstream on) {
        return cuMemcpyBatchAsync_v2(targets, sources, sizes, count, attributes, from, attribute_count, on);
    };
    MUST(batch(3, 2, stream));
    MUST(cuStreamSynchronize(stream));
    EXPECT((read_words(first, 4) == Words{1, 2, 3, 4}));
    EXPECT((read_words(second, 4) == Words{5, 6, 7, 0}));
    EXPECT((back == Words{1, 2, 3, 4}));
    EXPECT_IS(batch(3, 2, nullptr), CUDA_ERROR_INVALID_VALUE);  // not on the legacy stream
    EXPECT_IS(batch(0, 0, stream), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(batch(2, 2, stream), CUDA_ERROR_INVALID_VALUE);  // attributes for a copy that is not there
    from[0] = 1;
    EXPECT_IS(batch(3, 1, stream), CUDA_ERROR_INVALID_VALUE);  // none for the first
    from[0] = 0;
    attributes[0].srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_INVALID;
    EXPECT_IS(batch(3, 1, stream), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a batch that reads during the call leaves pinned memory to the program") {
    begin();
    const CUstream stream = new_stream();
    volatile std::uint32_t* gate = claims::pinned_word();
    void* gate_address = const_cast<std::uint32_t*>(gate);
    volatile std::uint32_t* word = claims::pinned_word();
    CUdeviceptr memory = zeroed_words(1);
    *word = 7;
    MUST(claims::launch(claims::kernel(claims::load_kernels(), "await"), 1, 1, {&gate_address}, stream));
    CUdeviceptr source = address(const_cast<std::uint32_t*>(word));
    std::size_t size = 4;
    std::size_t from = 0;
    CUmemcpyAttributes now = ordered(CU_MEMCPY_SRC_ACCESS_ORDER_DURING_API_CALL);
    MUST(cuMemcpyBatchAsync_v2(&memory, &source, &size, 1, &now, &from, 1, stream));
    *word = 8;
    *gate = 1;
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(read_words(memory, 1)[0], 7u);
}

CLAIM("a batch of boxes counts in texels where an array takes part, and in bytes elsewhere") {
    begin();
    const CUstream stream = new_stream();
    const CUDA_ARRAY3D_DESCRIPTOR shape{4, 3, 2, CU_AD_FORMAT_UNSIGNED_INT32, 1, 0};
    CUarray array = nullptr;
    MUST(cuArray3DCreate_v2(&array, &shape));
    const Words words = counted(24);
    CUdeviceptr memory = zeroed_words(32);
    Words bytes(2);
    CUDA_MEMCPY3D_BATCH_OP list[3]{};
    for (auto& one : list) one.srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_STREAM;
    list[0].src = at_pointer(address(words.data()));
    list[0].dst.type = CU_MEMCPY_OPERAND_TYPE_ARRAY;
    list[0].dst.op.array.array = array;
    list[0].extent = {4, 3, 2};
    list[1].src = list[0].dst;
    list[1].src.op.array.offset = {1, 1, 0};
    list[1].dst = at_pointer(memory, 4, 4);
    list[1].extent = {2, 2, 2};
    list[2].src = at_pointer(address(words.data()), 8, 0);
    list[2].dst = at_pointer(address(bytes.data()), 4, 0);
    list[2].extent = {4, 2, 1};
    MUST(cuMemcpy3DBatchAsync_v2(3, list, 0, stream));
    MUST(cuStreamSynchronize(stream));
    Words expected(32);
    for (std::size_t z = 0; z < 2; ++z) {
        for (std::size_t y = 0; y < 2; ++y) {
            for (std::size_t x = 0; x < 2; ++x)
                expected[z * 16 + y * 4 + x] = words[z * 12 + (y + 1) * 4 + x + 1];
        }
    }
    EXPECT(read_words(memory, 32) == expected);
    EXPECT((bytes == Words{1, 3}));
    list[1].extent.width = 4;  // leaves the array's rows
    EXPECT_IS(cuMemcpy3DBatchAsync_v2(2, list, 0, stream), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemcpy3DBatchAsync_v2(1, list, 1, stream), CUDA_ERROR_INVALID_VALUE);
    list[0].dst.op.array.array = nullptr;
    EXPECT_IS(cuMemcpy3DBatchAsync_v2(1, list, 0, stream), CUDA_ERROR_INVALID_HANDLE);
}
