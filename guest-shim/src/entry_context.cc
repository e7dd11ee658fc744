// Chapters "Context Management" and "Primary Context Management". Which context is current is the guest's
// knowledge alone; only creating, destroying and waiting travel.
#include "graph_backend.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

abi::CUcontext pointer_of(const Context* context) {
    return context == nullptr ? nullptr : wire::to_pointer<abi::CUcontext>(context->handle);
}

// The context a call names: null means the current one.
abi::CUresult named_context(Session& session, abi::CUcontext handle, Context*& context) {
    if (handle == nullptr) return need_context(context);
    context = session.contexts.find(session, handle);
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    return context->alive.load(std::memory_order_relaxed) ? abi::CUDA_SUCCESS
                                                          : abi::CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

// Forgets the objects made in a context: their names end with it.
void forget_objects(Session& session, wire::HandleKind kind, const Context& context) {
    session.handles.for_each(kind, [&](wire::Handle handle, void* object) {
        const auto* made = static_cast<const Object*>(object);
        if (made != nullptr && made->context == &context) forget_handle(session, handle);
    });
}

// Sends what ends code or a context; waits only where somebody could tell.
template <class Request>
abi::CUresult send_end(Session& session, const Context* context, const Request& request) {
    if (!session.contexts.may_end_later(session)) return call_in(session, context, request);
    return detail::post(session, *thread_state(), context, request);
}

void end_context(Session& session, Context& context, bool keep_name) {
    session.contexts.end(session, context, keep_name);
    forget_objects(session, wire::HandleKind::stream, context);
    forget_objects(session, wire::HandleKind::event, context);
    forget_objects(session, wire::HandleKind::function, context);
    forget_objects(session, wire::HandleKind::module, context);
}

}  // namespace

namespace hand {

abi::CUresult cuCtxCreate_v2(Session& session, abi::CUcontext* pctx, unsigned int flags, abi::CUdevice dev) {
    if (pctx == nullptr || !Contexts::valid_flags(flags)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (session.snapshot.device(dev) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    Context* context = session.contexts.create(session, dev, flags, false);
    if (context == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    // Waited for: it may fail for want of memory, and programs go another way then.
    const wire::cuCtxCreate_v2_Request request{
        .context = context->handle, .flags = flags, .device = context->host_device};
    const abi::CUresult result =
        with_all_memory(session, [&] { return call_in(session, nullptr, request); });
    if (result != abi::CUDA_SUCCESS) {
        session.handles.remove(wire::HandleKind::context, context->handle);
        delete context;
        return result;
    }
    context->alive.store(true, std::memory_order_relaxed);
    thread_state()->contexts.push_back(context);
    *pctx = pointer_of(context);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxCreate_v3(Session& session, abi::CUcontext* pctx, abi::CUexecAffinityParam*, int numParams,
                             unsigned int flags, abi::CUdevice dev) {
    if (numParams < 0) return abi::CUDA_ERROR_INVALID_VALUE;
    if (numParams > 0) return abi::CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY;
    return cuCtxCreate_v2(session, pctx, flags, dev);
}

abi::CUresult cuCtxCreate_v4(Session& session, abi::CUcontext* pctx, abi::CUctxCreateParams* ctxCreateParams,
                             unsigned int flags, abi::CUdevice dev) {
    if (ctxCreateParams != nullptr && ctxCreateParams->cigParams != nullptr)
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    const int affinities = ctxCreateParams == nullptr ? 0 : ctxCreateParams->numExecAffinityParams;
    return cuCtxCreate_v3(session, pctx, nullptr, affinities, flags, dev);
}

abi::CUresult cuCtxDestroy_v2(Session& session, abi::CUcontext ctx) {
    Context* context = session.contexts.find(session, ctx);
    if (context == nullptr || context->primary || !context->alive.exchange(false)) {
        return abi::CUDA_ERROR_INVALID_CONTEXT;
    }
    const abi::CUresult result =
        send_end(session, context, wire::cuCtxDestroy_v2_Request{.context = context->handle});
    end_context(session, *context, false);
    ThreadState* thread = thread_state();
    if (thread->current() == context) thread->contexts.pop_back();
    // Other threads may have it current: the structure stays, so that they hear CONTEXT_IS_DESTROYED.
    return result;
}

abi::CUresult cuCtxDetach(Session& session, abi::CUcontext ctx) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    if (pointer_of(context) != ctx) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (context->uses.fetch_sub(1) > 1) return abi::CUDA_SUCCESS;
    return cuCtxDestroy_v2(session, ctx);
}

abi::CUresult cuCtxSynchronize(Session& session) { return cuCtxSynchronize_v2(session, nullptr); }

abi::CUresult cuCtxSynchronize_v2(Session& session, abi::CUcontext ctx) {
    Context* context = nullptr;
    const abi::CUresult usable = named_context(session, ctx, context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    if (const auto answer = graphs::captures().ask_context(context->id)) return *answer;
    return call_in(session, context, wire::cuCtxSynchronize_Request{});
}

abi::CUresult cuDevicePrimaryCtxRetain(Session& session, abi::CUcontext* pctx, abi::CUdevice dev) {
    if (pctx == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (session.snapshot.device(dev) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    PrimaryContext& primary = session.contexts.primary(dev);
    Guard guard(primary.mutex);
    Context* context = session.contexts.primary_context(session, dev);
    if (context == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    if (!context->alive.load(std::memory_order_relaxed)) {
        // Not waited for: a device that was there at cuInit rarely refuses, and when it does, every call in
        // the context answers what the driver said.
        const abi::CUresult result = detail::post(
            session, *thread_state(), nullptr,
            wire::cuDevicePrimaryCtxRetain_Request{
                .context = context->handle, .device = context->host_device, .flags = primary.flags});
        if (result != abi::CUDA_SUCCESS) return result;
        context->flags = primary.flags;
        context->alive.store(true, std::memory_order_relaxed);
    }
    ++primary.uses;
    *pctx = pointer_of(context);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuDevicePrimaryCtxRelease_v2(Session& session, abi::CUdevice dev) {
    if (session.snapshot.device(dev) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    PrimaryContext& primary = session.contexts.primary(dev);
    Guard guard(primary.mutex);
    if (primary.uses == 0) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (--primary.uses > 0) return abi::CUDA_SUCCESS;
    const abi::CUresult result =
        send_end(session, primary.context,
                 wire::cuDevicePrimaryCtxRelease_v2_Request{.device = primary.context->host_device});
    end_context(session, *primary.context, true);
    return result;
}

abi::CUresult cuDevicePrimaryCtxReset_v2(Session& session, abi::CUdevice dev) {
    if (session.snapshot.device(dev) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    PrimaryContext& primary = session.contexts.primary(dev);
    Guard guard(primary.mutex);
    if (primary.context == nullptr || !primary.context->alive.load()) return abi::CUDA_SUCCESS;
    const abi::CUresult result =
        send_end(session, primary.context,
                 wire::cuDevicePrimaryCtxReset_v2_Request{.device = primary.context->host_device});
    end_context(session, *primary.context, true);
    return result;
}

}  // namespace hand

namespace local {

abi::CUresult cuDevicePrimaryCtxSetFlags_v2(Session& session, abi::CUdevice dev, unsigned int flags) {
    if (session.snapshot.device(dev) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    if (!Contexts::valid_flags(flags)) return abi::CUDA_ERROR_INVALID_VALUE;
    PrimaryContext& primary = session.contexts.primary(dev);
    Guard guard(primary.mutex);
    primary.flags = flags;
    if (primary.context != nullptr) primary.context->flags = flags;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuDevicePrimaryCtxGetState(Session& session, abi::CUdevice dev, unsigned int* flags,
                                         int* active) {
    if (flags == nullptr || active == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (session.snapshot.device(dev) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    PrimaryContext& primary = session.contexts.primary(dev);
    Guard guard(primary.mutex);
    *flags = primary.flags;
    *active = primary.context != nullptr && primary.context->alive.load() ? 1 : 0;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxGetCurrent(Session&, abi::CUcontext* pctx) {
    if (pctx == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *pctx = pointer_of(thread_state()->current());
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxSetCurrent(Session& session, abi::CUcontext ctx) {
    auto& stack = thread_state()->contexts;
    if (ctx == nullptr) {
        if (!stack.empty()) stack.pop_back();
        return abi::CUDA_SUCCESS;
    }
    // The runtime makes a primary context current before it retains it: calls that need it alive say so
    // themselves.
    Context* context = session.contexts.find(session, ctx);
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (stack.empty()) {
        stack.push_back(context);
    } else {
        stack.back() = context;
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxPushCurrent_v2(Session& session, abi::CUcontext ctx) {
    Context* context = session.contexts.find(session, ctx);
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    thread_state()->contexts.push_back(context);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxPopCurrent_v2(Session&, abi::CUcontext* pctx) {
    auto& stack = thread_state()->contexts;
    if (stack.empty()) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (pctx != nullptr) *pctx = pointer_of(stack.back());
    stack.pop_back();
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxGetDevice(Session& session, abi::CUdevice* device) {
    return cuCtxGetDevice_v2(session, device, nullptr);
}

abi::CUresult cuCtxGetDevice_v2(Session& session, abi::CUdevice* device, abi::CUcontext ctx) {
    if (device == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = named_context(session, ctx, context);
    if (usable == abi::CUDA_SUCCESS) *device = context->device;
    return usable;
}

abi::CUresult cuCtxGetFlags(Session&, unsigned int* flags) {
    if (flags == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable == abi::CUDA_SUCCESS) *flags = context->flags;
    return usable;
}

abi::CUresult cuCtxSetFlags(Session&, unsigned int flags) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    if (!Contexts::valid_flags(flags)) return abi::CUDA_ERROR_INVALID_VALUE;
    context->flags = flags;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxGetId(Session& session, abi::CUcontext ctx, unsigned long long* ctxId) {
    if (ctxId == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = named_context(session, ctx, context);
    if (usable == abi::CUDA_SUCCESS) *ctxId = context->id;
    return usable;
}

abi::CUresult cuCtxGetApiVersion(Session& session, abi::CUcontext ctx, unsigned int* version) {
    if (version == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = named_context(session, ctx, context);
    if (usable == abi::CUDA_SUCCESS) *version = 3020;
    return usable;
}

abi::CUresult cuCtxGetCacheConfig(Session&, abi::CUfunc_cache* pconfig) {
    if (pconfig == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable == abi::CUDA_SUCCESS) *pconfig = context->cache_config;
    return usable;
}

abi::CUresult cuCtxSetCacheConfig(Session&, abi::CUfunc_cache config) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    if (config < abi::CU_FUNC_CACHE_PREFER_NONE || config > abi::CU_FUNC_CACHE_PREFER_EQUAL) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    context->cache_config = config;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxGetSharedMemConfig(Session&, abi::CUsharedconfig* pConfig) {
    if (pConfig == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    // Banks are four bytes wide on every supported device, whatever was asked for.
    if (usable == abi::CUDA_SUCCESS) *pConfig = abi::CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE;
    return usable;
}

abi::CUresult cuCtxSetSharedMemConfig(Session&, abi::CUsharedconfig config) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const bool known = config >= 0 && config <= abi::CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE;
    return known ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

abi::CUresult cuCtxAttach(Session&, abi::CUcontext* pctx, unsigned int flags) {
    if (pctx == nullptr || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    context->uses.fetch_add(1);
    *pctx = pointer_of(context);
    return abi::CUDA_SUCCESS;
}

}  // namespace local
}  // namespace guest
