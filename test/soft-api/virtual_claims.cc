// Claims about virtual memory management: addresses, memory, what is mapped where, and files of it.
#include <unistd.h>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;

namespace {

constexpr std::size_t kUnit = std::size_t{2} << 20;

CUmemAllocationProp on_device() {
    CUmemAllocationProp prop{};
    prop.type = CU_MEM_ALLOCATION_TYPE_PINNED;
    prop.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
    prop.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
    return prop;
}

CUmemGenericAllocationHandle new_memory(std::size_t size) {
    const CUmemAllocationProp prop = on_device();
    CUmemGenericAllocationHandle handle = 0;
    MUST(cuMemCreate(&handle, size, &prop, 0));
    return handle;
}

CUdeviceptr reserved(std::size_t size, std::size_t alignment = 0) {
    CUdeviceptr address = 0;
    MUST(cuMemAddressReserve(&address, size, alignment, 0, 0));
    return address;
}

CUresult allow(CUdeviceptr address, std::size_t size, CUmemAccess_flags flags) {
    const CUmemAccessDesc desc{{CU_MEM_LOCATION_TYPE_DEVICE, 0}, flags};
    return cuMemSetAccess(address, size, &desc, 1);
}

std::size_t unused_bytes() {
    std::size_t unused = 0;
    std::size_t total = 0;
    MUST(cuMemGetInfo_v2(&unused, &total));
    return unused;
}

}  // namespace

CLAIM("memory is mapped under reserved addresses, and goes when nothing names it any more") {
    begin();
    std::size_t unit = 0;
    const CUmemAllocationProp prop = on_device();
    MUST(cuMemGetAllocationGranularity(&unit, &prop, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
    EXPECT_IS(unit, kUnit);
    const std::size_t before = unused_bytes();
    const CUdeviceptr address = reserved(4 * kUnit, 16 * kUnit);
    EXPECT_IS(address % (16 * kUnit), 0ULL);
    EXPECT_IS(unused_bytes(), before);
    const CUmemGenericAllocationHandle first = new_memory(kUnit);
    const CUmemGenericAllocationHandle second = new_memory(2 * kUnit);
    EXPECT_IS(unused_bytes(), before - 3 * kUnit);
    MUST(cuMemMap(address, kUnit, 0, first, 0));
    MUST(cuMemMap(address + kUnit, 2 * kUnit, 0, second, 0));
    EXPECT_IS(cuMemMap(address + kUnit, kUnit, 0, first, 0), CUDA_ERROR_INVALID_VALUE);      // taken
    EXPECT_IS(cuMemMap(address + 4 * kUnit, kUnit, 0, first, 0), CUDA_ERROR_INVALID_VALUE);  // outside
    EXPECT_IS(cuMemMap(address + 3 * kUnit, kUnit, kUnit, first, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemsetD8_v2(address, 1, 4), CUDA_ERROR_INVALID_VALUE);  // no access yet
    MUST(allow(address, 3 * kUnit, CU_MEM_ACCESS_FLAGS_PROT_READWRITE));
    EXPECT_IS(allow(address, 4 * kUnit, CU_MEM_ACCESS_FLAGS_PROT_READWRITE), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemsetD8_v2(address, 7, 3 * kUnit));  // both mappings are one range
    EXPECT_IS(cuMemsetD8_v2(address, 7, 3 * kUnit + 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(claims::read_words(address + 3 * kUnit - 4, 1)[0], 0x07070707U);
    MUST(cuMemUnmap(address, kUnit));
    EXPECT_IS(cuMemsetD8_v2(address, 7, 4), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemsetD8_v2(address + kUnit, 8, 2 * kUnit));
    EXPECT_IS(cuMemUnmap(address + kUnit, kUnit), CUDA_ERROR_INVALID_VALUE);  // half of a mapping
    EXPECT_IS(cuMemAddressFree(address, 4 * kUnit), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemRelease(first));
    EXPECT_IS(cuMemRelease(first), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(unused_bytes(), before - 2 * kUnit);
    MUST(cuMemRelease(second));
    EXPECT_IS(unused_bytes(), before - 2 * kUnit);  // it is mapped
    MUST(cuMemUnmap(address + kUnit, 2 * kUnit));
    EXPECT_IS(unused_bytes(), before);
    MUST(cuMemAddressFree(address, 4 * kUnit));
    EXPECT_IS(cuMemAddressFree(address, 4 * kUnit), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("one memory under two addresses is the same bytes; a kernel outside of what is mapped faults") {
    begin();
    const CUmodule module = claims::load_kernels();
    const CUmemGenericAllocationHandle memory = new_memory(kUnit);
    CUdeviceptr first = reserved(2 * kUnit);
    CUdeviceptr second = reserved(kUnit);
    MUST(cuMemMap(first, kUnit, 0, memory, 0));
    MUST(cuMemMap(second, kUnit, 0, memory, 0));
    MUST(allow(first, kUnit, CU_MEM_ACCESS_FLAGS_PROT_READWRITE));
    MUST(allow(second, kUnit, CU_MEM_ACCESS_FLAGS_PROT_READWRITE));
    unsigned count = 1000;
    MUST(cuMemsetD32_v2(second, 1, count));
    const CUfunction add_one = claims::kernel(module, "add_one");
    MUST(claims::launch(add_one, 4, 256, {&first, &count}));
    EXPECT_IS(claims::read_words(second, count)[999], 2U);
    const CUmemLocation here{CU_MEM_LOCATION_TYPE_DEVICE, 0};
    unsigned long long access = 0;
    MUST(cuMemGetAccess(&access, &here, first + 5));
    EXPECT_IS(access, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
    MUST(allow(second, kUnit, CU_MEM_ACCESS_FLAGS_PROT_NONE));
    EXPECT_IS(cuMemsetD32_v2(second, 1, count), CUDA_ERROR_INVALID_VALUE);
    CUmemGenericAllocationHandle again = 0;
    MUST(cuMemRetainAllocationHandle(&again, reinterpret_cast<void*>(first + 100)));
    EXPECT_IS(again, memory);
    MUST(cuMemRelease(again));
    MUST(cuMemRelease(memory));
    CUdeviceptr beyond = first + kUnit;
    MUST(claims::launch(add_one, 4, 256, {&beyond, &count}));
    EXPECT_IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("memory travels as a file descriptor") {
    begin();
    const CUmemGenericAllocationHandle memory = new_memory(kUnit);
    int file = -1;
    MUST(cuMemExportToShareableHandle(&file, memory, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
    CUmemGenericAllocationHandle imported = 0;
    MUST(cuMemImportFromShareableHandle(&imported, reinterpret_cast<void*>(static_cast<std::uintptr_t>(file)),
                                        CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR));
    close(file);
    EXPECT(imported != memory);
    const CUdeviceptr first = reserved(2 * kUnit);
    MUST(cuMemMap(first, kUnit, 0, memory, 0));
    MUST(cuMemMap(first + kUnit, kUnit, 0, imported, 0));
    MUST(allow(first, 2 * kUnit, CU_MEM_ACCESS_FLAGS_PROT_READWRITE));
    MUST(cuMemsetD32_v2(first, 5, 10));
    EXPECT_IS(claims::read_words(first + kUnit, 10)[9], 5U);
    CUmemAllocationProp prop{};
    MUST(cuMemGetAllocationPropertiesFromHandle(&prop, imported));
    EXPECT_IS(prop.location.id, 0);
    CUmemAllocationProp wrong = on_device();
    wrong.location.id = 3;
    CUmemGenericAllocationHandle none = 0;
    EXPECT_IS(cuMemCreate(&none, kUnit, &wrong, 0), CUDA_ERROR_INVALID_DEVICE);
    wrong = on_device();
    EXPECT_IS(cuMemCreate(&none, kUnit + 1, &wrong, 0), CUDA_ERROR_INVALID_VALUE);
}
