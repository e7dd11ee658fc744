// Where a drawable's pixels go to be seen, and what the window system says of it. Implemented by present/ for
// X; a drawable that is never seen, a pbuffer, has none.
#pragma once
#include <cstdint>

#include "gl/gl_lane.h"

namespace guest::gl {

struct Size {
    std::uint32_t width = 1;
    std::uint32_t height = 1;
    bool operator==(const Size&) const = default;
};

// A part of a drawable; rows count from the top.
struct Area {
    std::uint32_t x = 0;
    std::uint32_t y = 0;
    Size size;
};

enum class Plane : std::uint32_t { back = 0, front = 1 };

// What is to be seen once `lane` has executed what it holds now.
struct Frame {
    GlLane* lane;
    std::uint32_t drawable;
    Size size;  // of the drawable
    Plane plane;
    Area area;  // the part that is shown
};

class Outlet {
public:
    virtual ~Outlet() = default;
    // The window's size as it was last heard of. Never waits.
    virtual Size size() = 0;
    // Asks for it. What it was before, where there is no window any more.
    virtual Size ask_size() = 0;
    // The window has been destroyed, or its server is gone. Never waits.
    virtual bool is_gone() = 0;
    // Records the frame and sees to its being shown. Waits while two frames are on their way.
    virtual void show(const Frame& frame) = 0;
    // Until all frames are shown, or cannot be.
    virtual void finish() = 0;
};

}  // namespace guest::gl
