// Exported: allocation of device and pinned memory, registration, address ranges.
#include "soft/api/entry.h"
#include "soft/api/graph_backend.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr unsigned kHostFlags =
    abi::CU_MEMHOSTALLOC_PORTABLE | abi::CU_MEMHOSTALLOC_DEVICEMAP | abi::CU_MEMHOSTALLOC_WRITECOMBINED;
constexpr unsigned kRegisterFlags = abi::CU_MEMHOSTREGISTER_PORTABLE | abi::CU_MEMHOSTREGISTER_DEVICEMAP |
                                    abi::CU_MEMHOSTREGISTER_IOMEMORY | abi::CU_MEMHOSTREGISTER_READ_ONLY;

CUresult allocate(Device& device, const Context& context, std::size_t size, BlockKind kind, unsigned flags,
                  std::uint64_t& address) {
    if (size == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    if (const auto forbidden = graphs::captures().unsafe(graph_backend())) return *forbidden;
    address = device.memory.allocate(size, kind, flags, context.number);
    // What pools and graphs keep for reuse is not in use.
    const bool trimmed =
        address == 0 && (device.pools.trim_all() | device.graph_memory.trim(context.ordinal));
    if (trimmed) address = device.memory.allocate(size, kind, flags, context.number);
    return address == 0 ? abi::CUDA_ERROR_OUT_OF_MEMORY : abi::CUDA_SUCCESS;
}

// Frees after all work that could still use the block: CUDA's frees synchronise, and programs rely on it.
CUresult release(Device& device, Context& context, std::uint64_t address, BlockKind kind) {
    const auto block = device.memory.find_start(address);
    // One of another process is not where the others are.
    const bool pooled = kind == BlockKind::device && device.pools.handle_of(address) != 0;
    const bool graphed = block && block->kind == BlockKind::graph && kind == BlockKind::device;
    if (block && block->kind == BlockKind::managed && kind == BlockKind::device) kind = BlockKind::managed;
    // Variables are not the program's to free.
    const bool variable = block && kind == BlockKind::managed && block->owner % (1U << kOwnerDeviceBit) == 0;
    if (variable) return abi::CUDA_ERROR_INVALID_VALUE;
    if (!pooled && !graphed && (!block || block->kind != kind)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (const auto forbidden = graphs::captures().unsafe(graph_backend())) return *forbidden;
    context.synchronize();
    if (block && block->owner != context.number) {
        if (Context* owner = device.context_of(block->owner))
            device.scheduler.wait_group(*owner->group, true);
    }
    if (const CUresult error = context.error(); error != abi::CUDA_SUCCESS) return error;
    if (graphed)
        return device.graph_memory.release_now(address) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    const bool done = pooled ? device.pools.release_now(address) : device.memory.release(address, kind);
    return done ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

bool is_host(const Block& block) {
    return block.kind == BlockKind::pinned || block.kind == BlockKind::registered;
}

}  // namespace

SOFT_EXPORT CUresult cuMemGetInfo_v2(std::size_t* unused, std::size_t* total) {
    return enter_context([&](const Device& device, const Context& context) {
        if (unused == nullptr || total == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *unused = device.memory.unused(static_cast<unsigned>(context.ordinal));
        *total = device.memory.total();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemAlloc_v2(abi::CUdeviceptr* dptr, std::size_t bytesize) {
    return enter_context([&](Device& device, Context& context) {
        if (dptr == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t address = 0;
        const CUresult result = allocate(device, context, bytesize, BlockKind::device, 0, address);
        if (result == abi::CUDA_SUCCESS) *dptr = address;
        return result;
    });
}

SOFT_EXPORT CUresult cuMemAllocPitch_v2(abi::CUdeviceptr* dptr, std::size_t* pitch, std::size_t width,
                                        std::size_t height, unsigned int element) {
    return enter_context([&](Device& device, Context& context) {
        const bool known_element = element == 4 || element == 8 || element == 16;
        if (dptr == nullptr || pitch == nullptr || !known_element) return abi::CUDA_ERROR_INVALID_VALUE;
        if (width == 0 || height == 0 || width > kMaxPitch) return abi::CUDA_ERROR_INVALID_VALUE;
        const std::size_t row = (width + kPitchAlignment - 1) / kPitchAlignment * kPitchAlignment;
        std::size_t size = 0;
        if (__builtin_mul_overflow(row, height, &size)) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        std::uint64_t address = 0;
        const CUresult result = allocate(device, context, size, BlockKind::device, 0, address);
        if (result != abi::CUDA_SUCCESS) return result;
        *dptr = address;
        *pitch = row;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemFree_v2(abi::CUdeviceptr dptr) {
    return enter_context([&](Device& device, Context& context) {
        if (dptr == 0) return abi::CUDA_SUCCESS;
        return release(device, context, dptr, BlockKind::device);
    });
}

SOFT_EXPORT CUresult cuMemGetAddressRange_v2(abi::CUdeviceptr* base, std::size_t* size,
                                             abi::CUdeviceptr dptr) {
    return enter_context([&](const Device& device, Context&) {
        const auto block = device.memory.find_block(dptr);
        if (!block) return abi::CUDA_ERROR_NOT_FOUND;
        if (base != nullptr) *base = block->address;
        if (size != nullptr) *size = block->size;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemHostAlloc(void** pp, std::size_t bytesize, unsigned int flags) {
    return enter_context([&](Device& device, Context& context) {
        if (pp == nullptr || (flags & ~kHostFlags) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t address = 0;
        const CUresult result = allocate(device, context, bytesize, BlockKind::pinned, flags, address);
        if (result == abi::CUDA_SUCCESS) *pp = host_view(address);
        return result;
    });
}

SOFT_EXPORT CUresult cuMemAllocHost_v2(void** pp, std::size_t bytesize) {
    return cuMemHostAlloc(pp, bytesize, 0);
}

SOFT_EXPORT CUresult cuMemFreeHost(void* p) {
    return enter_context([&](Device& device, Context& context) {
        return release(device, context, address_of(p), BlockKind::pinned);
    });
}

SOFT_EXPORT CUresult cuMemHostGetDevicePointer_v2(abi::CUdeviceptr* dptr, void* p, unsigned int flags) {
    return enter_context([&](const Device& device, Context&) {
        if (dptr == nullptr || p == nullptr || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto block = device.memory.find_block(address_of(p));
        if (!block || !is_host(*block)) return abi::CUDA_ERROR_INVALID_VALUE;
        *dptr = address_of(p);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemHostGetFlags(unsigned int* flags, void* p) {
    return enter_context([&](const Device& device, Context&) {
        const auto block = device.memory.find_block(address_of(p));
        if (flags == nullptr || !block || block->kind != BlockKind::pinned)
            return abi::CUDA_ERROR_INVALID_VALUE;
        *flags = block->flags;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemHostRegister_v2(void* p, std::size_t bytesize, unsigned int flags) {
    return enter_context([&](Device& device, const Context& context) {
        const bool wraps = address_of(p) + bytesize < address_of(p);
        if (p == nullptr || bytesize == 0 || wraps || (flags & ~kRegisterFlags) != 0) {
            return abi::CUDA_ERROR_INVALID_VALUE;
        }
        if ((flags & abi::CU_MEMHOSTREGISTER_IOMEMORY) != 0) return abi::CUDA_ERROR_NOT_SUPPORTED;
        const auto registration =
            device.memory.add_registered(address_of(p), bytesize, flags, context.number);
        return registration == DeviceMemory::Registration::done
                   ? abi::CUDA_SUCCESS
                   : abi::CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
    });
}

SOFT_EXPORT CUresult cuMemHostRegister(void* p, std::size_t bytesize, unsigned int flags) {
    return cuMemHostRegister_v2(p, bytesize, flags);
}

SOFT_EXPORT CUresult cuMemHostUnregister(void* p) {
    return enter_context([&](Device& device, Context& context) {
        if (p == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        context.synchronize();
        if (const CUresult error = context.error(); error != abi::CUDA_SUCCESS) return error;
        return device.memory.remove_registered(address_of(p)) ? abi::CUDA_SUCCESS
                                                              : abi::CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
    });
}
