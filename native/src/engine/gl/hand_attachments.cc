// Framebuffers and what is attached to them, by hand: the default framebuffer, which on the host is an object
// like any other, takes no attachments of the program's. Called by generated dispatch.
#include "engine/gl/frames.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {
namespace {

// Whether the framebuffer that is bound to `target` takes attachments; GL answers for what is no target.
bool takes(GlExecutor& executor, GLenum target) {
    const bool is_target =
        target == GL_FRAMEBUFFER || target == GL_DRAW_FRAMEBUFFER || target == GL_READ_FRAMEBUFFER;
    if (!is_target || !executor.frames().is_default(target)) return true;
    executor.set_error(GL_INVALID_OPERATION);
    return false;
}

bool takes_named(GlExecutor& executor, GLuint framebuffer) {
    if (framebuffer != 0) return true;
    executor.set_error(GL_INVALID_OPERATION);
    return false;
}

GLuint framebuffer_of(GlExecutor& executor, GLuint name) { return executor.name(GlName::framebuffer, name); }
GLuint texture_of(GlExecutor& executor, GLuint name) { return executor.name(GlName::texture, name); }

}  // namespace

void glDeleteFramebuffers(GlExecutor& executor, const wire::RecordHeader&,
                          const wire::glDeleteFramebuffers_Request& request, ReplySink&) {
    executor.take(GlName::framebuffer, wire::gl::names(request.framebuffers),
                  [&executor](GLsizei count, const GLuint* names) {
                      executor.table().glDeleteFramebuffers(count, names);
                  });
}

void glCheckFramebufferStatus(GlExecutor& executor, const wire::RecordHeader&,
                              const wire::glCheckFramebufferStatus_Request& request, ReplySink& sink) {
    wire::glCheckFramebufferStatus_Reply reply;
    reply.result = executor.table().glCheckFramebufferStatus(request.target);
    sink.outputs(reply);
}

void glCheckNamedFramebufferStatus(GlExecutor& executor, const wire::RecordHeader&,
                                   const wire::glCheckNamedFramebufferStatus_Request& request,
                                   ReplySink& sink) {
    if (executor.table().glCheckNamedFramebufferStatus == nullptr) return executor.missing();
    wire::glCheckNamedFramebufferStatus_Reply reply;
    reply.result = executor.table().glCheckNamedFramebufferStatus(
        framebuffer_of(executor, request.framebuffer), request.target);
    sink.outputs(reply);
}

void glBlitFramebuffer(GlExecutor& executor, const wire::RecordHeader&,
                       const wire::glBlitFramebuffer_Request& request, ReplySink&) {
    executor.table().glBlitFramebuffer(request.srcX0, request.srcY0, request.srcX1, request.srcY1,
                                       request.dstX0, request.dstY0, request.dstX1, request.dstY1,
                                       request.mask, request.filter);
}

void glBlitNamedFramebuffer(GlExecutor& executor, const wire::RecordHeader&,
                            const wire::glBlitNamedFramebuffer_Request& request, ReplySink&) {
    if (executor.table().glBlitNamedFramebuffer == nullptr) return executor.missing();
    executor.table().glBlitNamedFramebuffer(
        framebuffer_of(executor, request.readFramebuffer), framebuffer_of(executor, request.drawFramebuffer),
        request.srcX0, request.srcY0, request.srcX1, request.srcY1, request.dstX0, request.dstY0,
        request.dstX1, request.dstY1, request.mask, request.filter);
}

void glFramebufferRenderbuffer(GlExecutor& executor, const wire::RecordHeader&,
                               const wire::glFramebufferRenderbuffer_Request& request, ReplySink&) {
    if (!takes(executor, request.target)) return;
    executor.table().glFramebufferRenderbuffer(request.target, request.attachment, request.renderbuffertarget,
                                               executor.name(GlName::renderbuffer, request.renderbuffer));
}

void glFramebufferTexture(GlExecutor& executor, const wire::RecordHeader&,
                          const wire::glFramebufferTexture_Request& request, ReplySink&) {
    if (executor.table().glFramebufferTexture == nullptr) return executor.missing();
    if (!takes(executor, request.target)) return;
    executor.table().glFramebufferTexture(request.target, request.attachment,
                                          texture_of(executor, request.texture), request.level);
}

void glFramebufferTexture1D(GlExecutor& executor, const wire::RecordHeader&,
                            const wire::glFramebufferTexture1D_Request& request, ReplySink&) {
    if (!takes(executor, request.target)) return;
    executor.table().glFramebufferTexture1D(request.target, request.attachment, request.textarget,
                                            texture_of(executor, request.texture), request.level);
}

void glFramebufferTexture2D(GlExecutor& executor, const wire::RecordHeader&,
                            const wire::glFramebufferTexture2D_Request& request, ReplySink&) {
    if (!takes(executor, request.target)) return;
    executor.table().glFramebufferTexture2D(request.target, request.attachment, request.textarget,
                                            texture_of(executor, request.texture), request.level);
}

void glFramebufferTexture3D(GlExecutor& executor, const wire::RecordHeader&,
                            const wire::glFramebufferTexture3D_Request& request, ReplySink&) {
    if (!takes(executor, request.target)) return;
    executor.table().glFramebufferTexture3D(request.target, request.attachment, request.textarget,
                                            texture_of(executor, request.texture), request.level,
                                            request.zoffset);
}

void glFramebufferTextureLayer(GlExecutor& executor, const wire::RecordHeader&,
                               const wire::glFramebufferTextureLayer_Request& request, ReplySink&) {
    if (!takes(executor, request.target)) return;
    executor.table().glFramebufferTextureLayer(request.target, request.attachment,
                                               texture_of(executor, request.texture), request.level,
                                               request.layer);
}

void glFramebufferParameteri(GlExecutor& executor, const wire::RecordHeader&,
                             const wire::glFramebufferParameteri_Request& request, ReplySink&) {
    if (executor.table().glFramebufferParameteri == nullptr) return executor.missing();
    if (!takes(executor, request.target)) return;
    executor.table().glFramebufferParameteri(request.target, request.pname, request.param);
}

void glNamedFramebufferRenderbuffer(GlExecutor& executor, const wire::RecordHeader&,
                                    const wire::glNamedFramebufferRenderbuffer_Request& request, ReplySink&) {
    if (executor.table().glNamedFramebufferRenderbuffer == nullptr) return executor.missing();
    if (!takes_named(executor, request.framebuffer)) return;
    executor.table().glNamedFramebufferRenderbuffer(
        framebuffer_of(executor, request.framebuffer), request.attachment, request.renderbuffertarget,
        executor.name(GlName::renderbuffer, request.renderbuffer));
}

void glNamedFramebufferTexture(GlExecutor& executor, const wire::RecordHeader&,
                               const wire::glNamedFramebufferTexture_Request& request, ReplySink&) {
    if (executor.table().glNamedFramebufferTexture == nullptr) return executor.missing();
    if (!takes_named(executor, request.framebuffer)) return;
    executor.table().glNamedFramebufferTexture(framebuffer_of(executor, request.framebuffer),
                                               request.attachment, texture_of(executor, request.texture),
                                               request.level);
}

void glNamedFramebufferTextureLayer(GlExecutor& executor, const wire::RecordHeader&,
                                    const wire::glNamedFramebufferTextureLayer_Request& request, ReplySink&) {
    if (executor.table().glNamedFramebufferTextureLayer == nullptr) return executor.missing();
    if (!takes_named(executor, request.framebuffer)) return;
    executor.table().glNamedFramebufferTextureLayer(framebuffer_of(executor, request.framebuffer),
                                                    request.attachment, texture_of(executor, request.texture),
                                                    request.level, request.layer);
}

void glNamedFramebufferParameteri(GlExecutor& executor, const wire::RecordHeader&,
                                  const wire::glNamedFramebufferParameteri_Request& request, ReplySink&) {
    if (executor.table().glNamedFramebufferParameteri == nullptr) return executor.missing();
    if (!takes_named(executor, request.framebuffer)) return;
    executor.table().glNamedFramebufferParameteri(framebuffer_of(executor, request.framebuffer),
                                                  request.pname, request.param);
}

}  // namespace engine::gl::hand
