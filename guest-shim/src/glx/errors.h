// Errors as a server with GLX would send them: to the program's own handler, which ends the program unless it
// has set another.
#pragma once
#include <X11/Xlib.h>

namespace guest::glx {

// Of GLX itself; added to where its errors begin on that server.
enum class GlxError : unsigned char {
    bad_context = 0,
    bad_drawable = 2,
    bad_pixmap = 3,
    bad_fbconfig = 9,
    bad_pbuffer = 10,
    bad_current_drawable = 11,
    bad_window = 12,
    bad_profile = 13,
};

// What a server without the extension answers calls like glXGetConfig with.
inline constexpr int kBadScreen = 1;
inline constexpr int kBadAttribute = 2;
inline constexpr int kNoExtension = 3;
inline constexpr int kBadVisual = 4;
inline constexpr int kBadContext = 5;
inline constexpr int kBadValue = 6;

// The requests that errors name, by their numbers in the protocol of GLX.
enum class Asked : unsigned char {
    create_context = 3,
    destroy_context = 4,
    make_current = 5,
    swap_buffers = 11,
    create_pixmap = 22,
    destroy_pixmap = 23,
    create_new_context = 24,
    query_context = 25,
    make_context_current = 26,
    create_pbuffer = 27,
    destroy_pbuffer = 28,
    get_drawable_attributes = 29,
    create_window = 31,
    destroy_window = 32,
    create_context_attribs = 34,
};

void send_error(Display* display, GlxError error, XID about, Asked asked);
// `error`: BadMatch and the like.
void send_core_error(Display* display, unsigned char error, XID about, Asked asked);

// Where the server has GLX, its numbers; else zeros. False: it has not.
bool query_extension(Display* display, int& opcode, int& event_base, int& error_base);

}  // namespace guest::glx
