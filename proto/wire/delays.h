// Delays at random between the steps of the ring, for tests only: FERRY_DELAY_RANDOM, a seed, of a guest and
// of a daemon's workers. Whatever another thread or the other end may do between two steps, it then gets the
// time to do. Off, a step costs a look at a byte that never changes.
#pragma once
#include <sched.h>
#include <time.h>

#include <atomic>
#include <cstdint>

namespace wire {

class Delays {
public:
    constexpr Delays() = default;
    // Before the first ring is used.
    void start(std::uint64_t seed) {
        state_.store(seed, std::memory_order_relaxed);
        on_ = true;
    }
    // Any thread. Mostly nothing; else a turn for others, a pause, or a sleep.
    void step() {
        if (on_) [[unlikely]]
            draw();
    }

private:
    static constexpr std::uint64_t kPauses = 2000;
    static constexpr std::uint64_t kLongestNs = 1'000'000;

    [[gnu::noinline, gnu::cold]] void draw() {
        std::uint64_t drawn = state_.fetch_add(0x9E3779B97F4A7C15u, std::memory_order_relaxed);
        drawn = (drawn ^ drawn >> 30) * 0xBF58476D1CE4E5B9u;
        drawn = (drawn ^ drawn >> 27) * 0x94D049BB133111EBu;
        drawn ^= drawn >> 31;
        const std::uint64_t amount = drawn >> 32;
        if (drawn % 16 == 0) sched_yield();
        if (drawn % 16 == 1) pause(amount % kPauses);
        if (drawn % 512 == 2) sleep(amount % kLongestNs);
    }
    static void pause(std::uint64_t turns) {
        for (std::uint64_t turn = 0; turn < turns; ++turn) asm volatile("");
    }
    static void sleep(std::uint64_t ns) {
        const timespec time{0, static_cast<long>(ns)};
        nanosleep(&time, nullptr);
    }

    bool on_ = false;
    std::atomic<std::uint64_t> state_{0};
};

// Those of this process.
inline constinit Delays ring_delays;

}  // namespace wire
