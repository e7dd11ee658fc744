// What recent waits say about the next one: whether looking for its end for a while, which is faster than
// being woken, is likely to see it. Where it is not, the one who waits sleeps at once and leaves its core to
// others; on the software device, those are the threads that do what is waited for. Kept by each end for its
// own waits; one thread at a time. Pure.
#pragma once
#include <cstdint>

namespace wire {

class WaitHistory {
public:
    // A wait is over that took so long; 0 where it was too short for a look at the clock.
    void ended(std::int64_t ns) {
        if (ns < kLongNs) {
            long_ = 0;
        } else if (long_ < kSeries) {
            ++long_;
        }
    }
    // The next one will take long, if it is like the last few.
    bool expects_long() const { return long_ == kSeries; }

private:
    // Several times what is spun (wire::limits::kSpinUs) and what a wake-up takes: being wrong once costs
    // little beside the series that it takes.
    static constexpr std::int64_t kLongNs = 200'000;
    static constexpr unsigned kSeries = 3;

    unsigned long_ = 0;  // in a row
};

}  // namespace wire
