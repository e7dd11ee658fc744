// Copies by reference: records that name pinned memory of the arena. Included where they are made, copy.cc
// and entry_copy.cc.
#pragma once
#include "copy.h"
#include "stub_runtime.h"

namespace guest {

// Sends such a record; waits until the device is done with it where the form says so. `lands`: the device
// writes to the arena. A copy that nobody waits for is kept in mind for the frees that do.
template <class Request>
abi::CUresult send_reference(Session& session, const Request& request, bool lands, Form form) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    ThreadState& thread = *thread_state();
    const StreamName name = StreamName::of(context, request.stream, thread.number);
    if (form == Form::may_return) {
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

}  // namespace guest
