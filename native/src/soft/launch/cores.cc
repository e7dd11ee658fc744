// See cores.h.
#include "soft/launch/cores.h"

#include <unistd.h>

#include <array>
#include <atomic>

#include "soft/clock.h"

namespace soft {
namespace {

// A move costs two system calls, and the kernel may have had its reasons.
constexpr std::uint64_t kBetweenMoves_ns = 1'000'000;

// Whose each core is. It only says where to look for room: a thread that the kernel has moved finds out at
// its next turn, and until then names a core that it has left.
std::array<std::atomic<const Seat*>, CPU_SETSIZE> owners;

// From 1 on; 0: not known.
std::uint32_t current_core() {
    const int core = ::sched_getcpu();
    if (core < 0 || static_cast<std::size_t>(core) >= owners.size()) return 0;
    return static_cast<std::uint32_t>(core) + 1;
}

bool is_owned(std::size_t core) { return owners[core].load(std::memory_order_relaxed) != nullptr; }

// Restricts `thread` (0: the calling one) to those of its cores that no seat has, without `besides` (from 1
// on; 0: none). Where there are such; `allowed` becomes what it was restricted to before.
bool restrict_to_free_cores(pid_t thread, std::uint32_t besides, cpu_set_t& allowed) {
    if (::sched_getaffinity(thread, sizeof allowed, &allowed) != 0) return false;
    cpu_set_t free = allowed;
    for (std::size_t core = 0; core < owners.size(); ++core) {
        if (core + 1 == besides || is_owned(core)) CPU_CLR(core, &free);
    }
    return CPU_COUNT(&free) != 0 && ::sched_setaffinity(thread, sizeof free, &free) == 0;
}

}  // namespace

void Seat::leave() {
    if (core_ == 0) return;
    const Seat* self = this;
    owners[core_ - 1].compare_exchange_strong(self, nullptr, std::memory_order_relaxed);
    core_ = 0;
}

void Seat::take() {
    const std::uint32_t number = current_core();
    if (number == 0 || number == core_) return;
    leave();
    const Seat* owner = nullptr;
    if (owners[number - 1].compare_exchange_strong(owner, this, std::memory_order_relaxed)) {
        core_ = number;
        return;
    }
    const std::uint64_t now = now_ns();
    if (now - moved_ns_ < kBetweenMoves_ns) return;
    moved_ns_ = now;
    cpu_set_t allowed;
    if (restrict_to_free_cores(0, 0, allowed)) (void)::sched_setaffinity(0, sizeof allowed, &allowed);
}

void Berth::lie_down() {
    if (thread_ == 0) thread_ = ::gettid();
    core_ = current_core();
}

bool Berth::is_apart() const { return core_ != 0 && core_ != current_core() && !is_owned(core_ - 1); }

void Berth::steer() {
    if (steered_ || is_apart()) return;
    steered_ = restrict_to_free_cores(thread_, current_core(), allowed_);
}

void Berth::get_up() {
    if (!steered_) return;
    steered_ = false;
    (void)::sched_setaffinity(0, sizeof allowed_, &allowed_);
}

}  // namespace soft
