// Exported: virtual memory management. Memory without an address is a file in memory; its handles of the
// system are that file's descriptors.
#include <fcntl.h>

#include "soft/api/entry.h"

using namespace soft;
using namespace soft::driver;

namespace {

bool is_whole(std::uint64_t value) { return value != 0 && value % kGranule == 0; }

CUresult check(const Device& device, const abi::CUmemAllocationProp* prop) {
    if (prop == nullptr || prop->type != abi::CU_MEM_ALLOCATION_TYPE_PINNED)
        return abi::CUDA_ERROR_INVALID_VALUE;
    const bool by_file = prop->requestedHandleTypes == abi::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
    if (!by_file && prop->requestedHandleTypes != abi::CU_MEM_HANDLE_TYPE_NONE)
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (prop->location.type != abi::CU_MEM_LOCATION_TYPE_DEVICE) return abi::CUDA_ERROR_NOT_SUPPORTED;
    return device.has(prop->location.id) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_DEVICE;
}

}  // namespace

SOFT_EXPORT CUresult cuMemAddressReserve(abi::CUdeviceptr* ptr, std::size_t size, std::size_t alignment,
                                         abi::CUdeviceptr, unsigned long long flags) {
    return enter([&](Device& device) {
        const bool power = (alignment & (alignment - 1)) == 0;
        if (ptr == nullptr || !is_whole(size) || !power || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t address = 0;
        const CUresult result = device.virtuals.reserve(size, alignment, address);
        if (result == abi::CUDA_SUCCESS) *ptr = address;
        return result;
    });
}

SOFT_EXPORT CUresult cuMemAddressFree(abi::CUdeviceptr ptr, std::size_t size) {
    return enter([&](Device& device) { return device.virtuals.unreserve(ptr, size); });
}

SOFT_EXPORT CUresult cuMemCreate(abi::CUmemGenericAllocationHandle* handle, std::size_t size,
                                 const abi::CUmemAllocationProp* prop, unsigned long long flags) {
    return enter([&](Device& device) {
        if (handle == nullptr || !is_whole(size) || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        if (const CUresult good = check(device, prop); good != abi::CUDA_SUCCESS) return good;
        std::uint64_t made = 0;
        CUresult result = device.virtuals.create(size, *prop, made);
        if (result == abi::CUDA_ERROR_OUT_OF_MEMORY && device.pools.trim_all())
            result = device.virtuals.create(size, *prop, made);
        if (result == abi::CUDA_SUCCESS) *handle = made;
        return result;
    });
}

SOFT_EXPORT CUresult cuMemRelease(abi::CUmemGenericAllocationHandle handle) {
    return enter([&](Device& device) { return device.virtuals.release(handle); });
}

SOFT_EXPORT CUresult cuMemMap(abi::CUdeviceptr ptr, std::size_t size, std::size_t offset,
                              abi::CUmemGenericAllocationHandle handle, unsigned long long flags) {
    return enter([&](Device& device) {
        if (ptr % kGranule != 0 || !is_whole(size) || offset % kGranule != 0 || flags != 0)
            return abi::CUDA_ERROR_INVALID_VALUE;
        return device.virtuals.map(ptr, size, offset, handle);
    });
}

SOFT_EXPORT CUresult cuMemUnmap(abi::CUdeviceptr ptr, std::size_t size) {
    return enter([&](Device& device) {
        if (!is_whole(size)) return abi::CUDA_ERROR_INVALID_VALUE;
        device.wait_for_all();
        return device.virtuals.unmap(ptr, size);
    });
}

SOFT_EXPORT CUresult cuMemSetAccess(abi::CUdeviceptr ptr, std::size_t size, const abi::CUmemAccessDesc* desc,
                                    std::size_t count) {
    return enter([&](Device& device) {
        if (desc == nullptr || count == 0 || !is_whole(size)) return abi::CUDA_ERROR_INVALID_VALUE;
        for (std::size_t index = 0; index < count; ++index) {
            const abi::CUmemLocation& location = desc[index].location;
            if (location.type != abi::CU_MEM_LOCATION_TYPE_DEVICE) return abi::CUDA_ERROR_NOT_SUPPORTED;
            if (!device.has(location.id)) return abi::CUDA_ERROR_INVALID_DEVICE;
            // Pages know no reader that may not write.
            if (desc[index].flags == abi::CU_MEM_ACCESS_FLAGS_PROT_READ) return abi::CUDA_ERROR_NOT_SUPPORTED;
        }
        for (std::size_t index = 0; index < count; ++index) {
            const bool may = desc[index].flags == abi::CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
            const CUresult result = device.virtuals.set_access(ptr, size, desc[index].location.id, may);
            if (result != abi::CUDA_SUCCESS) return result;
        }
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemGetAccess(unsigned long long* flags, const abi::CUmemLocation* location,
                                    abi::CUdeviceptr ptr) {
    return enter([&](const Device& device) {
        if (flags == nullptr || location == nullptr || location->type != abi::CU_MEM_LOCATION_TYPE_DEVICE)
            return abi::CUDA_ERROR_INVALID_VALUE;
        if (!device.has(location->id)) return abi::CUDA_ERROR_INVALID_DEVICE;
        bool known = false;
        const bool may = device.virtuals.may_use(ptr, location->id, known);
        if (!known) return abi::CUDA_ERROR_INVALID_VALUE;
        *flags = may ? abi::CU_MEM_ACCESS_FLAGS_PROT_READWRITE : abi::CU_MEM_ACCESS_FLAGS_PROT_NONE;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemGetAllocationGranularity(std::size_t* granularity,
                                                   const abi::CUmemAllocationProp* prop,
                                                   abi::CUmemAllocationGranularity_flags option) {
    return enter([&](const Device& device) {
        const bool known = option == abi::CU_MEM_ALLOC_GRANULARITY_MINIMUM ||
                           option == abi::CU_MEM_ALLOC_GRANULARITY_RECOMMENDED;
        if (granularity == nullptr || !known) return abi::CUDA_ERROR_INVALID_VALUE;
        if (const CUresult good = check(device, prop); good != abi::CUDA_SUCCESS) return good;
        *granularity = kGranule;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemGetAllocationPropertiesFromHandle(abi::CUmemAllocationProp* prop,
                                                            abi::CUmemGenericAllocationHandle handle) {
    return enter([&](const Device& device) {
        const auto memory = device.virtuals.find(handle);
        if (prop == nullptr || !memory) return abi::CUDA_ERROR_INVALID_VALUE;
        *prop = memory->prop;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemRetainAllocationHandle(abi::CUmemGenericAllocationHandle* handle, void* addr) {
    return enter([&](Device& device) {
        if (handle == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t named = 0;
        const CUresult result = device.virtuals.retain(address_of(addr), named);
        if (result == abi::CUDA_SUCCESS) *handle = named;
        return result;
    });
}

SOFT_EXPORT CUresult cuMemExportToShareableHandle(void* shareable, abi::CUmemGenericAllocationHandle handle,
                                                  abi::CUmemAllocationHandleType type,
                                                  unsigned long long flags) {
    return enter([&](const Device& device) {
        const auto memory = device.virtuals.find(handle);
        if (shareable == nullptr || !memory || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const bool by_file = type == abi::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR &&
                             memory->prop.requestedHandleTypes == type;
        if (!by_file) return abi::CUDA_ERROR_INVALID_VALUE;
        const int file = fcntl(memory->file, F_DUPFD_CLOEXEC, 0);
        if (file < 0) return abi::CUDA_ERROR_OPERATING_SYSTEM;
        copy_exact(shareable, &file, sizeof file);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemImportFromShareableHandle(abi::CUmemGenericAllocationHandle* handle,
                                                    void* shareable,
                                                    abi::CUmemAllocationHandleType type) {
    return enter([&](Device& device) {
        if (handle == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        if (type != abi::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR) return abi::CUDA_ERROR_NOT_SUPPORTED;
        std::uint64_t made = 0;
        // The descriptor itself, in the place of a pointer to it.
        const CUresult result = device.virtuals.import_file(static_cast<int>(address_of(shareable)), made);
        if (result == abi::CUDA_SUCCESS) *handle = made;
        return result;
    });
}
