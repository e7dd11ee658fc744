// Placement: keeps the engine thread off the core of the guest thread that waits for it. The kernel likes to
// put a woken thread beside the one that woke it; two that take turns on one core need 6 us for a round trip
// that takes 0.4 us on two. Over gRPC, where the guest cannot say which core it waits on, Company finds out.
// Used by the engine's loop.
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

// Whether no more threads of this machine want to run than it has cores; true where it does not say. Takes
// some microseconds.
bool has_free_core();

// Tells a guest on this thread's own core by what giving way takes: on a core that both use, the guest's
// whole turn passes in one yield, and what it has said is there afterwards. One long yield says nothing. To
// leave is a try: where another thread computes on the other core it is worse there, and the thread returns.
class Company {
public:
    using Clock = std::chrono::steady_clock;

    // `has_room` says whether there may be a core that nobody uses.
    explicit Company(bool (*has_room)() = has_free_core) : has_room_(has_room) {}

    // The guest has been heard, after a last yield that took so long; zero: without any. True: the thread had
    // better be on another core, and has to step aside now.
    bool heard_after(Clock::duration yield, Clock::time_point now);

private:
    bool ends_try(Clock::time_point now);

    bool (*const has_room_)();
    Clock::duration given_{};   // in the yields counted
    unsigned counted_ = 0;      // yields: those long ones in a row, or all since the thread has left
    Clock::duration before_{};  // what kTurns of them took before it left; zero: it has not
    Clock::time_point left_{};
    Clock::time_point stays_until_{};
    Clock::duration patience_{};  // after a try that failed
};

// The core this thread runs on, as the guest names its own (wire::waiting_core()): from 1 on.
unsigned current_core();

}  // namespace engine
