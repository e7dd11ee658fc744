// Selection and feedback by hand: GL writes into memory of ours until the mode ends, which brings it to the
// guest. Called by generated dispatch.
#include <algorithm>

#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "host/gl_hand.h"
#include "wire/limits.h"

namespace engine::gl::hand {
namespace {

// Makes room for so many values. False: for no sane number of them.
bool make_room(GlExecutor& executor, GLsizei size, bool is_feedback) {
    if (size < 0) return true;  // GL answers
    if (static_cast<std::size_t>(size) > wire::limits::kGlFrameBytes / sizeof(std::uint32_t)) return false;
    executor.gathered(is_feedback).assign(static_cast<std::size_t>(size), 0);
    return true;
}

// How many values `hits` records of a selection are.
std::size_t length_of(const std::vector<std::uint32_t>& selection, GLint hits) {
    constexpr std::size_t kHead = 3;
    std::size_t at = 0;
    for (GLint hit = 0; hit < hits && at + kHead <= selection.size(); ++hit) at += kHead + selection[at];
    return std::min(at, selection.size());
}

}  // namespace

void glSelectBuffer(GlExecutor& executor, const wire::RecordHeader& header,
                    const wire::glSelectBuffer_Request& request, ReplySink&) {
    if (executor.table().glRenderMode == nullptr) return executor.missing();
    GLint mode = 0;
    executor.table().glGetIntegerv(GL_RENDER_MODE, &mode);
    const bool in_use = static_cast<GLenum>(mode) == GL_SELECT;  // GL answers with an error
    if (!in_use && !make_room(executor, request.size, false)) return executor.malformed(header);
    executor.table().glSelectBuffer(request.size, executor.gathered(false).data());
}

void glFeedbackBuffer(GlExecutor& executor, const wire::RecordHeader& header,
                      const wire::glFeedbackBuffer_Request& request, ReplySink&) {
    if (executor.table().glRenderMode == nullptr) return executor.missing();
    GLint mode = 0;
    executor.table().glGetIntegerv(GL_RENDER_MODE, &mode);
    const bool in_use = static_cast<GLenum>(mode) == GL_FEEDBACK;
    if (!in_use && !make_room(executor, request.size, true)) return executor.malformed(header);
    // SAFETY: floats and the words of this memory are of one size and alignment; only GL writes there.
    executor.table().glFeedbackBuffer(request.size, request.type,
                                      reinterpret_cast<GLfloat*>(executor.gathered(true).data()));
}

void glRenderMode(GlExecutor& executor, const wire::RecordHeader&, const wire::glRenderMode_Request& request,
                  ReplySink& sink) {
    if (executor.table().glRenderMode == nullptr) return executor.missing();
    GLint mode = 0;
    executor.table().glGetIntegerv(GL_RENDER_MODE, &mode);
    executor.settle_errors();
    wire::glRenderMode_Reply reply;
    reply.result = executor.table().glRenderMode(request.mode);
    const bool failed = executor.failed();
    // Mesa (22.3) refuses a mode that has no memory yet, and changes to it all the same.
    GLint now = GL_RENDER;
    executor.table().glGetIntegerv(GL_RENDER_MODE, &now);
    executor.note_gathering(static_cast<GLenum>(now) != GL_RENDER);
    if (failed) return executor.refuse();
    const bool is_feedback = static_cast<GLenum>(mode) == GL_FEEDBACK;
    const auto& gathered = executor.gathered(is_feedback);
    std::size_t count = gathered.size();
    if (reply.result >= 0) {
        count = is_feedback ? std::min(static_cast<std::size_t>(reply.result), count)
                            : length_of(gathered, reply.result);
    }
    if (static_cast<GLenum>(mode) == GL_RENDER) count = 0;
    reply.gathered = std::as_bytes(std::span(gathered).first(count));
    sink.outputs(reply);
}

}  // namespace engine::gl::hand
