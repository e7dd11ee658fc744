// See runtime.h.
#include "gl/runtime.h"

#include <atomic>

#include "log.h"

namespace guest::gl {

thread_local constinit Context* current_context = nullptr;

namespace {

constinit std::atomic<bool> said[kCounted]{};

}  // namespace

void make_current(Context* context) { current_context = context; }

void not_forwarded(wire::GlCallId call) {
    const std::size_t place = place_of(call);
    if (said[place].exchange(true, std::memory_order_relaxed)) return;
    const std::string_view name = wire::gl_call_name(call);
    log_line(LogLevel::error, "%.*s is not forwarded yet; it sets GL_INVALID_OPERATION",
             static_cast<int>(name.size()), name.data());
}

namespace detail {

void malformed(Context& context) {
    context.lane().end(abi::CUDA_ERROR_UNKNOWN, "the host sent a malformed answer");
}

void deliver_behind(Context& context) {
    ByteBuffer answer;
    const bool is_kept = answer.assign(context.reply().bytes());
    deliver_messages(context);
    // An answer that has been lost does not decode, which ends the session.
    context.reply().clear();
    if (is_kept) (void)context.reply().assign(answer.bytes());
}

void send_maps(Context& context) {
    context.group().maps().send_written(context);
    // Another context may have sent it.
    context.follow_names();
}

}  // namespace detail

}  // namespace guest::gl
