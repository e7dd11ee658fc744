// Surfaces: windows, pixmaps and pbuffers; what they are like.
#include <algorithm>
#include <utility>

#include "egl/surface_list.h"
#include "egl/thread.h"
#include "wire/limits.h"

namespace guest::egl {
namespace {

using Kind = Surface::Kind;

std::shared_ptr<Surface> make_surface(const Config& config, Kind kind, const SurfaceWish& wish) {
    auto surface = std::make_shared<Surface>();
    surface->kind = kind;
    surface->config = &config;
    // Pixmaps have one buffer, which everybody sees.
    surface->is_single = kind == Kind::pixmap || wish.is_single;
    surface->is_srgb = wish.is_srgb;
    surface->is_largest = wish.is_largest;
    surface->format = wish.format;
    surface->target = wish.target;
    surface->has_mipmaps = wish.has_mipmaps;
    surface->swap_behaviour = EGL_BUFFER_PRESERVED;
    surface->resolve = EGL_MULTISAMPLE_RESOLVE_DEFAULT;
    return surface;
}

gl::Config looks_of(const Surface& surface) {
    gl::Config looks = surface.config->looks;
    looks.is_double = !surface.is_single;
    looks.is_srgb = surface.is_srgb;
    return looks;
}

// EGL lets a window have one surface at a time.
bool is_taken(Display& display, XID on) {
    Guard guard(objects_mutex());
    return std::any_of(display.surfaces.begin(), display.surfaces.end(),
                       [&](const auto& entry) { return entry.second->on == on; });
}

struct Asked {
    EGLDisplay display;
    EGLConfig config;
    Kind kind;
};

// What a window or pixmap is that is none.
EGLint bad_native(Kind kind) { return kind == Kind::window ? EGL_BAD_NATIVE_WINDOW : EGL_BAD_NATIVE_PIXMAP; }

// The display and the configuration, once they are judged; null after an error.
const Config* begin(const Asked& asked, Display*& display) {
    display = need_ready(asked.display);
    if (display == nullptr) return nullptr;
    // Without a window system there is nothing that could be one (EGL_MESA_platform_surfaceless).
    if (asked.kind != Kind::pbuffer && display->platform != Platform::x11) {
        fail(bad_native(asked.kind));
        return nullptr;
    }
    return need_config(*display, asked.config);
}

EGLSurface refuse(EGLint error) {
    fail(error);
    return nullptr;
}

template <class Item>
EGLSurface make_on(const Asked& asked, XID on, const Item* list) {
    Display* display = nullptr;
    const Config* config = begin(asked, display);
    if (config == nullptr) return nullptr;
    const bool is_window = asked.kind == Kind::window;
    SurfaceWish wish;
    const EGLint error = read_surface_list(list, asked.kind, wish);
    if (error != EGL_SUCCESS) return refuse(error);
    if (on == 0) return refuse(bad_native(asked.kind));
    if (is_taken(*display, on)) return refuse(EGL_BAD_ALLOC);
    auto surface = make_surface(*config, asked.kind, wish);
    static_cast<x11::Shown&>(*surface) = x11::show_on(display->x, on, is_window, looks_of(*surface));
    if (surface->drawable == nullptr) return refuse(bad_native(asked.kind));
    surface->on = on;
    succeed();
    return keep(&Display::surfaces, *display, std::move(surface));
}

// What eglCreatePlatform...Surface takes: where the XID is.
XID named_at(const void* place) { return place == nullptr ? 0 : *static_cast<const XID*>(place); }

// eglQuerySurface; false: no such attribute.
bool read(Surface& surface, EGLint attribute, EGLint& value) {
    const bool is_pbuffer = surface.kind == Kind::pbuffer;
    switch (attribute) {
        case EGL_WIDTH:
        case EGL_HEIGHT: {
            const gl::Size size = surface.drawable->ask_size();
            value = static_cast<EGLint>(attribute == EGL_WIDTH ? size.width : size.height);
            return true;
        }
        case EGL_CONFIG_ID:
            value = surface.config->id;
            return true;
        case EGL_RENDER_BUFFER:
            value = surface.is_single ? EGL_SINGLE_BUFFER : EGL_BACK_BUFFER;
            return true;
        case EGL_SWAP_BEHAVIOR:
            value = surface.swap_behaviour;
            return true;
        case EGL_MULTISAMPLE_RESOLVE:
            value = surface.resolve;
            return true;
        case EGL_GL_COLORSPACE:
            value = surface.is_srgb ? EGL_GL_COLORSPACE_SRGB : EGL_GL_COLORSPACE_LINEAR;
            return true;
        case EGL_VG_ALPHA_FORMAT:
            value = EGL_VG_ALPHA_FORMAT_NONPRE;
            return true;
        case EGL_VG_COLORSPACE:
            value = EGL_VG_COLORSPACE_sRGB;
            return true;
        case EGL_HORIZONTAL_RESOLUTION:
        case EGL_VERTICAL_RESOLUTION:
        case EGL_PIXEL_ASPECT_RATIO:
            value = EGL_UNKNOWN;
            return true;
        case EGL_POST_SUB_BUFFER_SUPPORTED_NV:
            value = surface.kind == Kind::window ? EGL_TRUE : EGL_FALSE;
            return true;
        // Of pbuffers; of others the value stays as it is.
        case EGL_LARGEST_PBUFFER:
            if (is_pbuffer) value = surface.is_largest ? EGL_TRUE : EGL_FALSE;
            return true;
        case EGL_TEXTURE_FORMAT:
            if (is_pbuffer) value = surface.format;
            return true;
        case EGL_TEXTURE_TARGET:
            if (is_pbuffer) value = surface.target;
            return true;
        case EGL_MIPMAP_TEXTURE:
            if (is_pbuffer) value = surface.has_mipmaps ? EGL_TRUE : EGL_FALSE;
            return true;
        case EGL_MIPMAP_LEVEL:
            if (is_pbuffer) value = surface.level;
            return true;
        default:
            return false;
    }
}

}  // namespace

EGLSurface eglCreateWindowSurface(EGLDisplay dpy, EGLConfig config, EGLNativeWindowType win,
                                  const EGLint* attrib_list) {
    return make_on({dpy, config, Kind::window}, win, attrib_list);
}

EGLSurface eglCreatePlatformWindowSurface(EGLDisplay dpy, EGLConfig config, void* native_window,
                                          const EGLAttrib* attrib_list) {
    return make_on({dpy, config, Kind::window}, named_at(native_window), attrib_list);
}

EGLSurface eglCreatePlatformWindowSurfaceEXT(EGLDisplay dpy, EGLConfig config, void* native_window,
                                             const EGLint* attrib_list) {
    return make_on({dpy, config, Kind::window}, named_at(native_window), attrib_list);
}

EGLSurface eglCreatePixmapSurface(EGLDisplay dpy, EGLConfig config, EGLNativePixmapType pixmap,
                                  const EGLint* attrib_list) {
    return make_on({dpy, config, Kind::pixmap}, pixmap, attrib_list);
}

EGLSurface eglCreatePlatformPixmapSurface(EGLDisplay dpy, EGLConfig config, void* native_pixmap,
                                          const EGLAttrib* attrib_list) {
    return make_on({dpy, config, Kind::pixmap}, named_at(native_pixmap), attrib_list);
}

EGLSurface eglCreatePlatformPixmapSurfaceEXT(EGLDisplay dpy, EGLConfig config, void* native_pixmap,
                                             const EGLint* attrib_list) {
    return make_on({dpy, config, Kind::pixmap}, named_at(native_pixmap), attrib_list);
}

EGLSurface eglCreatePbufferSurface(EGLDisplay dpy, EGLConfig config, const EGLint* attrib_list) {
    Display* display = nullptr;
    const Config* known = begin({dpy, config, Kind::pbuffer}, display);
    if (known == nullptr) return nullptr;
    SurfaceWish wish;
    const EGLint error = read_surface_list(attrib_list, Kind::pbuffer, wish);
    if (error != EGL_SUCCESS) return refuse(error);
    constexpr auto kMost = static_cast<std::uint32_t>(wire::limits::kGlDrawableSide);
    if (!wish.is_largest && std::max(wish.size.width, wish.size.height) > kMost) return refuse(EGL_BAD_ALLOC);
    auto surface = make_surface(*known, Kind::pbuffer, wish);
    const gl::Size size{std::min(wish.size.width, kMost), std::min(wish.size.height, kMost)};
    surface->drawable = std::make_shared<gl::Drawable>(looks_of(*surface), size, nullptr);
    succeed();
    return keep(&Display::surfaces, *display, std::move(surface));
}

// Buffers of OpenVG alone may become pbuffers, and there are none.
EGLSurface eglCreatePbufferFromClientBuffer(EGLDisplay dpy, EGLenum, EGLClientBuffer, EGLConfig config,
                                            const EGLint*) {
    Display* display = nullptr;
    if (begin({dpy, config, Kind::pbuffer}, display) != nullptr) fail(EGL_BAD_PARAMETER);
    return nullptr;
}

EGLBoolean eglDestroySurface(EGLDisplay dpy, EGLSurface surface) {
    Display* display = need_ready(dpy);
    // Ends here, or with its context's use of it.
    const auto known = display == nullptr ? nullptr : need_surface(*display, surface);
    if (known == nullptr) return EGL_FALSE;
    std::shared_ptr<Surface> kept;
    Guard guard(objects_mutex());
    kept = std::move(display->surfaces[surface]);
    display->surfaces.erase(surface);
    return succeed();
}

EGLBoolean eglQuerySurface(EGLDisplay dpy, EGLSurface surface, EGLint attribute, EGLint* value) {
    Display* display = need_ready(dpy);
    const auto known = display == nullptr ? nullptr : need_surface(*display, surface);
    if (known == nullptr) return EGL_FALSE;
    if (value == nullptr) return fail(EGL_BAD_PARAMETER);
    return read(*known, attribute, *value) ? succeed() : fail(EGL_BAD_ATTRIBUTE);
}

EGLBoolean eglSurfaceAttrib(EGLDisplay dpy, EGLSurface surface, EGLint attribute, EGLint value) {
    Display* display = need_ready(dpy);
    const auto known = display == nullptr ? nullptr : need_surface(*display, surface);
    if (known == nullptr) return EGL_FALSE;
    switch (attribute) {
        case EGL_MIPMAP_LEVEL:
            known->level = value;
            return succeed();
        case EGL_SWAP_BEHAVIOR:
            // Contents stay in any case.
            if (value != EGL_BUFFER_PRESERVED && value != EGL_BUFFER_DESTROYED)
                return fail(EGL_BAD_PARAMETER);
            known->swap_behaviour = value;
            return succeed();
        case EGL_MULTISAMPLE_RESOLVE:
            // No configuration has EGL_MULTISAMPLE_RESOLVE_BOX_BIT.
            if (value != EGL_MULTISAMPLE_RESOLVE_DEFAULT)
                return fail(value == EGL_MULTISAMPLE_RESOLVE_BOX ? EGL_BAD_MATCH : EGL_BAD_PARAMETER);
            return succeed();
        default:
            return fail(EGL_BAD_ATTRIBUTE);
    }
}

// No configuration has EGL_BIND_TO_TEXTURE_RGB or _RGBA, so no pbuffer is a texture.
EGLBoolean eglBindTexImage(EGLDisplay dpy, EGLSurface surface, EGLint buffer) {
    Display* display = need_ready(dpy);
    const auto known = display == nullptr ? nullptr : need_surface(*display, surface);
    if (known == nullptr) return EGL_FALSE;
    if (buffer != EGL_BACK_BUFFER) return fail(EGL_BAD_PARAMETER);
    return fail(known->kind == Kind::pbuffer ? EGL_BAD_MATCH : EGL_BAD_SURFACE);
}

EGLBoolean eglReleaseTexImage(EGLDisplay dpy, EGLSurface surface, EGLint buffer) {
    return eglBindTexImage(dpy, surface, buffer);
}

}  // namespace guest::egl
