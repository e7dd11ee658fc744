// What blocks: for each call how often a thread waited for the host in it, and for how long. Any thread adds,
// with one wait at a time per thread; read at the end by write_statistics().
#pragma once
#include <sys/resource.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace guest {

class Counters {
public:
    // `calls`: how many calls the API has.
    explicit Counters(std::size_t calls) : waits_(calls) { getrusage(RUSAGE_SELF, &at_start_); }

    // A wait has ended in the call at `place` of the API's table (wire::call_index).
    void waited(std::size_t place, std::int64_t blocked_ns) {
        waits_[place].fetch_add(1, std::memory_order_relaxed);
        blocked_ns_.fetch_add(static_cast<std::uint64_t>(blocked_ns), std::memory_order_relaxed);
    }
    // A wait for room: nothing was asked, but the thread could not go on.
    void blocked(std::int64_t blocked_ns) {
        blocked_ns_.fetch_add(static_cast<std::uint64_t>(blocked_ns), std::memory_order_relaxed);
    }
    std::uint64_t waits(std::size_t place) const { return waits_[place].load(std::memory_order_relaxed); }
    std::uint64_t blocked_ns() const { return blocked_ns_.load(std::memory_order_relaxed); }

    // Context switches of all threads of this process since the session began.
    struct Switches {
        std::uint64_t voluntary;
        std::uint64_t involuntary;
    };
    Switches switches() const {
        rusage now{};
        getrusage(RUSAGE_SELF, &now);
        return {static_cast<std::uint64_t>(now.ru_nvcsw - at_start_.ru_nvcsw),
                static_cast<std::uint64_t>(now.ru_nivcsw - at_start_.ru_nivcsw)};
    }

private:
    std::vector<std::atomic<std::uint64_t>> waits_;
    std::atomic<std::uint64_t> blocked_ns_{0};
    rusage at_start_{};
};

}  // namespace guest
