// See shown.h.
#include "x11/shown.h"

#include <utility>

#include "present/presenter.h"
#include "x11/api.h"

namespace guest::x11 {

Shown show_on(Display* display, XID on, bool is_window, const gl::Config& looks) {
    const Api* calls = api();
    if (calls == nullptr) return {};
    // What the program has asked of the server must have been done before another connection speaks of it.
    calls->XSync(display, False);
    auto presenter =
        present::Presenter::open(DisplayString(display), static_cast<std::uint32_t>(on), is_window);
    if (presenter == nullptr) return {};
    Shown shown;
    shown.presenter = presenter.get();
    const gl::Size size = presenter->size();
    shown.drawable = std::make_shared<gl::Drawable>(looks, size, std::move(presenter));
    return shown;
}

// At the first frame certainly, later as soon as it can be.
void let_server_know(Display* display, Shown& shown) {
    if (shown.was_shown) {
        api()->XFlush(display);
    } else {
        api()->XSync(display, False);
    }
    shown.was_shown = true;
}

}  // namespace guest::x11
