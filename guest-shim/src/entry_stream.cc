// Chapter "Stream Management", what is not generated: creation, questions about streams, callbacks, and what
// a capture takes or forbids.
#include <algorithm>

#include "context_answers.h"
#include "graph_backend.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// Ids of the default streams, and where those of others begin; per-thread ones come from the thread's number.
constexpr std::uint64_t kLegacyId = 1;
constexpr std::uint64_t kFirstId = 1 << 20;
constinit std::atomic<std::uint64_t> next_id{kFirstId};

// What a call about a stream needs: the stream, or null for a default one.
abi::CUresult named_stream(Session& session, abi::CUstream handle, Stream*& stream, bool arguments_good) {
    if (!arguments_good) return abi::CUDA_ERROR_INVALID_VALUE;
    stream = nullptr;
    const wire::Handle name = wire::to_handle(handle);
    Context* context = nullptr;
    if (name.value <= wire::kStreamPerThread) return need_context(context);
    const abi::CUresult good = check(session, wire::HandleKind::stream, name);
    if (good != abi::CUDA_SUCCESS) return good;
    stream = static_cast<Stream*>(static_cast<Object*>(session.handles.find(wire::HandleKind::stream, name)));
    return stream == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : abi::CUDA_SUCCESS;
}

abi::CUresult launch_host(Session& session, const HostFunction& function, std::uint32_t kind) {
    const abi::CUresult good = check(session, wire::HandleKind::stream, wire::to_handle(function.stream));
    if (good != abi::CUDA_SUCCESS) return good;
    // A callback would have to be told of errors, which a graph cannot.
    const auto take = [&](graphs::Work& work) {
        work = graphs::HostWork{{function.function, function.argument}};
        return abi::CUDA_SUCCESS;
    };
    const bool is_callback = function.callback != nullptr;
    if (const auto diverted = divert(session, wire::to_handle(function.stream), take, is_callback))
        return *diverted;
    const std::uint64_t number = session.callbacks.add(function);
    if (number == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const abi::CUresult result = send(
        session,
        wire::cuLaunchHostFunc_Request{
            .stream = wire::to_handle(function.stream), .function = number, .argument = 0, .kind = kind});
    if (result != abi::CUDA_SUCCESS) session.callbacks.forget(number);
    if (result == abi::CUDA_SUCCESS) session.wake_pump();
    return result;
}

}  // namespace

namespace hand {

abi::CUresult cuStreamCreateWithPriority(Session& session, abi::CUstream* phStream, unsigned int flags,
                                         int priority) {
    if (phStream == nullptr || flags > abi::CU_STREAM_NON_BLOCKING) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    auto* stream = new Stream;
    stream->context = context;
    stream->epoch = context->epoch.load(std::memory_order_relaxed);
    stream->flags = flags;
    stream->priority = priority;
    stream->id = next_id.fetch_add(1, std::memory_order_relaxed);
    const wire::Handle handle =
        session.handles.create(wire::HandleKind::stream, static_cast<Object*>(stream));
    if (handle.value == 0) {
        delete stream;
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    }
    const abi::CUresult result = send(session, wire::cuStreamCreateWithPriority_Request{
                                                   .stream = handle, .flags = flags, .priority = priority});
    if (result != abi::CUDA_SUCCESS) forget_handle(session, handle);
    if (result == abi::CUDA_SUCCESS) *phStream = wire::to_pointer<abi::CUstream>(handle);
    return result;
}

abi::CUresult cuStreamDestroy_v2(Session& session, abi::CUstream hStream) {
    const wire::Handle handle = wire::to_handle(hStream);
    if (!handle.tagged()) return abi::CUDA_ERROR_INVALID_HANDLE;
    const abi::CUresult good = check(session, wire::HandleKind::stream, handle);
    if (good != abi::CUDA_SUCCESS) return good;
    graphs::StreamName name;
    if (graphs::Captures::any() && name_stream(session, handle, name) == abi::CUDA_SUCCESS)
        graphs::captures().stream_gone(name.id);
    const abi::CUresult result = send(session, wire::cuStreamDestroy_v2_Request{.stream = handle});
    forget_handle(session, handle);
    return result;
}

abi::CUresult cuStreamSynchronize(Session& session, abi::CUstream hStream) {
    const wire::Handle handle = wire::to_handle(hStream);
    const abi::CUresult good = check(session, wire::HandleKind::stream, handle);
    if (good != abi::CUDA_SUCCESS) return good;
    if (const auto answer = forbidden(session, handle)) return *answer;
    return call(session, wire::cuStreamSynchronize_Request{.hStream = handle});
}

abi::CUresult cuStreamWaitEvent(Session& session, abi::CUstream hStream, abi::CUevent hEvent,
                                unsigned int flags) {
    const wire::Handle stream = wire::to_handle(hStream);
    const wire::Handle event = wire::to_handle(hEvent);
    const abi::CUresult stream_good = check(session, wire::HandleKind::stream, stream);
    if (stream_good != abi::CUDA_SUCCESS) return stream_good;
    const abi::CUresult event_good = check(session, wire::HandleKind::event, event);
    if (event_good != abi::CUDA_SUCCESS) return event_good;
    if (graphs::Captures::any()) {
        graphs::StreamName name;
        const abi::CUresult named = name_stream(session, stream, name);
        if (named != abi::CUDA_SUCCESS) return named;
        const bool external = (flags & abi::CU_EVENT_WAIT_EXTERNAL) != 0;
        if (const auto diverted = graphs::captures().wait(name, hEvent, external)) return *diverted;
    }
    return send(session,
                wire::cuStreamWaitEvent_Request{.hStream = stream, .hEvent = event, .Flags = flags});
}

abi::CUresult cuStreamAddCallback(Session& session, abi::CUstream hStream, abi::CUstreamCallback callback,
                                  void* userData, unsigned int flags) {
    if (callback == nullptr || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    return launch_host(session, {nullptr, callback, hStream, userData}, 1);
}

abi::CUresult cuLaunchHostFunc(Session& session, abi::CUstream hStream, abi::CUhostFn fn, void* userData) {
    if (fn == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return launch_host(session, {fn, nullptr, hStream, userData}, 0);
}

}  // namespace hand

namespace local {

abi::CUresult cuStreamGetPriority(Session& session, abi::CUstream hStream, int* priority) {
    Stream* stream = nullptr;
    const abi::CUresult good = named_stream(session, hStream, stream, priority != nullptr);
    if (good != abi::CUDA_SUCCESS) return good;
    *priority = stream == nullptr ? 0 : stream->priority;
    if (*priority == 0) return abi::CUDA_SUCCESS;
    PriorityRange range;
    const abi::CUresult asked = find_priority_range(session, range);
    if (asked != abi::CUDA_SUCCESS) return asked;
    *priority = std::max(std::min(*priority, range.least), range.greatest);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuStreamGetFlags(Session& session, abi::CUstream hStream, unsigned int* flags) {
    Stream* stream = nullptr;
    const abi::CUresult good = named_stream(session, hStream, stream, flags != nullptr);
    if (good == abi::CUDA_SUCCESS) *flags = stream == nullptr ? 0 : stream->flags;
    return good;
}

abi::CUresult cuStreamGetId(Session& session, abi::CUstream hStream, unsigned long long* streamId) {
    Stream* stream = nullptr;
    const abi::CUresult good = named_stream(session, hStream, stream, streamId != nullptr);
    if (good != abi::CUDA_SUCCESS) return good;
    const bool per_thread = wire::to_handle(hStream).value == wire::kStreamPerThread;
    const std::uint64_t own = per_thread ? kLegacyId + thread_state()->number : kLegacyId;
    *streamId = stream == nullptr ? own : stream->id;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuStreamGetCtx(Session& session, abi::CUstream hStream, abi::CUcontext* pctx) {
    Stream* stream = nullptr;
    const abi::CUresult good = named_stream(session, hStream, stream, pctx != nullptr);
    if (good != abi::CUDA_SUCCESS) return good;
    const Context* context = stream == nullptr ? thread_state()->current() : stream->context;
    *pctx = wire::to_pointer<abi::CUcontext>(context->handle);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuStreamGetCtx_v2(Session& session, abi::CUstream hStream, abi::CUcontext* pCtx,
                                abi::CUgreenCtx* pGreenCtx) {
    if (pGreenCtx == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUresult result = cuStreamGetCtx(session, hStream, pCtx);
    if (result == abi::CUDA_SUCCESS) *pGreenCtx = nullptr;
    return result;
}

abi::CUresult cuStreamGetDevice(Session& session, abi::CUstream hStream, abi::CUdevice* device) {
    Stream* stream = nullptr;
    const abi::CUresult good = named_stream(session, hStream, stream, device != nullptr);
    if (good != abi::CUDA_SUCCESS) return good;
    *device = (stream == nullptr ? thread_state()->current() : stream->context)->device;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuStreamAttachMemAsync(Session& session, abi::CUstream hStream, abi::CUdeviceptr, std::size_t,
                                     unsigned int) {
    Stream* stream = nullptr;
    const abi::CUresult good = named_stream(session, hStream, stream, true);
    return good != abi::CUDA_SUCCESS ? good : abi::CUDA_ERROR_NOT_SUPPORTED;
}

}  // namespace local
}  // namespace guest
