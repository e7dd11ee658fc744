// See api.h.
#include "x11/api.h"

#include "library.h"
#include "log.h"

namespace guest::x11 {
namespace {

const Api* load() {
    void* library = open_library("libX11.so.6");
    auto& calls = *new Api;
    bool complete = find(library, "_XError", calls._XError);
#define FERRY_FIND(name) complete = complete && find(library, #name, calls.name);
    FERRY_X11_CALLS(FERRY_FIND)
#undef FERRY_FIND
    if (complete) return &calls;
    log_line(LogLevel::error, "libX11.so.6 cannot be loaded: there are no windows");
    return nullptr;
}

}  // namespace

const Api* api() {
    static const Api* const calls = load();
    return calls;
}

XID take_xid(Display* display) {
    const Api* calls = api();
    if (calls == nullptr) return 0;
    calls->XLockDisplay(display);
    // SAFETY: Xlib's public view of its own structure.
    const auto* seen = reinterpret_cast<_XPrivDisplay>(display);
    const XID taken = (*seen->resource_alloc)(display);
    calls->XUnlockDisplay(display);
    return taken;
}

}  // namespace guest::x11
