// Instructions about the machine rather than data: fences, clocks, sleeping, questions about addresses.
#include <atomic>
#include <ctime>

#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"
#include "soft/ptx/types.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// x86 keeps the order of loads and of stores; only store-then-load needs the machine's fence.
const Insn* fence(Warp&, const Insn* i) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return i + 1;
}

u64 nanoseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<u64>(now.tv_sec) * 1'000'000'000u + static_cast<u64>(now.tv_nsec);
}

// mod[0]: 1 for %globaltimer; mod[1]: bytes of a lane of d; mod[2]: 1 for the high word. %clock runs at 1
// GHz.
const Insn* clock_value(Warp& w, const Insn* i) {
    u64 now = nanoseconds(i->mod[0] != 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC);
    if (i->mod[2] != 0) now >>= 32;
    for (u32 l = 0; l < kLanes; ++l) {
        if ((w.active >> l & 1u) == 0) continue;
        if (i->mod[1] == 8)
            slot<u64>(w, i->d)[l] = now;
        else
            slot<u32>(w, i->d)[l] = static_cast<u32>(now);
    }
    return i + 1;
}

// Whoever else can run does, then these lanes again.
const Insn* nanosleep(Warp& w, const Insn* i) {
    push_fragment(w, i + 1, w.active, w.waiting == 0 ? 0 : w.turn + 1, w.frame);
    return nullptr;
}

bool is_in_space(u64 address, ptx::Space space, const Warp& w) {
    const u64 offset = address & (kWindowSize - 1);
    const u64 window = address - offset;
    const bool in_window = window == kSharedWindow || window == kLocalWindow || window == kParamWindow;
    switch (space) {
        case ptx::Space::shared:
            return window == kSharedWindow && offset < w.shared_size;
        case ptx::Space::local:
            return window == kLocalWindow && offset < w.local_stride;
        case ptx::Space::param:
            return window == kParamWindow && offset < w.param_size;
        case ptx::Space::constant:
            return false;
        default:
            return !in_window;
    }
}

const Insn* is_space(Warp& w, const Insn* i) {
    u32 mask = 0;
    for (u32 l = 0; l < kLanes; ++l) {
        mask |= is_in_space(slot<u64>(w, i->a)[l], static_cast<ptx::Space>(i->mod[0]), w) ? 1u << l : 0u;
    }
    write_predicate(w, i->d, mask);
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(fence, none, 0, fence),
    FERRY_PLAIN(clock, none, 0, clock_value),
    FERRY_PLAIN(nanosleep, none, 0, nanosleep),
    FERRY_PLAIN(isspacep, pred, 0, is_space),
};

}  // namespace

std::span<const OpEntry> machine_entries() { return kEntries; }

}  // namespace soft
