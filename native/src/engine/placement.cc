// See placement.h.
#include "engine/placement.h"

#include <sched.h>

namespace engine {
namespace {

// A move costs two system calls and some microseconds; the kernel may have had its reasons.
constexpr std::chrono::milliseconds kBetweenMoves{1};

}  // namespace

unsigned current_core() {
    const int core = ::sched_getcpu();
    return core < 0 ? 0 : static_cast<unsigned>(core) + 1;
}

bool Placement::step_aside(Clock::time_point now) {
    if (now - last_ < kBetweenMoves) return false;
    last_ = now;
    cpu_set_t allowed;
    const int core = ::sched_getcpu();
    if (core < 0 || ::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
    cpu_set_t others = allowed;
    CPU_CLR(static_cast<unsigned>(core), &others);
    if (CPU_COUNT(&others) == 0 || ::sched_setaffinity(0, sizeof others, &others) != 0) return false;
    return ::sched_setaffinity(0, sizeof allowed, &allowed) == 0;
}

}  // namespace engine
