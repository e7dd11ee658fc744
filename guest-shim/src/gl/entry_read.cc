// Pixels on their way back: frames and textures that the program reads, into its memory or a pixel buffer.
// What goes into a pixel buffer needs no answer.
#include <algorithm>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/transfer.h"
#include "gl/view.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

using wire::gl::Image;

// Stores what has come back as the program's pixel store says, if all of it has, and `room` bytes hold it.
void store(Context& context, const Image& image, std::span<const std::byte> tight, GLsizei room, void* to) {
    namespace size = wire::gl::size;
    const std::size_t expected =
        size::image(image.format, image.type, image.width, image.height, image.depth);
    if (tight.size() < expected || to == nullptr) return;
    const wire::gl::Layout layout = wire::gl::layout_of(context.pixels.pack, image);
    if (room >= 0 && layout.end > static_cast<std::size_t>(room)) return fail(context, GL_INVALID_OPERATION);
    wire::gl::scatter(context.pixels.pack, image, tight.first(expected), to);
}

// The size of a level: asked for, because the program's memory has no size of its own.
template <class Ask>
Image level_image(GLenum format, GLenum type, Ask&& ask) {
    GLint width = 0;
    GLint height = 1;
    GLint depth = 1;
    ask(GL_TEXTURE_WIDTH, &width);
    ask(GL_TEXTURE_HEIGHT, &height);
    ask(GL_TEXTURE_DEPTH, &depth);
    return {.format = format,
            .type = type,
            .width = width,
            .height = std::max(height, 1),
            .depth = std::max(depth, 1),
            .has_depth = depth > 1};
}

// Sends `request` and stores the pixels of its answer.
template <class Reply, class Request, class Find>
void read(Context& context, const Download& into, const Request& request, GLsizei room, void* to,
          Find&& image) {
    if (into.into_buffer()) return send(context, request);
    const Image found = image();
    Reply reply;
    if (call(context, request, reply)) store(context, found, reply.pixels, room, to);
}

// The same for an image that is stored as it is.
template <class Reply, class Request>
void read_compressed(Context& context, const Download& into, const Request& request, GLsizei room, void* to) {
    if (into.into_buffer()) return send(context, request);
    Reply reply;
    if (call(context, request, reply))
        wire::gl::out(to, reply.pixels, static_cast<std::size_t>(std::max(room, 0)));
}

}  // namespace

void glReadPixels(Context& context, GLint x, GLint y, GLsizei width, GLsizei height, GLenum format,
                  GLenum type, void* pixels) {
    glReadnPixels(context, x, y, width, height, format, type, kNoLimit, pixels);
}

void glReadnPixels(Context& context, GLint x, GLint y, GLsizei width, GLsizei height, GLenum format,
                   GLenum type, GLsizei size, void* data) {
    const Download into(context, data);
    const wire::glReadPixels_Request request{.x = x,
                                             .y = y,
                                             .width = width,
                                             .height = height,
                                             .format = format,
                                             .type = type,
                                             .pixels_from = into.from,
                                             .pixels_offset = into.offset};
    read<wire::glReadPixels_Reply>(context, into, request, size, data, [&] {
        return Image{.format = format, .type = type, .width = width, .height = height};
    });
}

void glGetTexImage(Context& context, GLenum target, GLint level, GLenum format, GLenum type, void* pixels) {
    glGetnTexImage(context, target, level, format, type, kNoLimit, pixels);
}

void glGetnTexImage(Context& context, GLenum target, GLint level, GLenum format, GLenum type, GLsizei size,
                    void* pixels) {
    const Download into(context, pixels);
    const wire::glGetTexImage_Request request{.target = target,
                                              .level = level,
                                              .format = format,
                                              .type = type,
                                              .pixels_from = into.from,
                                              .pixels_offset = into.offset};
    read<wire::glGetTexImage_Reply>(context, into, request, size, pixels, [&] {
        return level_image(format, type, [&](GLenum name, GLint* value) {
            remote::glGetTexLevelParameteriv(context, target, level, name, value);
        });
    });
}

void glGetTextureImage(Context& context, GLuint texture, GLint level, GLenum format, GLenum type,
                       GLsizei size, void* pixels) {
    const Download into(context, pixels);
    const wire::glGetTextureImage_Request request{.texture = texture,
                                                  .level = level,
                                                  .format = format,
                                                  .type = type,
                                                  .bufSize = size,
                                                  .pixels_from = into.from,
                                                  .pixels_offset = into.offset};
    read<wire::glGetTextureImage_Reply>(context, into, request, size, pixels, [&] {
        return level_image(format, type, [&](GLenum name, GLint* value) {
            remote::glGetTextureLevelParameteriv(context, texture, level, name, value);
        });
    });
}

void glGetTextureSubImage(Context& context, GLuint texture, GLint level, GLint xoffset, GLint yoffset,
                          GLint zoffset, GLsizei width, GLsizei height, GLsizei depth, GLenum format,
                          GLenum type, GLsizei size, void* pixels) {
    const Download into(context, pixels);
    const wire::glGetTextureSubImage_Request request{.texture = texture,
                                                     .level = level,
                                                     .xoffset = xoffset,
                                                     .yoffset = yoffset,
                                                     .zoffset = zoffset,
                                                     .width = width,
                                                     .height = height,
                                                     .depth = depth,
                                                     .format = format,
                                                     .type = type,
                                                     .bufSize = size,
                                                     .pixels_from = into.from,
                                                     .pixels_offset = into.offset};
    read<wire::glGetTextureSubImage_Reply>(context, into, request, size, pixels, [&] {
        return Image{.format = format,
                     .type = type,
                     .width = width,
                     .height = height,
                     .depth = depth,
                     .has_depth = depth > 1};
    });
}

void glGetCompressedTexImage(Context& context, GLenum target, GLint level, void* image) {
    const Download into(context, image);
    const wire::glGetCompressedTexImage_Request request{
        .target = target, .level = level, .img_from = into.from, .img_offset = into.offset};
    if (into.into_buffer()) return send(context, request);
    wire::glGetCompressedTexImage_Reply reply;
    if (call(context, request, reply)) wire::gl::out(image, reply.img, reply.img.size());
}

void glGetnCompressedTexImage(Context& context, GLenum target, GLint lod, GLsizei bufSize, void* pixels) {
    const Download into(context, pixels);
    read_compressed<wire::glGetnCompressedTexImage_Reply>(
        context, into,
        wire::glGetnCompressedTexImage_Request{.target = target,
                                               .lod = lod,
                                               .bufSize = bufSize,
                                               .pixels_from = into.from,
                                               .pixels_offset = into.offset},
        bufSize, pixels);
}

void glGetCompressedTextureImage(Context& context, GLuint texture, GLint level, GLsizei bufSize,
                                 void* pixels) {
    const Download into(context, pixels);
    read_compressed<wire::glGetCompressedTextureImage_Reply>(
        context, into,
        wire::glGetCompressedTextureImage_Request{.texture = texture,
                                                  .level = level,
                                                  .bufSize = bufSize,
                                                  .pixels_from = into.from,
                                                  .pixels_offset = into.offset},
        bufSize, pixels);
}

void glGetCompressedTextureSubImage(Context& context, GLuint texture, GLint level, GLint xoffset,
                                    GLint yoffset, GLint zoffset, GLsizei width, GLsizei height,
                                    GLsizei depth, GLsizei bufSize, void* pixels) {
    const Download into(context, pixels);
    read_compressed<wire::glGetCompressedTextureSubImage_Reply>(
        context, into,
        wire::glGetCompressedTextureSubImage_Request{.texture = texture,
                                                     .level = level,
                                                     .xoffset = xoffset,
                                                     .yoffset = yoffset,
                                                     .zoffset = zoffset,
                                                     .width = width,
                                                     .height = height,
                                                     .depth = depth,
                                                     .bufSize = bufSize,
                                                     .pixels_from = into.from,
                                                     .pixels_offset = into.offset},
        bufSize, pixels);
}

void glGetPolygonStipple(Context& context, GLubyte* mask) { glGetnPolygonStipple(context, kNoLimit, mask); }

void glGetnPolygonStipple(Context& context, GLsizei bufSize, GLubyte* pattern) {
    const Download into(context, pattern);
    const wire::glGetPolygonStipple_Request request{.mask_from = into.from, .mask_offset = into.offset};
    if (into.into_buffer()) return send(context, request);
    wire::glGetPolygonStipple_Reply reply;
    if (!call(context, request, reply) || pattern == nullptr) return;
    const Image image{.format = GL_COLOR_INDEX, .type = GL_BITMAP, .width = 32, .height = 32};
    const std::size_t end = wire::gl::layout_of(context.pixels.pack, image).end;
    if (bufSize >= 0 && end > static_cast<std::size_t>(bufSize)) return fail(context, GL_INVALID_OPERATION);
    if (reply.mask.size() >= wire::gl::size::kStippleBytes)
        wire::gl::scatter(context.pixels.pack, image, reply.mask, pattern);
}

}  // namespace guest::gl::hand
