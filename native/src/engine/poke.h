// Poke: wakes the engine thread from any other thread. One eventfd, owned by the loop, and a flag in front of
// it that a loop which is awake looks at instead; poking is idempotent.
#pragma once
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "transport/unique_fd.h"

namespace engine {

class Poke {
public:
    Poke() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    int fd() const { return fd_.get(); }
    // Any thread. What it did before is visible to the engine thread after clear().
    void poke() {
        if (poked_.exchange(true, std::memory_order_acq_rel)) return;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
    }
    // The engine thread. A poke that is on its way may show here before it shows at the descriptor, never
    // after.
    bool poked() const { return poked_.load(std::memory_order_relaxed); }
    // The engine thread, once it has seen the poke and before it looks for what it was about.
    void clear() {
        (void)poked_.exchange(false, std::memory_order_acq_rel);
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
    }

private:
    transport::UniqueFd fd_;
    std::atomic<bool> poked_{false};
};

}  // namespace engine
