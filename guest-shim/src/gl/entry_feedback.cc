// Selection and feedback: the host gathers into memory of its own, and brings it when the mode ends.
#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

void store(void* to, GLsizei size, std::span<const std::byte> gathered) {
    wire::gl::out(to, gathered, static_cast<std::size_t>(size) * sizeof(GLuint));
}

// Whether a buffer may be given for a mode: neither while it is on, nor with no size at all.
bool may_give(Context& context, GLenum mode, GLsizei size) {
    if (size < 0) fail(context, GL_INVALID_VALUE);
    if (context.feedback.mode == mode) fail(context, GL_INVALID_OPERATION);
    return size >= 0 && context.feedback.mode != mode;
}

}  // namespace

void glSelectBuffer(Context& context, GLsizei size, GLuint* buffer) {
    if (!may_give(context, GL_SELECT, size)) return;
    context.feedback.selection = buffer;
    context.feedback.selection_size = size;
    send(context, wire::glSelectBuffer_Request{.size = size});
}

void glFeedbackBuffer(Context& context, GLsizei size, GLenum type, GLfloat* buffer) {
    if (type < GL_2D || type > GL_4D_COLOR_TEXTURE) return fail(context, GL_INVALID_ENUM);
    if (!may_give(context, GL_FEEDBACK, size)) return;
    context.feedback.values = buffer;
    context.feedback.values_size = size;
    send(context, wire::glFeedbackBuffer_Request{.size = size, .type = type});
}

GLint glRenderMode(Context& context, GLenum mode) {
    wire::glRenderMode_Reply reply;
    if (!call(context, wire::glRenderMode_Request{.mode = mode}, reply)) return 0;
    const Feedback& feedback = context.feedback;
    if (feedback.mode == GL_SELECT) store(feedback.selection, feedback.selection_size, reply.gathered);
    if (feedback.mode == GL_FEEDBACK) store(feedback.values, feedback.values_size, reply.gathered);
    context.feedback.mode = mode;
    return reply.result;
}

}  // namespace guest::gl::hand
