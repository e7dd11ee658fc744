// Integer PTX arithmetic: div, rem, abs, sad, mul.hi, mad.hi.sat, mul24, mad24, add/sub.sat, dp4a, dp2a,
// and the carry chain (add.cc .. madc.hi.cc). Called per lane by the interpreter. Never traps; all
// wrap-around is in unsigned types.
#pragma once
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "soft/numerics/isa.h"

namespace soft::numerics {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

template <std::unsigned_integral T>
struct Carried {
    T value;
    bool carry;  // CC.CF afterwards; a borrow for the subtractions
};

inline namespace FERRY_ISA {

// PTX leaves division by zero unspecified; devices answer all ones and go on. MIN / -1 wraps to MIN, MIN %
// -1 is 0.
template <std::integral T>
constexpr T div_int(T a, T b) {
    if (b == T{0}) return static_cast<T>(~T{0});
    if constexpr (std::is_signed_v<T>) {
        using U = std::make_unsigned_t<T>;
        if (b == T{-1}) return static_cast<T>(static_cast<U>(U{0} - static_cast<U>(a)));
    }
    return static_cast<T>(a / b);
}
template <std::integral T>
constexpr T rem_int(T a, T b) {
    if (b == T{0}) return static_cast<T>(~T{0});
    if constexpr (std::is_signed_v<T>) {
        if (b == T{-1}) return T{0};
    }
    return static_cast<T>(a % b);
}

// abs of MIN is MIN.
template <std::signed_integral T>
constexpr T abs_int(T a) {
    using U = std::make_unsigned_t<T>;
    return a < 0 ? static_cast<T>(static_cast<U>(U{0} - static_cast<U>(a))) : a;
}

// sad: c + |a - b|, wrapping.
template <std::integral T>
constexpr T sad(T a, T b, T c) {
    using U = std::make_unsigned_t<T>;
    const U ua = static_cast<U>(a);
    const U ub = static_cast<U>(b);
    const U distance = static_cast<U>(a < b ? ub - ua : ua - ub);
    return static_cast<T>(static_cast<U>(distance + static_cast<U>(c)));
}

// Clamps a wider exact result to T.
template <std::integral T, class Wide>
constexpr T saturate(Wide value) {
    constexpr Wide kLow = static_cast<Wide>(std::numeric_limits<T>::min());
    constexpr Wide kHigh = static_cast<Wide>(std::numeric_limits<T>::max());
    return static_cast<T>(value < kLow ? kLow : value > kHigh ? kHigh : value);
}

inline std::int32_t add_sat(std::int32_t a, std::int32_t b) {
    return saturate<std::int32_t>(std::int64_t{a} + b);
}
inline std::int32_t sub_sat(std::int32_t a, std::int32_t b) {
    return saturate<std::int32_t>(std::int64_t{a} - b);
}

// The full product of two T, as the type of twice the width.
template <std::integral T>
constexpr auto wide_product(T a, T b) {
    if constexpr (sizeof(T) == 8) {
        using W = std::conditional_t<std::is_signed_v<T>, Int128, Uint128>;
        return static_cast<W>(a) * static_cast<W>(b);
    } else {
        using W = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
        return static_cast<W>(static_cast<W>(a) * static_cast<W>(b));
    }
}

template <std::integral T>
constexpr T mul_lo(T a, T b) {
    using U = std::make_unsigned_t<T>;
    // 16-bit operands would be promoted to int, whose overflow is undefined.
    using P = std::conditional_t<sizeof(T) < 4, std::uint32_t, U>;
    return static_cast<T>(
        static_cast<U>(static_cast<P>(static_cast<U>(a)) * static_cast<P>(static_cast<U>(b))));
}
template <std::integral T>
constexpr T mul_hi(T a, T b) {
    return static_cast<T>(wide_product(a, b) >> (sizeof(T) * 8));
}
template <std::integral T>
constexpr T add_wrap(T a, T b) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
}
template <std::integral T>
constexpr T mad_lo(T a, T b, T c) {
    return add_wrap(mul_lo(a, b), c);
}
template <std::integral T>
constexpr T mad_hi(T a, T b, T c) {
    return add_wrap(mul_hi(a, b), c);
}
inline std::int32_t mad_hi_sat(std::int32_t a, std::int32_t b, std::int32_t c) {
    return saturate<std::int32_t>(std::int64_t{mul_hi(a, b)} + c);
}

// mul24: the product of the low 24 bits of each (sign-extended for a signed T), 48 bits: .lo gives bits
// 31..0, .hi bits 47..16.
template <std::integral T>
    requires(sizeof(T) == 4)
constexpr std::int64_t product24(T a, T b) {
    if constexpr (std::is_unsigned_v<T>)
        return static_cast<std::int64_t>(std::uint64_t{a & 0xffffffu} * (b & 0xffffffu));
    const std::int32_t x = static_cast<std::int32_t>(static_cast<std::uint32_t>(a) << 8) >> 8;
    const std::int32_t y = static_cast<std::int32_t>(static_cast<std::uint32_t>(b) << 8) >> 8;
    return std::int64_t{x} * y;
}
template <std::integral T>
constexpr T mul24_lo(T a, T b) {
    return static_cast<T>(product24(a, b));
}
template <std::integral T>
constexpr T mul24_hi(T a, T b) {
    return static_cast<T>(product24(a, b) >> 16);
}
template <std::integral T>
constexpr T mad24_lo(T a, T b, T c) {
    return add_wrap(mul24_lo(a, b), c);
}
template <std::integral T>
constexpr T mad24_hi(T a, T b, T c) {
    return add_wrap(mul24_hi(a, b), c);
}
inline std::int32_t mad24_hi_sat(std::int32_t a, std::int32_t b, std::int32_t c) {
    return saturate<std::int32_t>(std::int64_t{mul24_hi(a, b)} + c);
}

// Byte or half-word `index` of a register, extended as its signedness says.
inline std::int32_t byte_of(std::uint32_t v, std::uint32_t index, bool is_signed) {
    const std::uint32_t byte = (v >> (8u * index)) & 0xffu;
    return is_signed ? static_cast<std::int8_t>(byte) : static_cast<std::int32_t>(byte);
}
inline std::int32_t half_of(std::uint32_t v, std::uint32_t index, bool is_signed) {
    const std::uint32_t half = (v >> (16u * index)) & 0xffffu;
    return is_signed ? static_cast<std::int16_t>(half) : static_cast<std::int32_t>(half);
}

// dp4a.atype.btype: c + the sum of four byte products, wrapping.
inline std::uint32_t dp4a(std::uint32_t a, bool a_signed, std::uint32_t b, bool b_signed, std::uint32_t c) {
    std::uint32_t sum = c;
    for (std::uint32_t i = 0; i < 4; ++i) {
        sum += static_cast<std::uint32_t>(byte_of(a, i, a_signed) * byte_of(b, i, b_signed));
    }
    return sum;
}

// dp2a.lo/.hi: c + the two half-words of a times bytes 0,1 (lo) or 2,3 (hi) of b, wrapping.
inline std::uint32_t dp2a(std::uint32_t a, bool a_signed, std::uint32_t b, bool b_signed, bool high,
                          std::uint32_t c) {
    const std::uint32_t first = high ? 2u : 0u;
    const std::int32_t low = half_of(a, 0, a_signed) * byte_of(b, first, b_signed);
    const std::int32_t top = half_of(a, 1, a_signed) * byte_of(b, first + 1u, b_signed);
    return c + static_cast<std::uint32_t>(low) + static_cast<std::uint32_t>(top);
}

// The carry chain. add.cc = carry false in; addc = carry in, result's carry dropped; addc.cc = both.
template <std::unsigned_integral T>
constexpr Carried<T> add_carry(T a, T b, bool carry = false) {
    const T partial = static_cast<T>(a + b);
    const T sum = static_cast<T>(partial + static_cast<T>(carry));
    return {sum, partial < a || sum < partial};
}
// sub.cc and subc: a - (b + borrow); the carry out is the borrow.
template <std::unsigned_integral T>
constexpr Carried<T> sub_borrow(T a, T b, bool borrow = false) {
    const T partial = static_cast<T>(a - b);
    return {static_cast<T>(partial - static_cast<T>(borrow)), a < b || partial < static_cast<T>(borrow)};
}
// mad.lo.cc / mad.hi.cc and madc: the carry is that of the addition. The product's half is taken in T's
// signedness.
template <std::integral T>
constexpr Carried<std::make_unsigned_t<T>> mad_lo_carry(T a, T b, T c, bool carry = false) {
    using U = std::make_unsigned_t<T>;
    return add_carry<U>(static_cast<U>(mul_lo(a, b)), static_cast<U>(c), carry);
}
template <std::integral T>
constexpr Carried<std::make_unsigned_t<T>> mad_hi_carry(T a, T b, T c, bool carry = false) {
    using U = std::make_unsigned_t<T>;
    return add_carry<U>(static_cast<U>(mul_hi(a, b)), static_cast<U>(c), carry);
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
