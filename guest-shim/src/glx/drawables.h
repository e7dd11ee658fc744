// The drawables of GLX that the program has made, and the windows that it draws on without having made
// one. By server and XID: programs open several displays. Thread-safe.
#pragma once
#include <X11/Xlib.h>

#include <memory>
#include <string>

#include "gl/drawable.h"
#include "glx/screen.h"
#include "x11/shown.h"

namespace guest::glx {

enum class Kind { window, pixmap, pbuffer };

struct Surface : x11::Shown {
    Kind kind = Kind::window;
    const Config* config = nullptr;
    XID name = 0;
    // The program made it: it lasts until the program ends it.
    bool is_made = false;
    unsigned long event_mask = 0;
    bool preserves = true;
    int interval = 1;
};

// What the program calls `name`; null: nothing of GLX.
std::shared_ptr<Surface> find_surface(Display* display, XID name);
// The same, or a surface for the window of that name, which gets that configuration. Null: no such window.
std::shared_ptr<Surface> surface_of(Display* display, XID name, const Config& config);
// Makes one for a window or pixmap, `on`, under the name. Null: there is no such thing.
std::shared_ptr<Surface> make_surface(Display* display, Kind kind, XID name, XID on, const Config& config);
std::shared_ptr<Surface> make_pbuffer(Display* display, XID name, gl::Size size, const Config& config);
// False: nothing of that name, or of another kind.
bool end_surface(Display* display, XID name, Kind kind);

}  // namespace guest::glx
