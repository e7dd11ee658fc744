// Chapters "Memory Management" (allocation, pinned memory) and "Unified Addressing". Device allocation
// travels, pinned memory is the arena's or the guest's own, and every question about an address is answered
// by the region table.
#include <sys/mman.h>

#include "copy.h"
#include "device_memory.h"
#include "graph_backend.h"
#include "guest/hand.h"
#include "host_memory.h"
#include "log.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

std::size_t mapped_size(std::size_t size) { return (size + kPage - 1) / kPage * kPage; }

// Waits for kernels that may use mapped memory, as CUDA's free does.
abi::CUresult settle_kernels(Session& session, const Region& region) {
    if (!is_mapped(session, region)) return abi::CUDA_SUCCESS;
    const Context& context = *region.context;
    const bool live = context.alive.load(std::memory_order_relaxed);
    if (!live || !context.launched.load(std::memory_order_relaxed)) return abi::CUDA_SUCCESS;
    return call_in(session, &context, wire::session_settle_Request{.waited = 1});
}

}  // namespace

namespace hand {

abi::CUresult cuMemAlloc_v2(Session& session, abi::CUdeviceptr* dptr, std::size_t bytesize) {
    if (dptr == nullptr || bytesize == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    abi::CUresult result = need_context(context);
    std::uint64_t address = 0;
    if (const auto forbidden = graphs::captures().unsafe(graph_backend(session))) return *forbidden;
    if (result == abi::CUDA_SUCCESS) result = allocate_device(session, *context, bytesize, address);
    if (result == abi::CUDA_SUCCESS) *dptr = address;
    return result;
}

abi::CUresult cuMemAllocPitch_v2(Session& session, abi::CUdeviceptr* dptr, std::size_t* pPitch,
                                 std::size_t WidthInBytes, std::size_t Height,
                                 unsigned int ElementSizeBytes) {
    const bool element_good = ElementSizeBytes == 4 || ElementSizeBytes == 8 || ElementSizeBytes == 16;
    if (dptr == nullptr || pPitch == nullptr || WidthInBytes == 0 || Height == 0 || !element_good) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    Context* context = nullptr;
    abi::CUresult result = need_context(context);
    std::uint64_t address = 0;
    std::uint64_t pitch = 0;
    if (const auto forbidden = graphs::captures().unsafe(graph_backend(session))) return *forbidden;
    if (result == abi::CUDA_SUCCESS) {
        result = allocate_rows(session, *context, WidthInBytes, Height, ElementSizeBytes, address, pitch);
    }
    if (result != abi::CUDA_SUCCESS) return result;
    *dptr = address;
    *pPitch = pitch;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemFree_v2(Session& session, abi::CUdeviceptr dptr) {
    if (dptr == 0) return abi::CUDA_SUCCESS;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (const auto forbidden = graphs::captures().unsafe(graph_backend(session))) return *forbidden;
    return usable != abi::CUDA_SUCCESS ? usable : free_device(session, *context, dptr);
}

abi::CUresult cuMemGetInfo_v2(Session& session, std::size_t* free, std::size_t* total) {
    Context* context = nullptr;
    abi::CUresult result = need_context(context);
    std::uint64_t left = 0;
    std::uint64_t all = 0;
    if (result == abi::CUDA_SUCCESS) result = device_memory_left(session, *context, left, all);
    if (result != abi::CUDA_SUCCESS) return result;
    if (free != nullptr) *free = left;
    if (total != nullptr) *total = all;
    return abi::CUDA_SUCCESS;
}

}  // namespace hand

namespace local {

abi::CUresult cuMemGetAddressRange_v2(Session& session, abi::CUdeviceptr* pbase, std::size_t* psize,
                                      abi::CUdeviceptr dptr) {
    Region region;
    if (!session.regions.find(dptr, region) || !region.is_device()) return abi::CUDA_ERROR_NOT_FOUND;
    if (pbase != nullptr) *pbase = region.start;
    if (psize != nullptr) *psize = region.size;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemHostAlloc(Session& session, void** pp, std::size_t bytesize, unsigned int Flags) {
    constexpr unsigned kKnown =
        abi::CU_MEMHOSTALLOC_PORTABLE | abi::CU_MEMHOSTALLOC_DEVICEMAP | abi::CU_MEMHOSTALLOC_WRITECOMBINED;
    if (pp == nullptr || (Flags & ~kKnown) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    if (bytesize == 0) {
        *pp = nullptr;
        return abi::CUDA_SUCCESS;
    }
    if (bytesize > SIZE_MAX / 2) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    // SAFETY: pinned memory of the arena is ours, readable and writable.
    void* memory = reinterpret_cast<void*>(take_pinned(session, bytesize));
    const bool asks_to_map = (Flags & abi::CU_MEMHOSTALLOC_DEVICEMAP) != 0;
    if (memory == nullptr && asks_to_map && maps_host_memory(session, *context))
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    if (memory == nullptr) {
        memory =
            mmap(nullptr, mapped_size(bytesize), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (memory == MAP_FAILED) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    session.regions.add({.start = address_of(memory),
                         .size = bytesize,
                         .kind = RegionKind::pinned,
                         .context = context,
                         .flags = Flags,
                         .buffer_id = 0});
    *pp = memory;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemFreeHost(Session& session, void* p) {
    Region region;
    if (!session.regions.find(address_of(p), region) || region.kind != RegionKind::pinned ||
        region.start != address_of(p)) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    const bool in_arena = session.arena.holds(region.start);
    abi::CUresult settled = in_arena ? settle_copies(session) : settle_landings(session, p, region.size);
    if (settled == abi::CUDA_SUCCESS) settled = settle_kernels(session, region);
    if (settled != abi::CUDA_SUCCESS) return settled;
    if (!session.regions.remove(region.start, RegionKind::pinned, region))
        return abi::CUDA_ERROR_INVALID_VALUE;
    if (in_arena) {
        give_pinned(session, region.start, region.size);
    } else {
        munmap(p, mapped_size(region.size));
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemHostGetDevicePointer_v2(Session& session, abi::CUdeviceptr* pdptr, void* p,
                                           unsigned int Flags) {
    Region region;
    if (pdptr == nullptr || Flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    if (!session.regions.find(address_of(p), region) || region.is_device())
        return abi::CUDA_ERROR_INVALID_VALUE;
    if (is_mapped(session, region)) {
        *pdptr = address_of(p);
        return abi::CUDA_SUCCESS;
    }
    static std::atomic<bool> said{false};
    if (!said.exchange(true)) {
        log_line(LogLevel::error,
                 "this host memory cannot be mapped into the device (cuMemHostGetDevicePointer)");
    }
    return abi::CUDA_ERROR_NOT_SUPPORTED;
}

abi::CUresult cuMemHostGetFlags(Session& session, unsigned int* pFlags, void* p) {
    Region region;
    if (pFlags == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (!session.regions.find(address_of(p), region) || region.is_device())
        return abi::CUDA_ERROR_INVALID_VALUE;
    *pFlags = region.flags;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemHostRegister_v2(Session& session, void* p, std::size_t bytesize, unsigned int Flags) {
    constexpr unsigned kKnown = abi::CU_MEMHOSTREGISTER_PORTABLE | abi::CU_MEMHOSTREGISTER_DEVICEMAP |
                                abi::CU_MEMHOSTREGISTER_IOMEMORY | abi::CU_MEMHOSTREGISTER_READ_ONLY;
    const std::uint64_t address = address_of(p);
    if (p == nullptr || bytesize == 0 || address + bytesize < address || (Flags & ~kKnown) != 0) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    if ((Flags & (abi::CU_MEMHOSTREGISTER_IOMEMORY | abi::CU_MEMHOSTREGISTER_READ_ONLY)) != 0) {
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    }
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const bool added = session.regions.add({.start = address,
                                            .size = bytesize,
                                            .kind = RegionKind::registered,
                                            .context = context,
                                            .flags = Flags,
                                            .buffer_id = 0});
    return added ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
}

abi::CUresult cuMemHostUnregister(Session& session, void* p) {
    if (p == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Region region;
    if (!session.regions.find(address_of(p), region) || region.kind != RegionKind::registered ||
        region.start != address_of(p)) {
        return abi::CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
    }
    const abi::CUresult settled = settle_landings(session, p, region.size);
    if (settled != abi::CUDA_SUCCESS) return settled;
    const bool removed = session.regions.remove(region.start, RegionKind::registered, region);
    return removed ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
}

}  // namespace local
}  // namespace guest
