// Windows, pixmaps and pbuffers of GLX, and what they are like.
#include <X11/X.h>

#include <algorithm>

#include "gl/enums.h"
#include "glx/drawables.h"
#include "glx/errors.h"
#include "wire/limits.h"
#include "x11/api.h"

namespace guest::glx {
namespace {

constexpr unsigned kMostInterval = 1000;

XID make(Display* display, Kind kind, const Config* config, XID on, GlxError error, Asked asked) {
    if (display == nullptr) return 0;
    if (config == nullptr) {
        send_error(display, GlxError::bad_fbconfig, 0, asked);
        return 0;
    }
    const XID name = x11::take_xid(display);
    if (make_surface(display, kind, name, on, *config) != nullptr) return name;
    send_error(display, error, on, asked);
    return 0;
}

void end(Display* display, XID name, Kind kind, GlxError error, Asked asked) {
    if (display != nullptr && !end_surface(display, name, kind)) send_error(display, error, name, asked);
}

const Config* config_of(Display* display, const XVisualInfo* visual) {
    Screen* screen = visual == nullptr ? nullptr : find_screen(display, visual->screen);
    return screen == nullptr ? nullptr : screen->for_visual(*visual);
}

}  // namespace

GLXWindow glXCreateWindow(Display* dpy, GLXFBConfig config, Window win, const int*) {
    return make(dpy, Kind::window, config, win, GlxError::bad_window, Asked::create_window);
}

void glXDestroyWindow(Display* dpy, GLXWindow win) {
    end(dpy, win, Kind::window, GlxError::bad_window, Asked::destroy_window);
}

GLXPixmap glXCreatePixmap(Display* dpy, GLXFBConfig config, Pixmap pixmap, const int*) {
    return make(dpy, Kind::pixmap, config, pixmap, GlxError::bad_pixmap, Asked::create_pixmap);
}

GLXPixmap glXCreateGLXPixmap(Display* dpy, XVisualInfo* visual, Pixmap pixmap) {
    return make(dpy, Kind::pixmap, config_of(dpy, visual), pixmap, GlxError::bad_pixmap,
                Asked::create_pixmap);
}

GLXPixmap glXCreateGLXPixmapMESA(Display* dpy, XVisualInfo* visual, Pixmap pixmap, Colormap) {
    return glXCreateGLXPixmap(dpy, visual, pixmap);
}

GLXPixmap glXCreateGLXPixmapWithConfigSGIX(Display* dpy, GLXFBConfigSGIX config, Pixmap pixmap) {
    return glXCreatePixmap(dpy, config, pixmap, nullptr);
}

void glXDestroyPixmap(Display* dpy, GLXPixmap pixmap) {
    end(dpy, pixmap, Kind::pixmap, GlxError::bad_pixmap, Asked::destroy_pixmap);
}

void glXDestroyGLXPixmap(Display* dpy, GLXPixmap pixmap) { glXDestroyPixmap(dpy, pixmap); }

GLXPbuffer glXCreatePbuffer(Display* dpy, GLXFBConfig config, const int* attrib_list) {
    if (dpy == nullptr) return 0;
    if (config == nullptr) {
        send_error(dpy, GlxError::bad_fbconfig, 0, Asked::create_pbuffer);
        return 0;
    }
    gl::Size size{0, 0};
    bool takes_largest = false;
    bool preserves = true;
    for (; attrib_list != nullptr && *attrib_list != 0; attrib_list += 2) {
        const auto value = static_cast<std::uint32_t>(std::max(attrib_list[1], 0));
        const auto name = static_cast<GLenum>(attrib_list[0]);
        if (name == GLX_PBUFFER_WIDTH) size.width = value;
        if (name == GLX_PBUFFER_HEIGHT) size.height = value;
        if (name == GLX_LARGEST_PBUFFER) takes_largest = value != 0;
        if (name == GLX_PRESERVED_CONTENTS) preserves = value != 0;
    }
    constexpr auto kMost = static_cast<std::uint32_t>(wire::limits::kGlDrawableSide);
    if (!takes_largest && std::max(size.width, size.height) > kMost) {
        send_core_error(dpy, BadAlloc, 0, Asked::create_pbuffer);
        return 0;
    }
    size = {std::min(size.width, kMost), std::min(size.height, kMost)};
    const XID name = x11::take_xid(dpy);
    make_pbuffer(dpy, name, size, *config)->preserves = preserves;
    return name;
}

GLXPbufferSGIX glXCreateGLXPbufferSGIX(Display* dpy, GLXFBConfigSGIX config, unsigned int width,
                                       unsigned int height, int*) {
    const int attributes[] = {static_cast<int>(GLX_PBUFFER_WIDTH), static_cast<int>(width),
                              static_cast<int>(GLX_PBUFFER_HEIGHT), static_cast<int>(height), 0};
    return glXCreatePbuffer(dpy, config, attributes);
}

void glXDestroyPbuffer(Display* dpy, GLXPbuffer pbuf) {
    end(dpy, pbuf, Kind::pbuffer, GlxError::bad_pbuffer, Asked::destroy_pbuffer);
}

void glXDestroyGLXPbufferSGIX(Display* dpy, GLXPbufferSGIX pbuf) { glXDestroyPbuffer(dpy, pbuf); }

void glXQueryDrawable(Display* dpy, GLXDrawable draw, int attribute, unsigned int* value) {
    if (dpy == nullptr || value == nullptr) return;
    const auto surface = find_surface(dpy, draw);
    if (surface == nullptr)
        return send_error(dpy, GlxError::bad_drawable, draw, Asked::get_drawable_attributes);
    switch (static_cast<GLenum>(attribute)) {
        case GLX_WIDTH:
        case GLX_HEIGHT: {
            const gl::Size size =
                surface->presenter == nullptr ? surface->drawable->size() : surface->drawable->ask_size();
            *value = static_cast<GLenum>(attribute) == GLX_WIDTH ? size.width : size.height;
            break;
        }
        case GLX_FBCONFIG_ID:
            *value = static_cast<unsigned>(surface->config->id);
            break;
        case GLX_PRESERVED_CONTENTS:
            *value = surface->preserves ? 1 : 0;
            break;
        case GLX_SWAP_INTERVAL_EXT:
            *value = static_cast<unsigned>(std::max(surface->interval, 0));
            break;
        case GLX_MAX_SWAP_INTERVAL_EXT:
            *value = kMostInterval;
            break;
        default:
            *value = 0;
            break;
    }
}

void glXQueryGLXPbufferSGIX(Display* dpy, GLXPbufferSGIX pbuf, int attribute, unsigned int* value) {
    glXQueryDrawable(dpy, pbuf, attribute, value);
}

void glXSelectEvent(Display* dpy, GLXDrawable draw, unsigned long event_mask) {
    // Kept, and never sent: no pbuffer of ours is ever lost.
    if (const auto surface = dpy == nullptr ? nullptr : find_surface(dpy, draw))
        surface->event_mask = event_mask;
}

void glXGetSelectedEvent(Display* dpy, GLXDrawable draw, unsigned long* event_mask) {
    const auto surface = dpy == nullptr ? nullptr : find_surface(dpy, draw);
    if (event_mask != nullptr) *event_mask = surface == nullptr ? 0 : surface->event_mask;
}

void glXSelectEventSGIX(Display* dpy, GLXDrawable drawable, unsigned long mask) {
    glXSelectEvent(dpy, drawable, mask);
}

void glXGetSelectedEventSGIX(Display* dpy, GLXDrawable drawable, unsigned long* mask) {
    glXGetSelectedEvent(dpy, drawable, mask);
}

// Pixmaps are no textures here: GLX_EXT_texture_from_pixmap is not among the extensions.
void glXBindTexImageEXT(Display*, GLXDrawable, int, const int*) {}
void glXReleaseTexImageEXT(Display*, GLXDrawable, int) {}

Bool glXReleaseBuffersMESA(Display* dpy, GLXDrawable drawable) {
    return dpy != nullptr && find_surface(dpy, drawable) != nullptr ? True : False;
}

}  // namespace guest::glx
