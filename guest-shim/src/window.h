// The address window: a range both ends keep free, so that a device address means the same in guest and host.
// Reserved without memory behind it. Called by attach.cc.
#pragma once
#include <cstdint>

namespace guest {

struct Window {
    std::uint64_t base = 0;
    std::uint64_t size = 0;  // bytes; 0: none could be had
};

// Reserves the largest window this process allows.
Window reserve_window();
// Makes the reservation be what the host granted; a window that cannot be had here is given up.
void adopt_window(Window& window, std::uint64_t base, std::uint64_t size);

}  // namespace guest
