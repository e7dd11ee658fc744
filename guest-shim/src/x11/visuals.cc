// See visuals.h.
#include "x11/visuals.h"

#include <algorithm>
#include <span>

#include "x11/api.h"

namespace guest::x11 {

bool has_our_pixels(const XVisualInfo& visual) {
    return visual.c_class == TrueColor && visual.red_mask == 0xFF0000 && visual.green_mask == 0xFF00 &&
           visual.blue_mask == 0xFF;
}

std::vector<VisualID> visuals_of(Display* display, int screen, int depth) {
    std::vector<VisualID> found;
    const Api* calls = api();
    XVisualInfo wanted{};
    wanted.screen = screen;
    wanted.depth = depth;
    wanted.c_class = TrueColor;
    int count = 0;
    XVisualInfo* all =
        calls->XGetVisualInfo(display, VisualScreenMask | VisualDepthMask | VisualClassMask, &wanted, &count);
    if (all == nullptr) return found;
    for (const XVisualInfo& visual : std::span(all, static_cast<std::size_t>(count))) {
        if (has_our_pixels(visual)) found.push_back(visual.visualid);
    }
    calls->XFree(all);
    const VisualID usual = DefaultVisual(display, screen)->visualid;
    std::stable_partition(found.begin(), found.end(), [&](VisualID visual) { return visual == usual; });
    return found;
}

}  // namespace guest::x11
