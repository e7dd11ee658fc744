// atom and red one lane at a time, in ascending order: every space, type and operation, and the accesses that
// fault. Shared memory belongs to a block that one worker runs, so plain accesses do; global memory is
// updated by compare-and-swap. The common ones are in hot_atomic.h.
#include "soft/launch/atomic.h"

#include <bit>

#include "soft/launch/access.h"
#include "soft/launch/atomic_result.h"
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

using ptx::Space;

template <class T, class Result>
T update(std::byte* at, bool is_private, Result result) {
    T* p = static_cast<T*>(static_cast<void*>(at));
    if (is_private) {
        const T old = *p;
        *p = result(old);
        return old;
    }
    T old = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(p, &old, result(old), true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
    }
    return old;
}

bool is_shared(Space space, u64 address) {
    return space == Space::shared ||
           (space == Space::generic && (address & ~(kWindowSize - 1)) == kSharedWindow);
}

// Local memory and parameters take no atomics, whatever leads there.
std::byte* resolve_atomic(Warp& w, const Insn& i, u32 lane) {
    const auto space = static_cast<Space>(i.mod[kModSpace]);
    const u64 address = lane_address(w, i, lane);
    const u64 window = address & ~(kWindowSize - 1);
    if (space == Space::generic && (window == kLocalWindow || window == kParamWindow)) {
        raise_address(w, &i, 717, lane, "atomic operation outside global and shared memory at", address);
        return nullptr;
    }
    return resolve(w, i, space, address, i.mod[kModSize], lane);
}

struct Access {
    const Insn& i;
    Mod op;
    Type type;
    bool has_result;
};

// b and c are the operand's slots, d the result's; one element of a vector, or the whole.
void update_lane(Warp& w, const Access& access, std::byte* at, bool is_private, u32 lane, u32 b, u32 d) {
    const Insn& i = access.i;
    const u32 size = i.mod[kModSize];
    if (size == 8) {
        const u64 value = slot<u64>(w, b)[lane];
        const u64 swap = access.op == Mod::cas ? slot<u64>(w, i.c)[lane] : 0;
        const u64 old = update<u64>(
            at, is_private, [&](u64 was) { return wide_result(access.op, access.type, was, value, swap); });
        if (access.has_result) slot<u64>(w, d)[lane] = old;
        return;
    }
    const u32 value = slot<u32>(w, b)[lane];
    const u32 swap = access.op == Mod::cas ? slot<u32>(w, i.c)[lane] : 0;
    const auto result = [&](u32 was) {
        return word_result(access.op, access.type, was, value, swap, !is_private);
    };
    const u32 old = size == 2
                        ? update<u16>(at, is_private, [&](u16 was) { return static_cast<u16>(result(was)); })
                        : update<u32>(at, is_private, result);
    if (access.has_result) slot<u32>(w, d)[lane] = old;
}

__extension__ using u128 = unsigned __int128;

// SAFETY: every x86-64 processor since 2006 has cmpxchg16b; the compiler's baseline is older.
[[gnu::target("cx16")]] u128 swap_wide(std::byte* at, u128 value, bool compares, u128 expected) {
    auto* p = static_cast<u128*>(static_cast<void*>(at));
    u128 old = 0;
    for (;;) {
        const u128 wanted = compares ? expected : old;
        const u128 found = __sync_val_compare_and_swap(p, wanted, value);
        if (found == wanted || compares) return found;
        old = found;
    }
}

u128 read_wide(Warp& w, u32 from, u32 lane) {
    return u128{slot<u64>(w, from + 8 * kLanes)[lane]} << 64 | slot<u64>(w, from)[lane];
}

// exch and cas of b128, the only operations there are.
const Insn* atomic_wide(Warp& w, const Insn* i) {
    const bool compares = static_cast<Mod>(i->mod[kModOp]) == Mod::cas;
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        std::byte* at = resolve_atomic(w, *i, lane);
        if (at == nullptr) return nullptr;
        const u128 b = read_wide(w, i->b, lane);
        const u128 old = swap_wide(at, compares ? read_wide(w, i->c, lane) : b, compares, b);
        slot<u64>(w, i->d)[lane] = static_cast<u64>(old);
        slot<u64>(w, i->d + 8 * kLanes)[lane] = static_cast<u64>(old >> 64);
    }
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(atom, none, 0, slow_atomic),
    FERRY_PLAIN(atom, none, 1, atomic_wide),
};

}  // namespace

const Insn* slow_atomic(Warp& w, const Insn* i) {
    const Access access{*i, static_cast<Mod>(i->mod[kModOp]), static_cast<Type>(i->mod[kModType]),
                        (i->mod[kModVector] & kAtomicHasResult) != 0};
    const auto space = static_cast<Space>(i->mod[kModSpace]);
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        std::byte* at = resolve_atomic(w, *i, lane);
        if (at == nullptr) return nullptr;
        update_lane(w, access, at, is_shared(space, lane_address(w, *i, lane)), lane, i->b, i->d);
    }
    return i + 1;
}

void update_element(std::byte* at, Mod op, Type type, u64 value, bool is_private) {
    const auto narrow = [=](u32 was) {
        return word_result(op, type, was, static_cast<u32>(value), 0, false);
    };
    switch (ptx::type_size(type)) {
        case 2:
            update<u16>(at, is_private, [&](u16 was) { return static_cast<u16>(narrow(was)); });
            return;
        case 4:
            update<u32>(at, is_private, narrow);
            return;
        default:
            update<u64>(at, is_private, [=](u64 was) { return wide_result(op, type, was, value, 0); });
    }
}

std::span<const OpEntry> atomic_entries() { return kEntries; }

}  // namespace soft
