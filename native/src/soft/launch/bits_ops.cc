// Bit fields, permutations, dot products, 24-bit products and carry chains. Used through the registry.
#include "soft/launch/cold.h"
#include "soft/launch/modifiers.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/bits.h"
#include "soft/numerics/compare.h"

namespace soft {
namespace {

namespace n = numerics;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

// The four operands of a lane: a, b, c and e.
template <class T>
struct Operands {
    Operands(Warp& w, const Insn& i) : a(slot<T>(w, i.a)), b(slot<T>(w, i.b)), c(slot<T>(w, i.c)) {}
    const T* a;
    const T* b;
    const T* c;
};

n::Overrun overrun(const Insn& i) { return i.mod[0] != 0 ? n::Overrun::clamp : n::Overrun::wrap; }

template <class T>
const Insn* extract(Warp& w, const Insn* i) {  // bfe
    const auto* a = slot<LaneOf<T>>(w, i->a);
    const u32* position = slot<u32>(w, i->b);
    const u32* length = slot<u32>(w, i->c);
    write_lanes<LaneOf<T>>(w, i->d,
                           [=](u32 l) { return n::bfe<T>(static_cast<T>(a[l]), position[l], length[l]); });
    return i + 1;
}

template <class T>
const Insn* insert(Warp& w, const Insn* i) {  // bfi d, a, b, position, length
    const Operands<T> o(w, *i);
    const u32* position = slot<u32>(w, i->c);
    const u32* length = slot<u32>(w, i->e);
    write_lanes<T>(w, i->d, [=](u32 l) { return n::bfi<T>(o.a[l], o.b[l], position[l], length[l]); });
    return i + 1;
}

const Insn* permute(Warp& w, const Insn* i) {
    const Operands<u32> o(w, *i);
    const auto mode = static_cast<n::Permute>(i->mod[0]);
    write_lanes<u32>(w, i->d, [=](u32 l) { return n::prmt(o.a[l], o.b[l], o.c[l], mode); });
    return i + 1;
}

template <bool Left>
const Insn* funnel(Warp& w, const Insn* i) {
    const Operands<u32> o(w, *i);
    const n::Overrun mode = overrun(*i);
    write_lanes<u32>(w, i->d, [=](u32 l) {
        return Left ? n::shf_l(o.a[l], o.b[l], o.c[l], mode) : n::shf_r(o.a[l], o.b[l], o.c[l], mode);
    });
    return i + 1;
}

// imm: the table.
const Insn* logic3(Warp& w, const Insn* i) {
    const Operands<u32> o(w, *i);
    const u32 table = static_cast<u32>(i->imm);
    write_lanes<u32>(w, i->d, [=](u32 l) { return n::lop3(o.a[l], o.b[l], o.c[l], table); });
    return i + 1;
}

// mod[0], mod[1]: whether a and b are signed; mod[2]: the high half of dp2a.
const Insn* dot4(Warp& w, const Insn* i) {
    const Operands<u32> o(w, *i);
    const bool a = i->mod[0] != 0;
    const bool b = i->mod[1] != 0;
    write_lanes<u32>(w, i->d, [=](u32 l) { return n::dp4a(o.a[l], a, o.b[l], b, o.c[l]); });
    return i + 1;
}
const Insn* dot2(Warp& w, const Insn* i) {
    const Operands<u32> o(w, *i);
    const bool a = i->mod[0] != 0;
    const bool b = i->mod[1] != 0;
    const bool high = i->mod[2] != 0;
    write_lanes<u32>(w, i->d, [=](u32 l) { return n::dp2a(o.a[l], a, o.b[l], b, high, o.c[l]); });
    return i + 1;
}

const Insn* bit_mask(Warp& w, const Insn* i) {
    const Operands<u32> o(w, *i);
    const n::Overrun mode = overrun(*i);
    write_lanes<u32>(w, i->d, [=](u32 l) { return n::bmsk(o.a[l], o.b[l], mode); });
    return i + 1;
}
template <class T>
const Insn* extend(Warp& w, const Insn* i) {
    const Operands<u32> o(w, *i);
    const n::Overrun mode = overrun(*i);
    write_lanes<u32>(w, i->d, [=](u32 l) { return n::szext<T>(static_cast<T>(o.a[l]), o.b[l], mode); });
    return i + 1;
}

// Carry chains. mod[0]: takes the carry in; mod[1]: leaves one; mod[2]: the high half of a product.
template <class T, class Compute>
const Insn* with_carry(Warp& w, const Insn* i, Compute compute) {
    u32 carry = 0;
    T* d = slot<T>(w, i->d);
    for (u32 l = 0; l < kLanes; ++l) {
        if ((w.active >> l & 1u) == 0) continue;
        const bool in = i->mod[0] != 0 && (w.carry >> l & 1u) != 0;
        const n::Carried<T> result = compute(l, in);
        d[l] = result.value;
        carry |= result.carry ? 1u << l : 0u;
    }
    if (i->mod[1] != 0) w.carry = (w.carry & ~w.active) | carry;
    return i + 1;
}
template <class T>
const Insn* carry_add(Warp& w, const Insn* i) {
    const Operands<T> o(w, *i);
    return with_carry<T>(w, i, [=](u32 l, bool in) { return n::add_carry<T>(o.a[l], o.b[l], in); });
}
// The flag holds "no borrow", as the adder of the hardware leaves it: addc after sub.cc sees that.
template <class T>
const Insn* carry_sub(Warp& w, const Insn* i) {
    const Operands<T> o(w, *i);
    const bool chained = i->mod[0] != 0;
    return with_carry<T>(w, i, [=](u32 l, bool in) {
        const n::Carried<T> result = n::sub_borrow<T>(o.a[l], o.b[l], chained && !in);
        return n::Carried<T>{result.value, !result.carry};
    });
}
template <class S>
const Insn* carry_mad(Warp& w, const Insn* i) {
    using T = LaneOf<S>;
    const Operands<T> o(w, *i);
    const bool high = i->mod[2] != 0;
    return with_carry<T>(w, i, [=](u32 l, bool in) {
        const S a = static_cast<S>(o.a[l]);
        const S b = static_cast<S>(o.b[l]);
        const S c = static_cast<S>(o.c[l]);
        return high ? n::mad_hi_carry<S>(a, b, c, in) : n::mad_lo_carry<S>(a, b, c, in);
    });
}

template <n::Property P, class T>
bool test(T v) {
    return n::testp(P, v);
}

template <auto Op, class A>
const Insn* test_lanes(Warp& w, const Insn* i) {
    const auto* a = slot<LaneOf<A>>(w, i->a);
    u32 mask = 0;
    for (u32 l = 0; l < kLanes; ++l) mask |= Op(from_lane<A>(a[l])) ? 1u << l : 0u;
    write_predicate(w, i->d, mask);
    return i + 1;
}

u32 sad_u16(std::uint16_t a, std::uint16_t b, std::uint16_t c) {
    return n::sad<std::uint16_t>(a, b, c) & 0xffffu;
}
u32 sad_s16(std::int16_t a, std::int16_t b, std::int16_t c) {
    return static_cast<std::uint16_t>(n::sad<std::int16_t>(a, b, c));
}

#define FERRY_TESTS(T, A)                                                            \
    FERRY_PLAIN(testp, T, 0, (test_lanes<test<n::Property::finite, A>, A>)),         \
        FERRY_PLAIN(testp, T, 1, (test_lanes<test<n::Property::infinite, A>, A>)),   \
        FERRY_PLAIN(testp, T, 2, (test_lanes<test<n::Property::number, A>, A>)),     \
        FERRY_PLAIN(testp, T, 3, (test_lanes<test<n::Property::notanumber, A>, A>)), \
        FERRY_PLAIN(testp, T, 4, (test_lanes<test<n::Property::normal, A>, A>)),     \
        FERRY_PLAIN(testp, T, 5, (test_lanes<test<n::Property::subnormal, A>, A>))

u32 pair_element(const Insn& i, u32 a, u32 b) {
    const bool less = i.mod[1] != 0 ? static_cast<std::int16_t>(a) < static_cast<std::int16_t>(b)
                                    : static_cast<std::uint16_t>(a) < static_cast<std::uint16_t>(b);
    const u32 result = i.mod[0] == kPairAdd   ? a + b
                       : i.mod[0] == kPairSub ? a - b
                       : i.mod[0] == kPairMin ? (less ? a : b)
                                              : (less ? b : a);
    return i.mod[2] != 0 && (result & 0x8000u) != 0 ? 0 : result & 0xffffu;
}

const Insn* pair(Warp& w, const Insn* i) {
    const Operands<u32> o(w, *i);
    write_lanes<u32>(w, i->d, [=](u32 l) {
        return pair_element(*i, o.a[l], o.b[l]) | pair_element(*i, o.a[l] >> 16, o.b[l] >> 16) << 16;
    });
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(pair, none, 0, pair),
    FERRY_OP(popc, b32, 0, n::popc<u32>),
    FERRY_OP(popc, b64, 0, n::popc<u64>),
    FERRY_OP(clz, b32, 0, n::clz<u32>),
    FERRY_OP(clz, b64, 0, n::clz<u64>),
    FERRY_OP(brev, b32, 0, n::brev<u32>),
    FERRY_OP(brev, b64, 0, n::brev<u64>),
    FERRY_OP(bfind, u32, 0, n::bfind<u32>),
    FERRY_OP(bfind, s32, 0, n::bfind<s32>),
    FERRY_OP(bfind, u64, 0, n::bfind<u64>),
    FERRY_OP(bfind, s64, 0, n::bfind<s64>),
    FERRY_OP(bfind, u32, 1, n::bfind_shiftamt<u32>),
    FERRY_OP(bfind, s32, 1, n::bfind_shiftamt<s32>),
    FERRY_OP(bfind, u64, 1, n::bfind_shiftamt<u64>),
    FERRY_OP(bfind, s64, 1, n::bfind_shiftamt<s64>),
    FERRY_PLAIN(bfe, u32, 0, extract<u32>),
    FERRY_PLAIN(bfe, s32, 0, extract<s32>),
    FERRY_PLAIN(bfe, u64, 0, extract<u64>),
    FERRY_PLAIN(bfe, s64, 0, extract<s64>),
    FERRY_PLAIN(bfi, b32, 0, insert<u32>),
    FERRY_PLAIN(bfi, b64, 0, insert<u64>),
    FERRY_PLAIN(prmt, b32, 0, permute),
    FERRY_PLAIN(shf_l, b32, 0, funnel<true>),
    FERRY_PLAIN(shf_r, b32, 0, funnel<false>),
    FERRY_PLAIN(lop3, b32, 0, logic3),
    FERRY_OP(sad, u32, 0, n::sad<u32>),
    FERRY_OP(sad, s32, 0, n::sad<s32>),
    FERRY_OP(sad, u64, 0, n::sad<u64>),
    FERRY_OP(sad, s64, 0, n::sad<s64>),
    FERRY_OP(sad, u16, 0, sad_u16),
    FERRY_OP(sad, s16, 0, sad_s16),
    FERRY_OP(mul24, u32, 0, n::mul24_lo<u32>),
    FERRY_OP(mul24, s32, 0, n::mul24_lo<s32>),
    FERRY_OP(mul24, u32, 1, n::mul24_hi<u32>),
    FERRY_OP(mul24, s32, 1, n::mul24_hi<s32>),
    FERRY_OP(mad24, u32, 0, n::mad24_lo<u32>),
    FERRY_OP(mad24, s32, 0, n::mad24_lo<s32>),
    FERRY_OP(mad24, u32, 1, n::mad24_hi<u32>),
    FERRY_OP(mad24, s32, 1, n::mad24_hi<s32>),
    FERRY_OP(mad24, s32, 3, n::mad24_hi_sat),
    FERRY_PLAIN(dp4a, u32, 0, dot4),
    FERRY_PLAIN(dp2a, u32, 0, dot2),
    FERRY_OP(fns, b32, 0, n::fns),
    FERRY_PLAIN(bmsk, b32, 0, bit_mask),
    FERRY_PLAIN(szext, u32, 0, extend<u32>),
    FERRY_PLAIN(szext, s32, 0, extend<s32>),
    FERRY_PLAIN(add_cc, u32, 0, carry_add<u32>),
    FERRY_PLAIN(add_cc, u64, 0, carry_add<u64>),
    FERRY_PLAIN(sub_cc, u32, 0, carry_sub<u32>),
    FERRY_PLAIN(sub_cc, u64, 0, carry_sub<u64>),
    FERRY_PLAIN(mad_cc, u32, 0, carry_mad<u32>),
    FERRY_PLAIN(mad_cc, s32, 0, carry_mad<s32>),
    FERRY_PLAIN(mad_cc, u64, 0, carry_mad<u64>),
    FERRY_PLAIN(mad_cc, s64, 0, carry_mad<s64>),
    FERRY_TESTS(f32, float),
    FERRY_TESTS(f64, double),
};

}  // namespace

std::span<const OpEntry> bits_entries() { return kEntries; }

}  // namespace soft
