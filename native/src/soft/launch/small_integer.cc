// Integer operations that are rare enough to exist once: 16-bit arithmetic, division, remainder, 64-bit high
// products. Used through the registry.
#include <limits>

#include "soft/launch/compare_ops.h"
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

using u16 = std::uint16_t;
using s16 = std::int16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using s128 = __int128;

u16 add16(u16 a, u16 b) { return static_cast<u16>(a + b); }
u16 sub16(u16 a, u16 b) { return static_cast<u16>(a - b); }
u16 mul16(u16 a, u16 b) { return static_cast<u16>(static_cast<u32>(a) * b); }
u16 mad16(u16 a, u16 b, u16 c) { return static_cast<u16>(static_cast<u32>(a) * b + c); }
u32 mul_wide_u16(u16 a, u16 b) { return static_cast<u32>(a) * b; }
s32 mul_wide_s16(s16 a, s16 b) { return static_cast<s32>(a) * b; }
u32 mad_wide_u16(u16 a, u16 b, u32 c) { return static_cast<u32>(a) * b + c; }
u32 mad_wide_s16(s16 a, s16 b, u32 c) { return static_cast<u32>(static_cast<s32>(a) * b) + c; }
u16 mul_hi_u16(u16 a, u16 b) { return static_cast<u16>((static_cast<u32>(a) * b) >> 16); }
s16 mul_hi_s16(s16 a, s16 b) { return static_cast<s16>((static_cast<s32>(a) * b) >> 16); }
u64 mul_hi_u64(u64 a, u64 b) { return static_cast<u64>((static_cast<u128>(a) * b) >> 64); }
s64 mul_hi_s64(s64 a, s64 b) { return static_cast<s64>((static_cast<s128>(a) * b) >> 64); }
u64 mad_hi_u64(u64 a, u64 b, u64 c) { return mul_hi_u64(a, b) + c; }
u64 mad_hi_s64(s64 a, s64 b, u64 c) { return static_cast<u64>(mul_hi_s64(a, b)) + c; }
u16 mad_hi_u16(u16 a, u16 b, u16 c) { return static_cast<u16>(mul_hi_u16(a, b) + c); }
u16 mad_hi_s16(s16 a, s16 b, u16 c) { return static_cast<u16>(static_cast<u16>(mul_hi_s16(a, b)) + c); }

u16 and16(u16 a, u16 b) { return a & b; }
u16 or16(u16 a, u16 b) { return a | b; }
u16 xor16(u16 a, u16 b) { return a ^ b; }
u16 not16(u16 a) { return static_cast<u16>(~a); }
u16 neg16(u16 a) { return static_cast<u16>(0 - a); }
u16 abs16(s16 a) { return static_cast<u16>(a < 0 ? 0 - a : a); }
u16 shl16(u16 a, u32 b) { return static_cast<u16>(b > 15 ? 0 : static_cast<u32>(a) << b); }
u16 shr16(u16 a, u32 b) { return static_cast<u16>(b > 15 ? 0 : a >> b); }
s16 sar16(s16 a, u32 b) { return static_cast<s16>(a >> (b > 15 ? 15 : b)); }

// Division by zero does not trap on a GPU; the quotient is all ones, the remainder the dividend.
template <class T>
T divide(T a, T b) {
    if (b == 0) return static_cast<T>(~T{0});
    if constexpr (std::is_signed_v<T>) {
        if (b == -1) return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(a));
    }
    return static_cast<T>(a / b);
}
template <class T>
T remainder(T a, T b) {
    if (b == 0) return a;
    if constexpr (std::is_signed_v<T>) {
        if (b == -1) return 0;
    }
    return static_cast<T>(a % b);
}
template <class T>
T is_zero(T a) {
    return a == 0 ? 1 : 0;
}

s32 add_sat(s32 a, s32 b) {
    s32 r = 0;
    if (!__builtin_add_overflow(a, b, &r)) return r;
    return a < 0 ? std::numeric_limits<s32>::min() : std::numeric_limits<s32>::max();
}
s32 sub_sat(s32 a, s32 b) {
    s32 r = 0;
    if (!__builtin_sub_overflow(a, b, &r)) return r;
    return a < 0 ? std::numeric_limits<s32>::min() : std::numeric_limits<s32>::max();
}
s32 mad_hi_sat(s32 a, s32 b, s32 c) { return add_sat(static_cast<s32>((static_cast<s64>(a) * b) >> 32), c); }

const OpEntry kEntries[] = {
    FERRY_OP(add, u16, 0, add16),
    FERRY_OP(sub, u16, 0, sub16),
    FERRY_OP(mul_lo, u16, 0, mul16),
    FERRY_OP(mad_lo, u16, 0, mad16),
    FERRY_OP(mul_wide, u16, 0, mul_wide_u16),
    FERRY_OP(mul_wide, s16, 0, mul_wide_s16),
    FERRY_OP(mad_wide, u16, 0, mad_wide_u16),
    FERRY_OP(mad_wide, s16, 0, mad_wide_s16),
    FERRY_OP(mul_hi, u16, 0, mul_hi_u16),
    FERRY_OP(mul_hi, s16, 0, mul_hi_s16),
    FERRY_OP(mul_hi, u64, 0, mul_hi_u64),
    FERRY_OP(mul_hi, s64, 0, mul_hi_s64),
    FERRY_OP(mad_hi, u64, 0, mad_hi_u64),
    FERRY_OP(mad_hi, s64, 0, mad_hi_s64),
    FERRY_OP(mad_hi, u16, 0, mad_hi_u16),
    FERRY_OP(mad_hi, s16, 0, mad_hi_s16),
    FERRY_OP(and_, b16, 0, and16),
    FERRY_OP(or_, b16, 0, or16),
    FERRY_OP(xor_, b16, 0, xor16),
    FERRY_OP(not_, b16, 0, not16),
    FERRY_OP(neg, u16, 0, neg16),
    FERRY_OP(abs, s16, 0, abs16),
    FERRY_OP(shl, b16, 0, shl16),
    FERRY_OP(shr, u16, 0, shr16),
    FERRY_OP(shr, s16, 0, sar16),
    FERRY_OP(div, u16, 0, divide<u16>),
    FERRY_OP(div, s16, 0, divide<s16>),
    FERRY_OP(div, u32, 0, divide<u32>),
    FERRY_OP(div, s32, 0, divide<s32>),
    FERRY_OP(div, u64, 0, divide<u64>),
    FERRY_OP(div, s64, 0, divide<s64>),
    FERRY_OP(rem, u16, 0, remainder<u16>),
    FERRY_OP(rem, s16, 0, remainder<s16>),
    FERRY_OP(rem, u32, 0, remainder<u32>),
    FERRY_OP(rem, s32, 0, remainder<s32>),
    FERRY_OP(rem, u64, 0, remainder<u64>),
    FERRY_OP(rem, s64, 0, remainder<s64>),
    FERRY_OP(min, u16, 0, smaller<u16>),
    FERRY_OP(min, s16, 0, smaller<s16>),
    FERRY_OP(max, u16, 0, larger<u16>),
    FERRY_OP(max, s16, 0, larger<s16>),
    FERRY_OP(cnot, b16, 0, is_zero<u16>),
    FERRY_OP(cnot, b32, 0, is_zero<u32>),
    FERRY_OP(cnot, b64, 0, is_zero<u64>),
    FERRY_OP(add, s32, 2, add_sat),
    FERRY_OP(sub, s32, 2, sub_sat),
    FERRY_OP(mad_hi, s32, 2, mad_hi_sat),
    FERRY_COMPARES(u16, u16),
    FERRY_COMPARES(s16, s16),
};

}  // namespace

std::span<const OpEntry> small_integer_entries() { return kEntries; }

}  // namespace soft
