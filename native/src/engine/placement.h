// Placement: keeps the engine thread off the core of the guest thread that waits for it. The kernel likes to
// put a woken thread beside the one that woke it; two that take turns on one core need 6 us for a round trip
// that takes 0.4 us on two. Used by the engine's loop.
#pragma once
#include <chrono>

namespace engine {

class Placement {
public:
    using Clock = std::chrono::steady_clock;

    // Moves to another core that this thread may use, when there is one and it has not done so just now; the
    // thread may still run on all of them afterwards. False: nothing was done.
    bool step_aside(Clock::time_point now);

private:
    Clock::time_point last_{};
};

// The core this thread runs on, as the guest names its own (wire::waiting_core()): from 1 on.
unsigned current_core();

}  // namespace engine
