// What every GL call goes through: current() for the calling thread's context, send() for a record nobody
// waits for, call() for one whose answer is needed, fail() for an error the guest finds itself. Included by
// the generated stubs and by the entry_*.cc files.
#pragma once
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "gl/context.h"
#include "wire/codec.h"
#include "wire/cursor.h"
#include "wire/gl_codec.h"
#include "wire/record.h"

namespace guest::gl {

// The context that is current on the calling thread, or null: GL calls without one do nothing.
// SAFETY: initial-exec costs eight bytes of the static TLS that libc keeps for late libraries, and no call
// per GL call.
extern thread_local constinit Context* current_context __attribute__((tls_model("initial-exec")));
inline Context* current() { return current_context; }
// Binds it to the calling thread; null: none.
void make_current(Context* context);

inline void fail(Context& context, GLenum error) { context.errors().fail(error); }

// One line for each call that Ferry has not got yet, the first time a program uses it.
void not_forwarded(wire::GlCallId call);

namespace detail {

// Ferry's own records make no GL error.
template <class Request>
consteval bool may_fail() {
    if constexpr (requires { Request::kNeverFails; }) return !Request::kNeverFails;
    return false;
}

// Appends with a slot's ticket and waits; outputs are in context.reply(). The host's result: 0 fine; 1 the
// call has made an error; 2 fine, but an earlier one has.
template <class Request>
int exchange(Context& context, const Request& request) {
    GlLane& lane = context.lane();
    Slot* slot = lane.replies.take_slot();
    if (slot == nullptr) return 1;
    context.reply().clear();
    slot->payload = &context.reply();
    wire::RecordHeader header{};
    header.ticket = slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    const std::int64_t began_ns = now_ns();
    const Appended how = lane.append(request, header);
    const std::uint64_t position = lane.position();
    const int result = how == Appended::no_memory ? 1 : static_cast<int>(lane.wait(*slot));
    lane.counters.waited(place_of(Request::kId), now_ns() - began_ns);
    lane.replies.free_slot(slot);
    context.note_waited(position);
    if (result == 0) {
        context.errors().note_clean(position);
    } else {
        // GL has refused something: what calls have set may not be so.
        context.errors().note_risk(position);
        context.shadow.forget_all();
    }
    return result;
}

// The host has answered what does not decode.
void malformed(Context& context);

// deliver_messages() behind a call whose answer is still to be read.
void deliver_behind(Context& context);

// Calls for which GL may read buffers or write them, by how their names begin.
inline constexpr std::string_view kBufferCalls =
    "glDraw glMultiDraw glDispatch glBegin glCallList glRect glEval glCopy glTexImage glTexSub glTexBuffer "
    "glTexture glCompressed glBitmap glReadPixels glReadnPixels glPixelMap glPolygonStipple glGetTex "
    "glGetnTex glGetCompressed glGetQueryObject glGetBufferSubData glGetNamedBufferSubData glClearBuffer "
    "glClearNamedBuffer glInvalidateBuffer ";

// Before these, what the program has written into maps that stay has to be there.
template <class Request>
consteval bool uses_buffers() {
    if constexpr (std::is_same_v<std::remove_const_t<decltype(Request::kId)>, wire::GlCallId>) {
        constexpr std::string_view kName = wire::gl_call_name(Request::kId);
        for (std::size_t at = 0; at < kBufferCalls.size();) {
            const std::size_t end = kBufferCalls.find(' ', at);
            if (kName.starts_with(kBufferCalls.substr(at, end - at))) return true;
            at = end + 1;
        }
    }
    return false;
}

void send_maps(Context& context);

}  // namespace detail

// Appends a record. What fails of it is glGetError's to tell.
template <class Request>
void send(Context& context, const Request& request) {
    GlLane& lane = context.lane();
    if constexpr (detail::uses_buffers<Request>()) {
        if (context.group().maps().any()) [[unlikely]]
            detail::send_maps(context);
    }
    context.count(place_of(Request::kId));
    if (lane.lost() != abi::CUDA_SUCCESS) [[unlikely]]
        return;
    if (!lane.settings.batching) [[unlikely]] {
        (void)detail::exchange(context, request);
        return;
    }
    (void)lane.appended(lane.append(request, wire::RecordHeader{}));
    if (context.errors().note_sent(detail::may_fail<Request>(), lane.position())) context.shadow.note_risk();
    if (context.debug.is_due()) [[unlikely]]
        deliver_messages(context);
}

// Appends, seals and waits. True: the answer is in `reply`, and this very call has made no error; spans in it
// live until the context's next call. False: `reply` is as it was.
template <class Request, class Reply>
bool call(Context& context, const Request& request, Reply& reply) {
    if constexpr (detail::uses_buffers<Request>()) {
        if (context.group().maps().any()) [[unlikely]]
            detail::send_maps(context);
    }
    context.count(place_of(Request::kId));
    if (context.lane().lost() != abi::CUDA_SUCCESS) return false;
    const int result = detail::exchange(context, request);
    if (context.debug.is_due()) [[unlikely]]
        detail::deliver_behind(context);
    if (result != 0 && result != 2) return false;
    wire::Cursor cursor(context.reply().bytes());
    if (decode(cursor, reply)) return true;
    detail::malformed(context);
    return false;
}

}  // namespace guest::gl
