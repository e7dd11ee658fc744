// Contexts by hand: creation changes what is current in the driver, and an end takes everything in it along,
// which must be quiet first. Called by generated dispatch.
#include "engine/executor.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

wire::Handle handle_of(const Watch& watch) { return wire::Handle{watch.argument}; }
int device_of(const Watch& watch) { return static_cast<int>(watch.argument); }

abi::CUresult destroy_context(Executor& executor, const Watch& watch) {
    auto* context =
        static_cast<abi::CUcontext>(executor.handles().find(wire::HandleKind::context, handle_of(watch)));
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    executor.landing().collect();
    const abi::CUresult result = executor.driver().cuCtxDestroy_v2(context);
    executor.contexts().forget_current();
    if (result == abi::CUDA_SUCCESS) executor.forget_context(handle_of(watch));
    return result;
}

abi::CUresult release_primary(Executor& executor, const Watch& watch) {
    executor.landing().collect();
    wire::Handle emptied;
    const abi::CUresult result = executor.contexts().release(device_of(watch), emptied);
    if (emptied.value != 0) executor.forget_context(emptied);
    return result;
}

abi::CUresult reset_primary(Executor& executor, const Watch& watch) {
    executor.landing().collect();
    wire::Handle emptied;
    const abi::CUresult result = executor.contexts().reset(device_of(watch), emptied);
    if (emptied.value != 0) executor.forget_context(emptied);
    return result;
}

}  // namespace

abi::CUresult cuCtxCreate_v2(Executor& executor, const wire::RecordHeader&,
                             const wire::cuCtxCreate_v2_Request& request, ReplySink&) {
    const int device = executor.device(request.device);
    if (executor.driver().cuCtxCreate_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUcontext context = nullptr;
    const abi::CUresult result = executor.driver().cuCtxCreate_v2(&context, request.flags, device);
    if (result != abi::CUDA_SUCCESS) return result;
    // The driver has pushed it; which context is current follows from each record instead.
    abi::CUcontext popped = nullptr;
    (void)executor.driver().cuCtxPopCurrent_v2(&popped);
    executor.contexts().forget_current();
    return executor.bind(wire::HandleKind::context, request.context, context);
}

abi::CUresult cuCtxDestroy_v2(Executor& executor, const wire::RecordHeader& header,
                              const wire::cuCtxDestroy_v2_Request& request, ReplySink&) {
    if (executor.driver().cuCtxDestroy_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (executor.handles().find(wire::HandleKind::context, request.context) == nullptr) {
        return abi::CUDA_ERROR_INVALID_CONTEXT;
    }
    return executor.wait_for_context(request.context, header, destroy_context, request.context.value);
}

abi::CUresult cuDevicePrimaryCtxRetain(Executor& executor, const wire::RecordHeader& header,
                                       const wire::cuDevicePrimaryCtxRetain_Request& request, ReplySink&) {
    Contexts& contexts = executor.contexts();
    const abi::CUresult result =
        contexts.retain(request.context, executor.device(request.device), request.flags);
    // Nobody waits, and every record that names the context will be answered with the reason: said once more
    // by the next reply, it could be taken for the failure of another call.
    return header.ticket == 0 && contexts.refused(request.context) ? abi::CUDA_SUCCESS : result;
}

abi::CUresult cuDevicePrimaryCtxRelease_v2(Executor& executor, const wire::RecordHeader& header,
                                           const wire::cuDevicePrimaryCtxRelease_v2_Request& request,
                                           ReplySink&) {
    const int device = executor.device(request.device);
    if (executor.contexts().last_release(device)) {
        const wire::Handle context = executor.contexts().primary(device);
        return executor.wait_for_context(context, header, release_primary,
                                         static_cast<std::uint32_t>(device));
    }
    wire::Handle emptied;
    return executor.contexts().release(device, emptied);
}

abi::CUresult cuDevicePrimaryCtxReset_v2(Executor& executor, const wire::RecordHeader& header,
                                         const wire::cuDevicePrimaryCtxReset_v2_Request& request,
                                         ReplySink&) {
    const int device = executor.device(request.device);
    const wire::Handle context = executor.contexts().primary(device);
    if (context.value == 0) {
        wire::Handle emptied;
        return executor.contexts().reset(device, emptied);
    }
    return executor.wait_for_context(context, header, reset_primary, static_cast<std::uint32_t>(device));
}

abi::CUresult cuCtxSynchronize(Executor& executor, const wire::RecordHeader& header,
                               const wire::cuCtxSynchronize_Request&, ReplySink&) {
    return executor.wait(Awaited::Kind::context, nullptr, header);
}

}  // namespace engine::hand
