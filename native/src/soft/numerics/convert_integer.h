// cvt with an integer on either side, cvt.pack.sat, and rounding to an integral value. Part of convert.h's
// face. A float that does not fit is clamped, with or without .sat. A NaN gives 0, but 1 << (width - 1) when
// the source is f64 or the target has 64 bits (PTX ISA, cvt).
#pragma once
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "soft/numerics/float_format.h"
#include "soft/numerics/integer.h"
#include "soft/numerics/isa.h"

namespace soft::numerics {
inline namespace FERRY_ISA {

// cvt.sat between integers. Without .sat a static_cast is all there is.
template <std::integral To, std::integral From>
constexpr To int_to_int_sat(From v) {
    return saturate<To>(static_cast<Int128>(v));
}

// cvt.pack.sat.{s2,u2,s4,u4,s8,u8}.s32.b32 d, a, b, c (and the 16-bit forms, which take no c): b's low bits
// lowest, a's above them, the low bits of c above those.
inline std::uint32_t pack_sat(int width, bool is_signed, std::int32_t a, std::int32_t b,
                              std::uint32_t c = 0) {
    const std::int32_t high = is_signed ? (1 << (width - 1)) - 1 : (1 << width) - 1;
    const std::int32_t low = is_signed ? -high - 1 : 0;
    const std::uint32_t mask = (1u << width) - 1u;
    const auto field = [&](std::int32_t v) {
        return static_cast<std::uint32_t>(v < low ? low : v > high ? high : v) & mask;
    };
    const std::uint32_t pair = (field(a) << width) | field(b);
    return width == 16 ? pair : (c << (2 * width)) | pair;
}

// cvt.rni/rzi/rmi/rpi.f32.f32 and .f64.f64: the integral value next to v; zeros keep v's sign. NaNs pass.
template <Round R>
inline double round_integral(double v) {
    const std::uint64_t sign = bits_of(v) & FormatF64::sign;
    const double magnitude = f64_from(bits_of(v) ^ sign);
    // Adding 2^52 leaves no room for a fraction.
    const double nearest = f64_from(bits_of((magnitude + 0x1p52) - 0x1p52) | sign);
    double result = nearest;
    if constexpr (R == Round::rm) result = nearest > v ? nearest - 1.0 : nearest;
    if constexpr (R == Round::rp) result = nearest < v ? nearest + 1.0 : nearest;
    if constexpr (R == Round::rz) {
        const double size = f64_from(bits_of(nearest) ^ sign);
        result = size > magnitude ? size - 1.0 : size;
    }
    const double signed_result = f64_from((bits_of(result) & ~FormatF64::sign) | sign);
    return magnitude < 0x1p52 ? signed_result : v;
}
template <Round R>
inline float round_integral(float v) {
    return static_cast<float>(round_integral<R>(static_cast<double>(v)));
}

// An integral double, clamped to I. NaNs are the caller's business, but come out as something.
template <std::integral I>
inline I clamp_to(double v) {
    using Limits = std::numeric_limits<I>;
    if constexpr (sizeof(I) < 8) {
        const double low = static_cast<double>(Limits::min());
        const double high = static_cast<double>(Limits::max());
        const double inside = v > low ? (v < high ? v : high) : low;
        // Through s32, which has vector conversions on every machine; u32 is moved into its range and back.
        if constexpr (std::is_signed_v<I> || sizeof(I) < 4)
            return static_cast<I>(static_cast<std::int32_t>(inside));
        const auto moved = static_cast<std::uint32_t>(static_cast<std::int32_t>(inside - 0x1p31));
        return static_cast<I>(moved ^ 0x80000000u);
    } else {
        const double above = std::is_signed_v<I> ? 0x1p63 : 0x1p64;  // the first value beyond
        const double low = static_cast<double>(Limits::min());
        if (!(v > low)) return Limits::min();
        return v < above ? static_cast<I>(v) : Limits::max();
    }
}

// cvt.rni/rzi/rmi/rpi (R = rn, rz, rm, rp) from f32 or f64; from f16 and bf16 widen first.
template <std::integral I, Round R, std::floating_point T>
inline I float_to_int(T v) {
    using U = std::make_unsigned_t<I>;
    constexpr bool kOddNan = sizeof(T) == 8 || sizeof(I) == 8;
    constexpr I kOfNan = kOddNan ? static_cast<I>(static_cast<U>(U{1} << (sizeof(I) * 8 - 1))) : I{0};
    return v == v ? clamp_to<I>(round_integral<R>(static_cast<double>(v))) : kOfNan;
}

// An integer rounded into any format, as bits.
template <class F, std::integral I>
inline std::uint64_t int_to_format(I v, Round mode) {
    using U = std::make_unsigned_t<I>;
    const bool negative = v < I{0};
    const U magnitude = negative ? static_cast<U>(U{0} - static_cast<U>(v)) : static_cast<U>(v);
    return round_to<F>(negative, 0, static_cast<std::uint64_t>(magnitude), mode);
}
template <Round R = Round::rn, std::integral I>
inline float int_to_f32(I v) {
    if constexpr (R == Round::rn) return static_cast<float>(v);
    return f32_from(static_cast<std::uint32_t>(int_to_format<FormatF32>(v, R)));
}
template <Round R = Round::rn, std::integral I>
inline double int_to_f64(I v) {
    if constexpr (R == Round::rn || sizeof(I) < 8) return static_cast<double>(v);
    return f64_from(int_to_format<FormatF64>(v, R));
}
template <Round R = Round::rn, std::integral I>
inline std::uint16_t int_to_f16(I v) {
    return static_cast<std::uint16_t>(int_to_format<FormatF16>(v, R));
}
template <Round R = Round::rn, std::integral I>
inline std::uint16_t int_to_bf16(I v) {
    return static_cast<std::uint16_t>(int_to_format<FormatBf16>(v, R));
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
