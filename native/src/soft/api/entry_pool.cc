// Exported: stream-ordered allocation and its pools.
#include "cudart/graphs/memory.h"
#include "soft/api/graph_backend.h"

using namespace soft;
using namespace soft::driver;

namespace {

bool is_device(const Device& device, const abi::CUmemLocation& location) {
    return location.type == abi::CU_MEM_LOCATION_TYPE_DEVICE && location.id >= 0 &&
           location.id < device.count();
}

// An allocation or a free in a stream that captures becomes a node.
graphs::Diverted capture_allocation(const Device& device, const Stream& stream, const Pool& pool,
                                    std::size_t size, abi::CUdeviceptr& address) {
    if (!graphs::Captures::any()) return std::nullopt;
    abi::CUDA_MEM_ALLOC_NODE_PARAMS_v2 params{};
    params.poolProps.allocType = abi::CU_MEM_ALLOCATION_TYPE_PINNED;
    params.poolProps.location = {abi::CU_MEM_LOCATION_TYPE_DEVICE, pool.ordinal};
    params.bytesize = size;
    const auto make = [&](const graphs::Graph& graph, const std::vector<graphs::Link>& ends,
                          graphs::Work& work) {
        return graphs::read_alloc(graph_backend(), graph, ends, params, work);
    };
    const auto diverted = graphs::captures().work_there(graph_backend(), name_of(device, stream), make);
    if (diverted == abi::CUDA_SUCCESS) address = params.dptr;
    return diverted;
}

graphs::Diverted capture_free(const Device& device, const Stream& stream, std::uint64_t address) {
    if (!graphs::Captures::any()) return std::nullopt;
    const auto make = [address](const graphs::Graph& graph, const std::vector<graphs::Link>&,
                                graphs::Work& work) { return graphs::read_free(graph, address, work); };
    return graphs::captures().work_there(graph_backend(), name_of(device, stream), make);
}

// Runs `body(Device&, Pool&)`.
template <class Body>
CUresult on_pool(abi::CUmemoryPool handle, Body&& body) {
    return enter([&](Device& device) -> CUresult {
        Pool* pool = handle == nullptr ? nullptr : device.handles.find<Pool>(handle);
        return pool == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : body(device, *pool);
    });
}

CUresult allocate(abi::CUdeviceptr* address, std::size_t size, abi::CUmemoryPool handle,
                  abi::CUstream stream_handle, bool per_thread) {
    return enter_context([&](Device& device, Context& context) {
        if (address == nullptr || size == 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const StreamRef stream = find_stream(device, context, stream_handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        Pool* pool =
            handle == nullptr ? device.pools.current_of(context.ordinal) : device.handles.find<Pool>(handle);
        if (pool == nullptr) {
            return handle == nullptr ? abi::CUDA_ERROR_OUT_OF_MEMORY : abi::CUDA_ERROR_INVALID_VALUE;
        }
        if (pool->is_adopted()) return abi::CUDA_ERROR_INVALID_VALUE;
        if (const auto diverted = capture_allocation(device, *stream, *pool, size, *address))
            return *diverted;
        const std::uint64_t got = device.pools.allocate(*pool, size, stream, context.number);
        if (got == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        *address = got;
        return abi::CUDA_SUCCESS;
    });
}

CUresult release(abi::CUdeviceptr address, abi::CUstream stream_handle, bool per_thread) {
    return enter_context([&](Device& device, Context& context) {
        const StreamRef stream = find_stream(device, context, stream_handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (address == 0) return abi::CUDA_SUCCESS;
        if (const auto diverted = capture_free(device, *stream, address)) return *diverted;
        if (device.pools.release(address, stream)) return abi::CUDA_SUCCESS;
        if (device.graph_memory.release(address, stream)) return abi::CUDA_SUCCESS;
        // Memory of cuMemAlloc goes the way of cuMemFree, and whoever has it freed here has seen to the rest.
        const auto block = device.memory.find_start(address);
        if (!block || block->kind != BlockKind::device) return abi::CUDA_ERROR_INVALID_VALUE;
        device.scheduler.wait_stream(*stream, context.spins());
        if (const CUresult error = context.error(); error != abi::CUDA_SUCCESS) return error;
        return device.memory.release(address, BlockKind::device) ? abi::CUDA_SUCCESS
                                                                 : abi::CUDA_ERROR_INVALID_VALUE;
    });
}

CUresult name(Pool* pool, abi::CUmemoryPool* out) {
    if (pool == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    *out = as_handle<abi::CUmemoryPool>(pool->handle);
    return abi::CUDA_SUCCESS;
}

// The pools of a location: CUDA has some for host memory, too, which nothing here serves.
template <class Body>
CUresult on_location(const abi::CUmemLocation* location, abi::CUmemAllocationType type, Body&& body) {
    return enter([&](Device& device) -> CUresult {
        if (location == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        if (type != abi::CU_MEM_ALLOCATION_TYPE_PINNED) return abi::CUDA_ERROR_NOT_SUPPORTED;
        if (location->type != abi::CU_MEM_LOCATION_TYPE_DEVICE) return abi::CUDA_ERROR_NOT_SUPPORTED;
        return is_device(device, *location) ? body(device) : abi::CUDA_ERROR_INVALID_DEVICE;
    });
}

}  // namespace

SOFT_TWIN(cuMemAllocAsync, _ptsz, (abi::CUdeviceptr * dptr, std::size_t bytesize, abi::CUstream stream),
          allocate(dptr, bytesize, nullptr, stream, per_thread))
SOFT_TWIN(cuMemAllocFromPoolAsync, _ptsz,
          (abi::CUdeviceptr * dptr, std::size_t bytesize, abi::CUmemoryPool pool, abi::CUstream stream),
          pool == nullptr ? abi::CUDA_ERROR_INVALID_VALUE
                          : allocate(dptr, bytesize, pool, stream, per_thread))
SOFT_TWIN(cuMemFreeAsync, _ptsz, (abi::CUdeviceptr dptr, abi::CUstream stream),
          release(dptr, stream, per_thread))

SOFT_EXPORT CUresult cuMemPoolCreate(abi::CUmemoryPool* out, const abi::CUmemPoolProps* props) {
    return enter([&](Device& device) {
        if (out == nullptr || props == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        if (props->allocType != abi::CU_MEM_ALLOCATION_TYPE_PINNED || props->usage != 0)
            return abi::CUDA_ERROR_INVALID_VALUE;
        const bool shared = props->handleTypes == abi::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
        if (!shared && props->handleTypes != abi::CU_MEM_HANDLE_TYPE_NONE)
            return abi::CUDA_ERROR_NOT_SUPPORTED;
        if (props->location.type != abi::CU_MEM_LOCATION_TYPE_DEVICE) return abi::CUDA_ERROR_NOT_SUPPORTED;
        if (!is_device(device, props->location)) return abi::CUDA_ERROR_INVALID_DEVICE;
        const int ordinal = props->location.id;
        auto file = shared ? PoolFile::create(device.profile(ordinal).number()) : nullptr;
        if (shared && file == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        return name(device.pools.create(ordinal, props->maxSize, std::move(file)), out);
    });
}

SOFT_EXPORT CUresult cuMemPoolDestroy(abi::CUmemoryPool handle) {
    return on_pool(handle, [](Device& device, Pool& pool) {
        return device.pools.destroy(pool) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    });
}

SOFT_EXPORT CUresult cuMemPoolTrimTo(abi::CUmemoryPool handle, std::size_t kept) {
    return on_pool(handle, [kept](Device& device, Pool& pool) {
        device.pools.trim(pool, kept);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemPoolGetAttribute(abi::CUmemoryPool handle, abi::CUmemPool_attribute which,
                                           void* value) {
    return on_pool(handle, [&](Device& device, Pool& pool) {
        return value == nullptr ? abi::CUDA_ERROR_INVALID_VALUE
                                : device.pools.get_attribute(pool, which, value);
    });
}

SOFT_EXPORT CUresult cuMemPoolSetAttribute(abi::CUmemoryPool handle, abi::CUmemPool_attribute which,
                                           void* value) {
    return on_pool(handle, [&](Device& device, Pool& pool) {
        return value == nullptr ? abi::CUDA_ERROR_INVALID_VALUE
                                : device.pools.set_attribute(pool, which, value);
    });
}

SOFT_EXPORT CUresult cuMemPoolSetAccess(abi::CUmemoryPool handle, const abi::CUmemAccessDesc* map,
                                        std::size_t count) {
    return on_pool(handle, [&](Device& device, Pool& pool) {
        if (map == nullptr && count != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        for (std::size_t index = 0; index < count; ++index) {
            const abi::CUmemAccessDesc& entry = map[index];
            const bool known = entry.flags == abi::CU_MEM_ACCESS_FLAGS_PROT_NONE ||
                               entry.flags == abi::CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
            if (!known || !is_device(device, entry.location)) return abi::CUDA_ERROR_INVALID_VALUE;
            // What a device has is its own: that cannot be taken away.
            const bool own = entry.location.id == pool.ordinal;
            if (own && entry.flags == abi::CU_MEM_ACCESS_FLAGS_PROT_NONE)
                return abi::CUDA_ERROR_INVALID_VALUE;
        }
        for (std::size_t index = 0; index < count; ++index)
            device.pools.set_access(pool, map[index].location.id, map[index].flags);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemPoolGetAccess(abi::CUmemAccess_flags* flags, abi::CUmemoryPool handle,
                                        abi::CUmemLocation* location) {
    return on_pool(handle, [&](Device& device, Pool& pool) {
        if (flags == nullptr || location == nullptr || !is_device(device, *location))
            return abi::CUDA_ERROR_INVALID_VALUE;
        *flags = device.pools.access(pool, location->id);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetGraphMemAttribute(abi::CUdevice dev, abi::CUgraphMem_attribute which,
                                                  void* value) {
    return enter([&](Device& device) {
        if (!device.has(dev)) return abi::CUDA_ERROR_INVALID_DEVICE;
        return value == nullptr ? abi::CUDA_ERROR_INVALID_VALUE
                                : device.graph_memory.get_attribute(dev, which, value);
    });
}

SOFT_EXPORT CUresult cuDeviceSetGraphMemAttribute(abi::CUdevice dev, abi::CUgraphMem_attribute which,
                                                  void* value) {
    return enter([&](Device& device) {
        if (!device.has(dev)) return abi::CUDA_ERROR_INVALID_DEVICE;
        return value == nullptr ? abi::CUDA_ERROR_INVALID_VALUE
                                : device.graph_memory.set_attribute(dev, which, value);
    });
}

SOFT_EXPORT CUresult cuDeviceGraphMemTrim(abi::CUdevice dev) {
    return enter([&](Device& device) {
        if (!device.has(dev)) return abi::CUDA_ERROR_INVALID_DEVICE;
        device.graph_memory.trim(dev);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetDefaultMemPool(abi::CUmemoryPool* out, abi::CUdevice dev) {
    return enter([&](Device& device) {
        if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        if (dev < 0 || dev >= device.count()) return abi::CUDA_ERROR_INVALID_DEVICE;
        return name(device.pools.default_of(dev), out);
    });
}

SOFT_EXPORT CUresult cuDeviceGetMemPool(abi::CUmemoryPool* out, abi::CUdevice dev) {
    return enter([&](Device& device) {
        if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        if (dev < 0 || dev >= device.count()) return abi::CUDA_ERROR_INVALID_DEVICE;
        return name(device.pools.current_of(dev), out);
    });
}

SOFT_EXPORT CUresult cuDeviceSetMemPool(abi::CUdevice dev, abi::CUmemoryPool handle) {
    return on_pool(handle, [dev](Device& device, Pool& pool) {
        if (dev < 0 || dev >= device.count()) return abi::CUDA_ERROR_INVALID_DEVICE;
        if (pool.ordinal != dev || pool.is_adopted()) return abi::CUDA_ERROR_INVALID_VALUE;
        device.pools.set_current(dev, pool);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMemGetDefaultMemPool(abi::CUmemoryPool* out, abi::CUmemLocation* location,
                                            abi::CUmemAllocationType type) {
    return on_location(location, type, [&](Device&) { return cuDeviceGetDefaultMemPool(out, location->id); });
}

SOFT_EXPORT CUresult cuMemGetMemPool(abi::CUmemoryPool* out, abi::CUmemLocation* location,
                                     abi::CUmemAllocationType type) {
    return on_location(location, type, [&](Device&) { return cuDeviceGetMemPool(out, location->id); });
}

SOFT_EXPORT CUresult cuMemSetMemPool(abi::CUmemLocation* location, abi::CUmemAllocationType type,
                                     abi::CUmemoryPool pool) {
    return on_location(location, type, [&](Device&) { return cuDeviceSetMemPool(location->id, pool); });
}
