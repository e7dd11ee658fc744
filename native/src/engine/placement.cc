// See placement.h.
#include "engine/placement.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace engine {
namespace {

// A move costs two system calls and some microseconds; the kernel may have had its reasons.
constexpr std::chrono::milliseconds kBetweenMoves{1};

// A yield to nobody and a look at an empty socket take 0.5 us together; a guest that reads its answer and
// sends the next request takes 3 us and more.
constexpr std::chrono::nanoseconds kTurnOfGuest{1500};
constexpr unsigned kTurns = 16;
// A thread that computes keeps the core for a slice, of some milliseconds. So many times what it was before
// are enough to know.
constexpr int kMuchWorse = 4;
constexpr std::chrono::milliseconds kFirstPatience{16};
constexpr std::chrono::milliseconds kMostPatience{1000};

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

bool has_free_core() {
    std::ifstream file("/proc/loadavg");  // three averages, then "running/all"
    double averages[3];
    long running = 0;
    if (!(file >> averages[0] >> averages[1] >> averages[2] >> running)) return true;
    return running <= ::sysconf(_SC_NPROCESSORS_ONLN);
}

bool Company::heard_after(Clock::duration yield, Clock::time_point now) {
    const bool tries = before_ != Clock::duration::zero();
    if (!tries && (yield < kTurnOfGuest || now < stays_until_)) {
        counted_ = 0;
        given_ = {};
        return false;
    }
    ++counted_;
    given_ += yield;
    if (tries) return ends_try(now);
    if (counted_ < kTurns) return false;
    counted_ = 0;
    const Clock::duration given = std::exchange(given_, {});
    if (!has_room_()) {
        stays_until_ = now + kBetweenMoves;
        return false;
    }
    before_ = given;
    left_ = now;
    return true;
}

// True: it is no better here, and the thread returns.
bool Company::ends_try(Clock::time_point now) {
    if (now - left_ < kBetweenMoves) return false;  // Placement would refuse
    if (counted_ < kTurns && given_ <= before_ * kMuchWorse) return false;
    const bool worse = given_ * kTurns > before_ * counted_;
    patience_ = worse ? std::clamp<Clock::duration>(2 * patience_, kFirstPatience, kMostPatience)
                      : Clock::duration::zero();
    stays_until_ = now + patience_;
    before_ = given_ = {};
    counted_ = 0;
    return worse;
}

}  // namespace engine
