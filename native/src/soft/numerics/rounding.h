// f32 and f64 add, sub, mul, fma, div, sqrt and rcp in the four rounding modes, and .ftz and .sat as
// separate functions to compose: `sat(ftz(add<Round::rn>(ftz(a), ftz(b))))`. Called per lane by the
// interpreter; the machine must be in its default mode (nearest, no flushing), as it is left. f32 NaNs are
// always kNan32. f64 NaNs keep the payload of the first NaN operand, quieted (PTX promises f64 payloads,
// not which); where no operand is one, they are kNan64.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "soft/numerics/compare.h"
#include "soft/numerics/float_format.h"
#include "soft/numerics/isa.h"

namespace soft::numerics {

// The directed modes of f64, by integer arithmetic (rounding_soft.cc). Operands may be anything but NaN.
double add_directed(double a, double b, Round mode);
double mul_directed(double a, double b, Round mode);
double fma_directed(double a, double b, double c, Round mode);
double div_directed(double a, double b, Round mode);
double sqrt_directed(double a, Round mode);

inline namespace FERRY_ISA {

// Calls `body` with the mode as a compile-time constant: with_rounding(mode, [&](auto r) { return add<r>(a,
// b); }).
template <class Body>
inline decltype(auto) with_rounding(Round mode, Body&& body) {
    switch (mode) {
        case Round::rz:
            return body(std::integral_constant<Round, Round::rz>{});
        case Round::rm:
            return body(std::integral_constant<Round, Round::rm>{});
        case Round::rp:
            return body(std::integral_constant<Round, Round::rp>{});
        default:
            return body(std::integral_constant<Round, Round::rn>{});
    }
}

// .ftz: a subnormal becomes a zero of its sign; tininess is judged on the rounded result.
inline float ftz(float v) {
    const std::uint32_t bits = bits_of(v);
    return f32_from((bits & 0x7f800000u) == 0 ? bits & 0x80000000u : bits);
}
inline double ftz(double v) {
    const std::uint64_t bits = bits_of(v);
    return f64_from((bits & FormatF64::infinity) == 0 ? bits & FormatF64::sign : bits);
}

// .sat: clamped to [+0, 1]; a NaN and -0 become +0.
template <std::floating_point T>
inline T sat(T v) {
    const auto bits = bits_of(v);
    const auto one = bits_of(T{1});
    const bool positive = bits - 1 < bits_of(std::numeric_limits<T>::infinity());
    return std::bit_cast<T>(positive ? (bits < one ? bits : one) : 0);
}

inline float canonical(float v) {
    const std::uint32_t bits = bits_of(v);
    return f32_from((bits & 0x7fffffffu) > 0x7f800000u ? kNan32 : bits);
}

inline bool is_nan(double v) { return (bits_of(v) & ~FormatF64::sign) > FormatF64::infinity; }
inline double quieted(double v) { return f64_from(bits_of(v) | 0x0008000000000000u); }
inline double nan_from(double a, double b) {
    const std::uint64_t second = is_nan(b) ? bits_of(quieted(b)) : kNan64;
    return f64_from(is_nan(a) ? bits_of(quieted(a)) : second);
}
inline double nan_from(double a, double b, double c) {
    const std::uint64_t later = bits_of(nan_from(b, c));
    return f64_from(is_nan(a) ? bits_of(quieted(a)) : later);
}
inline double or_nan(double result, double nan) {
    return f64_from(is_nan(result) ? bits_of(nan) : bits_of(result));
}

// Corrects `nearest`, the nearest f32 to an exact value, for a directed mode; `beyond` has the sign of
// exact - nearest.
template <Round R>
inline float directed(float nearest, double beyond) {
    const std::uint32_t bits = bits_of(nearest);
    const bool negative = (bits >> 31) != 0;
    const bool zero = (bits << 1) == 0;
    if constexpr (R == Round::rp) {
        const std::uint32_t up = zero ? 1u : negative ? bits - 1u : bits + 1u;
        return f32_from(is_positive(beyond) ? up : bits);
    } else if constexpr (R == Round::rm) {
        const std::uint32_t down = zero ? 0x80000001u : negative ? bits + 1u : bits - 1u;
        return f32_from(is_negative(beyond) ? down : bits);
    } else {
        const bool inward = (!zero) & (negative ? is_positive(beyond) : is_negative(beyond));
        return f32_from(inward ? bits - 1u : bits);
    }
}

// Rounds an f64 that is exact, or rounded to odd, to f32.
template <Round R>
inline float narrow(double v) {
    const float nearest = static_cast<float>(v);
    if constexpr (R == Round::rn) return nearest;
    return directed<R>(nearest, v - static_cast<double>(nearest));
}

// a + b rounded to odd: an inexact sum has its last bit set. It can then be rounded again to any format of
// up to 51 bits as if it were exact. For operands whose sum cannot overflow.
inline double add_to_odd(double a, double b) {
    const double sum = a + b;
    const double b_part = sum - a;
    const double error = (a - (sum - b_part)) + (b - b_part);
    const std::uint64_t bits = bits_of(sum);
    const std::uint64_t error_bits = bits_of(error);
    // An error of zero, and the NaN that infinities make, leave the sum alone.
    const std::uint64_t size = (error_bits & ~FormatF64::sign) - 1;
    const std::uint64_t step = size < FormatF64::infinity ? ~bits & 1u : 0u;
    const std::uint64_t inward = (error_bits ^ bits) >> 63;
    return f64_from(bits + step - ((step & inward) << 1));
}

// An exact sum of zero is +0, but -0 when rounding down, unless both terms are +0.
template <Round R>
inline double signed_zero_sum(double sum, double a, double b) {
    if constexpr (R != Round::rm) return sum;
    const std::uint64_t bits = bits_of(sum);
    const std::uint64_t sign = (bits_of(a) | bits_of(b)) & FormatF64::sign;
    return f64_from((bits << 1) == 0 ? sign : bits);
}

template <Round R = Round::rn>
inline float add(float a, float b) {
    if constexpr (R == Round::rn) return canonical(a + b);
    const double sum = add_to_odd(a, b);
    return canonical(narrow<R>(signed_zero_sum<R>(sum, a, b)));
}
template <Round R = Round::rn>
inline float sub(float a, float b) {
    return add<R>(a, -b);
}
template <Round R = Round::rn>
inline float mul(float a, float b) {
    if constexpr (R == Round::rn) return canonical(a * b);
    return canonical(narrow<R>(static_cast<double>(a) * static_cast<double>(b)));
}
template <Round R = Round::rn>
inline float fma(float a, float b, float c) {
#if defined(__FMA__)
    if constexpr (R == Round::rn) return canonical(__builtin_fmaf(a, b, c));
#endif
    const double product = static_cast<double>(a) * static_cast<double>(b);
    const double sum = add_to_odd(product, c);
    return canonical(narrow<R>(signed_zero_sum<R>(sum, product, c)));
}
template <Round R = Round::rn>
inline float div(float a, float b) {
    const float quotient = a / b;
    if constexpr (R == Round::rn) return canonical(quotient);
    // 48 bits hold quotient * b, so the remainder is exact. An infinite quotient of finite numbers makes it
    // -inf or +inf with the sign that leads back; division by zero makes it a NaN, which leads nowhere, as
    // it should.
    const double remainder = static_cast<double>(a) - static_cast<double>(quotient) * static_cast<double>(b);
    return canonical(directed<R>(quotient, b < 0 ? -remainder : remainder));
}
template <Round R = Round::rn>
inline float rcp(float a) {
    return div<R>(1.0f, a);
}
template <Round R = Round::rn>
inline float sqrt(float a) {
    const float root = __builtin_sqrtf(a);
    if constexpr (R == Round::rn) return canonical(root);
    const double remainder = static_cast<double>(a) - static_cast<double>(root) * static_cast<double>(root);
    return canonical(directed<R>(root, remainder));
}

template <Round R = Round::rn>
inline double add(double a, double b) {
    const double sum = a + b;
    if constexpr (R == Round::rn) return or_nan(sum, nan_from(a, b));
    if (is_nan(sum)) return nan_from(a, b);
    return add_directed(a, b, R);
}
template <Round R = Round::rn>
inline double sub(double a, double b) {
    return add<R>(a, is_nan(b) ? b : -b);  // a NaN keeps its sign
}
template <Round R = Round::rn>
inline double mul(double a, double b) {
    const double product = a * b;
    if constexpr (R == Round::rn) return or_nan(product, nan_from(a, b));
    if (is_nan(product)) return nan_from(a, b);
    return mul_directed(a, b, R);
}
template <Round R = Round::rn>
inline double fma(double a, double b, double c) {
    const double sum = std::fma(a, b, c);
    if constexpr (R == Round::rn) return or_nan(sum, nan_from(a, b, c));
    if (is_nan(sum)) return nan_from(a, b, c);
    return fma_directed(a, b, c, R);
}
template <Round R = Round::rn>
inline double div(double a, double b) {
    const double quotient = a / b;
    if constexpr (R == Round::rn) return or_nan(quotient, nan_from(a, b));
    if (is_nan(quotient)) return nan_from(a, b);
    return div_directed(a, b, R);
}
template <Round R = Round::rn>
inline double rcp(double a) {
    return div<R>(1.0, a);
}
template <Round R = Round::rn>
inline double sqrt(double a) {
    const double root = __builtin_sqrt(a);
    if constexpr (R == Round::rn) return or_nan(root, nan_from(a, a));
    if (is_nan(root)) return nan_from(a, a);
    return sqrt_directed(a, R);
}

// Flushing of results, for exact values (or rounded to odd). Tiny is what stays below 2^-126 after rounding
// with an unbounded exponent, as on devices: a product just under 2^-126 that rounds up to it survives only
// if it would have with all 24 bits. `ftz` of a finished result cannot tell; it errs only on results of
// exactly 2^-126.
template <Round R>
inline float narrow_ftz(double v) {
    const float result = narrow<R>(v);
    const float scaled = narrow<R>(v * 0x1p64);
    const bool tiny = (bits_of(scaled) & 0x7fffffffu) < bits_of(0x1p-62f);
    return f32_from(tiny ? bits_of(result) & 0x80000000u : bits_of(result));
}

// mul.ftz and fma.ftz in full: operands and result flushed. add, sub and sqrt need no such form (their tiny
// results are exact or do not exist): ftz(add<R>(ftz(a), ftz(b))).
template <Round R = Round::rn>
inline float mul_ftz(float a, float b) {
    return canonical(narrow_ftz<R>(static_cast<double>(ftz(a)) * static_cast<double>(ftz(b))));
}
template <Round R = Round::rn>
inline float fma_ftz(float a, float b, float c) {
    const double product = static_cast<double>(ftz(a)) * static_cast<double>(ftz(b));
    const double sum = add_to_odd(product, ftz(c));
    return canonical(narrow_ftz<R>(signed_zero_sum<R>(sum, product, ftz(c))));
}
// A quotient of 24-bit operands keeps 2^-48 away from the points where rounding turns, so 53 bits decide like
// all.
template <Round R = Round::rn>
inline float div_ftz(float a, float b) {
    const float x = ftz(a);
    const float y = ftz(b);
    const float result = soft::numerics::div<R>(x, y);
    const float scaled = narrow<R>(static_cast<double>(x) / static_cast<double>(y) * 0x1p64);
    const bool tiny = (bits_of(scaled) & 0x7fffffffu) < bits_of(0x1p-62f);
    return f32_from(tiny ? bits_of(result) & 0x80000000u : bits_of(result));
}
template <Round R = Round::rn>
inline float rcp_ftz(float a) {
    return div_ftz<R>(1.0f, a);
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
