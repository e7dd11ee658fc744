// Claims about memory: accounting, copies, fills, pinned and registered memory, what CUDA knows of an
// address.
#include <sys/mman.h>

#include <cstring>
#include <numeric>

#include "cudart/lent_memory.h"
#include "soft-api/claim.h"

extern "C" const device::LentMemory* ferry_soft_lent_memory();

using namespace abi;
using claims::begin;
using claims::zeroed_words;

namespace {

std::size_t unused_bytes() {
    std::size_t unused = 0;
    std::size_t total = 0;
    MUST(cuMemGetInfo_v2(&unused, &total));
    return unused;
}

}  // namespace

CLAIM("every byte is accounted for in steps of 512") {
    begin();
    const std::size_t before = unused_bytes();
    std::vector<CUdeviceptr> addresses;
    std::size_t paid = 0;
    for (const std::size_t size : {1, 511, 512, 513, 100'000, 1 << 20, (5 << 20) + 1}) {
        CUdeviceptr address = 0;
        MUST(cuMemAlloc_v2(&address, size));
        EXPECT_IS(address % 512, 0ULL);
        paid += (size + 511) / 512 * 512;
        EXPECT_IS(unused_bytes(), before - paid);
        addresses.push_back(address);
    }
    for (const CUdeviceptr address : addresses) EXPECT_IS(cuMemFree_v2(address), CUDA_SUCCESS);
    EXPECT_IS(unused_bytes(), before);
    for (const CUdeviceptr address : addresses) EXPECT_IS(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemFree_v2(0), CUDA_SUCCESS);
    EXPECT_IS(unused_bytes(), before);
}

CLAIM("a lent block holds what has been carved out of it and nothing else") {
    begin();
    const device::LentMemory& lent = *ferry_soft_lent_memory();
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
    const std::size_t before = unused_bytes();
    CUdeviceptr loan = 0;
    MUST(cuMemAlloc_v2(&loan, 8 * kMiB));
    EXPECT_IS(lent.lend(loan + 512), CUDA_ERROR_INVALID_VALUE);
    MUST(lent.lend(loan));
    EXPECT_IS(lent.lend(loan), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemsetD8_v2(loan, 1, 1), CUDA_ERROR_INVALID_VALUE);
    MUST(lent.carve(loan + 512, 1000));
    MUST(lent.carve(loan + 4 * kMiB, 3 * kMiB));
    EXPECT_IS(lent.carve(loan, 513), CUDA_ERROR_INVALID_VALUE);                  // overlaps
    EXPECT_IS(lent.carve(loan + 100, 10), CUDA_ERROR_INVALID_VALUE);             // misaligned
    EXPECT_IS(lent.carve(loan + 2 * kMiB - 512, 513), CUDA_ERROR_INVALID_VALUE);  // crosses a granule
    EXPECT_IS(lent.carve(loan + 6 * kMiB, 3 * kMiB), CUDA_ERROR_INVALID_VALUE);  // leaves the loan
    EXPECT_IS(lent.carve(loan + 6 * kMiB, 4096), CUDA_ERROR_INVALID_VALUE);      // overlaps
    MUST(lent.carve(loan, 512));
    MUST(cuMemsetD8_v2(loan + 512, 1, 1000));
    EXPECT_IS(cuMemsetD8_v2(loan + 512, 1, 1025), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemsetD8_v2(loan + 4 * kMiB, 1, 3 * kMiB));
    CUdeviceptr base = 0;
    std::size_t size = 0;
    MUST(cuMemGetAddressRange_v2(&base, &size, loan + 6 * kMiB));
    EXPECT_IS(base, loan + 4 * kMiB);
    EXPECT_IS(unused_bytes(), before - 8 * kMiB);
    MUST(lent.close(loan));
    EXPECT_IS(unused_bytes(), before - 3 * kMiB - 1024 - 512);
    EXPECT_IS(lent.carve(loan + 2 * kMiB, 512), CUDA_ERROR_INVALID_VALUE);
    MUST(lent.uncarve(loan + 512));
    EXPECT_IS(lent.uncarve(loan + 512), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemsetD8_v2(loan + 512, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(unused_bytes(), before - 3 * kMiB - 512);
    MUST(lent.uncarve(loan));
    MUST(cuMemFree_v2(loan));
    EXPECT_IS(unused_bytes(), before);
    EXPECT_IS(cuMemsetD8_v2(loan + 4 * kMiB, 1, 1), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("the last byte can be allocated and one more cannot") {
    begin();
    const std::size_t all = unused_bytes();
    CUdeviceptr address = 0;
    EXPECT_IS(cuMemAlloc_v2(&address, all + 1), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_IS(cuMemAlloc_v2(&address, ~std::size_t{0}), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_IS(cuMemAlloc_v2(&address, 0), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemAlloc_v2(&address, all));
    EXPECT_IS(unused_bytes(), std::size_t{0});
    CUdeviceptr more = 0;
    EXPECT_IS(cuMemAlloc_v2(&more, 1), CUDA_ERROR_OUT_OF_MEMORY);
    MUST(cuMemFree_v2(address));
    MUST(cuMemAlloc_v2(&more, 1));
}

CLAIM("allocations do not overlap and keep their bytes") {
    begin();
    struct Piece {
        CUdeviceptr address;
        std::size_t size;
        unsigned char value;
    };
    std::vector<Piece> pieces;
    std::uint32_t seed = 12345;
    for (int step = 0; step < 3000; ++step) {
        seed = seed * 1664525 + 1013904223;
        if (pieces.size() > 100 || (seed >> 28 == 0 && !pieces.empty())) {
            const std::size_t victim = seed % pieces.size();
            const Piece piece = pieces[victim];
            std::vector<unsigned char> bytes(piece.size);
            MUST(cuMemcpyDtoH_v2(bytes.data(), piece.address, piece.size));
            for (const unsigned char byte : bytes) EXPECT_IS(byte, piece.value);
            MUST(cuMemFree_v2(piece.address));
            pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(victim));
            continue;
        }
        const std::size_t size = 1 + (seed >> 8) % (step % 50 == 0 ? 3'000'000 : 5'000);
        Piece piece{0, size, static_cast<unsigned char>(step)};
        MUST(cuMemAlloc_v2(&piece.address, size));
        MUST(cuMemsetD8_v2(piece.address, piece.value, size));
        pieces.push_back(piece);
    }
}

CLAIM("copies refuse device addresses that are not theirs") {
    begin();
    const CUdeviceptr words = zeroed_words(128);
    std::vector<std::uint32_t> host(256);
    EXPECT_IS(cuMemcpyHtoD_v2(words, host.data(), 513), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemcpyHtoD_v2(words + 4, host.data(), 512), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemcpyDtoH_v2(host.data(), 0, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemcpyDtoH_v2(host.data(), 0x1234567, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemcpyHtoD_v2(words, nullptr, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemcpyHtoD_v2(words, host.data(), 0), CUDA_SUCCESS);
    MUST(cuMemFree_v2(words));
    EXPECT_IS(cuMemcpyHtoD_v2(words, host.data(), 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemsetD8_v2(words, 0, 4), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("fills of every width write exactly what they cover") {
    begin();
    const CUdeviceptr words = zeroed_words(64);
    MUST(cuMemsetD8_v2(words + 1, 0xAB, 2));
    MUST(cuMemsetD16_v2(words + 6, 0x1234, 3));
    MUST(cuMemsetD32_v2(words + 16, 0xDEADBEEF, 2));
    MUST(cuMemsetD2D32_v2(words + 32, 16, 7, 2, 3));
    const auto read = claims::read_words(words, 20);
    EXPECT_IS(read[0], 0x00ABAB00U);
    EXPECT_IS(read[1], 0x12340000U);
    EXPECT_IS(read[2], 0x12341234U);
    EXPECT_IS(read[3], 0U);
    EXPECT_IS(read[5], 0xDEADBEEFU);
    EXPECT_IS(read[6], 0U);
    for (const std::size_t row : {8U, 12U, 16U}) {
        EXPECT_IS(read[row], 7U);
        EXPECT_IS(read[row + 1], 7U);
        EXPECT_IS(read[row + 2], 0U);
    }
    EXPECT_IS(cuMemsetD32_v2(words + 2, 0, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemsetD2D32_v2(words, 4, 0, 2, 2), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("2D copies move the rectangle between pitches, hosts and devices") {
    begin();
    CUdeviceptr device = 0;
    std::size_t pitch = 0;
    MUST(cuMemAllocPitch_v2(&device, &pitch, 20, 6, 4));
    EXPECT_IS(pitch, std::size_t{512});
    EXPECT_IS(cuMemAllocPitch_v2(&device, &pitch, 20, 6, 3), CUDA_ERROR_INVALID_VALUE);
    std::vector<unsigned char> source(8 * 6);
    std::iota(source.begin(), source.end(), static_cast<unsigned char>(0));
    CUDA_MEMCPY2D copy{};
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = source.data();
    copy.srcPitch = 8;
    copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = device;
    copy.dstPitch = pitch;
    copy.dstXInBytes = 3;
    copy.WidthInBytes = 8;
    copy.Height = 6;
    MUST(cuMemcpy2D_v2(&copy));
    std::vector<unsigned char> target(4 * 5, 0xFF);
    CUDA_MEMCPY2D back{};
    back.srcMemoryType = CU_MEMORYTYPE_UNIFIED;
    back.srcDevice = device;
    back.srcPitch = pitch;
    back.srcXInBytes = 4;
    back.srcY = 2;
    back.dstMemoryType = CU_MEMORYTYPE_HOST;
    back.dstHost = target.data();
    back.dstPitch = 5;
    back.WidthInBytes = 4;
    back.Height = 4;
    MUST(cuMemcpy2D_v2(&back));
    for (std::size_t row = 0; row < 4; ++row) {
        for (std::size_t x = 0; x < 4; ++x) EXPECT_IS(target[row * 5 + x], (row + 2) * 8 + x + 1);
        EXPECT_IS(target[row * 5 + 4], 0xFF);
    }
    back.Height = 5;
    EXPECT_IS(cuMemcpy2D_v2(&back), CUDA_ERROR_INVALID_VALUE);
    back.Height = 2;
    back.dstPitch = 3;
    EXPECT_IS(cuMemcpy2D_v2(&back), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("kernels read and write pinned memory at its own address") {
    begin();
    const CUmodule module = claims::load_kernels();
    void* memory = nullptr;
    MUST(cuMemHostAlloc(&memory, 4096, CU_MEMHOSTALLOC_DEVICEMAP));
    auto* words = static_cast<std::uint32_t*>(memory);
    std::fill_n(words, 1024, 41U);
    CUdeviceptr address = 0;
    MUST(cuMemHostGetDevicePointer_v2(&address, memory, 0));
    EXPECT_IS(address, reinterpret_cast<CUdeviceptr>(memory));
    unsigned count = 1024;
    MUST(claims::launch(claims::kernel(module, "add_one"), 4, 256, {&address, &count}));
    MUST(cuCtxSynchronize());
    for (std::size_t index = 0; index < 1024; ++index) EXPECT_IS(words[index], 42U);
    unsigned flags = 0;
    EXPECT_IS(cuMemHostGetFlags(&flags, memory), CUDA_SUCCESS);
    EXPECT_IS(flags, CU_MEMHOSTALLOC_DEVICEMAP);
    EXPECT_IS(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemFreeHost(memory), CUDA_SUCCESS);
    EXPECT_IS(cuMemFreeHost(memory), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemHostAlloc(&memory, 64, 0x100), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("registered memory is reachable from kernels until it is unregistered") {
    begin();
    const CUmodule module = claims::load_kernels();
    std::vector<std::uint32_t> words(1000, 1);
    MUST(cuMemHostRegister_v2(words.data(), 4000, CU_MEMHOSTREGISTER_DEVICEMAP));
    EXPECT_IS(cuMemHostRegister_v2(words.data() + 10, 40, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    CUdeviceptr address = 0;
    MUST(cuMemHostGetDevicePointer_v2(&address, words.data(), 0));
    unsigned count = 1000;
    MUST(claims::launch(claims::kernel(module, "add_one"), 4, 256, {&address, &count}));
    MUST(cuCtxSynchronize());
    EXPECT_IS(words[999], 2U);
    MUST(cuMemHostUnregister(words.data()));
    EXPECT_IS(cuMemHostUnregister(words.data()), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    MUST(claims::launch(claims::kernel(module, "add_one"), 4, 256, {&address, &count}));
    EXPECT_IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("CUDA knows what an address is") {
    const CUcontext context = begin();
    const CUdeviceptr words = zeroed_words(100);
    CUmemorytype type{};
    CUcontext owner = nullptr;
    CUdeviceptr start = 0;
    std::size_t size = 0;
    int ordinal = -1;
    CUpointer_attribute names[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_CONTEXT,
                                   CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, CU_POINTER_ATTRIBUTE_RANGE_SIZE,
                                   CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL};
    void* values[] = {&type, &owner, &start, &size, &ordinal};
    EXPECT_IS(cuPointerGetAttributes(5, names, values, words + 17), CUDA_SUCCESS);
    EXPECT_IS(type, CU_MEMORYTYPE_DEVICE);
    EXPECT(owner == context);
    EXPECT_IS(start, words);
    EXPECT_IS(size, std::size_t{400});
    EXPECT_IS(ordinal, 0);
    EXPECT_IS(cuPointerGetAttributes(5, names, values, reinterpret_cast<CUdeviceptr>(&type)), CUDA_SUCCESS);
    EXPECT_IS(static_cast<int>(type), 0);
    EXPECT(owner == nullptr);
    EXPECT_IS(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, 0x10), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_HOST_POINTER, words),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemGetAddressRange_v2(&start, &size, words + 399), CUDA_SUCCESS);
    EXPECT_IS(size, std::size_t{400});
    EXPECT_IS(cuMemGetAddressRange_v2(&start, &size, 0x10), CUDA_ERROR_NOT_FOUND);
}
