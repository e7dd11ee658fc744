// Fences of EGL: a fence of GL in the context that made them, which any thread may ask about. The question
// goes down that context's lane, behind the fence.
#include <atomic>
#include <limits>

#include "egl/thread.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_stubs.h"

namespace guest::egl {
namespace {

// Whether the context's GL has fences: from 3.2, and ES from 3.0.
bool has_fences(const gl::Facts& facts) {
    constexpr std::uint32_t kEs = 3;
    const std::uint32_t version = facts.major * 10 + facts.minor;
    return version >= (facts.profile == kEs ? 30u : 32u);
}

EGLSync make_fence(EGLDisplay dpy, EGLenum type, bool has_attributes) {
    Display* display = need_ready(dpy);
    if (display == nullptr) return nullptr;
    const Context* context = this_thread().context;
    EGLint error = EGL_SUCCESS;
    if (type != EGL_SYNC_FENCE)
        error = EGL_BAD_ATTRIBUTE;
    else if (has_attributes)
        error = EGL_BAD_ATTRIBUTE;
    else if (context == nullptr || context->display != display)
        error = EGL_BAD_MATCH;
    if (error != EGL_SUCCESS) {
        fail(error);
        return nullptr;
    }
    auto fence = std::make_shared<Fence>();
    gl::Context& gl = *context->gl;
    if (has_fences(gl.facts())) {
        fence->name = gl::stub::glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    } else {
        gl::stub::glFinish();
        fence->is_over = true;
    }
    fence->lane = &gl.lane();
    fence->position = gl.lane().position();
    fence->group = gl.group().number();
    succeed();
    return keep(&Display::fences, *display, std::move(fence));
}

// EGL_CONDITION_SATISFIED_KHR, EGL_TIMEOUT_EXPIRED_KHR.
EGLint wait_for(Fence& fence, EGLTime timeout_ns) {
    // A lane that has ended has executed all it had.
    if (fence.is_over || fence.lane->lost() != abi::CUDA_SUCCESS) return EGL_CONDITION_SATISFIED;
    wire::glClientWaitSync_Reply reply;
    const wire::glClientWaitSync_Request request{
        .sync = wire::gl::number(fence.name), .flags = GL_SYNC_FLUSH_COMMANDS_BIT, .timeout = timeout_ns};
    ByteBuffer answer;
    const bool answered = gl::ask(*fence.lane, request, reply, answer);
    if (answered && reply.result == GL_TIMEOUT_EXPIRED) return EGL_TIMEOUT_EXPIRED;
    fence.is_over = true;
    return EGL_CONDITION_SATISFIED;
}

EGLBoolean read(Fence& fence, EGLint attribute, EGLAttrib& value) {
    switch (attribute) {
        case EGL_SYNC_TYPE:
            value = EGL_SYNC_FENCE;
            return succeed();
        case EGL_SYNC_STATUS:
            value = wait_for(fence, 0) == EGL_CONDITION_SATISFIED ? EGL_SIGNALED : EGL_UNSIGNALED;
            return succeed();
        case EGL_SYNC_CONDITION:
            value = EGL_SYNC_PRIOR_COMMANDS_COMPLETE;
            return succeed();
        default:
            return fail(EGL_BAD_ATTRIBUTE);
    }
}

}  // namespace

EGLSync eglCreateSync(EGLDisplay dpy, EGLenum type, const EGLAttrib* attrib_list) {
    return make_fence(dpy, type, attrib_list != nullptr && *attrib_list != EGL_NONE);
}

EGLSyncKHR eglCreateSync64KHR(EGLDisplay dpy, EGLenum type, const EGLAttribKHR* attrib_list) {
    return eglCreateSync(dpy, type, attrib_list);
}

EGLSyncKHR eglCreateSyncKHR(EGLDisplay dpy, EGLenum type, const EGLint* attrib_list) {
    return make_fence(dpy, type, attrib_list != nullptr && *attrib_list != EGL_NONE);
}

EGLBoolean eglDestroySync(EGLDisplay dpy, EGLSync sync) {
    Display* display = need_ready(dpy);
    const auto fence = display == nullptr ? nullptr : need_fence(*display, sync);
    if (fence == nullptr) return EGL_FALSE;
    {
        Guard guard(objects_mutex());
        display->fences.erase(sync);
    }
    if (fence->name != nullptr)
        gl::post(*fence->lane, wire::glDeleteSync_Request{.sync = wire::gl::number(fence->name)});
    return succeed();
}

EGLBoolean eglDestroySyncKHR(EGLDisplay dpy, EGLSyncKHR sync) { return eglDestroySync(dpy, sync); }

EGLint eglClientWaitSync(EGLDisplay dpy, EGLSync sync, EGLint, EGLTime timeout) {
    Display* display = need_ready(dpy);
    const auto fence = display == nullptr ? nullptr : need_fence(*display, sync);
    if (fence == nullptr) return EGL_FALSE;
    succeed();
    return wait_for(*fence, timeout);
}

EGLint eglClientWaitSyncKHR(EGLDisplay dpy, EGLSyncKHR sync, EGLint flags, EGLTimeKHR timeout) {
    return eglClientWaitSync(dpy, sync, flags, timeout);
}

EGLBoolean eglWaitSync(EGLDisplay dpy, EGLSync sync, EGLint flags) {
    Display* display = need_ready(dpy);
    const auto fence = display == nullptr ? nullptr : need_fence(*display, sync);
    if (fence == nullptr) return EGL_FALSE;
    const Context* context = this_thread().context;
    if (context == nullptr) return fail(EGL_BAD_MATCH);
    if (flags != 0) return fail(EGL_BAD_PARAMETER);
    if (fence->is_over || fence->lane == &context->gl->lane()) return succeed();
    fence->lane->seal();
    gl::post(context->gl->lane(),
             wire::gl_await_Request{.lane = fence->lane->number(), .position = fence->position});
    // A fence of another share group is no name here: its lane has come that far, which is what can be had.
    if (fence->group == context->gl->group().number())
        gl::stub::glWaitSync(fence->name, 0, GL_TIMEOUT_IGNORED);
    return succeed();
}

EGLint eglWaitSyncKHR(EGLDisplay dpy, EGLSyncKHR sync, EGLint flags) {
    return static_cast<EGLint>(eglWaitSync(dpy, sync, flags));
}

EGLBoolean eglGetSyncAttrib(EGLDisplay dpy, EGLSync sync, EGLint attribute, EGLAttrib* value) {
    Display* display = need_ready(dpy);
    const auto fence = display == nullptr ? nullptr : need_fence(*display, sync);
    if (fence == nullptr) return EGL_FALSE;
    return value == nullptr ? fail(EGL_BAD_PARAMETER) : read(*fence, attribute, *value);
}

EGLBoolean eglGetSyncAttribKHR(EGLDisplay dpy, EGLSyncKHR sync, EGLint attribute, EGLint* value) {
    if (value == nullptr) return fail(EGL_BAD_PARAMETER);
    EGLAttrib wide = 0;
    if (eglGetSyncAttrib(dpy, sync, attribute, &wide) == EGL_FALSE) return EGL_FALSE;
    *value = static_cast<EGLint>(wide);
    return EGL_TRUE;
}

}  // namespace guest::egl
