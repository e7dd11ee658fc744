// Contexts: making and ending them, making them current, and what they are.
#include <atomic>
#include <utility>

#include "egl/context_list.h"
#include "egl/thread.h"
#include "log.h"

namespace guest::egl {
namespace {

// What a call of eglMakeCurrent is about.
struct Binding {
    std::shared_ptr<Context> context;
    std::shared_ptr<Surface> draw;
    std::shared_ptr<Surface> read;
};

// EGL 1.5, section 2.2: colours and, where both have them, depth and stencil of the same number of bits.
bool are_compatible(const Config& left, const Config& right) {
    const gl::Config& one = left.looks;
    const gl::Config& other = right.looks;
    return one.red == other.red && one.green == other.green && one.blue == other.blue &&
           one.alpha == other.alpha && one.depth == other.depth && one.stencil == other.stencil;
}

// The lock is held. EGL_SUCCESS: the thread may have it.
EGLint judge(const Binding& wanted) {
    const Thread& thread = this_thread();
    const Context& context = *wanted.context;
    if (context.thread != nullptr && context.thread != &thread) return EGL_BAD_ACCESS;
    for (const Surface* surface : {wanted.draw.get(), wanted.read.get()}) {
        if (surface == nullptr) continue;
        if (surface->user != nullptr && surface->user->thread != &thread) return EGL_BAD_ACCESS;
        if (context.config != nullptr && !are_compatible(*context.config, *surface->config))
            return EGL_BAD_MATCH;
        if (surface->drawable->is_gone()) return EGL_BAD_NATIVE_WINDOW;
    }
    return EGL_SUCCESS;
}

// The lock is held.
void use(Binding& wanted) {
    Context& context = *wanted.context;
    context.thread = &this_thread();
    context.itself = wanted.context;
    // What it used before goes out with `wanted`, without the lock.
    std::swap(context.draw, wanted.draw);
    std::swap(context.read, wanted.read);
    if (wanted.draw != nullptr) wanted.draw->user = nullptr;
    if (wanted.read != nullptr) wanted.read->user = nullptr;
    if (context.draw != nullptr) context.draw->user = &context;
    if (context.read != nullptr) context.read->user = &context;
}

// EGL_SUCCESS: the thread may have it; and has it, when it is for good.
EGLint take(Binding& wanted, bool for_good) {
    Guard guard(objects_mutex());
    const EGLint error = judge(wanted);
    if (error == EGL_SUCCESS && for_good) use(wanted);
    return error;
}

EGLint render_buffer(const Context& context) {
    Guard guard(objects_mutex());
    if (context.draw == nullptr) return EGL_NONE;
    return context.draw->is_single ? EGL_SINGLE_BUFFER : EGL_BACK_BUFFER;
}

// OpenGL ES 1 has no framebuffer objects at the host, of which windows here are made. It is what programs ask
// for that say nothing in particular, who are told so.
EGLint refuse_es1() {
    static std::atomic<bool> said{false};
    if (!said.exchange(true))
        log_line(LogLevel::error, "OpenGL ES 1 is not forwarded; eglCreateContext makes no such context");
    return EGL_BAD_MATCH;
}

EGLBoolean make_current(Binding wanted) {
    Thread& thread = this_thread();
    const auto drawable = [](const std::shared_ptr<Surface>& surface) {
        return surface == nullptr ? nullptr : surface->drawable;
    };
    const auto draw = drawable(wanted.draw);
    const auto read = drawable(wanted.read);
    Context* const context = wanted.context.get();
    EGLint error = take(wanted, false);
    if (error != EGL_SUCCESS) return fail(error);
    // A surface may go from the context that is current here to the next one.
    if (thread.context != context) release_current();
    // Another thread may have been quicker.
    error = take(wanted, true);
    if (error != EGL_SUCCESS) return fail(error);
    set_current(context);
    gl::bind(context->gl.get(), draw, read);
    return succeed();
}

}  // namespace

EGLContext eglCreateContext(EGLDisplay dpy, EGLConfig config, EGLContext share_context,
                            const EGLint* attrib_list) {
    Display* display = need_ready(dpy);
    if (display == nullptr) return nullptr;
    const Config* chosen = config == nullptr ? nullptr : need_config(*display, config);
    if (config != nullptr && chosen == nullptr) return nullptr;
    const EGLenum api = this_thread().api;
    auto share = share_context == nullptr ? nullptr : need_context(*display, share_context);
    if (share_context != nullptr && share == nullptr) return nullptr;
    gl::VersionWish wish;
    EGLint error = read_context_list(attrib_list, api, wish);
    if (error == EGL_SUCCESS && share != nullptr && share->api != api) error = EGL_BAD_CONTEXT;
    if (error == EGL_SUCCESS && share != nullptr && share->loses_on_reset != wish.loses_on_reset)
        error = EGL_BAD_MATCH;
    if (error == EGL_SUCCESS && wish.is_es && wish.major < 2) error = refuse_es1();
    if (error != EGL_SUCCESS) {
        fail(error);
        return nullptr;
    }
    auto made = gl::Context::create(gl::wish_of(wish), share == nullptr ? nullptr : share->gl.get());
    if (made == nullptr) {
        // A version that the host has not got; what else it may be, stderr says.
        fail(wish.is_es || wish.number() > 21 ? EGL_BAD_MATCH : EGL_BAD_ALLOC);
        return nullptr;
    }
    auto context = std::make_shared<Context>();
    context->gl = std::move(made);
    context->display = display;
    context->config = chosen;
    context->api = api;
    context->version = wish.major;
    context->loses_on_reset = wish.loses_on_reset;
    succeed();
    return keep(&Display::contexts, *display, std::move(context));
}

EGLBoolean eglDestroyContext(EGLDisplay dpy, EGLContext ctx) {
    Display* display = need_ready(dpy);
    // Ends here, or with the thread's use of it.
    const auto context = display == nullptr ? nullptr : need_context(*display, ctx);
    if (context == nullptr) return EGL_FALSE;
    std::shared_ptr<Context> kept;
    Guard guard(objects_mutex());
    kept = std::move(display->contexts[ctx]);
    display->contexts.erase(ctx);
    return succeed();
}

EGLBoolean eglMakeCurrent(EGLDisplay dpy, EGLSurface draw, EGLSurface read, EGLContext ctx) {
    if (ctx == nullptr && draw == nullptr && read == nullptr) {
        // Also of a display that has been ended.
        if (need_display(dpy) == nullptr) return EGL_FALSE;
        release_current();
        return succeed();
    }
    Display* display = need_ready(dpy);
    if (display == nullptr) return EGL_FALSE;
    if (ctx == nullptr || (draw == nullptr) != (read == nullptr)) return fail(EGL_BAD_MATCH);
    Binding wanted;
    wanted.context = need_context(*display, ctx);
    if (wanted.context == nullptr) return EGL_FALSE;
    if (draw != nullptr) {
        wanted.draw = need_surface(*display, draw);
        wanted.read = read == draw ? wanted.draw : need_surface(*display, read);
        if (wanted.draw == nullptr || wanted.read == nullptr) return EGL_FALSE;
    }
    return make_current(std::move(wanted));
}

EGLContext eglGetCurrentContext() {
    succeed();
    return this_thread().context;
}

EGLDisplay eglGetCurrentDisplay() {
    succeed();
    const Context* context = this_thread().context;
    return context == nullptr ? nullptr : context->display;
}

EGLSurface eglGetCurrentSurface(EGLint readdraw) {
    if (readdraw != EGL_READ && readdraw != EGL_DRAW) {
        fail(EGL_BAD_PARAMETER);
        return nullptr;
    }
    succeed();
    const Context* context = this_thread().context;
    if (context == nullptr) return nullptr;
    return readdraw == EGL_DRAW ? context->draw.get() : context->read.get();
}

EGLBoolean eglQueryContext(EGLDisplay dpy, EGLContext ctx, EGLint attribute, EGLint* value) {
    Display* display = need_ready(dpy);
    const auto context = display == nullptr ? nullptr : need_context(*display, ctx);
    if (context == nullptr) return EGL_FALSE;
    if (value == nullptr) return fail(EGL_BAD_PARAMETER);
    switch (attribute) {
        case EGL_CONFIG_ID:
            *value = context->config == nullptr ? 0 : context->config->id;
            return succeed();
        case EGL_CONTEXT_CLIENT_TYPE:
            *value = static_cast<EGLint>(context->api);
            return succeed();
        case EGL_CONTEXT_CLIENT_VERSION:
            *value = context->version;
            return succeed();
        case EGL_RENDER_BUFFER:
            *value = render_buffer(*context);
            return succeed();
        default:
            return fail(EGL_BAD_ATTRIBUTE);
    }
}

}  // namespace guest::egl
