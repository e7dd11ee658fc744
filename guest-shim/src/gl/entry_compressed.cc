// Compressed images that a program gives: their bytes cross as they are.
#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/transfer.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {

void glCompressedTexImage1D(Context& context, GLenum target, GLint level, GLenum internalformat,
                            GLsizei width, GLint border, GLsizei imageSize, const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTexImage1D_Request{.target = target,
                                                       .level = level,
                                                       .internalformat = internalformat,
                                                       .width = width,
                                                       .border = border,
                                                       .imageSize = imageSize,
                                                       .data_from = image.from,
                                                       .data_offset = image.offset,
                                                       .data = image.bytes});
}

void glCompressedTexImage2D(Context& context, GLenum target, GLint level, GLenum internalformat,
                            GLsizei width, GLsizei height, GLint border, GLsizei imageSize,
                            const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTexImage2D_Request{.target = target,
                                                       .level = level,
                                                       .internalformat = internalformat,
                                                       .width = width,
                                                       .height = height,
                                                       .border = border,
                                                       .imageSize = imageSize,
                                                       .data_from = image.from,
                                                       .data_offset = image.offset,
                                                       .data = image.bytes});
}

void glCompressedTexImage3D(Context& context, GLenum target, GLint level, GLenum internalformat,
                            GLsizei width, GLsizei height, GLsizei depth, GLint border, GLsizei imageSize,
                            const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTexImage3D_Request{.target = target,
                                                       .level = level,
                                                       .internalformat = internalformat,
                                                       .width = width,
                                                       .height = height,
                                                       .depth = depth,
                                                       .border = border,
                                                       .imageSize = imageSize,
                                                       .data_from = image.from,
                                                       .data_offset = image.offset,
                                                       .data = image.bytes});
}

void glCompressedTexSubImage1D(Context& context, GLenum target, GLint level, GLint xoffset, GLsizei width,
                               GLenum format, GLsizei imageSize, const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTexSubImage1D_Request{.target = target,
                                                          .level = level,
                                                          .xoffset = xoffset,
                                                          .width = width,
                                                          .format = format,
                                                          .imageSize = imageSize,
                                                          .data_from = image.from,
                                                          .data_offset = image.offset,
                                                          .data = image.bytes});
}

void glCompressedTexSubImage2D(Context& context, GLenum target, GLint level, GLint xoffset, GLint yoffset,
                               GLsizei width, GLsizei height, GLenum format, GLsizei imageSize,
                               const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTexSubImage2D_Request{.target = target,
                                                          .level = level,
                                                          .xoffset = xoffset,
                                                          .yoffset = yoffset,
                                                          .width = width,
                                                          .height = height,
                                                          .format = format,
                                                          .imageSize = imageSize,
                                                          .data_from = image.from,
                                                          .data_offset = image.offset,
                                                          .data = image.bytes});
}

void glCompressedTexSubImage3D(Context& context, GLenum target, GLint level, GLint xoffset, GLint yoffset,
                               GLint zoffset, GLsizei width, GLsizei height, GLsizei depth, GLenum format,
                               GLsizei imageSize, const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTexSubImage3D_Request{.target = target,
                                                          .level = level,
                                                          .xoffset = xoffset,
                                                          .yoffset = yoffset,
                                                          .zoffset = zoffset,
                                                          .width = width,
                                                          .height = height,
                                                          .depth = depth,
                                                          .format = format,
                                                          .imageSize = imageSize,
                                                          .data_from = image.from,
                                                          .data_offset = image.offset,
                                                          .data = image.bytes});
}

void glCompressedTextureSubImage1D(Context& context, GLuint texture, GLint level, GLint xoffset,
                                   GLsizei width, GLenum format, GLsizei imageSize, const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTextureSubImage1D_Request{.texture = texture,
                                                              .level = level,
                                                              .xoffset = xoffset,
                                                              .width = width,
                                                              .format = format,
                                                              .imageSize = imageSize,
                                                              .data_from = image.from,
                                                              .data_offset = image.offset,
                                                              .data = image.bytes});
}

void glCompressedTextureSubImage2D(Context& context, GLuint texture, GLint level, GLint xoffset,
                                   GLint yoffset, GLsizei width, GLsizei height, GLenum format,
                                   GLsizei imageSize, const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTextureSubImage2D_Request{.texture = texture,
                                                              .level = level,
                                                              .xoffset = xoffset,
                                                              .yoffset = yoffset,
                                                              .width = width,
                                                              .height = height,
                                                              .format = format,
                                                              .imageSize = imageSize,
                                                              .data_from = image.from,
                                                              .data_offset = image.offset,
                                                              .data = image.bytes});
}

void glCompressedTextureSubImage3D(Context& context, GLuint texture, GLint level, GLint xoffset,
                                   GLint yoffset, GLint zoffset, GLsizei width, GLsizei height, GLsizei depth,
                                   GLenum format, GLsizei imageSize, const void* data) {
    if (imageSize < 0) return fail(context, GL_INVALID_VALUE);
    const Upload image(context, static_cast<std::size_t>(imageSize), data);
    if (!image.ok()) return;
    send(context, wire::glCompressedTextureSubImage3D_Request{.texture = texture,
                                                              .level = level,
                                                              .xoffset = xoffset,
                                                              .yoffset = yoffset,
                                                              .zoffset = zoffset,
                                                              .width = width,
                                                              .height = height,
                                                              .depth = depth,
                                                              .format = format,
                                                              .imageSize = imageSize,
                                                              .data_from = image.from,
                                                              .data_offset = image.offset,
                                                              .data = image.bytes});
}

}  // namespace guest::gl::hand
