// See objects.h.
#include "egl/objects.h"

#include <pthread.h>

#include <algorithm>

#include "egl/thread.h"
#include "present/presenter.h"

namespace guest::egl {
namespace {

constinit Mutex mutex;

// Displays are never gone: programs may name one after they have ended it.
std::vector<Display*>& displays() {
    static std::vector<Display*>& all = *new std::vector<Display*>;
    return all;
}

void before_fork() { mutex.lock(); }
void after_fork_in_parent() { mutex.unlock(); }

// The parent's contexts and its talk with X servers are not the child's, which starts anew; what it has of
// them stays where it is.
void after_fork_in_child() {
    mutex.reset();
    forget_current();
    for (Display* display : displays()) {
        for (const auto& [handle, surface] : display->surfaces) {
            if (surface->presenter != nullptr) surface->presenter->close_descriptor();
        }
        new Objects<Surface>(std::move(display->surfaces));
        new Objects<Context>(std::move(display->contexts));
        new Objects<Fence>(std::move(display->fences));
        display->surfaces.clear();
        display->contexts.clear();
        display->fences.clear();
        display->is_ready = false;
        display->x = nullptr;
    }
}

template <class Object>
std::shared_ptr<Object> find(const Objects<Object>& objects, const void* handle, EGLint error) {
    std::shared_ptr<Object> found;
    {
        Guard guard(mutex);
        const auto at = objects.find(handle);
        if (at != objects.end()) found = at->second;
    }
    if (found == nullptr) fail(error);
    return found;
}

}  // namespace

bool Display::has(const void* config) const {
    return std::any_of(configs.begin(), configs.end(),
                       [&](const auto& known) { return known.get() == config; });
}

Mutex& objects_mutex() { return mutex; }

Display& display_of(Platform platform, void* native, int screen) {
    static bool hooked = false;
    if (!hooked) pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    hooked = true;
    const auto is_it = [&](const Display* known) {
        return known->platform == platform && known->native == native && known->screen == screen;
    };
    auto& all = displays();
    const auto known = std::find_if(all.begin(), all.end(), is_it);
    if (known != all.end()) return **known;
    all.push_back(new Display{.platform = platform, .native = native, .screen = screen});
    return *all.back();
}

Display* need_display(EGLDisplay handle) {
    {
        Guard guard(mutex);
        const auto& all = displays();
        const auto known = std::find(all.begin(), all.end(), handle);
        if (known != all.end()) return *known;
    }
    fail(EGL_BAD_DISPLAY);
    return nullptr;
}

Display* need_ready(EGLDisplay handle) {
    Display* display = need_display(handle);
    if (display == nullptr) return nullptr;
    {
        Guard guard(mutex);
        if (display->is_ready) return display;
    }
    fail(EGL_NOT_INITIALIZED);
    return nullptr;
}

const Config* need_config(Display& display, EGLConfig handle) {
    // They are as they were when the display was first initialised.
    if (display.has(handle)) return static_cast<const Config*>(handle);
    fail(EGL_BAD_CONFIG);
    return nullptr;
}

std::shared_ptr<Surface> need_surface(Display& display, EGLSurface handle) {
    return find(display.surfaces, handle, EGL_BAD_SURFACE);
}

std::shared_ptr<Context> need_context(Display& display, EGLContext handle) {
    return find(display.contexts, handle, EGL_BAD_CONTEXT);
}

std::shared_ptr<Fence> need_fence(Display& display, EGLSync handle) {
    return find(display.fences, handle, EGL_BAD_PARAMETER);
}

}  // namespace guest::egl
