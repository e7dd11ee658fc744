// The default framebuffer by hand: what is said of a window's buffers is said of attachments.
// Called by generated dispatch.
#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/gl/gl_executor.h"
#include "engine/gl/frames.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {
namespace {

constexpr std::size_t kMostBuffers = 32;
constexpr GLenum kNoName = GL_FRAMEBUFFER_DEFAULT;  // what no buffer and no attachment is called

GLenum attachment_of(GLenum buffer) {
    switch (buffer) {
        case GL_COLOR:
            return GL_COLOR_ATTACHMENT0;
        case GL_DEPTH:
            return GL_DEPTH_ATTACHMENT;
        case GL_STENCIL:
            return GL_STENCIL_ATTACHMENT;
        default:
            return buffer;
    }
}

// The attachments as `target`, or a framebuffer of that name, knows them.
std::vector<GLenum> translated(GlExecutor& executor, std::span<const std::byte> attachments, GLenum target,
                               bool is_default) {
    std::vector<GLenum> names(attachments.size() / sizeof(GLenum));
    std::memcpy(names.data(), attachments.data(), names.size() * sizeof(GLenum));
    if (!is_default) return names;
    for (GLenum& name : names) {
        const GLenum known = attachment_of(name);
        const bool is_of_object = name == GL_DEPTH_ATTACHMENT || name == GL_STENCIL_ATTACHMENT ||
                                  name == GL_DEPTH_STENCIL_ATTACHMENT;
        name = is_of_object    ? kNoName
               : known != name ? known
                               : executor.frames().attachment(name, target);
    }
    return names;
}

GLenum named_target(GLenum target) {
    return target == GL_READ_FRAMEBUFFER ? GL_READ_FRAMEBUFFER : GL_DRAW_FRAMEBUFFER;
}

std::vector<GLenum> translated(GlExecutor& executor, std::span<const std::byte> attachments, GLenum target) {
    return translated(executor, attachments, named_target(target), executor.frames().is_default(target));
}

GLsizei count_of(const std::vector<GLenum>& names) { return static_cast<GLsizei>(names.size()); }

}  // namespace

void glBindFramebuffer(GlExecutor& executor, const wire::RecordHeader&,
                       const wire::glBindFramebuffer_Request& request, ReplySink&) {
    const bool is_default = request.framebuffer == 0;
    executor.frames().bind(request.target,
                           is_default ? 0 : executor.bound_name(GlName::framebuffer, request.framebuffer));
}

void glDrawBuffer(GlExecutor& executor, const wire::RecordHeader&, const wire::glDrawBuffer_Request& request,
                  ReplySink&) {
    if (!executor.frames().is_default(GL_DRAW_FRAMEBUFFER)) return executor.table().glDrawBuffer(request.buf);
    executor.frames().draw_buffers({&request.buf, 1});
}

void glDrawBuffers(GlExecutor& executor, const wire::RecordHeader& header,
                   const wire::glDrawBuffers_Request& request, ReplySink&) {
    const GLenum* buffers = wire::gl::view<GLenum>(request.bufs);
    const bool is_default = executor.frames().is_default(GL_DRAW_FRAMEBUFFER);
    const auto count = static_cast<std::size_t>(std::max(request.n, 0));
    if (!is_default || count > kMostBuffers) return executor.table().glDrawBuffers(request.n, buffers);
    if (request.bufs.size() < count * sizeof(GLenum)) return executor.malformed(header);
    // OpenGL ES has one buffer of a window to draw on, and so one to name.
    if (executor.is_es() && request.n >= 0 && count != 1) return executor.set_error(GL_INVALID_OPERATION);
    executor.frames().draw_buffers({buffers, count});
}

void glReadBuffer(GlExecutor& executor, const wire::RecordHeader&, const wire::glReadBuffer_Request& request,
                  ReplySink&) {
    if (!executor.frames().is_default(GL_READ_FRAMEBUFFER)) return executor.table().glReadBuffer(request.src);
    executor.frames().read_buffer(request.src);
}

void glNamedFramebufferDrawBuffer(GlExecutor& executor, const wire::RecordHeader&,
                                  const wire::glNamedFramebufferDrawBuffer_Request& request, ReplySink&) {
    if (executor.table().glNamedFramebufferDrawBuffer == nullptr) return executor.missing();
    const GLenum buffer = request.framebuffer == 0
                              ? executor.frames().attachment(request.buf, GL_DRAW_FRAMEBUFFER)
                              : request.buf;
    executor.table().glNamedFramebufferDrawBuffer(executor.name(GlName::framebuffer, request.framebuffer),
                                                  buffer);
}

void glNamedFramebufferReadBuffer(GlExecutor& executor, const wire::RecordHeader&,
                                  const wire::glNamedFramebufferReadBuffer_Request& request, ReplySink&) {
    if (executor.table().glNamedFramebufferReadBuffer == nullptr) return executor.missing();
    const GLenum buffer = request.framebuffer == 0
                              ? executor.frames().attachment(request.src, GL_READ_FRAMEBUFFER)
                              : request.src;
    executor.table().glNamedFramebufferReadBuffer(executor.name(GlName::framebuffer, request.framebuffer),
                                                  buffer);
}

void glNamedFramebufferDrawBuffers(GlExecutor& executor, const wire::RecordHeader&,
                                   const wire::glNamedFramebufferDrawBuffers_Request& request, ReplySink&) {
    if (executor.table().glNamedFramebufferDrawBuffers == nullptr) return executor.missing();
    auto buffers = translated(executor, request.bufs, GL_DRAW_FRAMEBUFFER, request.framebuffer == 0);
    executor.table().glNamedFramebufferDrawBuffers(executor.name(GlName::framebuffer, request.framebuffer),
                                                   std::min(request.n, count_of(buffers)), buffers.data());
}

void glInvalidateFramebuffer(GlExecutor& executor, const wire::RecordHeader&,
                             const wire::glInvalidateFramebuffer_Request& request, ReplySink&) {
    if (executor.table().glInvalidateFramebuffer == nullptr) return executor.missing();
    const auto names = translated(executor, request.attachments, request.target);
    executor.table().glInvalidateFramebuffer(request.target,
                                             std::min(request.numAttachments, count_of(names)), names.data());
}

void glDiscardFramebufferEXT(GlExecutor& executor, const wire::RecordHeader&,
                             const wire::glDiscardFramebufferEXT_Request& request, ReplySink&) {
    if (executor.table().glDiscardFramebufferEXT == nullptr) return executor.missing();
    const auto names = translated(executor, request.attachments, request.target);
    executor.table().glDiscardFramebufferEXT(request.target,
                                             std::min(request.numAttachments, count_of(names)), names.data());
}

void glInvalidateSubFramebuffer(GlExecutor& executor, const wire::RecordHeader&,
                                const wire::glInvalidateSubFramebuffer_Request& request, ReplySink&) {
    if (executor.table().glInvalidateSubFramebuffer == nullptr) return executor.missing();
    const auto names = translated(executor, request.attachments, request.target);
    executor.table().glInvalidateSubFramebuffer(
        request.target, std::min(request.numAttachments, count_of(names)), names.data(), request.x, request.y,
        request.width, request.height);
}

void glInvalidateNamedFramebufferData(GlExecutor& executor, const wire::RecordHeader&,
                                      const wire::glInvalidateNamedFramebufferData_Request& request,
                                      ReplySink&) {
    if (executor.table().glInvalidateNamedFramebufferData == nullptr) return executor.missing();
    const auto names =
        translated(executor, request.attachments, GL_DRAW_FRAMEBUFFER, request.framebuffer == 0);
    executor.table().glInvalidateNamedFramebufferData(executor.name(GlName::framebuffer, request.framebuffer),
                                                      std::min(request.numAttachments, count_of(names)),
                                                      names.data());
}

void glInvalidateNamedFramebufferSubData(GlExecutor& executor, const wire::RecordHeader&,
                                         const wire::glInvalidateNamedFramebufferSubData_Request& request,
                                         ReplySink&) {
    if (executor.table().glInvalidateNamedFramebufferSubData == nullptr) return executor.missing();
    const auto names =
        translated(executor, request.attachments, GL_DRAW_FRAMEBUFFER, request.framebuffer == 0);
    executor.table().glInvalidateNamedFramebufferSubData(
        executor.name(GlName::framebuffer, request.framebuffer),
        std::min(request.numAttachments, count_of(names)), names.data(), request.x, request.y, request.width,
        request.height);
}

}  // namespace engine::gl::hand
