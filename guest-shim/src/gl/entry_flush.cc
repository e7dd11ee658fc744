// What makes drawing seen without a swap, and what tells of a window's new size.
#include "gl/drawable.h"
#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"

namespace guest::gl {
namespace hand {

void glFlush(Context& context) {
    if (!context.shadow.in_begin()) context.errors().vouch();
    remote::glFlush(context);
    // Who waits for a fence of this context waits for what flushes it, too.
    context.changed_names(NameKind::sync);
    context.lane().seal();
    show_front(context);
    deliver_messages(context);
}

void glFinish(Context& context) {
    remote::glFinish(context);
    if (context.group().maps().any()) context.group().maps().fetch_written(context);
    show_front(context);
    if (context.surfaces.draw != nullptr) context.surfaces.draw->finish();
    deliver_messages(context);
}

}  // namespace hand

namespace track {
namespace {

// Which of a window's buffers it names; attachments of the program's framebuffers say nothing of them.
void note_buffer(Context& context, GLenum buffer) {
    switch (buffer) {
        case GL_FRONT:
        case GL_FRONT_LEFT:
        case GL_LEFT:
        case GL_FRONT_AND_BACK:
            context.surfaces.draws_front = true;
            break;
        case GL_BACK:
        case GL_BACK_LEFT:
            show_front(context);
            context.surfaces.draws_front = false;
            break;
        default:
            break;
    }
}

}  // namespace

bool glDrawBuffer(Context& context, GLenum buf) {
    note_buffer(context, buf);
    return true;
}

bool glDrawBuffers(Context& context, GLsizei n, const GLenum* bufs) {
    if (n > 0 && bufs != nullptr) note_buffer(context, bufs[0]);
    return true;
}

bool glViewport(Context& context, GLint x, GLint y, GLsizei width, GLsizei height) {
    const auto& draw = context.surfaces.draw;
    if (draw != nullptr && x == 0 && y == 0 && width > 0 && height > 0) {
        draw->note_viewport(context.lane(),
                            {static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)});
    }
    return true;
}

}  // namespace track
}  // namespace guest::gl
