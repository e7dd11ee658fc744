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

// Who has seen a fence sees what the host has written into maps that stay.
GLenum glClientWaitSync(Context& context, GLsync sync, GLbitfield flags, GLuint64 timeout) {
    const GLenum result = remote::glClientWaitSync(context, sync, flags, timeout);
    const bool is_over = result == GL_ALREADY_SIGNALED || result == GL_CONDITION_SATISFIED;
    if (is_over && context.group().maps().any()) context.group().maps().fetch_written(context);
    return result;
}

void glGetSynciv(Context& context, GLsync sync, GLenum pname, GLsizei count, GLsizei* length, GLint* values) {
    GLint first = 0;
    remote::glGetSynciv(context, sync, pname, count, length, values);
    if (values != nullptr && count > 0) first = values[0];
    const bool is_over = pname == GL_SYNC_STATUS && first == GL_SIGNALED;
    if (is_over && context.group().maps().any()) context.group().maps().fetch_written(context);
}

}  // namespace guest::gl::hand
