// See cores.h.
#include "soft/launch/cores.h"

#include <sched.h>

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

void move_to_free_core() {
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    cpu_set_t free = allowed;
    for (std::size_t core = 0; core < owners.size(); ++core) {
        if (owners[core].load(std::memory_order_relaxed) != nullptr) CPU_CLR(core, &free);
    }
    if (CPU_COUNT(&free) == 0 || ::sched_setaffinity(0, sizeof free, &free) != 0) return;
    (void)::sched_setaffinity(0, sizeof allowed, &allowed);
}

}  // namespace

void Seat::leave() {
    if (core_ == 0) return;
    const Seat* self = this;
    owners[core_ - 1].compare_exchange_strong(self, nullptr, std::memory_order_relaxed);
    core_ = 0;
}

void Seat::take() {
    const int core = ::sched_getcpu();
    if (core < 0 || static_cast<std::size_t>(core) >= owners.size()) return;
    const auto number = static_cast<std::uint32_t>(core) + 1;
    if (number == core_) return;
    leave();
    const Seat* owner = nullptr;
    if (owners[number - 1].compare_exchange_strong(owner, this, std::memory_order_relaxed)) {
        core_ = number;
        return;
    }
    const std::uint64_t now = now_ns();
    if (now - moved_ns_ < kBetweenMoves_ns) return;
    moved_ns_ = now;
    move_to_free_core();
}

}  // namespace soft
