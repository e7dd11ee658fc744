// Fences and the ends of batches. A fence is named here, so that making one needs no answer.
#include <atomic>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

constinit std::atomic<std::uint64_t> last_fence{0};

}  // namespace

GLsync glFenceSync(Context& context, GLenum condition, GLbitfield flags) {
    if (condition != GL_SYNC_GPU_COMMANDS_COMPLETE || flags != 0) {
        fail(context, condition != GL_SYNC_GPU_COMMANDS_COMPLETE ? GL_INVALID_ENUM : GL_INVALID_VALUE);
        return nullptr;
    }
    const std::uint64_t name = last_fence.fetch_add(1, std::memory_order_relaxed) + 1;
    send(context, wire::glFenceSync_Request{.condition = condition, .flags = flags, .name = name});
    context.changed_names(NameKind::sync);
    // SAFETY: a GLsync is a number to the program, and nobody follows it.
    return reinterpret_cast<GLsync>(name);
}

}  // namespace guest::gl::hand
