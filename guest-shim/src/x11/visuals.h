// The visuals of a screen that hold what the host draws: 8 bits each of red, green and blue, in that order
// from the highest. Used by glx/ and egl/, which choose configurations for them.
#pragma once
#include <X11/Xlib.h>
#include <X11/Xutil.h>

#include <vector>

namespace guest::x11 {

bool has_our_pixels(const XVisualInfo& visual);

// Those with our pixels of that depth, the default one first.
std::vector<VisualID> visuals_of(Display* display, int screen, int depth);

}  // namespace guest::x11
