// Claims about managed memory: one address for host and kernels, what may be said about it, variables.
#include <array>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;

namespace {

const char* const managed_text = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .global .attribute(.managed) .align 4 .u32 total = 40;
.visible .global .align 4 .u32 hidden = 1;

.visible .entry raise()
{
    .reg .b32 %r<2>;
    ld.global.u32 %r0, [total];
    add.u32 %r1, %r0, 1;
    st.global.u32 [total], %r1;
    ret;
}
)";

CUdeviceptr managed(std::size_t size) {
    CUdeviceptr address = 0;
    MUST(cuMemAllocManaged(&address, size, CU_MEM_ATTACH_GLOBAL));
    return address;
}

int range_attribute(CUdeviceptr address, std::size_t size, CUmem_range_attribute which) {
    int value = -77;
    MUST(cuMemRangeGetAttribute(&value, sizeof value, which, address, size));
    return value;
}

}  // namespace

CLAIM("managed memory is the host's and the kernels' at one address") {
    begin();
    const CUmodule module = claims::load_kernels();
    for (const CUdevice_attribute which :
         {CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS,
          CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST}) {
        int value = 0;
        MUST(cuDeviceGetAttribute(&value, which, 0));
        EXPECT_IS(value, 1);
    }
    unsigned count = 3000;
    CUdeviceptr address = managed(count * 4);
    auto* words = reinterpret_cast<std::uint32_t*>(address);
    for (unsigned index = 0; index < count; ++index) words[index] = index;
    const CUfunction add_one = claims::kernel(module, "add_one");
    MUST(claims::launch(add_one, 12, 256, {&address, &count}));
    MUST(cuCtxSynchronize());
    words[5] += 100;
    MUST(claims::launch(add_one, 12, 256, {&address, &count}));
    MUST(cuCtxSynchronize());
    for (unsigned index = 0; index < count; ++index)
        EXPECT_IS(words[index], index + 2 + (index == 5 ? 100 : 0));
    CUmemorytype type{};
    int is_managed = 0;
    void* host = nullptr;
    MUST(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address + 4));
    EXPECT_IS(type, CU_MEMORYTYPE_DEVICE);
    MUST(cuPointerGetAttribute(&is_managed, CU_POINTER_ATTRIBUTE_IS_MANAGED, address + 4));
    EXPECT_IS(is_managed, 1);
    MUST(cuPointerGetAttribute(&host, CU_POINTER_ATTRIBUTE_HOST_POINTER, address + 4));
    EXPECT(host == words + 1);
    EXPECT_IS(claims::read_words(address, 6)[5], 107U);
    CUdeviceptr none = 0;
    EXPECT_IS(cuMemAllocManaged(&none, 0, CU_MEM_ATTACH_GLOBAL), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemAllocManaged(&none, 4, CU_MEM_ATTACH_SINGLE), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemFree_v2(address));
    EXPECT_IS(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    MUST(claims::launch(add_one, 12, 256, {&address, &count}));
    EXPECT_IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("managed memory is attached to streams of the program's own or to all") {
    begin();
    const CUdeviceptr address = managed(4096);
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, 0));
    MUST(cuStreamAttachMemAsync(stream, address, 0, CU_MEM_ATTACH_SINGLE));
    MUST(cuStreamAttachMemAsync(nullptr, address, 4096, CU_MEM_ATTACH_GLOBAL));
    MUST(cuStreamAttachMemAsync(stream, address, 0, CU_MEM_ATTACH_HOST));
    EXPECT_IS(cuStreamAttachMemAsync(nullptr, address, 0, CU_MEM_ATTACH_SINGLE), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamAttachMemAsync(stream, address, 100, CU_MEM_ATTACH_SINGLE), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamAttachMemAsync(stream, address, 0, 3), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuStreamAttachMemAsync(stream, claims::zeroed_words(4), 0, CU_MEM_ATTACH_GLOBAL),
              CUDA_ERROR_INVALID_VALUE);
}

CLAIM("what has been said about managed memory holds for the pages it was said about") {
    begin();
    constexpr std::size_t kPage = 4096;
    const CUdeviceptr address = managed(4 * kPage);
    const CUmem_range_attribute mostly = CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY;
    const CUmem_range_attribute preferred = CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION;
    EXPECT_IS(range_attribute(address, 4 * kPage, mostly), 0);
    EXPECT_IS(range_attribute(address, 4 * kPage, preferred), -2);
    MUST(cuMemAdvise(address, 2 * kPage, CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
    EXPECT_IS(range_attribute(address, 2 * kPage, mostly), 1);
    EXPECT_IS(range_attribute(address, 4 * kPage, mostly), 0);
    MUST(cuMemAdvise(address, 4 * kPage, CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
    MUST(cuMemAdvise(address + kPage, kPage, CU_MEM_ADVISE_UNSET_READ_MOSTLY, 0));
    EXPECT_IS(range_attribute(address, kPage, mostly), 1);
    EXPECT_IS(range_attribute(address, 2 * kPage, mostly), 0);
    MUST(cuMemAdvise(address, 4 * kPage, CU_MEM_ADVISE_SET_PREFERRED_LOCATION, -1));
    EXPECT_IS(range_attribute(address, 4 * kPage, preferred), -1);
    MUST(cuMemPrefetchAsync(address, kPage, 0, nullptr));
    EXPECT_IS(range_attribute(address, kPage, CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION), 0);
    EXPECT_IS(range_attribute(address, 4 * kPage, CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION), -2);
    MUST(cuMemAdvise_v2(address, kPage, CU_MEM_ADVISE_SET_ACCESSED_BY, {CU_MEM_LOCATION_TYPE_DEVICE, 0}));
    std::array<int, 2> accessed{};
    MUST(cuMemRangeGetAttribute(accessed.data(), sizeof accessed, CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, address,
                                kPage));
    EXPECT_IS(accessed[0], 0);
    EXPECT_IS(accessed[1], -2);
    EXPECT_IS(cuMemPrefetchAsync(address, kPage, 9, nullptr), CUDA_ERROR_INVALID_DEVICE);
    EXPECT_IS(cuMemPrefetchAsync(address, 5 * kPage, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemAdvise(claims::zeroed_words(4), 4, CU_MEM_ADVISE_SET_READ_MOSTLY, 0),
              CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemFree_v2(address));
    const CUdeviceptr again = managed(4 * kPage);
    EXPECT_IS(range_attribute(again, 4 * kPage, preferred), -2);
}

CLAIM("a managed variable is the host's, too") {
    begin();
    CUlibrary library = nullptr;
    MUST(cuLibraryLoadData(&library, managed_text, nullptr, nullptr, 0, nullptr, nullptr, 0));
    MUST(cuCtxSetCurrent(nullptr));
    CUdeviceptr address = 0;
    std::size_t size = 0;
    MUST(cuLibraryGetManaged(&address, &size, library, "total"));
    EXPECT_IS(size, std::size_t{4});
    EXPECT_IS(cuLibraryGetManaged(&address, &size, library, "hidden"), CUDA_ERROR_NOT_FOUND);
    auto* total = reinterpret_cast<std::uint32_t*>(address);
    EXPECT_IS(*total, 40U);
    begin();
    *total += 1;
    CUkernel raise = nullptr;
    MUST(cuLibraryGetKernel(&raise, library, "raise"));
    MUST(claims::launch(reinterpret_cast<CUfunction>(raise), 1, 1, {}));
    MUST(cuCtxSynchronize());
    EXPECT_IS(*total, 42U);
    EXPECT_IS(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    int is_managed = 0;
    MUST(cuPointerGetAttribute(&is_managed, CU_POINTER_ATTRIBUTE_IS_MANAGED, address));
    EXPECT_IS(is_managed, 1);
}

CLAIM("a managed variable of a library is one in all contexts, and outlives the first") {
    begin();
    CUlibrary library = nullptr;
    MUST(cuLibraryLoadData(&library, managed_text, nullptr, nullptr, 0, nullptr, nullptr, 0));
    CUkernel raise = nullptr;
    MUST(cuLibraryGetKernel(&raise, library, "raise"));
    CUdeviceptr seen[3] = {};
    for (CUdeviceptr& address : seen) {
        CUcontext context = nullptr;
        MUST(cuCtxCreate_v2(&context, 0, 0));
        MUST(cuLibraryGetManaged(&address, nullptr, library, "total"));
        CUdeviceptr own = 0;
        MUST(cuLibraryGetGlobal(&own, nullptr, library, "hidden"));
        EXPECT(own != address);
        MUST(claims::launch(reinterpret_cast<CUfunction>(raise), 1, 1, {}));
        MUST(cuCtxSynchronize());
        if (&address == &seen[0]) MUST(cuCtxDestroy_v2(context));
    }
    EXPECT_IS(seen[1], seen[0]);
    EXPECT_IS(seen[2], seen[0]);
    EXPECT_IS(*reinterpret_cast<std::uint32_t*>(seen[0]), 43U);
    // Each module of its own has its own.
    CUmodule module = nullptr;
    CUdeviceptr other = 0;
    MUST(cuModuleLoadData(&module, managed_text));
    MUST(cuModuleGetGlobal_v2(&other, nullptr, module, "total"));
    EXPECT(other != seen[0]);
    EXPECT_IS(*reinterpret_cast<std::uint32_t*>(other), 40U);
    MUST(cuModuleUnload(module));
    EXPECT_IS(cuMemsetD32_v2(other, 0, 1), CUDA_ERROR_INVALID_VALUE);
    MUST(cuLibraryUnload(library));
    EXPECT_IS(cuMemsetD32_v2(seen[0], 0, 1), CUDA_ERROR_INVALID_VALUE);
}
