// See errors.h.
#include "glx/errors.h"

#include <X11/Xlibint.h>

#include "x11/api.h"

namespace guest::glx {
namespace {

void send(Display* display, unsigned char code, XID about, Asked asked, int opcode) {
    const x11::Api* api = x11::api();
    if (api == nullptr) return;
    xError error{};
    error.type = X_Error;
    error.errorCode = code;
    error.resourceID = static_cast<CARD32>(about);
    error.majorCode = static_cast<CARD8>(opcode);
    error.minorCode = static_cast<CARD16>(asked);
    LockDisplay(display);
    error.sequenceNumber = static_cast<CARD16>(X_DPY_GET_REQUEST(display));
    api->_XError(display, &error);
    UnlockDisplay(display);
}

}  // namespace

bool query_extension(Display* display, int& opcode, int& event_base, int& error_base) {
    opcode = event_base = error_base = 0;
    const x11::Api* api = x11::api();
    return api != nullptr && api->XQueryExtension(display, "GLX", &opcode, &event_base, &error_base) != 0;
}

void send_error(Display* display, GlxError error, XID about, Asked asked) {
    int opcode = 0;
    int event_base = 0;
    int error_base = 0;
    query_extension(display, opcode, event_base, error_base);
    send(display, static_cast<unsigned char>(error_base + static_cast<int>(error)), about, asked, opcode);
}

void send_core_error(Display* display, unsigned char error, XID about, Asked asked) {
    int opcode = 0;
    int event_base = 0;
    int error_base = 0;
    query_extension(display, opcode, event_base, error_base);
    send(display, error, about, asked, opcode);
}

}  // namespace guest::glx
