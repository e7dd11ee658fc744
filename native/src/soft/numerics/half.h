// f16 and bf16 arithmetic, each rounded once: add sub mul fma min max neg abs ex2 tanh and comparisons. F is
// FormatF16 or FormatBf16; values are their bits. Packed forms apply a scalar form to both halves: halves(a,
// b, half_add<F>). .relu and .sat compose: relu_f16(half_fma<FormatF16>(a, b, c)). Called per lane by the
// interpreter.
#pragma once
#include <cstdint>
#include <type_traits>

#include "soft/numerics/approx.h"
#include "soft/numerics/convert.h"
#include "soft/numerics/isa.h"
#include "soft/numerics/rounding.h"

namespace soft::numerics {
inline namespace FERRY_ISA {

template <class F>
constexpr bool kIsF16 = std::is_same_v<F, FormatF16>;

template <class F>
inline float half_widen(std::uint16_t h) {
    if constexpr (kIsF16<F>)
        return f16_to_f32(h);
    else
        return bf16_to_f32(h);
}
template <class F>
inline std::uint16_t half_narrow(float v) {
    if constexpr (kIsF16<F>)
        return f32_to_f16_nearest(v);
    else
        return f32_to_bf16_nearest(v);
}

// .ftz: subnormals become zeros of their sign.
template <class F>
inline std::uint16_t half_ftz(std::uint16_t h) {
    constexpr std::uint16_t kHidden = std::uint16_t{1} << (F::precision - 1);
    return static_cast<std::uint16_t>((h & 0x7fffu) < kHidden ? h & 0x8000u : h);
}

// A double rounded to odd in f32, from where it can be rounded to either half format as if exact.
inline float narrow_to_odd(double v) {
    const float nearest = static_cast<float>(v);
    const double error = v - static_cast<double>(nearest);
    const std::uint32_t bits = bits_of(nearest);
    const std::uint64_t size = (bits_of(error) & ~FormatF64::sign) - 1;
    const std::uint32_t step = size < FormatF64::infinity ? ~bits & 1u : 0u;
    const auto inward = static_cast<std::uint32_t>((bits_of(error) ^ bits_of(v)) >> 63);
    return f32_from(bits + step - ((step & inward) << 1));
}

// Rounds a value (exact, or to odd in double) to F; with Ftz, results tiny after rounding are flushed (see
// rounding.h).
template <class F, bool Ftz>
inline std::uint16_t half_round(double v) {
    const std::uint16_t result = half_narrow<F>(narrow_to_odd(v));
    if constexpr (!Ftz) return result;
    static_assert(kIsF16<F> || !Ftz, "bf16 arithmetic has no .ftz");
    const std::uint16_t scaled = f32_to_f16_nearest(narrow_to_odd(v * 0x1p12));
    return static_cast<std::uint16_t>((scaled & 0x7fffu) < 0x3400u ? result & 0x8000u : result);
}
template <class F, bool Ftz>
inline double half_operand(std::uint16_t h) {
    return half_widen<F>(Ftz ? half_ftz<F>(h) : h);
}

template <class F, bool Ftz = false>
inline std::uint16_t half_add(std::uint16_t a, std::uint16_t b) {
    return half_round<F, Ftz>(add_to_odd(half_operand<F, Ftz>(a), half_operand<F, Ftz>(b)));
}
template <class F, bool Ftz = false>
inline std::uint16_t half_sub(std::uint16_t a, std::uint16_t b) {
    return half_round<F, Ftz>(add_to_odd(half_operand<F, Ftz>(a), -half_operand<F, Ftz>(b)));
}
template <class F, bool Ftz = false>
inline std::uint16_t half_mul(std::uint16_t a, std::uint16_t b) {
    return half_round<F, Ftz>(half_operand<F, Ftz>(a) * half_operand<F, Ftz>(b));
}
template <class F, bool Ftz = false>
inline std::uint16_t half_fma(std::uint16_t a, std::uint16_t b, std::uint16_t c) {
    const double product = half_operand<F, Ftz>(a) * half_operand<F, Ftz>(b);
    return half_round<F, Ftz>(add_to_odd(product, half_operand<F, Ftz>(c)));
}

// min and max by the rules of compare.h; NaN results are canonical.
template <class F, bool Nan = false>
inline std::uint16_t half_min(std::uint16_t a, std::uint16_t b) {
    return half_narrow<F>(soft::numerics::min<Nan>(half_widen<F>(a), half_widen<F>(b)));
}
template <class F, bool Nan = false>
inline std::uint16_t half_max(std::uint16_t a, std::uint16_t b) {
    return half_narrow<F>(soft::numerics::max<Nan>(half_widen<F>(a), half_widen<F>(b)));
}
// The sign is that of both operands' bits, also where one is a NaN: widening would have lost it.
template <class F>
inline std::uint16_t half_with_xor_sign(float magnitude, std::uint16_t a, std::uint16_t b) {
    const auto sign = static_cast<std::uint16_t>((a ^ b) & 0x8000u);
    const std::uint16_t h = half_narrow<F>(magnitude);
    return magnitude == magnitude ? static_cast<std::uint16_t>(h | sign) : h;
}
template <class F, bool Nan = false>
inline std::uint16_t half_min_xorsign_abs(std::uint16_t a, std::uint16_t b) {
    const float magnitude =
        soft::numerics::min<Nan>(abs_float(half_widen<F>(a)), abs_float(half_widen<F>(b)));
    return half_with_xor_sign<F>(magnitude, a, b);
}
template <class F, bool Nan = false>
inline std::uint16_t half_max_xorsign_abs(std::uint16_t a, std::uint16_t b) {
    const float magnitude =
        soft::numerics::max<Nan>(abs_float(half_widen<F>(a)), abs_float(half_widen<F>(b)));
    return half_with_xor_sign<F>(magnitude, a, b);
}

// neg and abs make a NaN canonical, as f16 arithmetic does on devices (f32's do not).
template <class F>
inline bool half_is_nan(std::uint16_t h) {
    return (h & 0x7fffu) > F::infinity;
}
template <class F>
inline std::uint16_t half_neg(std::uint16_t h) {
    return half_is_nan<F>(h) ? kNan16 : static_cast<std::uint16_t>(h ^ 0x8000u);
}
template <class F>
inline std::uint16_t half_abs(std::uint16_t h) {
    return half_is_nan<F>(h) ? kNan16 : static_cast<std::uint16_t>(h & 0x7fffu);
}

template <class F>
inline bool half_holds(Compare c, std::uint16_t a, std::uint16_t b) {
    return holds(c, half_widen<F>(a), half_widen<F>(b));
}

// ex2.approx and tanh.approx, correctly rounded up to errors of 2^-50 before rounding.
template <class F>
inline std::uint16_t half_ex2(std::uint16_t h) {
    return f64_to_half<F>(exp2_wide(half_widen<F>(h)));
}
template <class F>
inline std::uint16_t half_tanh(std::uint16_t h) {
    return f64_to_half<F>(tanh_wide(half_widen<F>(h)));
}

// The packed forms.
template <class Scalar>
inline std::uint32_t halves(std::uint32_t a, Scalar&& scalar) {
    return pack_halves(scalar(high_half(a)), scalar(low_half(a)));
}
template <class Scalar>
inline std::uint32_t halves(std::uint32_t a, std::uint32_t b, Scalar&& scalar) {
    return pack_halves(scalar(high_half(a), high_half(b)), scalar(low_half(a), low_half(b)));
}
template <class Scalar>
inline std::uint32_t halves(std::uint32_t a, std::uint32_t b, std::uint32_t c, Scalar&& scalar) {
    return pack_halves(scalar(high_half(a), high_half(b), high_half(c)),
                       scalar(low_half(a), low_half(b), low_half(c)));
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
