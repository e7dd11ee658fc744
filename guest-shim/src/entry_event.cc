// Chapter "Event Management", what is not generated: recordings are counted, so that a fence can say how far
// an event has come, and queries of events and streams are answered from fences where they can be.
#include "fences.h"
#include "graph_backend.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// The object behind a handle that has been checked; null for a default stream.
template <class Kind>
Kind* object_of(Session& session, wire::Handle handle) {
    if (!handle.tagged()) return nullptr;
    return static_cast<Kind*>(static_cast<Object*>(session.handles.find(handle.kind(), handle)));
}

Question* question_of(Session& session, wire::Handle stream, Context& context) {
    if (stream.value == wire::kStreamDefault || stream.value == wire::kStreamLegacy) return &context.legacy;
    auto* object = object_of<Stream>(session, stream);
    return object == nullptr ? nullptr : &object->question;
}

// What was recorded in a capture cannot be asked about, and some captures forbid to ask at all.
graphs::Diverted forbidden(Session& session, abi::CUevent event) {
    if (const auto answer = graphs::captures().ask_event(event)) return answer;
    return graphs::captures().unsafe(graph_backend(session));
}

}  // namespace

namespace hand {

abi::CUresult cuEventDestroy_v2(Session& session, abi::CUevent hEvent) {
    const wire::Handle handle = wire::to_handle(hEvent);
    if (!handle.tagged()) return abi::CUDA_ERROR_INVALID_HANDLE;
    const abi::CUresult good = check(session, wire::HandleKind::event, handle);
    if (good != abi::CUDA_SUCCESS) return good;
    graphs::captures().event_gone(hEvent);
    const abi::CUresult result = send(session, wire::cuEventDestroy_v2_Request{.event = handle});
    forget_handle(session, handle);
    return result;
}

abi::CUresult cuEventSynchronize(Session& session, abi::CUevent hEvent) {
    const wire::Handle handle = wire::to_handle(hEvent);
    const abi::CUresult good = check(session, wire::HandleKind::event, handle);
    if (good != abi::CUDA_SUCCESS) return good;
    if (const auto answer = forbidden(session, hEvent)) return *answer;
    return call(session, wire::cuEventSynchronize_Request{.event = handle});
}

abi::CUresult cuEventRecordWithFlags(Session& session, abi::CUevent hEvent, abi::CUstream hStream,
                                     unsigned int flags) {
    const wire::Handle handle = wire::to_handle(hEvent);
    const abi::CUresult event_good = check(session, wire::HandleKind::event, handle);
    if (event_good != abi::CUDA_SUCCESS) return event_good;
    const wire::Handle stream = wire::to_handle(hStream);
    const abi::CUresult stream_good = check(session, wire::HandleKind::stream, stream);
    if (stream_good != abi::CUDA_SUCCESS) return stream_good;
    auto* event = object_of<Event>(session, handle);
    if (event == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    if (graphs::Captures::any()) {
        graphs::StreamName name;
        const abi::CUresult named = name_stream(session, stream, name);
        if (named != abi::CUDA_SUCCESS) return named;
        const bool external = (flags & abi::CU_EVENT_RECORD_EXTERNAL) != 0;
        if (const auto diverted = graphs::captures().record(name, hEvent, external)) return *diverted;
    }
    // Counted first: whoever queries from now on is told of this recording, or of a later one.
    event->recorded.fetch_add(1, std::memory_order_relaxed);
    const abi::CUresult result = send(session, wire::cuEventRecordWithFlags_Request{
                                                   .event = handle, .stream = stream, .flags = flags});
    if (result != abi::CUDA_SUCCESS) event->recorded.fetch_sub(1, std::memory_order_relaxed);
    return result;
}

abi::CUresult cuEventQuery(Session& session, abi::CUevent hEvent) {
    const wire::Handle handle = wire::to_handle(hEvent);
    const abi::CUresult good = check(session, wire::HandleKind::event, handle);
    if (good != abi::CUDA_SUCCESS) return good;
    if (const auto answer = forbidden(session, hEvent)) return *answer;
    auto* event = object_of<Event>(session, handle);
    if (event == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    const std::uint64_t number = event->recorded.load(std::memory_order_relaxed);
    abi::CUresult result = abi::CUDA_SUCCESS;
    if (known_state(session, handle, event->question, number, result)) return result;
    result = call(session, wire::cuEventQuery_Request{.event = handle});
    note_state(event->question, number, result);
    return result;
}

abi::CUresult cuStreamQuery(Session& session, abi::CUstream hStream) {
    const wire::Handle handle = wire::to_handle(hStream);
    const abi::CUresult good = check(session, wire::HandleKind::stream, handle);
    if (good != abi::CUDA_SUCCESS) return good;
    if (const auto answer = guest::forbidden(session, handle)) return *answer;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    Question* question = question_of(session, handle, *context);
    const std::uint64_t now = session.lane.records();
    abi::CUresult result = abi::CUDA_SUCCESS;
    if (question != nullptr && known_state(session, handle, *question, now, result)) return result;
    // The query is a record itself: the next one finds the lane here when nobody has appended meanwhile.
    const std::uint64_t position = now + 1;
    result = call(session, wire::cuStreamQuery_Request{.stream = handle, .position = position});
    if (question != nullptr) note_state(*question, position, result);
    return result;
}

}  // namespace hand
}  // namespace guest
