// Warp-wide operations that name their members: shfl, vote, match, redux, bar.warp, elect. A fragment
// deposits its values and goes on when every live member has deposited for the same kind of operation;
// otherwise it is parked.
#include "soft/launch/sync.h"

#include <bit>

#include "soft/launch/access.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

const std::uint32_t* words(const Warp& w, std::uint32_t slot) {
    return static_cast<const std::uint32_t*>(static_cast<const void*>(w.regs + slot));
}

// Runs `operation` for `lanes` of the frame whose registers are at `regs`, without disturbing the running
// fragment.
void collect(Warp& w, const Insn* i, const SyncOperation& operation, std::byte* regs, std::uint32_t lanes,
             std::uint32_t members) {
    std::byte* const kept_regs = w.regs;
    const std::uint32_t kept_active = w.active;
    w.regs = regs;
    w.active = lanes;
    operation.collect(w, *i, members);
    w.regs = kept_regs;
    w.active = kept_active;
}

bool is_parked_for(const Fragment& fragment, const Fragment& like) {
    return fragment.wait == Wait::sync && fragment.sync_kind == like.sync_kind &&
           fragment.member_mask == like.member_mask;
}

// Completes the group of `like` if everyone is there.
bool try_complete(Warp& w, const Fragment like) {
    std::uint32_t present = 0;
    for (std::uint32_t k = 0; k < w.waiting; ++k) {
        if (is_parked_for(w.fragments[k], like)) present |= w.fragments[k].mask;
    }
    const std::uint32_t needed = like.member_mask & w.live;
    if ((needed & ~present) != 0) return false;
    for (std::uint32_t k = 0; k < w.waiting; ++k) {
        Fragment& fragment = w.fragments[k];
        if (!is_parked_for(fragment, like)) continue;
        const SyncOperation& operation = *sync_operation(like.sync_kind);
        collect(w, fragment.pc, operation, w.registers + fragment.frame->registers, fragment.mask, needed);
        fragment.wait = Wait::ready;
        ++fragment.pc;
        fragment.turn = 0;
    }
    return true;
}

void park(Warp& w, const Insn* i, const SyncOperation& operation, std::uint32_t lanes,
          std::uint32_t members) {
    Fragment fragment;
    fragment.pc = i;
    fragment.mask = lanes;
    fragment.frame = w.frame;
    fragment.wait = Wait::sync;
    fragment.member_mask = members;
    fragment.sync_kind = operation.kind;
    ++w.frame->references;
    w.fragments[w.waiting++] = fragment;
    try_complete(w, fragment);
}

std::uint32_t lanes_with_members(const Warp& w, const std::uint32_t* masks, std::uint32_t among,
                                 std::uint32_t members) {
    std::uint32_t same = 0;
    for (std::uint32_t l = 0; l < kLanes; ++l) same |= masks[l] == members ? 1u << l : 0u;
    return same & among & w.active;
}

// Some members are elsewhere, or lanes name different members: each group goes or waits on its own. A lane
// whose members are all here goes, even when it does not name itself or they name others: PTX leaves that
// open, and programs rely on what devices do.
const Insn* sync_apart(Warp& w, const Insn* i, const SyncOperation& operation, const std::uint32_t* masks) {
    std::uint32_t done = 0;
    const std::uint32_t all = w.active;
    for (std::uint32_t rest = all; rest != 0;) {
        const std::uint32_t members = masks[std::countr_zero(rest)];
        const std::uint32_t group = lanes_with_members(w, masks, rest, members);
        rest &= ~group;
        if ((members & w.live & ~all) == 0) {
            collect(w, i, operation, w.regs, group, members & w.live);
            done |= group;
        } else {
            park(w, i, operation, group, members);
        }
    }
    if (done == all) return i + 1;
    if (done != 0) {
        ++w.frame->references;
        push_fragment(w, i + 1, done, w.turn, w.frame);
    }
    w.block->drop_frame(w.frame);
    return resume(w);
}

}  // namespace

const Insn* run_sync(Warp& w, const Insn* i, const SyncOperation& operation) {
    if (operation.deposit != nullptr) operation.deposit(w, *i);
    if (i->mod[kSyncLegacy] != 0) {  // before sm_70: whoever is here
        operation.collect(w, *i, w.active);
        return i + 1;
    }
    const std::uint32_t* masks = words(w, i->e);
    const std::uint32_t members = masks[std::countr_zero(w.active)];
    std::uint32_t differs = 0;
    for (std::uint32_t l = 0; l < kLanes; ++l) differs |= masks[l] != members ? 1u << l : 0u;
    if ((differs & w.active) == 0 && (members & w.live & ~w.active) == 0) {
        operation.collect(w, *i, members & w.live);
        return i + 1;
    }
    return sync_apart(w, i, operation, masks);
}

void recheck_sync(Warp& w) {
    for (std::uint32_t k = 0; k < w.waiting; ++k) {
        if (w.fragments[k].wait == Wait::sync) try_complete(w, w.fragments[k]);
    }
}

}  // namespace soft
