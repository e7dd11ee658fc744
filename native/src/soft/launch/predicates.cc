// Operations on predicates, which are one bit a lane, and moves that pack and unpack registers. Used through
// the registry.
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// imm: xor mask of operand a, e: of operand b.
template <class Op>
const Insn* combine(Warp& w, const Insn* i, Op op) {
    const u32 a = predicate(w, i->a) ^ static_cast<u32>(i->imm);
    const u32 b = predicate(w, i->b) ^ i->e;
    write_predicate(w, i->d, op(a, b));
    return i + 1;
}

const Insn* pred_and(Warp& w, const Insn* i) {
    return combine(w, i, [](u32 a, u32 b) { return a & b; });
}
const Insn* pred_or(Warp& w, const Insn* i) {
    return combine(w, i, [](u32 a, u32 b) { return a | b; });
}
const Insn* pred_xor(Warp& w, const Insn* i) {
    return combine(w, i, [](u32 a, u32 b) { return a ^ b; });
}
const Insn* pred_not(Warp& w, const Insn* i) {
    write_predicate(w, i->d, ~(predicate(w, i->a) ^ static_cast<u32>(i->imm)));
    return i + 1;
}
const Insn* pred_mov(Warp& w, const Insn* i) {
    write_predicate(w, i->d, predicate(w, i->a) ^ static_cast<u32>(i->imm));
    return i + 1;
}

template <bool P>
const Insn* select_predicate(Warp& w, const Insn* i) {
    const u32 p = predicate(w, i->c);
    write_predicate(w, i->d, (predicate(w, i->a) & p) | (predicate(w, i->b) & ~p));
    return i + 1;
}

u32 pack_2x16(u32 lo, u32 hi) { return (lo & 0xffffu) | (hi << 16); }
u64 pack_2x32(u32 lo, u32 hi) { return lo | (static_cast<u64>(hi) << 32); }
u32 pack_2x8(u32 lo, u32 hi) { return (lo & 0xffu) | ((hi & 0xffu) << 8); }

// Bits [imm, imm + 8 * mod[0]) of a wider register, mod[1] bytes a lane.
template <bool P>
const Insn* unpack(Warp& w, const Insn* i) {
    const u32 shift = static_cast<u32>(i->imm);
    const u64 mask = i->mod[0] == 8 ? ~u64{0} : (u64{1} << (8 * i->mod[0])) - 1;
    const u32* narrow = slot<u32>(w, i->a);
    const u64* wide = slot<u64>(w, i->a);
    const bool is_wide = i->mod[1] == 8;
    store_lanes<P, u32>(w, i->d, [=](u32 l) {
        const u64 value = is_wide ? wide[l] : narrow[l];
        return static_cast<u32>((value >> shift) & mask);
    });
    return i + 1;
}

// Adds mod[0] bytes of register a at bit imm to the wider register d, mod[1] bytes a lane.
template <bool P>
const Insn* insert(Warp& w, const Insn* i) {
    const u32 shift = static_cast<u32>(i->imm);
    const u64 mask = ((u64{1} << (8 * i->mod[0])) - 1) << shift;
    const u32* a = slot<u32>(w, i->a);
    if (i->mod[1] == 8) {
        const u64* d = slot<u64>(w, i->d);
        store_lanes<P, u64>(
            w, i->d, [=](u32 l) { return (d[l] & ~mask) | ((static_cast<u64>(a[l]) << shift) & mask); });
    } else {
        const u32* d = slot<u32>(w, i->d);
        const u32 narrow = static_cast<u32>(mask);
        store_lanes<P, u32>(w, i->d, [=](u32 l) { return (d[l] & ~narrow) | ((a[l] << shift) & narrow); });
    }
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(pred_and, pred, 0, pred_and), FERRY_PLAIN(pred_or, pred, 0, pred_or),
    FERRY_PLAIN(pred_xor, pred, 0, pred_xor), FERRY_PLAIN(pred_not, pred, 0, pred_not),
    FERRY_PLAIN(pred_mov, pred, 0, pred_mov), FERRY_CUSTOM(selp, pred, 0, select_predicate),
    FERRY_OP(pack, b32, 2, pack_2x16),        FERRY_OP(pack, b64, 2, pack_2x32),
    FERRY_OP(pack, b16, 2, pack_2x8),         FERRY_CUSTOM(unpack, none, 0, unpack),
    FERRY_CUSTOM(pack, none, 0, insert),
};

}  // namespace

std::span<const OpEntry> predicate_entries() { return kEntries; }

}  // namespace soft
