// The address window: a range both ends keep free, so that a device address means the same in guest and host.
// Reserved without memory behind it. Called by attach.cc.
#pragma once
#include <cstdint>

namespace guest {

struct AddressWindow {
    std::uint64_t base = 0;
    std::uint64_t size = 0;  // bytes; 0: none could be had
    // Behind it, the place of the ring's arena, reserved in the same way.
    std::uint64_t arena_base = 0;
    std::uint64_t arena_size = 0;
};

// Reserves the largest window this process allows, a sixteenth of it as the arena's place.
AddressWindow reserve_window();
// A place for an arena alone, for lane `number` of OpenGL.
AddressWindow reserve_arena(std::uint32_t number);
// Makes the reservation be what the host granted; a window that cannot be had here is given up.
void adopt_window(AddressWindow& window, std::uint64_t base, std::uint64_t size);
// Keeps the first `kept` bytes of the arena's place, which has become memory, and gives up the rest.
void trim_arena(AddressWindow& window, std::uint64_t kept);

}  // namespace guest
