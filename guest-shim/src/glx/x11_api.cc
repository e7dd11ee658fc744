// See x11_api.h.
#include "glx/x11_api.h"

#include "library.h"
#include "log.h"

namespace guest::glx {
namespace {

const X11Api* load() {
    void* library = open_library("libX11.so.6");
    auto& api = *new X11Api;
    bool complete = find(library, "_XError", api._XError);
#define FERRY_FIND(name) complete = complete && find(library, #name, api.name);
    FERRY_X11_CALLS(FERRY_FIND)
    if (complete) return &api;
    log_line(LogLevel::error, "libX11.so.6 cannot be loaded: there is no GLX");
    return nullptr;
}

}  // namespace

const X11Api* x11_api() {
    static const X11Api* const api = load();
    return api;
}

XID take_xid(Display* display) {
    const X11Api* api = x11_api();
    if (api == nullptr) return 0;
    api->XLockDisplay(display);
    // SAFETY: Xlib's public view of its own structure.
    const auto* seen = reinterpret_cast<_XPrivDisplay>(display);
    const XID taken = (*seen->resource_alloc)(display);
    api->XUnlockDisplay(display);
    return taken;
}

}  // namespace guest::glx
