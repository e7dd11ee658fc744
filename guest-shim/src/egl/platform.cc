// See platform.h.
#include "egl/platform.h"

#include <cstdlib>
#include <string_view>

#include "egl/thread.h"
#include "x11/api.h"
#include "x11/visuals.h"

namespace guest::egl {
namespace {

// Its address is what the program has.
constinit char device = 0;

// No error: EGL_NONE, for a platform that is not among ours.
EGLenum usual_platform(const void* native) {
    const char* wish = getenv("EGL_PLATFORM");
    const std::string_view wished = wish == nullptr ? "" : wish;
    if (wished == "x11") return EGL_PLATFORM_X11_KHR;
    if (wished == "surfaceless") return EGL_PLATFORM_SURFACELESS_MESA;
    if (wished == "device") return EGL_PLATFORM_DEVICE_EXT;
    // A native display that no one has said more of is Xlib's.
    const char* server = getenv("DISPLAY");
    const bool has_server = native != nullptr || (server != nullptr && *server != '\0');
    return has_server ? EGL_PLATFORM_X11_KHR : EGL_PLATFORM_SURFACELESS_MESA;
}

void add_configs(Display& display, VisualID visual, int depth, bool with_alpha_only) {
    for (const gl::Config& looks : gl::configs()) {
        // Whether a surface has one buffer or two, and in which space its colours are, is the surface's.
        if (!looks.is_double || looks.is_srgb || (with_alpha_only && looks.alpha == 0)) continue;
        const auto id = static_cast<EGLint>(display.configs.size()) + 1;
        display.configs.push_back(std::make_unique<Config>(Config{looks, id, visual, depth}));
    }
}

bool open_x(Display& display) {
    const x11::Api* calls = x11::api();
    if (calls == nullptr) return false;
    display.owns_x = display.native == nullptr;
    display.x = display.owns_x ? calls->XOpenDisplay(nullptr) : static_cast<::Display*>(display.native);
    if (display.x == nullptr) return false;
    const int screen = display.screen < 0 ? DefaultScreen(display.x) : display.screen;
    if (screen >= ScreenCount(display.x)) return false;
    if (!display.configs.empty()) return true;
    for (const int depth : {24, 32}) {
        const auto visuals = x11::visuals_of(display.x, screen, depth);
        if (!visuals.empty()) add_configs(display, visuals.front(), depth, depth == 32);
    }
    return !display.configs.empty();
}

}  // namespace

EGLDeviceEXT the_device() { return &device; }

Display* find_display(EGLenum platform, void* native, const EGLAttrib* attributes) {
    if (platform == EGL_NONE) platform = usual_platform(native);
    int screen = -1;
    for (; attributes != nullptr && *attributes != EGL_NONE; attributes += 2) {
        if (platform != EGL_PLATFORM_X11_KHR || attributes[0] != EGL_PLATFORM_X11_SCREEN_KHR) {
            fail(EGL_BAD_ATTRIBUTE);
            return nullptr;
        }
        screen = static_cast<int>(attributes[1]);
    }
    Guard guard(objects_mutex());
    switch (platform) {
        case EGL_PLATFORM_X11_KHR:
            return &display_of(Platform::x11, native, screen);
        case EGL_PLATFORM_SURFACELESS_MESA:
            if (native == nullptr) return &display_of(Platform::surfaceless, nullptr, -1);
            break;
        case EGL_PLATFORM_DEVICE_EXT:
            if (native == nullptr || native == the_device())
                return &display_of(Platform::device, the_device(), -1);
            break;
        default:
            break;
    }
    fail(EGL_BAD_PARAMETER);
    return nullptr;
}

bool open(Display& display) {
    if (display.platform == Platform::x11) {
        if (open_x(display)) return true;
        close(display);
        return false;
    }
    if (display.configs.empty()) add_configs(display, 0, 0, false);
    return true;
}

void close(Display& display) {
    if (display.owns_x && display.x != nullptr) x11::api()->XCloseDisplay(display.x);
    display.x = nullptr;
}

}  // namespace guest::egl
