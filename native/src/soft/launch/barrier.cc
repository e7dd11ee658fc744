// Block-wide barriers: bar.sync, bar.arrive, bar.red. A barrier counts threads; one without a count is
// complete when every thread of the block that has not exited waits at it.
#include <algorithm>
#include <bit>

#include "soft/launch/access.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

std::uint32_t first_lane_word(const Warp& w, std::uint32_t slot) {
    const auto lane = static_cast<std::uint32_t>(std::countr_zero(w.active));
    return static_cast<const std::uint32_t*>(static_cast<const void*>(w.regs + slot))[lane];
}

bool is_complete(const BlockContext& block, const Barrier& barrier) {
    if (barrier.arrived == 0) return false;
    return barrier.expected != 0 ? barrier.rounded >= barrier.expected
                                 : barrier.arrived >= block.live_threads;
}

void release(BlockContext& block, std::uint32_t id) {
    Barrier& barrier = block.barriers[id];
    block.pending_barriers &= ~(1u << id);
    barrier.result_true = barrier.count_true;
    barrier.result_arrived = barrier.arrived;
    barrier.arrived = 0;
    barrier.rounded = 0;
    barrier.expected = 0;
    barrier.count_true = 0;
    for (std::uint32_t k = 0; k < block.warp_count; ++k) {
        Warp& w = block.warps[k];
        for (std::uint32_t f = 0; f < w.waiting; ++f) {
            Fragment& fragment = w.fragments[f];
            if (fragment.wait != Wait::barrier || fragment.barrier != id) continue;
            fragment.wait = Wait::ready;
            fragment.turn = 0;
        }
    }
}

// mod[0]: 1 when `b` holds a thread count.
const Insn* arrive(Warp& w, const Insn* i, std::uint32_t count_true, bool waits) {
    const std::uint32_t id = first_lane_word(w, i->a);
    if (id >= w.block->barriers.size()) return raise(w, i, 715, 0, "there are 16 barriers");
    Barrier& barrier = w.block->barriers[id];
    const auto lanes = static_cast<std::uint32_t>(std::popcount(w.active));
    w.block->pending_barriers |= 1u << id;
    barrier.arrived += lanes;
    barrier.rounded += w.active == w.live ? kLanes : lanes;
    barrier.count_true += count_true;
    if (i->mod[0] != 0) barrier.expected = first_lane_word(w, i->b);
    if (!waits) {
        complete_barriers(*w.block);
        return i + 1;
    }
    Fragment fragment;
    fragment.pc = i + 1;
    fragment.mask = w.active;
    fragment.frame = w.frame;
    fragment.wait = Wait::barrier;
    fragment.barrier = static_cast<std::uint16_t>(id);
    w.fragments[w.waiting++] = fragment;
    complete_barriers(*w.block);
    return resume(w);
}

const Insn* bar_sync(Warp& w, const Insn* i) { return arrive(w, i, 0, true); }
const Insn* bar_arrive(Warp& w, const Insn* i) { return arrive(w, i, 0, false); }

// c: predicate, e: xor mask for its negation.
const Insn* bar_red(Warp& w, const Insn* i) {
    const auto p = *static_cast<const std::uint32_t*>(static_cast<const void*>(w.regs + i->c)) ^ i->e;
    return arrive(w, i, static_cast<std::uint32_t>(std::popcount(p & w.active)), true);
}

// The instruction after a bar.red: every released fragment fetches the result. mod[1]: 0 popc, 1 and, 2 or.
const Insn* bar_result(Warp& w, const Insn* i) {
    const std::uint32_t id = first_lane_word(w, i->a);
    const Barrier& barrier = w.block->barriers[id & 15];
    std::byte* at = w.regs + i->d;
    if (i->mod[1] == 0) {
        auto* d = static_cast<std::uint32_t*>(static_cast<void*>(at));
        for (std::uint32_t l = 0; l < kLanes; ++l) {
            if ((w.active >> l & 1u) != 0) d[l] = barrier.result_true;
        }
        return i + 1;
    }
    const bool holds =
        i->mod[1] == 1 ? barrier.result_true == barrier.result_arrived : barrier.result_true > 0;
    auto& d = *static_cast<std::uint32_t*>(static_cast<void*>(at));
    d = (d & ~w.active) | (holds ? w.active : 0u);
    return i + 1;
}

// barrier.cluster, whose cluster is this block. The phase ends when every live thread has arrived; then
// nobody has.
void end_cluster_phase(BlockContext& block) {
    for (std::uint32_t k = 0; k < block.warp_count; ++k) {
        if ((block.warps[k].live & ~block.warps[k].cluster_arrived) != 0) return;
    }
    for (std::uint32_t k = 0; k < block.warp_count; ++k) block.warps[k].cluster_arrived = 0;
}

const Insn* cluster_arrive(Warp& w, const Insn* i) {
    w.cluster_arrived |= w.active;
    end_cluster_phase(*w.block);
    return i + 1;
}

// Lanes that are too early give way to whoever they wait for, and come back.
const Insn* cluster_wait(Warp& w, const Insn* i) {
    end_cluster_phase(*w.block);
    if ((w.cluster_arrived & w.active) == 0) return i + 1;
    push_fragment(w, i, w.active, w.waiting == 0 ? 0 : w.turn + 1, w.frame);
    return nullptr;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(cluster_barrier, none, 0, cluster_arrive),
    FERRY_PLAIN(cluster_barrier, none, 1, cluster_wait),
    FERRY_PLAIN(bar, none, 0, bar_sync),
    FERRY_PLAIN(bar_arrive, none, 0, bar_arrive),
    FERRY_PLAIN(bar_red, none, 0, bar_red),
    FERRY_PLAIN(bar_red, none, 1, bar_result),
};

}  // namespace

std::span<const OpEntry> barrier_entries() { return kEntries; }

void complete_barriers(BlockContext& block) {
    for (std::uint32_t rest = block.pending_barriers; rest != 0; rest &= rest - 1) {
        const auto id = static_cast<std::uint32_t>(std::countr_zero(rest));
        if (is_complete(block, block.barriers[id])) release(block, id);
    }
}

}  // namespace soft
