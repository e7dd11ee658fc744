// The calls of libX11 that GLX and EGL make on the program's display. The program has the library open, or it
// would have no display; Ferry itself is not linked with it.
#pragma once
#include <X11/Xlib.h>
#include <X11/Xproto.h>
#include <X11/Xutil.h>

namespace guest::x11 {

#define FERRY_X11_CALLS(CALL) \
    CALL(XCloseDisplay)       \
    CALL(XFlush)              \
    CALL(XFree)               \
    CALL(XGetVisualInfo)      \
    CALL(XLockDisplay)        \
    CALL(XOpenDisplay)        \
    CALL(XQueryExtension)     \
    CALL(XSync)               \
    CALL(XUnlockDisplay)

struct Api {
#define FERRY_DECLARE(name) decltype(::name)* name = nullptr;
    FERRY_X11_CALLS(FERRY_DECLARE)
#undef FERRY_DECLARE
    // Hands an error to the program's handler, as an answer of the server's would.
    int (*_XError)(Display* display, xError* error) = nullptr;
};

// Null where there is no libX11.
const Api* api();

// A number for a resource, as the server would give one.
XID take_xid(Display* display);

}  // namespace guest::x11
