// Pixels that are drawn, patterns, tables, and glPixelStore, which never crosses.
#include <cmath>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/transfer.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {

void glPixelStorei(Context& context, GLenum pname, GLint param) {
    if (context.pixels.set(pname, param)) return;
    GLint known = 0;
    fail(context, context.pixels.get(pname, known) ? GL_INVALID_VALUE : GL_INVALID_ENUM);
}

void glPixelStoref(Context& context, GLenum pname, GLfloat param) {
    glPixelStorei(context, pname, static_cast<GLint>(std::lround(param)));
}

void glDrawPixels(Context& context, GLsizei width, GLsizei height, GLenum format, GLenum type,
                  const void* pixels) {
    const Upload image(context, {.format = format, .type = type, .width = width, .height = height}, pixels);
    if (!image.ok()) return;
    send(context, wire::glDrawPixels_Request{.width = width,
                                             .height = height,
                                             .format = format,
                                             .type = type,
                                             .pixels_from = image.from,
                                             .pixels_offset = image.offset,
                                             .pixels = image.bytes});
}

void glBitmap(Context& context, GLsizei width, GLsizei height, GLfloat xorig, GLfloat yorig, GLfloat xmove,
              GLfloat ymove, const GLubyte* bitmap) {
    const wire::gl::Image shape{
        .format = GL_COLOR_INDEX, .type = GL_BITMAP, .width = width, .height = height};
    const Upload image(context, shape, bitmap);
    if (!image.ok()) return;
    send(context, wire::glBitmap_Request{.width = width,
                                         .height = height,
                                         .xorig = xorig,
                                         .yorig = yorig,
                                         .xmove = xmove,
                                         .ymove = ymove,
                                         .bitmap_from = image.from,
                                         .bitmap_offset = image.offset,
                                         .bitmap = image.bytes});
}

void glPolygonStipple(Context& context, const GLubyte* mask) {
    const Upload image(context, {.format = GL_COLOR_INDEX, .type = GL_BITMAP, .width = 32, .height = 32},
                       mask);
    if (!image.ok()) return;
    send(context, wire::glPolygonStipple_Request{
                      .mask_from = image.from, .mask_offset = image.offset, .mask = image.bytes});
}

}  // namespace guest::gl::hand
