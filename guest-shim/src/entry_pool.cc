// Chapter "Stream Ordered Memory Allocator": the guest names pools, knows which one is current and what has
// been taken from them; addresses are the driver's, so an allocation waits for one reply.
#include <string.h>

#include "device_memory.h"
#include "graph_backend.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

MemoryPool* find_pool(Session& session, abi::CUmemoryPool handle) {
    return static_cast<MemoryPool*>(
        static_cast<Object*>(session.handles.find(wire::HandleKind::pool, wire::to_handle(handle))));
}

// Asks, whether a context is current or not: pools belong to devices.
template <class Request>
abi::CUresult ask(Session& session, const Request& request) {
    if (session.sticky() != abi::CUDA_SUCCESS) return session.sticky();
    return call_in(session, thread_state()->current(), request);
}
template <class Request, class Reply>
abi::CUresult ask(Session& session, const Request& request, Reply& reply) {
    const abi::CUresult result = ask(session, request);
    return result != abi::CUDA_SUCCESS ? result : detail::decode_reply(session, *thread_state(), reply);
}

wire::Handle name_pool(Session& session, int device, bool is_default) {
    auto* pool = new MemoryPool;
    pool->device = device;
    pool->is_default = is_default;
    const wire::Handle handle = session.handles.create(wire::HandleKind::pool, static_cast<Object*>(pool));
    if (handle.value == 0) delete pool;
    return handle;
}

// The host's ordinal of one of the guest's devices; -1 when there is none.
int host_device(const Session& session, int device) {
    const DeviceFacts* facts = session.snapshot.device(device);
    return facts == nullptr ? -1 : facts->host_ordinal;
}

abi::CUresult default_pool(Session& session, int device, wire::Handle& pool) {
    pool = session.pools.default_of(device);
    if (pool.value != 0) return abi::CUDA_SUCCESS;
    const wire::Handle named = name_pool(session, device, true);
    if (named.value == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const abi::CUresult result =
        ask(session, wire::cuDeviceGetDefaultMemPool_Request{.pool = named,
                                                             .device = host_device(session, device)});
    if (result == abi::CUDA_SUCCESS) pool = session.pools.keep_default(device, named);
    // A second name for the same pool, where another thread was quicker, does no harm at the host.
    if (pool.value != named.value) forget_handle(session, named);
    return result;
}

abi::CUresult current_pool(Session& session, int device, wire::Handle& pool) {
    pool = session.pools.current_of(device);
    return pool.value != 0 ? abi::CUDA_SUCCESS : default_pool(session, device, pool);
}

abi::CUresult allocate(Session& session, Context& context, std::size_t size, wire::Handle pool,
                       abi::CUstream stream, abi::CUdeviceptr& address) {
    const wire::cuMemAllocFromPoolAsync_Request request{
        .size = size, .pool = pool, .stream = wire::to_handle(stream)};
    wire::cuMemAllocFromPoolAsync_Reply reply;
    session.note_memory_change();
    const abi::CUresult result = with_all_memory(session, [&] { return call(session, request, reply); });
    if (result != abi::CUDA_SUCCESS) return result;
    const bool is_new = reply.address != 0 && session.regions.add({.start = reply.address,
                                                                   .size = size,
                                                                   .kind = RegionKind::device,
                                                                   .context = &context,
                                                                   .pool = pool});
    if (!is_new) {
        session.end(abi::CUDA_ERROR_UNKNOWN, "the host allocated memory that is in use");
        return session.lost();
    }
    address = reply.address;
    return abi::CUDA_SUCCESS;
}

bool is_number(abi::CUmemPool_attribute attribute) {
    return attribute >= abi::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD &&
           attribute <= abi::CU_MEMPOOL_ATTR_USED_MEM_HIGH;
}
bool is_flag(abi::CUmemPool_attribute attribute) {
    return attribute >= abi::CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES &&
           attribute <= abi::CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES;
}

abi::CUresult check_location(Session& session, const abi::CUmemLocation* location,
                             abi::CUmemAllocationType type) {
    if (location == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    // CUDA has pools of host memory, too.
    if (location->type != abi::CU_MEM_LOCATION_TYPE_DEVICE || type != abi::CU_MEM_ALLOCATION_TYPE_PINNED)
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    return host_device(session, location->id) < 0 ? abi::CUDA_ERROR_INVALID_DEVICE : abi::CUDA_SUCCESS;
}

}  // namespace

namespace hand {

abi::CUresult cuMemAllocFromPoolAsync(Session& session, abi::CUdeviceptr* dptr, std::size_t bytesize,
                                      abi::CUmemoryPool pool, abi::CUstream hStream) {
    if (const auto refused = refuse_capture(session, hStream)) return *refused;
    if (dptr == nullptr || bytesize == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    abi::CUresult good = need_context(context);
    if (good == abi::CUDA_SUCCESS) good = check(session, wire::HandleKind::stream, wire::to_handle(hStream));
    if (good != abi::CUDA_SUCCESS) return good;
    if (find_pool(session, pool) == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return allocate(session, *context, bytesize, wire::to_handle(pool), hStream, *dptr);
}

abi::CUresult cuMemAllocAsync(Session& session, abi::CUdeviceptr* dptr, std::size_t bytesize,
                              abi::CUstream hStream) {
    if (const auto refused = refuse_capture(session, hStream)) return *refused;
    if (dptr == nullptr || bytesize == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    abi::CUresult good = need_context(context);
    if (good == abi::CUDA_SUCCESS) good = check(session, wire::HandleKind::stream, wire::to_handle(hStream));
    wire::Handle pool;
    if (good == abi::CUDA_SUCCESS) good = current_pool(session, context->device, pool);
    return good != abi::CUDA_SUCCESS ? good : allocate(session, *context, bytesize, pool, hStream, *dptr);
}

abi::CUresult cuMemFreeAsync(Session& session, abi::CUdeviceptr dptr, abi::CUstream hStream) {
    if (const auto refused = refuse_capture(session, hStream)) return *refused;
    Context* context = nullptr;
    abi::CUresult good = need_context(context);
    if (good == abi::CUDA_SUCCESS) good = check(session, wire::HandleKind::stream, wire::to_handle(hStream));
    if (good != abi::CUDA_SUCCESS || dptr == 0) return good;
    Region region;
    const bool known = session.regions.find(dptr, region) && region.start == dptr;
    if (!known || region.kind != RegionKind::device) return abi::CUDA_ERROR_INVALID_VALUE;
    // Memory of cuMemAlloc is free once all work so far is done, so behind this point of the stream.
    if (region.pool.value == 0) return free_device(session, *context, dptr);
    if (!session.regions.remove(dptr, RegionKind::device, region)) return abi::CUDA_ERROR_INVALID_VALUE;
    session.note_memory_change();
    return send_in(session, context,
                   wire::cuMemFreeAsync_Request{.address = dptr, .stream = wire::to_handle(hStream)});
}

abi::CUresult cuMemPoolCreate(Session& session, abi::CUmemoryPool* pool,
                              const abi::CUmemPoolProps* poolProps) {
    if (pool == nullptr || poolProps == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (poolProps->allocType != abi::CU_MEM_ALLOCATION_TYPE_PINNED) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUresult good = check_location(session, &poolProps->location, poolProps->allocType);
    if (good != abi::CUDA_SUCCESS) return good;
    // A handle of the system means nothing in another system's process.
    if (poolProps->handleTypes != abi::CU_MEM_HANDLE_TYPE_NONE) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const int device = poolProps->location.id;
    const wire::Handle named = name_pool(session, device, false);
    if (named.value == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const abi::CUresult result =
        ask(session, wire::cuMemPoolCreate_Request{.pool = named,
                                                   .device = host_device(session, device),
                                                   .max_size = poolProps->maxSize,
                                                   .usage = poolProps->usage});
    if (result != abi::CUDA_SUCCESS) {
        forget_handle(session, named);
        return result;
    }
    *pool = wire::to_pointer<abi::CUmemoryPool>(named);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemPoolDestroy(Session& session, abi::CUmemoryPool pool) {
    const MemoryPool* found = find_pool(session, pool);
    if (found == nullptr || found->is_default) return abi::CUDA_ERROR_INVALID_VALUE;
    const wire::Handle handle = wire::to_handle(pool);
    session.pools.forget(handle);
    const abi::CUresult result = send_free(session, wire::cuMemPoolDestroy_Request{.pool = handle});
    forget_handle(session, handle);
    session.note_memory_change();
    return result;
}

abi::CUresult cuMemPoolTrimTo(Session& session, abi::CUmemoryPool pool, std::size_t minBytesToKeep) {
    if (find_pool(session, pool) == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    session.note_memory_change();
    return ask(session,
               wire::cuMemPoolTrimTo_Request{.pool = wire::to_handle(pool), .kept = minBytesToKeep});
}

abi::CUresult cuMemPoolGetAttribute(Session& session, abi::CUmemoryPool pool, abi::CUmemPool_attribute attr,
                                    void* value) {
    if (find_pool(session, pool) == nullptr || value == nullptr || !(is_number(attr) || is_flag(attr)))
        return abi::CUDA_ERROR_INVALID_VALUE;
    wire::cuMemPoolGetAttribute_Reply reply;
    const wire::cuMemPoolGetAttribute_Request request{.pool = wire::to_handle(pool), .attribute = attr};
    const abi::CUresult result = ask(session, request, reply);
    if (result != abi::CUDA_SUCCESS) return result;
    const auto flag = static_cast<std::int32_t>(reply.value);
    if (is_flag(attr)) {
        memcpy(value, &flag, sizeof flag);
    } else {
        memcpy(value, &reply.value, sizeof reply.value);
    }
    return result;
}

abi::CUresult cuMemPoolSetAttribute(Session& session, abi::CUmemoryPool pool, abi::CUmemPool_attribute attr,
                                    void* value) {
    if (find_pool(session, pool) == nullptr || value == nullptr || !(is_number(attr) || is_flag(attr)))
        return abi::CUDA_ERROR_INVALID_VALUE;
    std::uint64_t given = 0;
    std::int32_t flag = 0;
    memcpy(is_flag(attr) ? static_cast<void*>(&flag) : &given, value,
           is_flag(attr) ? sizeof flag : sizeof given);
    if (is_flag(attr)) given = flag != 0 ? 1 : 0;
    return ask(session, wire::cuMemPoolSetAttribute_Request{
                            .pool = wire::to_handle(pool), .attribute = attr, .value = given});
}

abi::CUresult cuMemPoolSetAccess(Session& session, abi::CUmemoryPool pool, const abi::CUmemAccessDesc* map,
                                 std::size_t count) {
    if (find_pool(session, pool) == nullptr || (map == nullptr && count != 0))
        return abi::CUDA_ERROR_INVALID_VALUE;
    for (std::size_t index = 0; index < count; ++index) {
        const int device = host_device(session, map[index].location.id);
        if (map[index].location.type != abi::CU_MEM_LOCATION_TYPE_DEVICE || device < 0)
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
    for (std::size_t index = 0; index < count; ++index) {
        const abi::CUresult result =
            ask(session, wire::cuMemPoolSetAccess_Request{
                             .pool = wire::to_handle(pool),
                             .device = host_device(session, map[index].location.id),
                             .access = map[index].flags});
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemPoolGetAccess(Session& session, abi::CUmemAccess_flags* flags, abi::CUmemoryPool memPool,
                                 abi::CUmemLocation* location) {
    if (find_pool(session, memPool) == nullptr || flags == nullptr || location == nullptr)
        return abi::CUDA_ERROR_INVALID_VALUE;
    const int device = host_device(session, location->id);
    if (location->type != abi::CU_MEM_LOCATION_TYPE_DEVICE || device < 0)
        return abi::CUDA_ERROR_INVALID_VALUE;
    wire::cuMemPoolGetAccess_Reply reply;
    const abi::CUresult result = ask(
        session, wire::cuMemPoolGetAccess_Request{.pool = wire::to_handle(memPool), .device = device}, reply);
    if (result == abi::CUDA_SUCCESS) *flags = static_cast<abi::CUmemAccess_flags>(reply.access);
    return result;
}

abi::CUresult cuDeviceGetDefaultMemPool(Session& session, abi::CUmemoryPool* pool_out, abi::CUdevice dev) {
    if (pool_out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (host_device(session, dev) < 0) return abi::CUDA_ERROR_INVALID_DEVICE;
    wire::Handle pool;
    const abi::CUresult result = default_pool(session, dev, pool);
    if (result == abi::CUDA_SUCCESS) *pool_out = wire::to_pointer<abi::CUmemoryPool>(pool);
    return result;
}

}  // namespace hand

namespace local {

abi::CUresult cuDeviceGetMemPool(Session& session, abi::CUmemoryPool* pool, abi::CUdevice dev) {
    if (pool == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (host_device(session, dev) < 0) return abi::CUDA_ERROR_INVALID_DEVICE;
    wire::Handle current;
    const abi::CUresult result = current_pool(session, dev, current);
    if (result == abi::CUDA_SUCCESS) *pool = wire::to_pointer<abi::CUmemoryPool>(current);
    return result;
}

abi::CUresult cuDeviceSetMemPool(Session& session, abi::CUdevice dev, abi::CUmemoryPool pool) {
    if (host_device(session, dev) < 0) return abi::CUDA_ERROR_INVALID_DEVICE;
    const MemoryPool* found = find_pool(session, pool);
    if (found == nullptr || found->device != dev) return abi::CUDA_ERROR_INVALID_VALUE;
    session.pools.set_current(dev, wire::to_handle(pool));
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemGetDefaultMemPool(Session& session, abi::CUmemoryPool* pool_out,
                                     abi::CUmemLocation* location, abi::CUmemAllocationType type) {
    const abi::CUresult good = check_location(session, location, type);
    if (good != abi::CUDA_SUCCESS) return good;
    return hand::cuDeviceGetDefaultMemPool(session, pool_out, location->id);
}

abi::CUresult cuMemGetMemPool(Session& session, abi::CUmemoryPool* pool_out, abi::CUmemLocation* location,
                              abi::CUmemAllocationType type) {
    const abi::CUresult good = check_location(session, location, type);
    return good != abi::CUDA_SUCCESS ? good : cuDeviceGetMemPool(session, pool_out, location->id);
}

abi::CUresult cuMemSetMemPool(Session& session, abi::CUmemLocation* location, abi::CUmemAllocationType type,
                              abi::CUmemoryPool pool) {
    const abi::CUresult good = check_location(session, location, type);
    return good != abi::CUDA_SUCCESS ? good : cuDeviceSetMemPool(session, location->id, pool);
}

}  // namespace local
}  // namespace guest
