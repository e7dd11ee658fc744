// The drawables of GLX that the program has made, and the windows that it draws on without having made
// one. By server and XID: programs open several displays. Thread-safe.
#pragma once
#include <X11/Xlib.h>

#include <memory>
#include <string>

#include "gl/drawable.h"
#include "glx/screen.h"

namespace guest::present {
class Presenter;
}

namespace guest::glx {

enum class Kind { window, pixmap, pbuffer };

struct Surface {
    Kind kind = Kind::window;
    const Config* config = nullptr;
    std::shared_ptr<gl::Drawable> drawable;
    // Of the drawable, which owns it; null for pbuffers.
    present::Presenter* presenter = nullptr;
    XID name = 0;
    // The program made it: it lasts until the program ends it.
    bool is_made = false;
    unsigned long event_mask = 0;
    bool preserves = true;
    bool was_shown = false;
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
