// Exported: pools that several processes share, by file descriptors (pool_file.h).
#include <fcntl.h>

#include "soft/api/entry.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr std::uint64_t kMark = 0x4665'7272'7950'7472ULL;
constexpr abi::CUmemAllocationHandleType kByFile = abi::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;

// What the 64 bytes of a CUmemPoolPtrExportData hold.
struct Ticket {
    std::uint64_t mark = 0;
    SharedBlock block;
};
static_assert(sizeof(Ticket) <= sizeof(abi::CUmemPoolPtrExportData));

}  // namespace

SOFT_EXPORT CUresult cuMemPoolExportToShareableHandle(void* out, abi::CUmemoryPool handle,
                                                      abi::CUmemAllocationHandleType type,
                                                      unsigned long long flags) {
    return enter([&](const Device& device) {
        const Pool* pool = handle == nullptr ? nullptr : device.handles.find<Pool>(handle);
        if (out == nullptr || pool == nullptr || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        if (type != kByFile || pool->file == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const int file = fcntl(pool->file->descriptor(), F_DUPFD_CLOEXEC, 0);
        if (file < 0) return abi::CUDA_ERROR_OPERATING_SYSTEM;
        copy_exact(out, &file, sizeof file);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemPoolImportFromShareableHandle(abi::CUmemoryPool* out, void* shareable,
                                                        abi::CUmemAllocationHandleType type,
                                                        unsigned long long flags) {
    return enter([&](Device& device) {
        if (out == nullptr || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        if (type != kByFile) return abi::CUDA_ERROR_NOT_SUPPORTED;
        // The descriptor itself, in the place of a pointer to it.
        std::unique_ptr<PoolFile> file = PoolFile::adopt(static_cast<int>(address_of(shareable)));
        if (file == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const int ordinal = device.find_number(file->device_number());
        if (ordinal < 0) return abi::CUDA_ERROR_INVALID_DEVICE;
        const Pool* pool = device.pools.create(ordinal, 0, std::move(file));
        if (pool == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        *out = as_handle<abi::CUmemoryPool>(pool->handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemPoolExportPointer(abi::CUmemPoolPtrExportData* out, abi::CUdeviceptr ptr) {
    return enter([&](const Device& device) {
        Ticket ticket{kMark, {}};
        if (out == nullptr || !device.pools.share(ptr, ticket.block)) return abi::CUDA_ERROR_INVALID_VALUE;
        *out = {};
        copy_exact(out, &ticket, sizeof ticket);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemPoolImportPointer(abi::CUdeviceptr* out, abi::CUmemoryPool handle,
                                            abi::CUmemPoolPtrExportData* data) {
    return enter_context([&](Device& device, const Context& context) {
        Pool* pool = handle == nullptr ? nullptr : device.handles.find<Pool>(handle);
        if (out == nullptr || data == nullptr || pool == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        Ticket ticket;
        copy_exact(&ticket, data, sizeof ticket);
        if (ticket.mark != kMark) return abi::CUDA_ERROR_INVALID_VALUE;
        const std::uint64_t address = device.pools.take_shared(*pool, ticket.block, context.number);
        if (address == 0) return abi::CUDA_ERROR_INVALID_VALUE;
        *out = address;
        return abi::CUDA_SUCCESS;
    });
}
