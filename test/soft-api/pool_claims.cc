// Claims about stream-ordered memory: where a block may be given out again, what pools keep, access.
#include "soft-api/claim.h"

using namespace abi;
using claims::begin;

namespace {

constexpr std::size_t kSize = 100'000;
constexpr std::size_t kPaid = 100'352;  // in steps of 512

CUstream new_stream() {
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    return stream;
}

CUdeviceptr taken(CUstream stream, std::size_t size = kSize) {
    CUdeviceptr address = 0;
    MUST(cuMemAllocAsync(&address, size, stream));
    return address;
}

std::uint64_t attribute(CUmemoryPool pool, CUmemPool_attribute which) {
    std::uint64_t value = 0;
    MUST(cuMemPoolGetAttribute(pool, which, &value));
    return value;
}

CUmemoryPool default_pool() {
    CUmemoryPool pool = nullptr;
    MUST(cuDeviceGetDefaultMemPool(&pool, 0));
    return pool;
}

void keep_all(CUmemoryPool pool) {
    std::uint64_t all = ~std::uint64_t{0};
    MUST(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &all));
}

std::size_t unused_bytes() {
    std::size_t unused = 0;
    std::size_t total = 0;
    MUST(cuMemGetInfo_v2(&unused, &total));
    return unused;
}

// A stream whose work waits until *word is not 0.
struct HeldStream {
    CUstream stream = new_stream();
    volatile std::uint32_t* word = claims::pinned_word();
    explicit HeldStream(CUmodule module) {
        auto address = reinterpret_cast<CUdeviceptr>(word);
        MUST(claims::launch(claims::kernel(module, "await"), 1, 1, {&address}, stream));
    }
    void let_go() const {
        *word = 1;
        MUST(cuStreamSynchronize(stream));
    }
};

CUmemPoolProps on_device() {
    CUmemPoolProps props{};
    props.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    props.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
    return props;
}

}  // namespace

CLAIM("memory of a pool is there behind its allocation and gone behind its free") {
    begin();
    const CUmodule module = claims::load_kernels();
    const CUstream stream = new_stream();
    int supported = 0;
    MUST(cuDeviceGetAttribute(&supported, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 0));
    EXPECT_IS(supported, 1);
    const CUdeviceptr words = taken(stream, 4096);
    unsigned count = 1024;
    MUST(cuMemsetD32Async(words, 41, count, stream));
    CUdeviceptr argument = words;
    MUST(claims::launch(claims::kernel(module, "add_one"), 4, 256, {&argument, &count}, stream));
    std::vector<std::uint32_t> host(count);
    MUST(cuMemcpyDtoHAsync_v2(host.data(), words, 4096, stream));
    MUST(cuMemFreeAsync(words, stream));
    EXPECT_IS(cuMemFreeAsync(words, stream), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemFreeAsync(words + 512, stream), CUDA_ERROR_INVALID_VALUE);
    MUST(cuStreamSynchronize(stream));
    for (const std::uint32_t word : host) EXPECT_IS(word, 42U);
    EXPECT_IS(cuMemsetD32_v2(words, 0, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemFree_v2(words), CUDA_ERROR_INVALID_VALUE);
    CUdeviceptr none = 0;
    EXPECT_IS(cuMemAllocAsync(&none, 0, stream), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemAllocAsync(nullptr, 4, stream), CUDA_ERROR_INVALID_VALUE);
    keep_all(default_pool());
    MUST(cuMemFreeAsync(taken(stream, 4096), stream));
    MUST(claims::launch(claims::kernel(module, "add_one"), 4, 256, {&argument, &count}, stream));
    EXPECT_IS(cuStreamSynchronize(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("a freed block is reused in its own stream at once and in others behind the free") {
    begin();
    const CUmodule module = claims::load_kernels();
    keep_all(default_pool());
    const HeldStream held(module);
    const CUstream other = new_stream();
    const CUdeviceptr first = taken(held.stream);
    MUST(cuMemFreeAsync(first, held.stream));
    EXPECT_IS(taken(held.stream), first);
    MUST(cuMemFreeAsync(first, held.stream));
    const CUdeviceptr second = taken(other);
    EXPECT(second != first);
    CUevent event = nullptr;
    MUST(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
    MUST(cuEventRecord(event, held.stream));
    MUST(cuStreamWaitEvent(other, event, 0));
    EXPECT_IS(taken(other), first);
    MUST(cuMemFreeAsync(first, other));
    held.let_go();
    MUST(cuStreamSynchronize(other));
    EXPECT_IS(taken(new_stream()), first);
    MUST(cuMemFreeAsync(first, held.stream));
    // A block that is a little larger serves, a much larger one does not.
    EXPECT_IS(taken(held.stream, kSize - 5000), first);
    MUST(cuMemFreeAsync(first, held.stream));
    EXPECT(taken(held.stream, kSize / 2) != first);
}

CLAIM("without memory an allocation waits for what another stream is going to free") {
    begin();
    const CUmodule module = claims::load_kernels();
    const HeldStream held(module);
    const CUstream other = new_stream();
    const std::size_t most = unused_bytes() / 4 * 3;
    const CUdeviceptr large = taken(held.stream, most);
    MUST(cuMemFreeAsync(large, held.stream));
    int no = 0;
    int yes = 1;
    const CUmemoryPool pool = default_pool();
    MUST(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES, &no));
    CUdeviceptr address = 0;
    EXPECT_IS(cuMemAllocAsync(&address, most, other), CUDA_ERROR_OUT_OF_MEMORY);
    MUST(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES, &yes));
    MUST(cuMemAllocAsync(&address, most, other));
    EXPECT_IS(address, large);
    EXPECT_IS(cuStreamQuery(other), CUDA_ERROR_NOT_READY);
    held.let_go();
    MUST(cuMemsetD8Async(address, 1, most > 4096 ? 4096 : most, other));
    MUST(cuStreamSynchronize(other));
    EXPECT_IS(claims::read_words(address, 1)[0], 0x01010101U);
    MUST(cuMemFreeAsync(address, other));
    MUST(cuStreamSynchronize(other));
    MUST(cuMemAlloc_v2(&address, most));
}

CLAIM("a pool keeps what its threshold says, and says what it holds") {
    begin();
    const std::size_t before = unused_bytes();
    const CUstream stream = new_stream();
    const CUmemoryPool pool = default_pool();
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD), 0ULL);
    const CUdeviceptr first = taken(stream);
    const CUdeviceptr second = taken(stream);
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 2 * kPaid);
    MUST(cuMemFreeAsync(first, stream));
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), kPaid);
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 2 * kPaid);
    EXPECT_IS(unused_bytes(), before - 2 * kPaid);
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), kPaid);
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH), 2 * kPaid);
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH), 2 * kPaid);
    std::uint64_t value = 0;
    MUST(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &value));
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH), kPaid);
    value = 1;
    EXPECT_IS(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &value), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &value),
              CUDA_ERROR_INVALID_VALUE);
    keep_all(pool);
    EXPECT_IS(cuMemFree_v2(second), CUDA_SUCCESS);
    MUST(cuCtxSynchronize());
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), kPaid);
    EXPECT_IS(unused_bytes(), before - kPaid);
    MUST(cuMemPoolTrimTo(pool, kPaid));
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), kPaid);
    MUST(cuMemPoolTrimTo(pool, kPaid - 1));
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 0ULL);
    EXPECT_IS(unused_bytes(), before);
    CUdeviceptr plain = 0;
    MUST(cuMemAlloc_v2(&plain, kSize));
    MUST(cuMemFreeAsync(plain, stream));
    EXPECT_IS(unused_bytes(), before);
}

CLAIM("pools of the program's own: limits, the current one, access, an end while in use") {
    begin();
    const CUstream stream = new_stream();
    CUmemPoolProps props = on_device();
    props.maxSize = 2 * kPaid;
    CUmemoryPool pool = nullptr;
    MUST(cuMemPoolCreate(&pool, &props));
    CUdeviceptr blocks[3] = {};
    MUST(cuMemAllocFromPoolAsync(&blocks[0], kSize, pool, stream));
    MUST(cuMemAllocFromPoolAsync(&blocks[1], kSize, pool, stream));
    EXPECT_IS(cuMemAllocFromPoolAsync(&blocks[2], kSize, pool, stream), CUDA_ERROR_OUT_OF_MEMORY);
    CUmemoryPool named = nullptr;
    MUST(cuPointerGetAttribute(&named, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, blocks[0] + 8));
    EXPECT(named == pool);
    MUST(cuDeviceSetMemPool(0, pool));
    MUST(cuDeviceGetMemPool(&named, 0));
    EXPECT(named == pool);
    MUST(cuMemFreeAsync(blocks[0], stream));
    EXPECT_IS(taken(stream), blocks[0]);
    CUmemLocation here{CU_MEM_LOCATION_TYPE_DEVICE, 0};
    CUmemAccess_flags access{};
    MUST(cuMemPoolGetAccess(&access, pool, &here));
    EXPECT_IS(access, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
    CUmemAccessDesc none{here, CU_MEM_ACCESS_FLAGS_PROT_NONE};
    EXPECT_IS(cuMemPoolSetAccess(pool, &none, 1), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemPoolDestroy(pool));
    EXPECT_IS(cuMemPoolDestroy(pool), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemPoolDestroy(default_pool()), CUDA_ERROR_INVALID_VALUE);
    MUST(cuDeviceGetMemPool(&named, 0));
    EXPECT(named == default_pool());
    MUST(cuMemsetD8Async(blocks[1], 1, kSize, stream));
    const std::size_t before = unused_bytes();
    MUST(cuMemFreeAsync(blocks[1], stream));
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(unused_bytes(), before + kPaid);
    props.handleTypes = CU_MEM_HANDLE_TYPE_WIN32;
    EXPECT_IS(cuMemPoolCreate(&pool, &props), CUDA_ERROR_NOT_SUPPORTED);
    props = on_device();
    props.location.id = 99;
    EXPECT_IS(cuMemPoolCreate(&pool, &props), CUDA_ERROR_INVALID_DEVICE);
}

CLAIM("the end of a context takes what it has of the pools") {
    begin();
    const std::size_t before = unused_bytes();
    const CUmemoryPool pool = default_pool();
    keep_all(pool);
    CUcontext own = nullptr;
    MUST(cuCtxCreate_v2(&own, 0, 0));
    const CUstream stream = new_stream();
    taken(stream);
    MUST(cuMemFreeAsync(taken(stream), stream));
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 2 * kPaid);
    MUST(cuCtxDestroy_v2(own));
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 0ULL);
    EXPECT_IS(attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 0ULL);
    EXPECT_IS(unused_bytes(), before);
}
