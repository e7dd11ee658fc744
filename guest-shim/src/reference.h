// Copies by reference: records that name pinned memory of the arena. Included where they are made, copy.cc,
// entry_copy.cc and box.cc.
#pragma once
#include "copy.h"
#include "staging.h"
#include "stub_runtime.h"

namespace guest {

inline std::uint64_t bytes_of(const wire::cuMemcpyHtoDAsync_v2_Request& request) { return request.size; }
inline std::uint64_t bytes_of(const wire::cuMemcpyDtoHAsync_v2_Request& request) { return request.size; }
inline std::uint64_t bytes_of(const wire::cuMemcpy2DAsync_v2_Request& request) {
    return request.width * request.height;
}

inline std::uint64_t bytes_of(const wire::cuMemcpy3DAsync_v2_Request& request) {
    return request.width * request.height * request.depth;
}

// Sends such a record; waits until the device is done with it where the form says so. `lands`: the device
// writes to the arena. A copy that nobody waits for is kept in mind for the frees that do.
template <class Request>
abi::CUresult send_reference(Session& session, const Request& request, bool lands, Form form) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    ThreadState& thread = *thread_state();
    const StreamName name = StreamName::of(context, request.stream, thread.number);
    session.expect_copy(bytes_of(request));
    if (form != Form::waits) {
        const abi::CUresult result = send(session, request);
        if (result == abi::CUDA_SUCCESS) session.unsettled.note(name, lands);
        return result;
    }
    if (session.sticky() != abi::CUDA_SUCCESS) return session.sticky();
    Slot* slot = session.replies.take_slot();
    if (slot == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const std::uint64_t mark = session.unsettled.mark();
    const abi::CUresult result = detail::exchange_with(session, thread, context, request, slot);
    if (result == abi::CUDA_SUCCESS) session.unsettled.stream_over(name, mark);
    return result;
}

// Sends a copy that names a slice, with a ticket of its own. On failure the slice has been given back.
template <class Request>
abi::CUresult send_slice(Session& session, Staging::Slice* slice, const Request& request, bool tells_late) {
    Context* context = nullptr;
    abi::CUresult result = session.sticky();
    if (result == abi::CUDA_SUCCESS) result = need_context(context);
    if (result == abi::CUDA_SUCCESS) slice->slot = session.replies.take_slot();
    if (result == abi::CUDA_SUCCESS && slice->slot == nullptr) result = abi::CUDA_ERROR_OUT_OF_MEMORY;
    if (result != abi::CUDA_SUCCESS) {
        session.staging.give(slice);
        return result;
    }
    slice->slot->tells_late = tells_late;
    wire::RecordHeader header = detail::header_of(*thread_state(), context);
    header.ticket = slice->slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    return session.appended(session.append(request, header));
}

}  // namespace guest
