// cvt between floating-point formats, and the pack forms. Conversions from and to integers are in
// convert_integer.h (included here). Called per lane by the interpreter; f16, bf16 and fp8 values travel as
// their bits. .ftz on f32 operands and results is `ftz` of rounding.h; .relu, .sat and .satfinite are
// functions to compose. A NaN becomes the canonical NaN of the target, but between f32 and f64 it keeps sign
// and upper payload.
#pragma once
#include <cstdint>

#include "soft/numerics/convert_integer.h"
#include "soft/numerics/float_format.h"
#include "soft/numerics/isa.h"
#include "soft/numerics/rounding.h"

namespace soft::numerics {
inline namespace FERRY_ISA {

inline float f16_to_f32(std::uint16_t h) {
    const std::uint32_t magnitude = h & 0x7fffu;
    const std::uint32_t sign = (h & 0x8000u) << 16;
    // The fields moved into place make a number 2^112 too small, subnormals included; the product is exact.
    const std::uint32_t value = bits_of(f32_from(magnitude << 13) * 0x1p112f) | sign;
    const std::uint32_t special = magnitude > 0x7c00u ? kNan32 : sign | 0x7f800000u;
    return f32_from(magnitude >= 0x7c00u ? special : value);
}
inline float bf16_to_f32(std::uint16_t h) {
    const std::uint32_t bits = std::uint32_t{h} << 16;
    return f32_from((h & 0x7fffu) > 0x7f80u ? kNan32 : bits);
}
inline double f32_to_f64(float v) { return v; }

template <Round R = Round::rn>
inline float f64_to_f32(double v) {
    return narrow<R>(v);
}
template <Round R = Round::rn>
inline float f64_to_f32_ftz(double v) {
    return narrow_ftz<R>(v);
}

// The bits of a 16-bit format, from any double.
template <class F, Round R = Round::rn>
inline std::uint16_t f64_to_half(double v) {
    return is_nan(v) ? kNan16 : static_cast<std::uint16_t>(round_double_to<F>(v, R));
}
template <Round R = Round::rn>
inline std::uint16_t f64_to_f16(double v) {
    return f64_to_half<FormatF16, R>(v);
}
template <Round R = Round::rn>
inline std::uint16_t f64_to_bf16(double v) {
    return f64_to_half<FormatBf16, R>(v);
}

// Nearest even without branches, so that loops over lanes become vector code.
inline std::uint16_t f32_to_f16_nearest(float v) {
    const std::uint32_t bits = bits_of(v);
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    // Below 2^-14: adding 0.5 lines the value up with the format's last place and rounds there.
    const std::uint32_t subnormal = bits_of(f32_from(magnitude) + 0.5f) - 0x3f000000u;
    const std::uint32_t normal = (magnitude + 0xc8000fffu + ((magnitude >> 13) & 1u)) >> 13;
    const std::uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
    const std::uint32_t numeric = (magnitude >= 0x47800000u ? 0x7c00u : finite) | ((bits >> 16) & 0x8000u);
    return static_cast<std::uint16_t>(magnitude > 0x7f800000u ? kNan16 : numeric);
}
inline std::uint16_t f32_to_bf16_nearest(float v) {
    const std::uint32_t bits = bits_of(v);
    const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    return static_cast<std::uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? kNan16 : rounded);
}
template <Round R = Round::rn>
inline std::uint16_t f32_to_f16(float v) {
    if constexpr (R == Round::rn) return f32_to_f16_nearest(v);
    return f64_to_f16<R>(v);
}
template <Round R = Round::rn>
inline std::uint16_t f32_to_bf16(float v) {
    if constexpr (R == Round::rn) return f32_to_bf16_nearest(v);
    return f64_to_bf16<R>(v);
}

// tf32 is an f32 whose last 13 bits are zero. Modes rna, rn and rz. NaNs keep the payload that fits, made
// quiet.
template <Round R = Round::rna>
inline std::uint32_t f32_to_tf32(float v) {
    if (is_nan(v)) return (bits_of(v) | 0x00400000u) & ~0x1fffu;
    return static_cast<std::uint32_t>(round_double_to<FormatTf32>(v, R) << 13);
}

// .relu: negative values and -0 become +0, NaNs canonical.
inline std::uint16_t relu_f16(std::uint16_t h) {
    if ((h & 0x7fffu) > 0x7c00u) return kNan16;
    return (h & 0x8000u) != 0 ? std::uint16_t{0} : h;
}
inline std::uint16_t relu_bf16(std::uint16_t h) {
    if ((h & 0x7fffu) > 0x7f80u) return kNan16;
    return (h & 0x8000u) != 0 ? std::uint16_t{0} : h;
}
inline std::uint32_t relu_tf32(std::uint32_t v) {
    if ((v & 0x7fffffffu) > 0x7f800000u) return kNan32;
    return (v & 0x80000000u) != 0 ? 0u : v;
}
// .sat: clamped to [+0, 1], NaNs to +0.
inline std::uint16_t sat_f16(std::uint16_t h) {
    if (h > 0x7c00u) return 0;  // negative, or a NaN
    return h < 0x3c00u ? h : std::uint16_t{0x3c00u};
}
inline std::uint16_t sat_bf16(std::uint16_t h) {
    if (h > 0x7f80u) return 0;
    return h < 0x3f80u ? h : std::uint16_t{0x3f80u};
}
// .satfinite: infinities become the largest finite value of their sign; NaNs stay.
inline std::uint16_t satfinite_f16(std::uint16_t h) {
    return static_cast<std::uint16_t>((h & 0x7fffu) == 0x7c00u ? h - 1u : h);
}
inline std::uint16_t satfinite_bf16(std::uint16_t h) {
    return static_cast<std::uint16_t>((h & 0x7fffu) == 0x7f80u ? h - 1u : h);
}
inline std::uint32_t satfinite_tf32(std::uint32_t v) {
    if ((v & 0x7fffffffu) > 0x7f800000u) return kNan32;
    return (v & 0x7fffffffu) == 0x7f800000u ? v - 0x2000u : v;
}

// Two 16-bit halves in a register; PTX's first source operand is the upper half.
inline std::uint32_t pack_halves(std::uint16_t high, std::uint16_t low) {
    return (std::uint32_t{high} << 16) | low;
}
inline std::uint16_t low_half(std::uint32_t v) { return static_cast<std::uint16_t>(v); }
inline std::uint16_t high_half(std::uint32_t v) { return static_cast<std::uint16_t>(v >> 16); }

// cvt.rnd.f16x2.f32 d, a, b and cvt.rnd.bf16x2.f32 d, a, b.
template <Round R = Round::rn>
inline std::uint32_t f32_to_f16x2(float a, float b) {
    return pack_halves(f32_to_f16<R>(a), f32_to_f16<R>(b));
}
template <Round R = Round::rn>
inline std::uint32_t f32_to_bf16x2(float a, float b) {
    return pack_halves(f32_to_bf16<R>(a), f32_to_bf16<R>(b));
}

// fp8, always .rn.satfinite: what is too large, infinity included, becomes the largest finite value; a NaN
// 0x7f.
template <class F>
inline std::uint8_t f32_to_fp8(float v, bool relu = false) {
    if (is_nan(v)) return 0x7fu;
    if (relu && (bits_of(v) >> 31) != 0) return 0;
    const std::uint64_t bits = round_double_to<F>(v, Round::rn);
    const std::uint64_t magnitude = bits & (F::sign - 1);
    return static_cast<std::uint8_t>(magnitude > F::max_finite ? (bits & F::sign) | F::max_finite : bits);
}
template <class F>
inline std::uint16_t f32_to_fp8x2(float a, float b, bool relu = false) {
    return static_cast<std::uint16_t>((f32_to_fp8<F>(a, relu) << 8) | f32_to_fp8<F>(b, relu));
}

// To f16, exactly. e5m2 is the upper byte of an f16. e4m3 has no infinity.
inline std::uint16_t e5m2_to_f16(std::uint8_t v) {
    return (v & 0x7fu) > 0x7cu ? kNan16 : static_cast<std::uint16_t>(v << 8);
}
inline std::uint16_t e4m3_to_f16(std::uint8_t v) {
    if ((v & 0x7fu) == 0x7fu) return kNan16;
    const Parts parts = take_apart<FormatE4m3>(v);
    return static_cast<std::uint16_t>(
        round_to<FormatF16>(parts.negative, parts.exponent, parts.significand, Round::rn));
}
inline std::uint32_t e5m2x2_to_f16x2(std::uint16_t v, bool relu = false) {
    const std::uint16_t high = e5m2_to_f16(static_cast<std::uint8_t>(v >> 8));
    const std::uint16_t low = e5m2_to_f16(static_cast<std::uint8_t>(v));
    return relu ? pack_halves(relu_f16(high), relu_f16(low)) : pack_halves(high, low);
}
inline std::uint32_t e4m3x2_to_f16x2(std::uint16_t v, bool relu = false) {
    const std::uint16_t high = e4m3_to_f16(static_cast<std::uint8_t>(v >> 8));
    const std::uint16_t low = e4m3_to_f16(static_cast<std::uint8_t>(v));
    return relu ? pack_halves(relu_f16(high), relu_f16(low)) : pack_halves(high, low);
}

// fp6 and fp4, always .rn.satfinite: a NaN becomes the largest value.
template <class F>
inline std::uint8_t f32_to_narrow(float v, bool relu) {
    if (is_nan(v)) return static_cast<std::uint8_t>(F::max_finite);
    if (relu && (bits_of(v) >> 31) != 0) return 0;
    const std::uint64_t size = round_double_to<F>(f32_from(bits_of(v) & 0x7fffffffu), Round::rn);
    const std::uint64_t sign = (bits_of(v) >> 31) * F::sign;
    return static_cast<std::uint8_t>(sign | (size > F::max_finite ? F::max_finite : size));
}
template <class F>
inline std::uint16_t narrow_to_f16(std::uint8_t v) {
    const Parts parts = take_apart<F>(v & (2 * F::sign - 1));
    return static_cast<std::uint16_t>(
        round_to<FormatF16>(parts.negative, parts.exponent, parts.significand, Round::rn));
}

// ue8m0, a power of two without a sign: its biased exponent, 0xff for NaN, 0 for 2^-127. `bits` are an f32's,
// whose sign is dropped. Rounded towards zero or up; what is not a NaN stays below 0xff when `is_finite`.
inline std::uint8_t f32_to_ue8m0(std::uint32_t bits, bool is_up, bool is_finite) {
    const std::uint32_t size = bits & 0x7fffffffu;
    const bool rounds_up = is_up && (size & 0x7fffffu) != 0 && size > 0x400000u && size < 0x7f800000u;
    const std::uint32_t exponent = (size >> 23) + (rounds_up ? 1u : 0u);
    const bool clamps = is_finite && size <= 0x7f800000u && exponent == 0xffu;
    return static_cast<std::uint8_t>(clamps ? 0xfeu : exponent);
}
inline std::uint16_t ue8m0_to_bf16(std::uint8_t v) {
    if (v == 0xffu) return kNan16;
    return v == 0 ? std::uint16_t{0x0040u} : static_cast<std::uint16_t>(v << 7);
}

// cvt.rni/rzi/rmi/rpi of an f16 or bf16 to itself.
template <Round R>
inline std::uint16_t round_integral_f16(std::uint16_t h) {
    return f32_to_f16(round_integral<R>(f16_to_f32(h)));
}
template <Round R>
inline std::uint16_t round_integral_bf16(std::uint16_t h) {
    return f32_to_bf16(round_integral<R>(bf16_to_f32(h)));
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
