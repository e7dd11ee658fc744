// Contexts by hand: an end takes everything in it along, which must be quiet first. Making and ending one
// takes long and goes aside. Called by generated dispatch.
#include <memory>

#include "engine/executor.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

wire::Handle context_of(const Watch& watch) { return wire::Handle{watch.argument}; }
int device_of(const Watch& watch) { return static_cast<int>(watch.argument); }

// A guest that does not wait has launched nothing that this could bring text out of; what else is on the
// device is waited for aside, so that memory and order are what they would be.
void wait_there(const device::DriverTable& driver, abi::CUcontext context) {
    if (driver.cuCtxSetCurrent(context) == abi::CUDA_SUCCESS) (void)driver.cuCtxSynchronize();
    (void)driver.cuCtxSetCurrent(nullptr);
}

// The primary context of `device`, where nobody has waited for it.
abi::CUcontext unwaited_primary(Executor& executor, const wire::RecordHeader& header, int device) {
    const wire::Handle handle = executor.contexts().primary(device);
    if (header.ticket != 0 || handle.value == 0) return nullptr;
    return static_cast<abi::CUcontext>(executor.handles().find(wire::HandleKind::context, handle));
}

// Answers `header` with what `work` answers, which ends `context`: nothing may ask about it from now on.
template <class Work>
abi::CUresult end_context(Executor& executor, const wire::RecordHeader& header, wire::Handle context,
                          Work&& work) {
    executor.landing().collect();
    if (context.value != 0) executor.forget_context(context);
    (void)executor.contexts().use(wire::Handle{});
    return executor.aside(std::forward<Work>(work), [&executor, header](abi::CUresult result) {
        executor.answer(header, result, {});
    });
}

abi::CUresult destroy_context(Executor& executor, const Watch& watch) {
    auto* context =
        static_cast<abi::CUcontext>(executor.handles().find(wire::HandleKind::context, context_of(watch)));
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    const device::DriverTable& driver = executor.driver();
    const bool waits = watch.record.ticket == 0;
    return end_context(executor, watch.record, context_of(watch), [=, &driver] {
        if (waits) wait_there(driver, context);
        return driver.cuCtxDestroy_v2(context);
    });
}

abi::CUresult release_primary(Executor& executor, const Watch& watch) {
    const int device = device_of(watch);
    const device::DriverTable& driver = executor.driver();
    if (driver.cuDevicePrimaryCtxRelease_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUcontext context = unwaited_primary(executor, watch.record, device);
    return end_context(executor, watch.record, executor.contexts().forget_primary(device), [=, &driver] {
        if (context != nullptr) wait_there(driver, context);
        return driver.cuDevicePrimaryCtxRelease_v2(device);
    });
}

abi::CUresult reset_device(Executor& executor, const wire::RecordHeader& header, int device) {
    const Contexts& contexts = executor.contexts();
    const device::DriverTable& driver = executor.driver();
    const std::uint32_t held = contexts.times_retained(device);
    abi::CUcontext context = unwaited_primary(executor, header, device);
    return end_context(executor, header, executor.contexts().forget_primary(device), [=, &contexts, &driver] {
        if (context != nullptr) wait_there(driver, context);
        return contexts.reset(device, held);
    });
}

abi::CUresult reset_primary(Executor& executor, const Watch& watch) {
    return reset_device(executor, watch.record, device_of(watch));
}

// `after` once the context is quiet, or at once where it waits aside by itself.
abi::CUresult when_quiet(Executor& executor, wire::Handle context, const wire::RecordHeader& header,
                         AfterWait after, std::uint64_t argument) {
    if (header.ticket != 0) return executor.wait_for_context(context, header, after, argument);
    const abi::CUresult current = executor.contexts().use(context);
    return current == abi::CUDA_SUCCESS ? after(executor, {{}, context, header, after, argument}) : current;
}

}  // namespace

abi::CUresult cuCtxCreate_v2(Executor& executor, const wire::RecordHeader& header,
                             const wire::cuCtxCreate_v2_Request& request, ReplySink&) {
    const device::DriverTable& driver = executor.driver();
    if (driver.cuCtxCreate_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const int device = executor.device(request.device);
    const auto made = std::make_shared<abi::CUcontext>();
    const auto create = [&driver, made, flags = request.flags, device] {
        const abi::CUresult result = driver.cuCtxCreate_v2(made.get(), flags, device);
        // The driver has pushed it on this thread, which needs none of its own.
        abi::CUcontext popped = nullptr;
        if (result == abi::CUDA_SUCCESS) (void)driver.cuCtxPopCurrent_v2(&popped);
        return result;
    };
    return executor.aside(create,
                          [&executor, header, made, handle = request.context](abi::CUresult result) {
                              if (result == abi::CUDA_SUCCESS)
                                  result = executor.bind(wire::HandleKind::context, handle, *made);
                              executor.answer(header, result, {});
                          });
}

abi::CUresult cuCtxDestroy_v2(Executor& executor, const wire::RecordHeader& header,
                              const wire::cuCtxDestroy_v2_Request& request, ReplySink&) {
    if (executor.driver().cuCtxDestroy_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (executor.handles().find(wire::HandleKind::context, request.context) == nullptr) {
        return abi::CUDA_ERROR_INVALID_CONTEXT;
    }
    return when_quiet(executor, request.context, header, destroy_context, request.context.value);
}

abi::CUresult cuDevicePrimaryCtxRetain(Executor& executor, const wire::RecordHeader& header,
                                       const wire::cuDevicePrimaryCtxRetain_Request& request, ReplySink&) {
    Contexts& contexts = executor.contexts();
    const int device = executor.device(request.device);
    const auto object = std::make_shared<abi::CUcontext>();
    const auto finish = [&executor, header, device, object,
                         context = request.context](abi::CUresult result) {
        result = executor.contexts().retained(context, device, *object, result);
        // Nobody waits, and every record that names the context will be answered with the reason: said once
        // more by the next reply, it could be taken for the failure of another call.
        const bool said = header.ticket == 0 && executor.contexts().refused(context);
        executor.answer(header, said ? abi::CUDA_SUCCESS : result, {});
    };
    if (contexts.times_retained(device) != 0) {
        finish(contexts.retain(device, 0, *object));
        return kPending;
    }
    const auto retain = [&contexts, device, flags = request.flags, object] {
        return contexts.retain(device, flags, *object);
    };
    return executor.aside(retain, finish);
}

abi::CUresult cuDevicePrimaryCtxRelease_v2(Executor& executor, const wire::RecordHeader& header,
                                           const wire::cuDevicePrimaryCtxRelease_v2_Request& request,
                                           ReplySink&) {
    const int device = executor.device(request.device);
    if (!executor.contexts().last_release(device)) return executor.contexts().release(device);
    const wire::Handle context = executor.contexts().primary(device);
    return when_quiet(executor, context, header, release_primary, static_cast<std::uint32_t>(device));
}

abi::CUresult cuDevicePrimaryCtxReset_v2(Executor& executor, const wire::RecordHeader& header,
                                         const wire::cuDevicePrimaryCtxReset_v2_Request& request,
                                         ReplySink&) {
    const int device = executor.device(request.device);
    const wire::Handle context = executor.contexts().primary(device);
    if (context.value == 0) return reset_device(executor, header, device);
    return when_quiet(executor, context, header, reset_primary, static_cast<std::uint32_t>(device));
}

abi::CUresult cuCtxSynchronize(Executor& executor, const wire::RecordHeader& header,
                               const wire::cuCtxSynchronize_Request&, ReplySink&) {
    return executor.wait(Awaited::Kind::context, nullptr, header);
}

}  // namespace engine::hand
