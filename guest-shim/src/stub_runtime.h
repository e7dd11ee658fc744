// What every exported function goes through: boundary() around the whole call, check() for handles, send()
// and call() for records. Included by the generated stubs and by the entry_*.cc files. Nothing thrown below
// leaves boundary().
#pragma once
#include <new>

#include "cudart/abi.h"
#include "process.h"
#include "session.h"
#include "thread_state.h"
#include "trace.h"
#include "verdicts.h"
#include "wire/codec.h"
#include "wire/handle.h"

namespace guest {

// FERRY_LOG=debug: one line for every call that does not answer success.
void note_failure(wire::CallId call, abi::CUresult result);

// Runs body(Session&) when there is a live session; else answers what CUDA answers before cuInit, after exit
// began, in the child of a fork, in a host function, or after the host was lost.
template <wire::CallId kCall, class F>
abi::CUresult boundary(F&& body) noexcept {
    ThreadState* thread = thread_state();
    if (thread == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    thread->count_call(wire::call_index(kCall));
    Session* session = live_session();
    if (session == nullptr || thread->in_callback) [[unlikely]]
        return refusal(*thread);
    const TraceSpan span(wire::TraceKind::call, static_cast<std::uint16_t>(kCall), thread->number);
    try {
        const abi::CUresult result = body(*session);
        if (result != abi::CUDA_SUCCESS) [[unlikely]]
            note_failure(kCall, result);
        return result;
    } catch (const std::bad_alloc&) {
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    }
}

// The same for calls that need no session.
template <wire::CallId kCall, class F>
abi::CUresult boundary_local(F&& body) noexcept {
    if (ThreadState* thread = thread_state()) thread->count_call(wire::call_index(kCall));
    try {
        return body();
    } catch (const std::bad_alloc&) {
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    }
}

// Whether `handle` names a live object of that kind: CUDA_ERROR_INVALID_CONTEXT or _INVALID_HANDLE when not.
// The null context is the calling thread's current one; the special streams are streams; a kernel is a
// function.
abi::CUresult check(Session& session, wire::HandleKind kind, wire::Handle handle);
// Names a new object of the current context; value 0 when there is no room.
wire::Handle name_handle(Session& session, wire::HandleKind kind);
void forget_handle(Session& session, wire::Handle handle);

// The current context of the calling thread when it can be used, else the error and null.
inline abi::CUresult need_context(Context*& context) {
    const ThreadState* thread = thread_state();
    context = thread == nullptr ? nullptr : thread->current();
    if (context == nullptr) [[unlikely]]
        return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (context->alive.load(std::memory_order_relaxed)) [[likely]]
        return abi::CUDA_SUCCESS;
    context = nullptr;
    return abi::CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

namespace detail {

// Whether a record may change what the device has left beside what the program allocates: contexts, code.
constexpr bool changes_memory(wire::CallId call) {
    const auto chapter = static_cast<std::uint16_t>(call) >> 8;
    return chapter >= 0x03 && chapter <= 0x06;
}

inline wire::RecordHeader header_of(ThreadState& thread, const Context* context) {
    wire::RecordHeader header{};
    header.thread = thread.number;
    header.context =
        context == nullptr ? std::uint16_t{0} : static_cast<std::uint16_t>(context->handle.index());
    thread.spoke = true;
    return header;
}

// Appends with the slot's ticket, waits, and frees the slot. Answers for this record alone.
template <class Request>
abi::CUresult exchange_alone(Session& session, ThreadState& thread, const Context* context,
                             const Request& request, Slot* slot) {
    wire::RecordHeader header = header_of(thread, context);
    header.ticket = slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    abi::CUresult result = abi::CUDA_ERROR_OUT_OF_MEMORY;
    const TraceSpan span(wire::TraceKind::wait, static_cast<std::uint16_t>(Request::kId), thread.number);
    const Appended how = session.append(request, header);
    const std::int64_t began_ns = now_ns();
    if (how != Appended::no_memory) result = session.wait(*slot);
    session.counters.waited(thread.call, now_ns() - began_ns);
    session.replies.free_slot(slot);
    return result;
}

// The same; a success gives way to an error that nobody has been told of yet.
template <class Request>
abi::CUresult exchange_with(Session& session, ThreadState& thread, const Context* context,
                            const Request& request, Slot* slot) {
    const abi::CUresult result = exchange_alone(session, thread, context, request, slot);
    const abi::CUresult late = session.replies.take_late_error();
    return result == abi::CUDA_SUCCESS ? late : result;
}

// What a successful wait says about copies that had been sent before `mark`.
template <class Request>
void note_waited(Session&, const ThreadState&, const Context*, const Request&, std::uint64_t) {}
inline void note_waited(Session& session, const ThreadState& thread, const Context* context,
                        const wire::cuStreamSynchronize_Request& request, std::uint64_t mark) {
    session.unsettled.stream_over(StreamName::of(context, request.hStream, thread.number), mark);
}
inline void note_waited(Session& session, const ThreadState&, const Context* context,
                        const wire::cuCtxSynchronize_Request&, std::uint64_t mark) {
    session.unsettled.context_over(context, mark);
}
inline void note_waited(Session& session, const ThreadState&, const Context* context,
                        const wire::session_settle_Request&, std::uint64_t mark) {
    session.unsettled.context_over(context, mark);
}

// Before a wait: whether it is for launches of the context, which it takes over.
template <class Request>
bool takes_launches(const Context*, const Request&) {
    return false;
}
inline bool takes_launches(const Context* context, const wire::cuCtxSynchronize_Request&) {
    return context != nullptr && context->launched.exchange(false, std::memory_order_relaxed);
}

// The same with a slot of its own, which leaves the outputs in thread.reply.
template <class Request>
[[gnu::noinline]] abi::CUresult exchange(Session& session, ThreadState& thread, const Context* context,
                                         Request request) {
    Slot* slot = session.replies.take_slot();
    if (slot == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    thread.reply.clear();
    slot->payload = &thread.reply;
    const std::uint64_t mark = session.unsettled.mark();
    const bool launched = takes_launches(context, request);
    const abi::CUresult result = exchange_with(session, thread, context, request, slot);
    if (launched && result != abi::CUDA_SUCCESS) context->note_launch();
    if (result == abi::CUDA_SUCCESS) note_waited(session, thread, context, request, mark);
    return result;
}

template <class Request>
abi::CUresult post(Session& session, ThreadState& thread, const Context* context, const Request& request) {
    if constexpr (changes_memory(Request::kId)) session.note_memory_change();
    if (session.lost() != abi::CUDA_SUCCESS) return session.lost();
    if (!session.settings.batching) return exchange(session, thread, context, request);
    return session.appended(session.append(request, header_of(thread, context)));
}

template <class Reply>
abi::CUresult decode_reply(Session& session, ThreadState& thread, Reply& reply) {
    wire::Cursor cursor(thread.reply.bytes());
    if (decode(cursor, reply)) return abi::CUDA_SUCCESS;
    session.end(abi::CUDA_ERROR_UNKNOWN, "the host sent a malformed answer");
    return session.lost();
}

}  // namespace detail

// Appends a record of the current context, which need_context() has answered; success says only that it will
// be executed.
template <class Request>
abi::CUresult send_in(Session& session, const Context* context, const Request& request) {
    if (session.sticky() != abi::CUDA_SUCCESS) return session.sticky();
    const abi::CUresult good = verdict(session, request);
    if (good != abi::CUDA_SUCCESS) return good;
    return detail::post(session, *thread_state(), context, request);
}

// The same, where nobody has asked for the context yet.
template <class Request>
abi::CUresult send(Session& session, const Request& request) {
    if (session.sticky() != abi::CUDA_SUCCESS) return session.sticky();
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    return usable != abi::CUDA_SUCCESS ? usable : send_in(session, context, request);
}

// As send(), for a slice of a copy whose bytes are only referred to; see Session::carries_bulk().
template <class Request>
abi::CUresult send_bulk(Session& session, const Request& request, std::span<const std::byte> bytes) {
    if (session.sticky() != abi::CUDA_SUCCESS) return session.sticky();
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const abi::CUresult good = verdict(session, request);
    if (good != abi::CUDA_SUCCESS) return good;
    return session.appended(session.append_bulk(request, detail::header_of(*thread_state(), context), bytes));
}

// As send(), for records that need no current context.
template <class Request>
abi::CUresult send_free(Session& session, const Request& request) {
    ThreadState* thread = thread_state();
    return thread == nullptr ? abi::CUDA_ERROR_OUT_OF_MEMORY
                             : detail::post(session, *thread, thread->current(), request);
}

// Seals and waits for the result.
template <class Request>
abi::CUresult call(Session& session, const Request& request) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    return detail::exchange(session, *thread_state(), context, request);
}

// As call(), for what makes an object: what an earlier record has failed with waits for the next call, for
// the object would be lost with it.
template <class Request>
abi::CUresult call_alone(Session& session, const Request& request) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    ThreadState& thread = *thread_state();
    Slot* slot = session.replies.take_slot();
    if (slot == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    thread.reply.clear();
    slot->payload = &thread.reply;
    return detail::exchange_alone(session, thread, context, request, slot);
}

// Seals, waits, and decodes the outputs of a success. Spans in `reply` live until the thread's next call.
template <class Request, class Reply>
abi::CUresult call(Session& session, const Request& request, Reply& reply) {
    const abi::CUresult result = call(session, request);
    return result != abi::CUDA_SUCCESS ? result : detail::decode_reply(session, *thread_state(), reply);
}

// As call(), in the name of `context` (null: none), whatever is current.
template <class Request>
abi::CUresult call_in(Session& session, const Context* context, const Request& request) {
    return detail::exchange(session, *thread_state(), context, request);
}

}  // namespace guest
