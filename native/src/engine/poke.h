// Poke: wakes the engine thread from any other thread. One eventfd, owned by the loop, and a flag in front of
// it that a loop which is awake looks at instead; poking is idempotent. A thread that has time may do what
// the engine thread would be woken for, in its stead.
#pragma once
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "transport/unique_fd.h"

namespace engine {

// Does in the calling thread what the engine thread would do once poked.
class Deputy {
public:
    // False: nothing was done.
    virtual bool stand_in() = 0;

protected:
    ~Deputy() = default;
};

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
    // A thread that may stay for a while: pokes only if the engine thread cannot be stood in for.
    void poke_or_stand_in() {
        if (deputy_ == nullptr || !deputy_->stand_in()) poke();
    }
    // Before there are other threads; `deputy` outlives them.
    void set_deputy(Deputy& deputy) { deputy_ = &deputy; }
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
    Deputy* deputy_ = nullptr;
};

}  // namespace engine
