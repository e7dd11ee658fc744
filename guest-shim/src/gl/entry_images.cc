// Images that a program gives: textures, pixels and bitmaps to draw. See transfer.h for how they cross.
#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/transfer.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {

void glTexImage1D(Context& context, GLenum target, GLint level, GLint internalformat, GLsizei width,
                  GLint border, GLenum format, GLenum type, const void* pixels) {
    const Upload image(context, {.format = format, .type = type, .width = width}, pixels);
    if (!image.ok()) return;
    send(context, wire::glTexImage1D_Request{.target = target,
                                             .level = level,
                                             .internalformat = internalformat,
                                             .width = width,
                                             .border = border,
                                             .format = format,
                                             .type = type,
                                             .pixels_from = image.from,
                                             .pixels_offset = image.offset,
                                             .pixels = image.bytes});
}

void glTexImage2D(Context& context, GLenum target, GLint level, GLint internalformat, GLsizei width,
                  GLsizei height, GLint border, GLenum format, GLenum type, const void* pixels) {
    const Upload image(context, {.format = format, .type = type, .width = width, .height = height}, pixels);
    if (!image.ok()) return;
    send(context, wire::glTexImage2D_Request{.target = target,
                                             .level = level,
                                             .internalformat = internalformat,
                                             .width = width,
                                             .height = height,
                                             .border = border,
                                             .format = format,
                                             .type = type,
                                             .pixels_from = image.from,
                                             .pixels_offset = image.offset,
                                             .pixels = image.bytes});
}

void glTexImage3D(Context& context, GLenum target, GLint level, GLint internalformat, GLsizei width,
                  GLsizei height, GLsizei depth, GLint border, GLenum format, GLenum type,
                  const void* pixels) {
    const Upload image(
        context,
        {.format = format, .type = type, .width = width, .height = height, .depth = depth, .has_depth = true},
        pixels);
    if (!image.ok()) return;
    send(context, wire::glTexImage3D_Request{.target = target,
                                             .level = level,
                                             .internalformat = internalformat,
                                             .width = width,
                                             .height = height,
                                             .depth = depth,
                                             .border = border,
                                             .format = format,
                                             .type = type,
                                             .pixels_from = image.from,
                                             .pixels_offset = image.offset,
                                             .pixels = image.bytes});
}

void glTexSubImage1D(Context& context, GLenum target, GLint level, GLint xoffset, GLsizei width,
                     GLenum format, GLenum type, const void* pixels) {
    const Upload image(context, {.format = format, .type = type, .width = width}, pixels);
    if (!image.ok()) return;
    send(context, wire::glTexSubImage1D_Request{.target = target,
                                                .level = level,
                                                .xoffset = xoffset,
                                                .width = width,
                                                .format = format,
                                                .type = type,
                                                .pixels_from = image.from,
                                                .pixels_offset = image.offset,
                                                .pixels = image.bytes});
}

void glTexSubImage2D(Context& context, GLenum target, GLint level, GLint xoffset, GLint yoffset,
                     GLsizei width, GLsizei height, GLenum format, GLenum type, const void* pixels) {
    const Upload image(context, {.format = format, .type = type, .width = width, .height = height}, pixels);
    if (!image.ok()) return;
    send(context, wire::glTexSubImage2D_Request{.target = target,
                                                .level = level,
                                                .xoffset = xoffset,
                                                .yoffset = yoffset,
                                                .width = width,
                                                .height = height,
                                                .format = format,
                                                .type = type,
                                                .pixels_from = image.from,
                                                .pixels_offset = image.offset,
                                                .pixels = image.bytes});
}

void glTexSubImage3D(Context& context, GLenum target, GLint level, GLint xoffset, GLint yoffset,
                     GLint zoffset, GLsizei width, GLsizei height, GLsizei depth, GLenum format, GLenum type,
                     const void* pixels) {
    const Upload image(
        context,
        {.format = format, .type = type, .width = width, .height = height, .depth = depth, .has_depth = true},
        pixels);
    if (!image.ok()) return;
    send(context, wire::glTexSubImage3D_Request{.target = target,
                                                .level = level,
                                                .xoffset = xoffset,
                                                .yoffset = yoffset,
                                                .zoffset = zoffset,
                                                .width = width,
                                                .height = height,
                                                .depth = depth,
                                                .format = format,
                                                .type = type,
                                                .pixels_from = image.from,
                                                .pixels_offset = image.offset,
                                                .pixels = image.bytes});
}

void glTextureSubImage1D(Context& context, GLuint texture, GLint level, GLint xoffset, GLsizei width,
                         GLenum format, GLenum type, const void* pixels) {
    const Upload image(context, {.format = format, .type = type, .width = width}, pixels);
    if (!image.ok()) return;
    send(context, wire::glTextureSubImage1D_Request{.texture = texture,
                                                    .level = level,
                                                    .xoffset = xoffset,
                                                    .width = width,
                                                    .format = format,
                                                    .type = type,
                                                    .pixels_from = image.from,
                                                    .pixels_offset = image.offset,
                                                    .pixels = image.bytes});
}

void glTextureSubImage2D(Context& context, GLuint texture, GLint level, GLint xoffset, GLint yoffset,
                         GLsizei width, GLsizei height, GLenum format, GLenum type, const void* pixels) {
    const Upload image(context, {.format = format, .type = type, .width = width, .height = height}, pixels);
    if (!image.ok()) return;
    send(context, wire::glTextureSubImage2D_Request{.texture = texture,
                                                    .level = level,
                                                    .xoffset = xoffset,
                                                    .yoffset = yoffset,
                                                    .width = width,
                                                    .height = height,
                                                    .format = format,
                                                    .type = type,
                                                    .pixels_from = image.from,
                                                    .pixels_offset = image.offset,
                                                    .pixels = image.bytes});
}

void glTextureSubImage3D(Context& context, GLuint texture, GLint level, GLint xoffset, GLint yoffset,
                         GLint zoffset, GLsizei width, GLsizei height, GLsizei depth, GLenum format,
                         GLenum type, const void* pixels) {
    const Upload image(
        context,
        {.format = format, .type = type, .width = width, .height = height, .depth = depth, .has_depth = true},
        pixels);
    if (!image.ok()) return;
    send(context, wire::glTextureSubImage3D_Request{.texture = texture,
                                                    .level = level,
                                                    .xoffset = xoffset,
                                                    .yoffset = yoffset,
                                                    .zoffset = zoffset,
                                                    .width = width,
                                                    .height = height,
                                                    .depth = depth,
                                                    .format = format,
                                                    .type = type,
                                                    .pixels_from = image.from,
                                                    .pixels_offset = image.offset,
                                                    .pixels = image.bytes});
}

}  // namespace guest::gl::hand
