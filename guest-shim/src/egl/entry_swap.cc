// Frames: swapping, copying, waiting for one side before the other goes on.
#include <algorithm>

#include "egl/thread.h"
#include "gl/runtime.h"
#include "guest/gl_stubs.h"
#include "present/presenter.h"
#include "x11/api.h"

namespace guest::egl {
namespace {

using Kind = Surface::Kind;

// What the calling thread draws on, if that is this surface. Null after an error.
std::shared_ptr<Surface> need_drawn(EGLDisplay dpy, EGLSurface surface, Display*& display) {
    display = need_ready(dpy);
    auto known = display == nullptr ? nullptr : need_surface(*display, surface);
    if (known == nullptr) return nullptr;
    const Context* context = this_thread().context;
    if (context != nullptr && context->draw == known) return known;
    fail(EGL_BAD_SURFACE);
    return nullptr;
}

EGLBoolean swap(EGLDisplay dpy, EGLSurface surface, wire::GlCallId call) {
    Display* display = nullptr;
    const auto drawn = need_drawn(dpy, surface, display);
    if (drawn == nullptr) return EGL_FALSE;
    gl::Context& context = *this_thread().context->gl;
    context.count(gl::place_of(call));
    if (drawn->drawable->is_gone()) return fail(EGL_BAD_NATIVE_WINDOW);
    if (drawn->is_single && drawn->presenter != nullptr) {
        gl::stub::glFlush();
    } else if (drawn->kind == Kind::window) {
        x11::let_server_know(display->x, *drawn);
        drawn->drawable->show(&context.lane(), gl::Plane::back);
    }
    return succeed();
}

}  // namespace

EGLBoolean eglSwapBuffers(EGLDisplay dpy, EGLSurface surface) {
    return swap(dpy, surface, wire::GlCallId::eglSwapBuffers);
}

// What has not changed is shown again: it is the same.
EGLBoolean eglSwapBuffersWithDamageKHR(EGLDisplay dpy, EGLSurface surface, const EGLint* rects,
                                       EGLint n_rects) {
    if (n_rects < 0 || (n_rects > 0 && rects == nullptr)) return fail(EGL_BAD_PARAMETER);
    return swap(dpy, surface, wire::GlCallId::eglSwapBuffersWithDamageKHR);
}

EGLBoolean eglSwapBuffersWithDamageEXT(EGLDisplay dpy, EGLSurface surface, const EGLint* rects,
                                       EGLint n_rects) {
    return eglSwapBuffersWithDamageKHR(dpy, surface, rects, n_rects);
}

EGLBoolean eglPostSubBufferNV(EGLDisplay dpy, EGLSurface surface, EGLint x, EGLint y, EGLint width,
                              EGLint height) {
    Display* display = nullptr;
    const auto drawn = need_drawn(dpy, surface, display);
    if (drawn == nullptr) return EGL_FALSE;
    if (x < 0 || y < 0 || width < 0 || height < 0) return fail(EGL_BAD_PARAMETER);
    if (drawn->kind == Kind::window && !drawn->is_single) {
        x11::let_server_know(display->x, *drawn);
        drawn->drawable->show_rows(&this_thread().context->gl->lane(), {x, y, width, height});
    }
    return succeed();
}

EGLBoolean eglCopyBuffers(EGLDisplay dpy, EGLSurface surface, EGLNativePixmapType target) {
    Display* display = need_ready(dpy);
    const auto known = display == nullptr ? nullptr : need_surface(*display, surface);
    if (known == nullptr) return EGL_FALSE;
    if (display->platform != Platform::x11) return fail(EGL_BAD_NATIVE_PIXMAP);
    x11::api()->XSync(display->x, False);
    const auto to =
        present::Presenter::open(DisplayString(display->x), static_cast<std::uint32_t>(target), false);
    if (to == nullptr) return fail(EGL_BAD_NATIVE_PIXMAP);
    const gl::Size room = to->size();
    if (!(room == known->drawable->size())) return fail(EGL_BAD_MATCH);
    const Context* context = this_thread().context;
    const bool is_drawn = context != nullptr && context->draw == known;
    known->drawable->show_on(*to, is_drawn ? &context->gl->lane() : nullptr);
    to->finish();
    return succeed();
}

// Frames are shown as they come: there is no retrace to wait for.
EGLBoolean eglSwapInterval(EGLDisplay dpy, EGLint) {
    if (need_ready(dpy) == nullptr) return EGL_FALSE;
    const Context* context = this_thread().context;
    if (context == nullptr) return fail(EGL_BAD_CONTEXT);
    return context->draw == nullptr ? fail(EGL_BAD_SURFACE) : succeed();
}

EGLBoolean eglWaitClient() {
    if (this_thread().context != nullptr) gl::stub::glFinish();
    return succeed();
}

EGLBoolean eglWaitGL() { return eglWaitClient(); }

EGLBoolean eglWaitNative(EGLint engine) {
    if (engine != EGL_CORE_NATIVE_ENGINE) return fail(EGL_BAD_PARAMETER);
    const Context* context = this_thread().context;
    if (context == nullptr || context->display->x == nullptr) return succeed();
    if (context->draw != nullptr && context->draw->drawable->is_gone()) return fail(EGL_BAD_CURRENT_SURFACE);
    x11::api()->XSync(context->display->x, False);
    return succeed();
}

}  // namespace guest::egl
