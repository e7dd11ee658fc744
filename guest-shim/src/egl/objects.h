// What EGL's handles stand for: displays, configurations, surfaces, contexts and fences. A display's objects
// live until the program ends them, or the display; what is current on a thread then outlives that until it
// is so no more. One lock for all of them, held during no wait but
// that for an X server that a display opens or closes.
#pragma once
#include <X11/Xlib.h>

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "futex.h"
#include "gl/context.h"
#include "guest/egl_hand.h"
#include "x11/shown.h"

namespace guest::egl {

// Kept for ever, because programs keep them: an EGLConfig is the address of one.
struct Config {
    gl::Config looks;
    EGLint id = 0;
    VisualID visual = 0;  // 0: no windows
    int visual_depth = 0;
};

struct Context;

struct Surface : x11::Shown {
    enum class Kind { window, pixmap, pbuffer };
    Kind kind = Kind::pbuffer;
    const Config* config = nullptr;
    XID on = 0;
    bool is_single = false;  // what is drawn is seen without a swap
    bool is_srgb = false;
    bool is_largest = false;
    EGLint format = 0;  // EGL_TEXTURE_FORMAT, EGL_TEXTURE_TARGET
    EGLint target = 0;
    bool has_mipmaps = false;
    EGLint level = 0;
    EGLint swap_behaviour = 0;
    EGLint resolve = 0;
    // The context that draws on it or reads it. The lock's.
    const Context* user = nullptr;
};

struct Display;

struct Context {
    std::unique_ptr<gl::Context> gl;
    Display* display = nullptr;
    const Config* config = nullptr;  // null: none in particular
    EGLenum api = 0;
    EGLint version = 1;  // that was asked for
    bool loses_on_reset = false;
    // Set while it is current on a thread: that thread's, itself, and what it draws on. The lock's.
    const void* thread = nullptr;
    std::shared_ptr<Context> itself;
    std::shared_ptr<Surface> draw;
    std::shared_ptr<Surface> read;
};

struct Fence {
    std::uint32_t group = 0;  // of the context that made it
    gl::GlLane* lane = nullptr;
    std::uint64_t position = 0;  // of the lane, when it had been recorded
    GLsync name = nullptr;       // null: it had been reached when it was made
    std::atomic<bool> is_over{false};
};

enum class Platform { x11, surfaceless, device };

template <class Object>
using Objects = std::map<const void*, std::shared_ptr<Object>>;

struct Display {
    Platform platform = Platform::surfaceless;
    void* native = nullptr;  // what the program named it by
    int screen = -1;         // -1: the server's usual one

    bool is_ready = false;  // initialised
    ::Display* x = nullptr;
    bool owns_x = false;  // it is we who opened that
    // Empty until it is first initialised, then as they are.
    std::vector<std::unique_ptr<Config>> configs{};
    Objects<Surface> surfaces{};
    Objects<Context> contexts{};
    Objects<Fence> fences{};

    bool has(const void* config) const;
};

Mutex& objects_mutex();

// The display of that platform and name, made when it is first asked for. The lock is held.
Display& display_of(Platform platform, void* native, int screen);

// These set EGL's error when they answer null: EGL_BAD_DISPLAY, EGL_NOT_INITIALIZED, EGL_BAD_SURFACE, ...
// Whatever `handle` is, nothing is read through it before it is known. They take the lock.
Display* need_display(EGLDisplay handle);
Display* need_ready(EGLDisplay handle);
const Config* need_config(Display& display, EGLConfig handle);
std::shared_ptr<Surface> need_surface(Display& display, EGLSurface handle);
std::shared_ptr<Context> need_context(Display& display, EGLContext handle);
std::shared_ptr<Fence> need_fence(Display& display, EGLSync handle);

// Gives the object to the display; answers its handle.
template <class Object>
void* keep(Objects<Object> Display::*kind, Display& display, std::shared_ptr<Object> object) {
    void* handle = object.get();
    Guard guard(objects_mutex());
    (display.*kind)[handle] = std::move(object);
    return handle;
}

}  // namespace guest::egl
