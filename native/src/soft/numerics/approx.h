// The .approx instructions: ex2 lg2 sin cos tanh rcp rsqrt sqrt div, and rcp/rsqrt.approx.ftz.f64. PTX only
// bounds their errors; here each but rsqrt is computed in f64 to about 2^-50 and rounded once, so results are
// the same on every machine and correctly rounded but for cases closer than that to a tie. Special values
// follow the ISA's tables. Called per lane by the interpreter; no libm, whose last bits differ between
// machines. *_ftz flush operand and result.
#pragma once
#include <cstdint>
#include <limits>

#include "soft/numerics/float_format.h"
#include "soft/numerics/isa.h"
#include "soft/numerics/rounding.h"

namespace soft::numerics {

// x modulo pi/2 for |x| >= 2^19: the remainder in [-pi/4, pi/4], and the multiple modulo 4. In approx.cc.
struct QuarterTurns {
    double remainder;
    std::uint32_t quarter;
};
QuarterTurns reduce_large(float x);

inline namespace FERRY_ISA {

// The integer nearest to v, |v| < 2^31.
inline double nearest_integer(double v) {
    constexpr double kShift = 0x1.8p52;
    return (v + kShift) - kShift;
}

// 2^x in f64, for x in the range of f32: outside of +-200 the result only has to round to infinity or zero.
inline double exp2_wide(double x) {
    const double limited = x > 200.0 ? 200.0 : x < -200.0 ? -200.0 : x;
    const double whole = nearest_integer(limited);
    const double r = limited - whole;
    double p = 0x1.816193166d0f9p-40;
    p = p * r + 0x1.c3bd650fc2986p-36;
    p = p * r + 0x1.e8cac7351bb25p-32;
    p = p * r + 0x1.e4cf5158b8ecap-28;
    p = p * r + 0x1.b5253d395e7c4p-24;
    p = p * r + 0x1.62c0223a5c824p-20;
    p = p * r + 0x1.ffcbfc588b0c7p-17;
    p = p * r + 0x1.430912f86c787p-13;
    p = p * r + 0x1.5d87fe78a6731p-10;
    p = p * r + 0x1.3b2ab6fba4e77p-7;
    p = p * r + 0x1.c6b08d704a0c0p-5;
    p = p * r + 0x1.ebfbdff82c58fp-3;
    p = p * r + 0x1.62e42fefa39efp-1;
    p = p * r + 1.0;
    // The shifted value's low bits hold the integer in two's complement; a NaN's p is a NaN whatever the
    // scale.
    const std::uint64_t exponent = bits_of(limited + 0x1.8p52) + 1023u;
    return p * f64_from((exponent & 0x7ffu) << 52);
}

// log2(x) for a positive finite double.
inline double log2_wide(double x) {
    const std::uint64_t bits = bits_of(x);
    // The fraction is taken from [sqrt(1/2), sqrt(2)), so that the sum below never cancels.
    const std::uint64_t offset = bits - 0x3fe6a09e667f3bcdu;
    const auto exponent = static_cast<std::int32_t>(static_cast<std::int64_t>(offset) >> 52);
    const double m = f64_from(bits - (offset & 0xfff0000000000000u));
    const double s = (m - 1.0) / (m + 1.0);
    const double z = s * s;
    double p = 0x1.642c8590b2164p-5;
    p = p * z + 0x1.8618618618618p-5;
    p = p * z + 0x1.af286bca1af28p-5;
    p = p * z + 0x1.e1e1e1e1e1e1ep-5;
    p = p * z + 0x1.1111111111111p-4;
    p = p * z + 0x1.3b13b13b13b14p-4;
    p = p * z + 0x1.745d1745d1746p-4;
    p = p * z + 0x1.c71c71c71c71cp-4;
    p = p * z + 0x1.2492492492492p-3;
    p = p * z + 0x1.999999999999ap-3;
    p = p * z + 0x1.5555555555555p-2;
    const double log = (s + s * z * p) * 0x1.71547652b82fep+1;
    return exponent + log;
}

// tanh(x) in f64. Small arguments by Lambert's continued fraction, which keeps their relative accuracy.
inline double tanh_small(double x) {
    const double z = x * x;
    double f = 15.0;
    for (double k = 13.0; k >= 1.0; k -= 2.0) f = k + z / f;
    return x / f;
}
inline double tanh_wide(double x) {
    const double size = abs_float(x);
    if (size < 0.5) return tanh_small(x);
    const double e = exp2_wide(size * 0x1.71547652b82fep+1);  // e^(2|x|)
    const double t = 1.0 - 2.0 / (e + 1.0);
    return x < 0 ? -t : t;
}

// sin and cos of r in [-pi/4, pi/4] in f64.
inline double sin_poly(double r) {
    const double z = r * r;
    double p = 0x1.952c77030ad4ap-49;
    p = p * z - 0x1.ae7f3e733b81fp-41;
    p = p * z + 0x1.6124613a86d09p-33;
    p = p * z - 0x1.ae64567f544e4p-26;
    p = p * z + 0x1.71de3a556c734p-19;
    p = p * z - 0x1.a01a01a01a01ap-13;
    p = p * z + 0x1.1111111111111p-7;
    p = p * z - 0x1.5555555555555p-3;
    return r + r * z * p;
}
inline double cos_poly(double r) {
    const double z = r * r;
    double p = 0x1.ae7f3e733b81fp-45;
    p = p * z - 0x1.93974a8c07c9dp-37;
    p = p * z + 0x1.1eed8eff8d898p-29;
    p = p * z - 0x1.27e4fb7789f5cp-22;
    p = p * z + 0x1.a01a01a01a01ap-16;
    p = p * z - 0x1.6c16c16c16c17p-10;
    p = p * z + 0x1.5555555555555p-5;
    p = p * z - 0.5;
    return 1.0 + z * p;
}

// x modulo pi/2 for |x| < 2^19: pi/2 in parts of 33, 33 and 53 bits, whose products with a 20-bit integer are
// exact.
inline QuarterTurns reduce_small(float x) {
    const double wide = x;
    const double shifted = wide * 0x1.45f306dc9c883p-1 + 0x1.8p52;
    const double n = shifted - 0x1.8p52;
    const double r =
        ((wide - n * 0x1.921fb54400000p+0) - n * 0x1.0b4611a600000p-34) - n * 0x1.3198a2e037073p-69;
    return {r, static_cast<std::uint32_t>(bits_of(shifted)) & 3u};
}

// sin (phase 0) or cos (phase 1).
inline float turned(float x, std::uint32_t phase) {
    const float size = abs_float(x);
    if (!(size <= std::numeric_limits<float>::max())) return f32_from(kNan32);
    const QuarterTurns turns = size < 0x1p19f ? reduce_small(x) : reduce_large(x);
    const std::uint32_t quarter = turns.quarter + phase;
    const double value = (quarter & 1u) != 0 ? cos_poly(turns.remainder) : sin_poly(turns.remainder);
    return static_cast<float>((quarter & 2u) != 0 ? -value : value);
}

inline float ex2_approx(float x) { return canonical(static_cast<float>(exp2_wide(x))); }
inline float lg2_approx(float x) {
    if (x > 0 && x <= std::numeric_limits<float>::max()) return static_cast<float>(log2_wide(x));
    if (x == 0) return -std::numeric_limits<float>::infinity();
    return x > 0 ? x : f32_from(kNan32);
}
inline float sin_approx(float x) { return x == 0 ? x : turned(x, 0); }
inline float cos_approx(float x) { return turned(x, 1); }
inline float tanh_approx(float x) { return x == 0 ? x : canonical(static_cast<float>(tanh_wide(x))); }
inline float rcp_approx(float x) { return rcp(x); }
// Two roundings of f32, each off by 2^-24 at most: within the 2^-22.9 that PTX allows, for less than half of
// what f64 costs.
inline float rsqrt_approx(float x) { return canonical(1.0f / __builtin_sqrtf(x)); }
inline float sqrt_approx(float x) { return soft::numerics::sqrt(x); }
inline float div_full(float a, float b) { return soft::numerics::div(a, b); }

// div.approx multiplies by a reciprocal, which is zero beyond 2^126: 0 there, and a NaN for an infinite
// dividend.
inline float div_approx(float a, float b) {
    const float size = abs_float(b);
    const bool lost = size > 0x1p126f && size <= std::numeric_limits<float>::max();
    const float quotient = soft::numerics::div(a, b);
    const float zero = f32_from(bits_of(b) & 0x80000000u);
    return lost ? canonical(a * zero) : quotient;
}

inline float ex2_approx_ftz(float x) { return ftz(ex2_approx(ftz(x))); }
inline float lg2_approx_ftz(float x) { return ftz(lg2_approx(ftz(x))); }
inline float sin_approx_ftz(float x) { return ftz(sin_approx(ftz(x))); }
inline float cos_approx_ftz(float x) { return ftz(cos_approx(ftz(x))); }
inline float rcp_approx_ftz(float x) { return rcp_ftz(x); }
inline float rsqrt_approx_ftz(float x) { return rsqrt_approx(ftz(x)); }
inline float sqrt_approx_ftz(float x) { return soft::numerics::sqrt(ftz(x)); }
inline float div_approx_ftz(float a, float b) { return ftz(div_approx(ftz(a), ftz(b))); }
inline float div_full_ftz(float a, float b) { return div_ftz(a, b); }

// The f64 forms read the upper 32 bits of the operand and set the upper 32 of the result, rounded to nearest.
inline double upper_half(double v) { return f64_from(bits_of(v) & 0xffffffff00000000u); }
inline double rounded_upper_half(double v) {
    return f64_from((bits_of(v) + 0x80000000u) & 0xffffffff00000000u);
}
inline double rcp_approx_ftz_f64(double x) {
    const double operand = ftz(upper_half(x));
    if (is_nan(operand)) return f64_from(0x7fffffff00000000u);
    return ftz(rounded_upper_half(1.0 / operand));
}
inline double rsqrt_approx_ftz_f64(double x) {
    const double operand = ftz(upper_half(x));
    if (is_nan(operand) || operand < 0) return f64_from(0x7fffffff00000000u);
    return rounded_upper_half(1.0 / __builtin_sqrt(operand));
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
