// Fragments of a warp: which lanes run next, how they split and meet. The ready fragment that gave way least
// often, sits deepest in calls and has the lowest instruction runs first; blocks are laid out so that joins
// come after their arms.
#include <algorithm>
#include <bit>

#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

bool runs_before(const Fragment& a, const Fragment& b) {
    if (a.turn != b.turn) return a.turn < b.turn;
    if (a.frame != b.frame && a.frame->depth != b.frame->depth) return a.frame->depth > b.frame->depth;
    return a.pc < b.pc;
}

void load_fragment(Warp& w, const Fragment& fragment) {
    w.frame = fragment.frame;
    w.regs = w.registers + fragment.frame->registers;
    w.local_frame = fragment.frame->local;
    w.turn = w.waiting == 0 ? 0 : fragment.turn;
    set_active(w, fragment.mask);
}

Fragment running(const Warp& w, const Insn* pc) {
    Fragment fragment;
    fragment.pc = pc;
    fragment.mask = w.active;
    fragment.turn = w.turn;
    fragment.frame = w.frame;
    return fragment;
}

// The running lanes reached a place where others may wait for them, or they for others.
const Insn* meet(Warp& w, const Insn* i) {
    const Fragment self = running(w, i);
    std::uint32_t mask = w.active;
    bool gives_way = false;
    for (std::uint32_t k = 0; k < w.waiting;) {
        const Fragment& other = w.fragments[k];
        if (other.wait == Wait::ready && other.pc == i && other.frame == w.frame) {
            mask |= other.mask;
            w.block->drop_frame(other.frame);
            w.fragments[k] = w.fragments[--w.waiting];
            continue;
        }
        gives_way |= other.wait == Wait::ready && runs_before(other, self);
        ++k;
    }
    if (w.waiting == 0) w.turn = 0;
    if (mask != w.active) set_active(w, mask);
    if (!gives_way) return i + 1;
    push_fragment(w, i, w.active, w.turn, w.frame);
    return resume(w);
}

const Insn* reconverge(Warp& w, const Insn* i) { return w.waiting == 0 ? i + 1 : meet(w, i); }

// Every kPollInterval back edges: let other fragments, warps and blocks have a turn, and see whether to stop.
const Insn* poll(Warp& w, const Insn* pc) {
    push_fragment(w, pc, w.active, w.waiting == 0 ? 0 : w.turn + 1, w.frame);
    return nullptr;
}

const Insn* jump(Warp&, const Insn* i) { return i->target; }

const Insn* jump_back(Warp& w, const Insn* i) { return --w.budget <= 0 ? poll(w, i->target) : i->target; }

const Insn* branch(Warp& w, const Insn* i) {
    const std::uint32_t* p = static_cast<const std::uint32_t*>(static_cast<const void*>(w.regs + i->a));
    const std::uint32_t taken = (*p ^ i->e) & w.active;
    if (taken == 0) return i + 1;
    if (taken == w.active) return i->target;
    return diverge(w, i + 1, w.active & ~taken, i->target, taken);
}

const Insn* branch_back(Warp& w, const Insn* i) {
    const Insn* next = branch(w, i);
    return --w.budget <= 0 ? poll(w, next) : next;
}

// Runs the next instruction for the lanes whose predicate holds.
const Insn* guard(Warp& w, const Insn* i) {
    const std::uint32_t* p = static_cast<const std::uint32_t*>(static_cast<const void*>(w.regs + i->a));
    const std::uint32_t lanes = (*p ^ i->e) & w.active;
    if (lanes == 0) return i + 2;
    const Insn* guarded = i + 1;
    if (lanes == w.active) return guarded->run[w.partial](w, guarded);
    const std::uint32_t all = w.active;
    set_active(w, lanes);
    const Insn* next = guarded->run[1](w, guarded);
    set_active(w, all);
    return next;
}

const Insn* exit_lanes(Warp& w, const Insn*) {
    retire_lanes(w, w.active);
    return resume(w);
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(reconverge, none, 0, reconverge),   FERRY_PLAIN(jump, none, 0, jump),
    FERRY_PLAIN(jump_back, none, 0, jump_back),     FERRY_PLAIN(branch, none, 0, branch),
    FERRY_PLAIN(branch_back, none, 0, branch_back), FERRY_PLAIN(guard, none, 0, guard),
    FERRY_PLAIN(exit, none, 0, exit_lanes),
};

}  // namespace

std::span<const OpEntry> control_entries() { return kEntries; }

bool any_ready(const Warp& w) {
    return std::any_of(w.fragments, w.fragments + w.waiting,
                       [](const Fragment& fragment) { return fragment.wait == Wait::ready; });
}

void push_fragment(Warp& w, const Insn* pc, std::uint32_t mask, std::uint32_t turn, Frame* frame) {
    for (std::uint32_t k = 0; k < w.waiting; ++k) {
        Fragment& other = w.fragments[k];
        if (other.wait != Wait::ready || other.pc != pc || other.frame != frame) continue;
        other.mask |= mask;
        other.turn = std::min(other.turn, turn);
        w.block->drop_frame(frame);
        return;
    }
    // Field by field, here and in resume(): a copy of the whole would wait for the narrower stores before it.
    Fragment& fragment = w.fragments[w.waiting++];
    fragment.pc = pc;
    fragment.frame = frame;
    fragment.mask = mask;
    fragment.turn = turn;
    fragment.wait = Wait::ready;
}

const Insn* resume(Warp& w) {
    std::uint32_t best = w.waiting;
    for (std::uint32_t k = 0; k < w.waiting; ++k) {
        if (w.fragments[k].wait != Wait::ready) continue;
        if (best == w.waiting || runs_before(w.fragments[k], w.fragments[best])) best = k;
    }
    if (best == w.waiting) {
        w.active = 0;
        return nullptr;
    }
    const Fragment& chosen = w.fragments[best];
    const Insn* pc = chosen.pc;
    --w.waiting;
    load_fragment(w, chosen);
    if (best != w.waiting) w.fragments[best] = w.fragments[w.waiting];
    return pc;
}

const Insn* diverge(Warp& w, const Insn* pc, std::uint32_t mask, const Insn* other_pc,
                    std::uint32_t other_mask) {
    const bool swap = other_pc < pc;
    ++w.frame->references;
    push_fragment(w, swap ? pc : other_pc, swap ? mask : other_mask, w.turn, w.frame);
    set_active(w, swap ? other_mask : mask);
    return swap ? other_pc : pc;
}

void retire_lanes(Warp& w, std::uint32_t mask) {
    w.live &= ~mask;
    w.active &= ~mask;
    w.block->live_threads -= static_cast<std::uint32_t>(std::popcount(mask));
    if (w.active == 0) w.block->drop_frame(w.frame);
    if (w.waiting > 0) recheck_sync(w);
    complete_barriers(*w.block);
}

void run_warp(Warp& w) {
    w.budget = kPollInterval;
    const Insn* pc = resume(w);
    while (pc != nullptr) pc = pc->run[w.partial](w, pc);
}

}  // namespace soft
