// The integer operations most kernels live on. Compiled once per instruction set by interpreter_integer_*.cc.
// Everything but the table has internal linkage, so that no copy stands in for another instruction set's.
#include <limits>

#include "soft/launch/compare_ops.h"
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/isa.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

template <class T>
T add(T a, T b) {
    return a + b;
}
template <class T>
T sub(T a, T b) {
    return a - b;
}
template <class T>
T mul_lo(T a, T b) {
    return a * b;
}
template <class T>
T mad_lo(T a, T b, T c) {
    return a * b + c;
}
template <class T>
T bit_and(T a, T b) {
    return a & b;
}
template <class T>
T bit_or(T a, T b) {
    return a | b;
}
template <class T>
T bit_xor(T a, T b) {
    return a ^ b;
}
template <class T>
T bit_not(T a) {
    return ~a;
}
template <class T>
T negate(T a) {
    return T{0} - a;
}
template <class T>
T copy(T a) {
    return a;
}

u64 mul_wide_u(u32 a, u32 b) { return static_cast<u64>(a) * b; }
s64 mul_wide_s(s32 a, s32 b) { return static_cast<s64>(a) * b; }
u64 mad_wide_u(u32 a, u32 b, u64 c) { return static_cast<u64>(a) * b + c; }
u64 mad_wide_s(s32 a, s32 b, u64 c) { return static_cast<u64>(static_cast<s64>(a) * b) + c; }
u32 mul_hi_u(u32 a, u32 b) { return static_cast<u32>((static_cast<u64>(a) * b) >> 32); }
s32 mul_hi_s(s32 a, s32 b) { return static_cast<s32>((static_cast<s64>(a) * b) >> 32); }
u32 mad_hi_u(u32 a, u32 b, u32 c) { return mul_hi_u(a, b) + c; }
u32 mad_hi_s(s32 a, s32 b, u32 c) { return static_cast<u32>(mul_hi_s(a, b)) + c; }

// PTX clamps shift amounts to the width.
u32 shl32(u32 a, u32 b) { return b > 31 ? 0 : a << (b & 31); }
u64 shl64(u64 a, u32 b) { return b > 63 ? 0 : a << (b & 63); }
u32 shr32(u32 a, u32 b) { return b > 31 ? 0 : a >> (b & 31); }
u64 shr64(u64 a, u32 b) { return b > 63 ? 0 : a >> (b & 63); }
s32 sar32(s32 a, u32 b) { return a >> (b > 31 ? 31 : b); }
s64 sar64(s64 a, u32 b) { return a >> (b > 63 ? 63 : b); }

s32 abs32(s32 a) { return static_cast<s32>(a < 0 ? 0u - static_cast<u32>(a) : static_cast<u32>(a)); }
s64 abs64(s64 a) { return static_cast<s64>(a < 0 ? 0u - static_cast<u64>(a) : static_cast<u64>(a)); }

template <class Word, bool P>
const Insn* select(Warp& w, const Insn* i) {
    const Word* a = slot<Word>(w, i->a);
    const Word* b = slot<Word>(w, i->b);
    const u32 p = predicate(w, i->c);
    store_lanes<P, Word>(w, i->d, [=](u32 l) { return ((p >> l) & 1u) != 0 ? a[l] : b[l]; });
    return i + 1;
}
template <bool P>
const Insn* select32(Warp& w, const Insn* i) {
    return select<u32, P>(w, i);
}
template <bool P>
const Insn* select64(Warp& w, const Insn* i) {
    return select<u64, P>(w, i);
}

const OpEntry kEntries[] = {
    FERRY_OP(mov, b32, 0, copy<u32>),       FERRY_OP(mov, b64, 0, copy<u64>),
    FERRY_OP(add, u32, 0, add<u32>),        FERRY_OP(add, u64, 0, add<u64>),
    FERRY_OP(sub, u32, 0, sub<u32>),        FERRY_OP(sub, u64, 0, sub<u64>),
    FERRY_OP(mul_lo, u32, 0, mul_lo<u32>),  FERRY_OP(mul_lo, u64, 0, mul_lo<u64>),
    FERRY_OP(mad_lo, u32, 0, mad_lo<u32>),  FERRY_OP(mad_lo, u64, 0, mad_lo<u64>),
    FERRY_OP(mul_wide, u32, 0, mul_wide_u), FERRY_OP(mul_wide, s32, 0, mul_wide_s),
    FERRY_OP(mad_wide, u32, 0, mad_wide_u), FERRY_OP(mad_wide, s32, 0, mad_wide_s),
    FERRY_OP(mul_hi, u32, 0, mul_hi_u),     FERRY_OP(mul_hi, s32, 0, mul_hi_s),
    FERRY_OP(mad_hi, u32, 0, mad_hi_u),     FERRY_OP(mad_hi, s32, 0, mad_hi_s),
    FERRY_OP(and_, b32, 0, bit_and<u32>),   FERRY_OP(and_, b64, 0, bit_and<u64>),
    FERRY_OP(or_, b32, 0, bit_or<u32>),     FERRY_OP(or_, b64, 0, bit_or<u64>),
    FERRY_OP(xor_, b32, 0, bit_xor<u32>),   FERRY_OP(xor_, b64, 0, bit_xor<u64>),
    FERRY_OP(not_, b32, 0, bit_not<u32>),   FERRY_OP(not_, b64, 0, bit_not<u64>),
    FERRY_OP(neg, u32, 0, negate<u32>),     FERRY_OP(neg, u64, 0, negate<u64>),
    FERRY_OP(abs, s32, 0, abs32),           FERRY_OP(abs, s64, 0, abs64),
    FERRY_OP(shl, b32, 0, shl32),           FERRY_OP(shl, b64, 0, shl64),
    FERRY_OP(shr, u32, 0, shr32),           FERRY_OP(shr, u64, 0, shr64),
    FERRY_OP(shr, s32, 0, sar32),           FERRY_OP(shr, s64, 0, sar64),
    FERRY_OP(min, u32, 0, smaller<u32>),    FERRY_OP(min, s32, 0, smaller<s32>),
    FERRY_OP(max, u32, 0, larger<u32>),     FERRY_OP(max, s32, 0, larger<s32>),
    FERRY_OP(min, u64, 0, smaller<u64>),    FERRY_OP(min, s64, 0, smaller<s64>),
    FERRY_OP(max, u64, 0, larger<u64>),     FERRY_OP(max, s64, 0, larger<s64>),
    FERRY_CUSTOM(selp, b32, 0, select32),   FERRY_CUSTOM(selp, b64, 0, select64),
};

const OpEntry kCompareEntries[] = {
    FERRY_COMPARES(u32, u32),
    FERRY_COMPARES(s32, s32),
    FERRY_COMPARES(u64, u64),
    FERRY_COMPARES(s64, s64),
};

}  // namespace

namespace FERRY_ISA {
std::span<const OpEntry> integer_entries() { return kEntries; }
std::span<const OpEntry> compare_entries() { return kCompareEntries; }
}  // namespace FERRY_ISA

}  // namespace soft
