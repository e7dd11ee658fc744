// Chapter "Event Management", what is not generated: recordings are counted, so that a fence can say how far
// an event has come, and queries of events and streams are answered from fences where they can be.
#include "fences.h"
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

}  // namespace

namespace hand {

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
