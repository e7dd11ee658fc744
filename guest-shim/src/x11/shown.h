// Default framebuffers that are seen: on a window or a pixmap of an X server. Made by glx/ and egl/.
#pragma once
#include <X11/Xlib.h>

#include <memory>

#include "gl/drawable.h"

namespace guest::present {
class Presenter;
}

namespace guest::x11 {

struct Shown {
    std::shared_ptr<gl::Drawable> drawable;  // null: there is no such window or pixmap
    // Of the drawable, which owns it; null for what is never seen.
    present::Presenter* presenter = nullptr;
    bool was_shown = false;
};

// `on`: a window's or pixmap's XID. Waits for the server.
Shown show_on(Display* display, XID on, bool is_window, const gl::Config& looks);

// Before a frame: what the program has asked of the server, a window's being seen among it, comes first.
void let_server_know(Display* display, Shown& shown);

}  // namespace guest::x11
