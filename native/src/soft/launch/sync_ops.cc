// What shfl, vote, match, redux and elect compute once their members are together. See sync.h.
#include <bit>

#include "soft/launch/lanes.h"
#include "soft/launch/matrix.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/sync.h"
#include "soft/launch/tables.h"
#include "soft/numerics/rounding.h"
#include "soft/ptx/types.h"

namespace soft {
namespace {

using ptx::Mod;
using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

bool holds(u32 mask, u32 lane) { return (mask >> lane & 1u) != 0; }

void put(Warp& w, u32 offset, u32 lane, u32 value) { slot<u32>(w, offset)[lane] = value; }

template <class Value>
void put_each(Warp& w, const Insn& i, Value value) {
    for (u32 l = 0; l < kLanes; ++l) {
        if (holds(w.active, l)) put(w, i.d, l, value(l));
    }
}

void deposit_words(Warp& w, const Insn& i) {
    const bool is_wide = i.mod[kSyncWidth] == 8;
    for (u32 l = 0; l < kLanes; ++l) {
        if (holds(w.active, l)) w.exchange[l] = is_wide ? slot<u64>(w, i.a)[l] : slot<u32>(w, i.a)[l];
    }
}

void deposit_predicate(Warp& w, const Insn& i) {
    const u32 p = predicate(w, i.a) ^ static_cast<u32>(i.imm);
    for (u32 l = 0; l < kLanes; ++l) {
        if (holds(w.active, l)) w.exchange[l] = p >> l & 1u;
    }
}

// imm: the predicate's slot, with kSyncHasPredicate.
void collect_shuffle(Warp& w, const Insn& i, u32 members) {
    const auto mode = static_cast<Mod>(i.mod[kSyncMode]);
    const u32* b = slot<u32>(w, i.b);
    const u32* c = slot<u32>(w, i.c);
    u32 in_range = 0;
    u32 values[kLanes] = {};
    for (u32 l = 0; l < kLanes; ++l) {
        if (!holds(w.active, l)) continue;
        const u32 source = shuffle_source(mode, l, b[l], c[l]);
        const bool is_fine = is_in_range(mode, l, source, c[l]);
        in_range |= is_fine ? 1u << l : 0u;
        values[l] = static_cast<u32>(w.exchange[is_fine && holds(members, source & 31) ? source & 31 : l]);
    }
    put_each(w, i, [&](u32 l) { return values[l]; });
    if (i.mod[kSyncHasPredicate] != 0) write_predicate(w, static_cast<u32>(i.imm), in_range);
}

void collect_vote(Warp& w, const Insn& i, u32 members) {
    u32 ballot = 0;
    for (u32 l = 0; l < kLanes; ++l) {
        if (holds(members, l) && w.exchange[l] != 0) ballot |= 1u << l;
    }
    switch (static_cast<Mod>(i.mod[kSyncMode])) {
        case Mod::ballot:
            return put_each(w, i, [=](u32) { return ballot; });
        case Mod::all:
            return write_predicate(w, i.d, ballot == members ? kFullMask : 0);
        case Mod::any:
            return write_predicate(w, i.d, ballot != 0 ? kFullMask : 0);
        default:
            return write_predicate(w, i.d, ballot == members || ballot == 0 ? kFullMask : 0);
    }
}

u32 lanes_equal(const Warp& w, u32 members, u64 value) {
    u32 same = 0;
    for (u32 l = 0; l < kLanes; ++l) {
        if (holds(members, l) && w.exchange[l] == value) same |= 1u << l;
    }
    return same;
}

void collect_match(Warp& w, const Insn& i, u32 members) {
    if (static_cast<Mod>(i.mod[kSyncMode]) == Mod::any) {
        return put_each(w, i, [&](u32 l) { return lanes_equal(w, members, w.exchange[l]); });
    }
    const auto first = static_cast<u32>(std::countr_zero(members));
    const bool same = lanes_equal(w, members, w.exchange[first & 31]) == members;
    put_each(w, i, [=](u32) { return same ? members : 0; });
    if (i.mod[kSyncHasPredicate] != 0) write_predicate(w, static_cast<u32>(i.imm), same ? kFullMask : 0);
}

u32 reduce(Mod op, bool is_signed, u32 a, u32 b) {
    const bool a_less = is_signed ? static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b) : a < b;
    switch (op) {
        case Mod::add:
            return a + b;
        case Mod::min:
            return a_less ? a : b;
        case Mod::max:
            return a_less ? b : a;
        case Mod::and_:
            return a & b;
        case Mod::or_:
            return a | b;
        default:
            return a ^ b;
    }
}

template <bool Nan>
float extreme(Mod op, float a, float b) {
    return op == Mod::min ? numerics::min<Nan>(a, b) : numerics::max<Nan>(a, b);
}

// redux.f32: min or max, of the values or of their sizes.
void collect_extreme(Warp& w, const Insn& i, u32 members) {
    const auto op = static_cast<Mod>(i.mod[kSyncMode]);
    const u8 how = i.mod[kSyncSigned];
    const u32 kept = (how & kReduceAbs) != 0 ? 0x7fffffffu : kFullMask;
    const auto value = [&](u32 lane) {
        return numerics::canonical(std::bit_cast<float>(static_cast<u32>(w.exchange[lane & 31]) & kept));
    };
    float result = value(static_cast<u32>(std::countr_zero(members)));
    for (u32 rest = members & (members - 1); rest != 0; rest &= rest - 1) {
        const float next = value(static_cast<u32>(std::countr_zero(rest)));
        result = (how & kReduceNan) != 0 ? extreme<true>(op, result, next) : extreme<false>(op, result, next);
    }
    put_each(w, i, [=](u32) { return std::bit_cast<u32>(result); });
}

void collect_reduce(Warp& w, const Insn& i, u32 members) {
    if ((i.mod[kSyncSigned] & kReduceFloat) != 0) return collect_extreme(w, i, members);
    const auto op = static_cast<Mod>(i.mod[kSyncMode]);
    auto result = static_cast<u32>(w.exchange[std::countr_zero(members) & 31]);
    for (u32 rest = members & (members - 1); rest != 0; rest &= rest - 1) {
        result =
            reduce(op, i.mod[kSyncSigned] != 0, result, static_cast<u32>(w.exchange[std::countr_zero(rest)]));
    }
    put_each(w, i, [=](u32) { return result; });
}

void collect_nothing(Warp&, const Insn&, u32) {}

// The lowest member is elected; d is its lane.
void collect_elect(Warp& w, const Insn& i, u32 members) {
    const auto leader = static_cast<u32>(std::countr_zero(members));
    put_each(w, i, [=](u32) { return leader; });
    write_predicate(w, static_cast<u32>(i.imm), 1u << (leader & 31));
}

constexpr SyncOperation kOperations[kSyncKinds] = {
    {kSyncShuffle, deposit_words, collect_shuffle}, {kSyncVote, deposit_predicate, collect_vote},
    {kSyncMatch, deposit_words, collect_match},     {kSyncReduce, deposit_words, collect_reduce},
    {kSyncBarrier, nullptr, collect_nothing},       {kSyncElect, nullptr, collect_elect},
    {kSyncMatrix, nullptr, collect_matrix},
};

template <std::uint16_t Kind>
const Insn* sync(Warp& w, const Insn* i) {
    return run_sync(w, i, kOperations[Kind]);
}

const Insn* active_mask(Warp& w, const Insn* i) {
    const u32 mask = w.active;
    put_each(w, *i, [=](u32) { return mask; });
    return i + 1;
}

// The others are in hot_sync.h, which comes back to run_sync() when members are missing.
const OpEntry kEntries[] = {
    FERRY_PLAIN(redux, none, 0, sync<kSyncReduce>),  // of floats
    FERRY_PLAIN(sync_elect, none, 0, sync<kSyncElect>),
    FERRY_PLAIN(activemask, none, 0, active_mask),
};

}  // namespace

std::span<const OpEntry> sync_entries() { return kEntries; }

const SyncOperation* sync_operation(std::uint16_t kind) { return &kOperations[kind]; }

}  // namespace soft
