// Frames: swapping, waiting for one side before the other goes on, and how often.
#include "gl/enums.h"
#include "gl/runtime.h"
#include "glx/context.h"
#include "glx/errors.h"
#include "guest/gl_stubs.h"
#include "x11/api.h"

namespace guest::glx {
namespace {

// The surface, and the lane that shows it: the calling thread's, where the drawable is current there.
std::shared_ptr<Surface> surface_for(Display* display, GLXDrawable name, gl::GlLane*& lane) {
    lane = nullptr;
    auto surface = display == nullptr ? nullptr : find_surface(display, name);
    if (surface == nullptr) return nullptr;
    gl::Context* context = gl::current();
    if (context != nullptr && context->surfaces.draw == surface->drawable) lane = &context->lane();
    return surface;
}

void count(wire::GlCallId call) {
    if (gl::Context* context = gl::current()) context->count(wire::gl_call_index(call));
}

std::shared_ptr<Surface> current_surface() {
    const Binding& now = binding();
    return now.display == nullptr ? nullptr : find_surface(now.display, now.draw);
}

}  // namespace

void glXSwapBuffers(Display* dpy, GLXDrawable drawable) {
    count(wire::GlCallId::glXSwapBuffers);
    gl::GlLane* lane = nullptr;
    const auto surface = surface_for(dpy, drawable, lane);
    if (surface == nullptr) {
        if (dpy != nullptr) send_error(dpy, GlxError::bad_drawable, drawable, Asked::swap_buffers);
        return;
    }
    if (surface->kind == Kind::pbuffer || !surface->config->looks.is_double) {
        if (lane != nullptr) gl::stub::glFlush();
        return;
    }
    x11::let_server_know(dpy, *surface);
    surface->drawable->show(lane, gl::Plane::back);
}

void glXCopySubBufferMESA(Display* dpy, GLXDrawable drawable, int x, int y, int width, int height) {
    gl::GlLane* lane = nullptr;
    const auto surface = surface_for(dpy, drawable, lane);
    if (surface == nullptr) return;
    x11::let_server_know(dpy, *surface);
    surface->drawable->show_rows(lane, {x, y, width, height});
}

void glXWaitGL() {
    if (gl::current() != nullptr) gl::stub::glFinish();
}

void glXWaitX() {
    if (binding().display != nullptr) x11::api()->XSync(binding().display, False);
}

// Frames are shown as they come: there is no retrace to wait for. What was asked for is remembered.
void glXSwapIntervalEXT(Display* dpy, GLXDrawable drawable, int interval) {
    if (const auto surface = dpy == nullptr ? nullptr : find_surface(dpy, drawable))
        surface->interval = interval;
}

int glXSwapIntervalSGI(int interval) {
    if (binding().context == nullptr) return kBadContext;
    if (interval <= 0) return kBadValue;
    if (const auto surface = current_surface()) surface->interval = interval;
    return 0;
}

int glXSwapIntervalMESA(unsigned int interval) {
    if (binding().context == nullptr) return kBadContext;
    if (const auto surface = current_surface()) surface->interval = static_cast<int>(interval);
    return 0;
}

int glXGetSwapIntervalMESA() {
    const auto surface = current_surface();
    return surface == nullptr ? 0 : surface->interval;
}

// Of GLX_OML_sync_control and GLX_SGI_video_sync, which are not among the extensions: a window here has no
// retrace to count.
Bool glXGetMscRateOML(Display*, GLXDrawable, int32_t*, int32_t*) { return False; }
Bool glXGetSyncValuesOML(Display*, GLXDrawable, int64_t*, int64_t*, int64_t*) { return False; }
Bool glXWaitForMscOML(Display*, GLXDrawable, int64_t, int64_t, int64_t, int64_t*, int64_t*, int64_t*) {
    return False;
}
Bool glXWaitForSbcOML(Display*, GLXDrawable, int64_t, int64_t*, int64_t*, int64_t*) { return False; }
int64_t glXSwapBuffersMscOML(Display* dpy, GLXDrawable drawable, int64_t, int64_t, int64_t) {
    glXSwapBuffers(dpy, drawable);
    return -1;
}
int glXGetVideoSyncSGI(unsigned int*) { return kBadContext; }
int glXWaitVideoSyncSGI(int, int, unsigned int*) { return kBadContext; }
unsigned int glXGetAGPOffsetMESA(const void*) { return ~0u; }

}  // namespace guest::glx
