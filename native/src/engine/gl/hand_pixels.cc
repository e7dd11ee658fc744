// Reading pixels by hand: bounded by what the reply has room for, and from a window's multisampled
// framebuffer as a window would be read. Called by generated dispatch.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include "engine/gl/arguments.h"
#include "engine/gl/frames.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/sizes.h"
#include "gl/view.h"
#include "host/gl_hand.h"
#include "wire/limits.h"

namespace engine::gl::hand {
namespace {

using wire::gl::From;

// The first pixel of so many that their end is still a number; Mesa (22.3) adds the two without looking, and
// nothing of a framebuffer is out there.
GLint countable(GLint first, GLsizei count) {
    return std::min(first, std::numeric_limits<GLint>::max() - std::max(count, 0));
}

void read_pixels(GlExecutor& executor, const wire::glReadPixels_Request& at, const Target& target,
                 std::size_t size) {
    const Frames::Resolved resolved(executor.frames());
    const GLint x = countable(at.x, at.width);
    const GLint y = countable(at.y, at.height);
    if (executor.table().glReadnPixels != nullptr && !target.is_buffer) {
        executor.table().glReadnPixels(x, y, at.width, at.height, at.format, at.type,
                                       static_cast<GLsizei>(size), target.pointer);
    } else {
        executor.table().glReadPixels(x, y, at.width, at.height, at.format, at.type, target.pointer);
    }
}

struct Extent {
    GLint width = 0;
    GLint height = 0;
    GLint depth = 0;
};

Extent level_of(GlExecutor& executor, GLenum target, GLint level) {
    Extent extent;
    const auto& table = executor.table();
    table.glGetTexLevelParameteriv(target, level, GL_TEXTURE_WIDTH, &extent.width);
    table.glGetTexLevelParameteriv(target, level, GL_TEXTURE_HEIGHT, &extent.height);
    table.glGetTexLevelParameteriv(target, level, GL_TEXTURE_DEPTH, &extent.depth);
    return extent;
}

Extent level_of_named(GlExecutor& executor, GLuint texture, GLint level) {
    Extent extent;
    const auto& table = executor.table();
    table.glGetTextureLevelParameteriv(texture, level, GL_TEXTURE_WIDTH, &extent.width);
    table.glGetTextureLevelParameteriv(texture, level, GL_TEXTURE_HEIGHT, &extent.height);
    table.glGetTextureLevelParameteriv(texture, level, GL_TEXTURE_DEPTH, &extent.depth);
    return extent;
}

std::size_t image_size(GLenum format, GLenum type, const Extent& extent) {
    return wire::gl::size::image(format, type, extent.width, extent.height, extent.depth);
}

// False, after an error: no texture has such a level, or there is no such texture.
bool has_level(GlExecutor& executor, GLuint texture, GLint level) {
    GLint side = 0;
    executor.table().glGetIntegerv(GL_MAX_TEXTURE_SIZE, &side);
    if (level >= 0 && level < 31 && side >> level != 0 && executor.table().glIsTexture(texture) != 0)
        return true;
    executor.set_error(GL_INVALID_VALUE);
    return false;
}

// Bytes of a texture's level. Whether it is a cube, Mesa says in the core profile alone: what may be one, and
// has the room for it, gets room for all sides.
std::size_t size_of_named(GlExecutor& executor, GLuint texture,
                          const wire::glGetTextureImage_Request& request) {
    constexpr std::size_t kSides = 6;
    const Extent extent = level_of_named(executor, texture, request.level);
    const std::size_t side = image_size(request.format, request.type, extent);
    const bool may_be_cube = extent.width == extent.height && extent.depth == 1;
    return may_be_cube && wire::gl::size::bytes(request.bufSize) / kSides >= side ? kSides * side : side;
}

// The bound of a call that takes one, never more than there is room for.
GLsizei bound_of(std::size_t size) { return static_cast<GLsizei>(size); }

template <class Reply>
void fill(GlExecutor& executor, ReplySink& sink, const Target& target,
          std::span<const std::byte> Reply::*field) {
    if (executor.failed()) return executor.refuse();
    Reply reply;
    if (!target.is_buffer) reply.*field = target.place;
    sink.outputs(reply);
}

}  // namespace

void glPixelStorei(GlExecutor& executor, const wire::RecordHeader&,
                   const wire::glPixelStorei_Request& request, ReplySink&) {
    executor.pixel_store().set(executor.table(), request.pname, request.param);
}

void glPixelStoref(GlExecutor& executor, const wire::RecordHeader& header,
                   const wire::glPixelStoref_Request& request, ReplySink& sink) {
    constexpr GLfloat kMost = 1 << 24;  // more than any of them may be; NaN is none either
    const GLfloat param = request.param >= -kMost && request.param <= kMost ? request.param : -1;
    glPixelStorei(executor, header, {.pname = request.pname, .param = static_cast<GLint>(std::lround(param))},
                  sink);
}

// The pixel store is the guest's to push and pop: what the host has of it is for one call.
void glPushClientAttrib(GlExecutor& executor, const wire::RecordHeader&,
                        const wire::glPushClientAttrib_Request& request, ReplySink&) {
    executor.table().glPushClientAttrib(request.mask & ~GL_CLIENT_PIXEL_STORE_BIT);
}

void glReadPixels(GlExecutor& executor, const wire::RecordHeader& header,
                  const wire::glReadPixels_Request& request, ReplySink& sink) {
    const std::size_t size =
        wire::gl::size::image(request.format, request.type, request.width, request.height, 1);
    Target target;
    if (!find_target(executor, header, request.pixels_from, request.pixels_offset, size, target)) return;
    executor.settle_errors();
    read_pixels(executor, request, target, size);
    fill(executor, sink, target, &wire::glReadPixels_Reply::pixels);
}

void glReadnPixels(GlExecutor& executor, const wire::RecordHeader& header,
                   const wire::glReadnPixels_Request& request, ReplySink& sink) {
    const wire::glReadPixels_Request plain{.x = request.x,
                                           .y = request.y,
                                           .width = request.width,
                                           .height = request.height,
                                           .format = request.format,
                                           .type = request.type};
    const std::size_t size =
        wire::gl::size::image(request.format, request.type, request.width, request.height, 1);
    Target target;
    if (!find_target(executor, header, request.data_from, request.data_offset, size, target)) return;
    executor.settle_errors();
    read_pixels(executor, plain, target, size);
    fill(executor, sink, target, &wire::glReadnPixels_Reply::data);
}

void glGetTexImage(GlExecutor& executor, const wire::RecordHeader& header,
                   const wire::glGetTexImage_Request& request, ReplySink& sink) {
    executor.settle_errors();
    const Extent extent = level_of(executor, request.target, request.level);
    const std::size_t size = image_size(request.format, request.type, extent);
    Target target;
    if (!find_target(executor, header, request.pixels_from, request.pixels_offset, size, target)) return;
    if (executor.table().glGetnTexImage != nullptr && !target.is_buffer) {
        executor.table().glGetnTexImage(request.target, request.level, request.format, request.type,
                                        bound_of(size), target.pointer);
    } else {
        executor.table().glGetTexImage(request.target, request.level, request.format, request.type,
                                       target.pointer);
    }
    fill(executor, sink, target, &wire::glGetTexImage_Reply::pixels);
}

void glGetnTexImage(GlExecutor& executor, const wire::RecordHeader& header,
                    const wire::glGetnTexImage_Request& request, ReplySink& sink) {
    if (executor.table().glGetnTexImage == nullptr) return executor.missing();
    executor.settle_errors();
    const Extent extent = level_of(executor, request.target, request.level);
    const std::size_t size = image_size(request.format, request.type, extent);
    Target target;
    if (!find_target(executor, header, request.pixels_from, request.pixels_offset, size, target)) return;
    const GLsizei bound = target.is_buffer ? request.bufSize : bound_of(size);
    executor.table().glGetnTexImage(request.target, request.level, request.format, request.type, bound,
                                    target.pointer);
    fill(executor, sink, target, &wire::glGetnTexImage_Reply::pixels);
}

void glGetTextureImage(GlExecutor& executor, const wire::RecordHeader& header,
                       const wire::glGetTextureImage_Request& request, ReplySink& sink) {
    if (executor.table().glGetTextureImage == nullptr) return executor.missing();
    executor.settle_errors();
    const GLuint texture = executor.name(GlName::texture, request.texture);
    const std::size_t size = size_of_named(executor, texture, request);
    Target target;
    if (!find_target(executor, header, request.pixels_from, request.pixels_offset, size, target)) return;
    const GLsizei bound = target.is_buffer ? request.bufSize : bound_of(size);
    executor.table().glGetTextureImage(texture, request.level, request.format, request.type, bound,
                                       target.pointer);
    fill(executor, sink, target, &wire::glGetTextureImage_Reply::pixels);
}

void glGetTextureSubImage(GlExecutor& executor, const wire::RecordHeader& header,
                          const wire::glGetTextureSubImage_Request& request, ReplySink& sink) {
    if (executor.table().glGetTextureSubImage == nullptr) return executor.missing();
    executor.settle_errors();
    const std::size_t size =
        image_size(request.format, request.type, {request.width, request.height, request.depth});
    Target target;
    if (!find_target(executor, header, request.pixels_from, request.pixels_offset, size, target)) return;
    const GLsizei bound = target.is_buffer ? request.bufSize : bound_of(size);
    executor.table().glGetTextureSubImage(executor.name(GlName::texture, request.texture), request.level,
                                          request.xoffset, request.yoffset, request.zoffset, request.width,
                                          request.height, request.depth, request.format, request.type, bound,
                                          target.pointer);
    fill(executor, sink, target, &wire::glGetTextureSubImage_Reply::pixels);
}

void glGetCompressedTexImage(GlExecutor& executor, const wire::RecordHeader& header,
                             const wire::glGetCompressedTexImage_Request& request, ReplySink& sink) {
    executor.settle_errors();
    GLint size = 0;
    executor.table().glGetTexLevelParameteriv(request.target, request.level, GL_TEXTURE_COMPRESSED_IMAGE_SIZE,
                                              &size);
    Target target;
    const auto room = static_cast<std::size_t>(std::max(size, 0));
    if (!find_target(executor, header, request.img_from, request.img_offset, room, target)) return;
    executor.table().glGetCompressedTexImage(request.target, request.level, target.pointer);
    fill(executor, sink, target, &wire::glGetCompressedTexImage_Reply::img);
}

void glGetnCompressedTexImage(GlExecutor& executor, const wire::RecordHeader& header,
                              const wire::glGetnCompressedTexImage_Request& request, ReplySink& sink) {
    const auto get = executor.table().glGetnCompressedTexImage;
    if (get == nullptr) return executor.missing();
    Target target;
    const std::size_t room = wire::gl::size::bytes(request.bufSize);
    if (!find_target(executor, header, request.pixels_from, request.pixels_offset, room, target)) return;
    executor.settle_errors();
    get(request.target, request.lod, request.bufSize, target.pointer);
    fill(executor, sink, target, &wire::glGetnCompressedTexImage_Reply::pixels);
}

void glGetCompressedTextureImage(GlExecutor& executor, const wire::RecordHeader& header,
                                 const wire::glGetCompressedTextureImage_Request& request, ReplySink& sink) {
    const auto get = executor.table().glGetCompressedTextureImage;
    if (get == nullptr) return executor.missing();
    Target target;
    const std::size_t room = wire::gl::size::bytes(request.bufSize);
    if (!find_target(executor, header, request.pixels_from, request.pixels_offset, room, target)) return;
    executor.settle_errors();
    get(executor.name(GlName::texture, request.texture), request.level, request.bufSize, target.pointer);
    fill(executor, sink, target, &wire::glGetCompressedTextureImage_Reply::pixels);
}

void glGetCompressedTextureSubImage(GlExecutor& executor, const wire::RecordHeader& header,
                                    const wire::glGetCompressedTextureSubImage_Request& request,
                                    ReplySink& sink) {
    const auto get = executor.table().glGetCompressedTextureSubImage;
    if (get == nullptr) return executor.missing();
    Target target;
    const std::size_t room = wire::gl::size::bytes(request.bufSize);
    if (!find_target(executor, header, request.pixels_from, request.pixels_offset, room, target)) return;
    executor.settle_errors();
    get(executor.name(GlName::texture, request.texture), request.level, request.xoffset, request.yoffset,
        request.zoffset, request.width, request.height, request.depth, request.bufSize, target.pointer);
    fill(executor, sink, target, &wire::glGetCompressedTextureSubImage_Reply::pixels);
}

void glCopyPixels(GlExecutor& executor, const wire::RecordHeader&, const wire::glCopyPixels_Request& request,
                  ReplySink&) {
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyPixels(request.x, request.y, request.width, request.height, request.type);
}

void glInvalidateTexImage(GlExecutor& executor, const wire::RecordHeader&,
                          const wire::glInvalidateTexImage_Request& request, ReplySink&) {
    if (executor.table().glInvalidateTexImage == nullptr) return executor.missing();
    const GLuint texture = executor.name(GlName::texture, request.texture);
    if (has_level(executor, texture, request.level)) {
        executor.table().glInvalidateTexImage(texture, request.level);
    }
}

void glInvalidateTexSubImage(GlExecutor& executor, const wire::RecordHeader&,
                             const wire::glInvalidateTexSubImage_Request& at, ReplySink&) {
    if (executor.table().glInvalidateTexSubImage == nullptr) return executor.missing();
    const GLuint texture = executor.name(GlName::texture, at.texture);
    if (has_level(executor, texture, at.level)) {
        executor.table().glInvalidateTexSubImage(texture, at.level, at.xoffset, at.yoffset, at.zoffset,
                                                 at.width, at.height, at.depth);
    }
}

void glCopyImageSubData(GlExecutor& executor, const wire::RecordHeader&,
                        const wire::glCopyImageSubData_Request& at, ReplySink&) {
    if (executor.table().glCopyImageSubData == nullptr) return executor.missing();
    const auto host = [&](GLenum target, GLuint name) {
        return executor.name(target == GL_RENDERBUFFER ? GlName::renderbuffer : GlName::texture, name);
    };
    executor.table().glCopyImageSubData(host(at.srcTarget, at.srcName), at.srcTarget, at.srcLevel, at.srcX,
                                        at.srcY, at.srcZ, host(at.dstTarget, at.dstName), at.dstTarget,
                                        at.dstLevel, at.dstX, at.dstY, at.dstZ, at.srcWidth, at.srcHeight,
                                        at.srcDepth);
}

void glCopyTexImage1D(GlExecutor& executor, const wire::RecordHeader&,
                      const wire::glCopyTexImage1D_Request& request, ReplySink&) {
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyTexImage1D(request.target, request.level, request.internalformat, request.x,
                                      request.y, request.width, request.border);
}

void glCopyTexImage2D(GlExecutor& executor, const wire::RecordHeader&,
                      const wire::glCopyTexImage2D_Request& request, ReplySink&) {
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyTexImage2D(request.target, request.level, request.internalformat, request.x,
                                      request.y, request.width, request.height, request.border);
}

void glCopyTexSubImage1D(GlExecutor& executor, const wire::RecordHeader&,
                         const wire::glCopyTexSubImage1D_Request& request, ReplySink&) {
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyTexSubImage1D(request.target, request.level, request.xoffset, request.x, request.y,
                                         request.width);
}

void glCopyTexSubImage2D(GlExecutor& executor, const wire::RecordHeader&,
                         const wire::glCopyTexSubImage2D_Request& request, ReplySink&) {
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyTexSubImage2D(request.target, request.level, request.xoffset, request.yoffset,
                                         request.x, request.y, request.width, request.height);
}

void glCopyTexSubImage3D(GlExecutor& executor, const wire::RecordHeader&,
                         const wire::glCopyTexSubImage3D_Request& request, ReplySink&) {
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyTexSubImage3D(request.target, request.level, request.xoffset, request.yoffset,
                                         request.zoffset, request.x, request.y, request.width,
                                         request.height);
}

void glCopyTextureSubImage1D(GlExecutor& executor, const wire::RecordHeader&,
                             const wire::glCopyTextureSubImage1D_Request& request, ReplySink&) {
    if (executor.table().glCopyTextureSubImage1D == nullptr) return executor.missing();
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyTextureSubImage1D(executor.name(GlName::texture, request.texture), request.level,
                                             request.xoffset, request.x, request.y, request.width);
}

void glCopyTextureSubImage2D(GlExecutor& executor, const wire::RecordHeader&,
                             const wire::glCopyTextureSubImage2D_Request& request, ReplySink&) {
    if (executor.table().glCopyTextureSubImage2D == nullptr) return executor.missing();
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyTextureSubImage2D(executor.name(GlName::texture, request.texture), request.level,
                                             request.xoffset, request.yoffset, request.x, request.y,
                                             request.width, request.height);
}

void glCopyTextureSubImage3D(GlExecutor& executor, const wire::RecordHeader&,
                             const wire::glCopyTextureSubImage3D_Request& request, ReplySink&) {
    if (executor.table().glCopyTextureSubImage3D == nullptr) return executor.missing();
    const Frames::Resolved resolved(executor.frames());
    executor.table().glCopyTextureSubImage3D(executor.name(GlName::texture, request.texture), request.level,
                                             request.xoffset, request.yoffset, request.zoffset, request.x,
                                             request.y, request.width, request.height);
}

}  // namespace engine::gl::hand
