// The floating-point formats of PTX and the one place where an exact value is rounded into any of them.
// Used by rounding.h, convert.h and half.h; integer arithmetic only, so no rounding mode of the machine
// matters.
#pragma once
#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "soft/numerics/integer.h"
#include "soft/numerics/isa.h"

namespace soft::numerics {

enum class Round : std::uint8_t { rn, rz, rm, rp, rna };  // rna, ties away from zero, exists for tf32 only

constexpr std::uint32_t kNan32 = 0x7fffffffu;          // what every f32 instruction makes of a NaN
constexpr std::uint64_t kNan64 = 0xfff8000000000000u;  // what f64 instructions make where no operand is a NaN
constexpr std::uint16_t kNan16 = 0x7fffu;              // f16 and bf16

// A binary format: `precision` counts the hidden bit; a finite encoding is at most `max_finite`, sign
// excluded.
template <int Precision, int MinExponent, std::uint64_t MaxFinite, int SignBit>
struct Format {
    static constexpr int precision = Precision;
    static constexpr int min_exponent = MinExponent;  // of the smallest normal number 1.0 * 2^min_exponent
    static constexpr std::uint64_t max_finite = MaxFinite;
    static constexpr std::uint64_t infinity = MaxFinite + 1;  // in e4m3 this encoding is the NaN
    static constexpr std::uint64_t sign = std::uint64_t{1} << SignBit;
};
using FormatF64 = Format<53, -1022, 0x7fefffffffffffffu, 63>;
using FormatF32 = Format<24, -126, 0x7f7fffffu, 31>;
using FormatTf32 = Format<11, -126, 0x3fbffu, 18>;  // the upper 19 bits of an f32
using FormatF16 = Format<11, -14, 0x7bffu, 15>;
using FormatBf16 = Format<8, -126, 0x7f7fu, 15>;
using FormatE4m3 = Format<4, -6, 0x7eu, 7>;
using FormatE5m2 = Format<3, -14, 0x7bu, 7>;
using FormatE2m1 = Format<2, 0, 0x7u, 3>;  // these three have finite values only
using FormatE2m3 = Format<4, 0, 0x1fu, 5>;
using FormatE3m2 = Format<3, -2, 0x1fu, 5>;

inline namespace FERRY_ISA {

inline std::uint32_t bits_of(float v) { return std::bit_cast<std::uint32_t>(v); }
inline std::uint64_t bits_of(double v) { return std::bit_cast<std::uint64_t>(v); }
inline float f32_from(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline double f64_from(std::uint64_t bits) { return std::bit_cast<double>(bits); }

// v > 0 and v < 0, false for NaNs. In integers, so that what hangs on them becomes a select and loops become
// vector code: compilers keep comparisons of floats as branches, for fear of their exceptions.
inline bool is_positive(double v) { return bits_of(v) - 1 < 0x7ff0000000000000u; }
inline bool is_negative(double v) { return (bits_of(v) ^ 0x8000000000000000u) - 1 < 0x7ff0000000000000u; }

// Whether a quotient cut off below `half` of its unit goes one up.
constexpr bool rounds_up(Round mode, bool negative, bool odd, int against_half, bool inexact) {
    switch (mode) {
        case Round::rn:
            return against_half > 0 || (against_half == 0 && odd);
        case Round::rna:
            return against_half >= 0;
        case Round::rz:
            return false;
        case Round::rm:
            return negative && inexact;
        case Round::rp:
            return !negative && inexact;
    }
    return false;
}

// The encoding of an overflow, sign excluded.
template <class F>
constexpr std::uint64_t overflowed(Round mode, bool negative) {
    const bool stays_finite =
        mode == Round::rz || (mode == Round::rm && !negative) || (mode == Round::rp && negative);
    return stays_finite ? F::max_finite : F::infinity;
}

template <class Sig>
constexpr int leading_zeros(Sig v) {
    if constexpr (sizeof(Sig) == 8) return std::countl_zero(static_cast<std::uint64_t>(v));
    const auto high = static_cast<std::uint64_t>(static_cast<Uint128>(v) >> 64);
    return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<std::uint64_t>(v));
}

// Rounds (-1)^negative * significand * 2^exponent into F. The lowest bit of `significand` may stand for
// "and a little more" as long as two bits above it are below the result's last place. Zero gives a signed
// zero.
template <class F, class Sig>
constexpr std::uint64_t round_to(bool negative, int exponent, Sig significand, Round mode) {
    constexpr int kWidth = static_cast<int>(sizeof(Sig) * 8);
    const std::uint64_t sign = negative ? F::sign : 0;
    if (significand == 0) return sign;
    const int zeros = leading_zeros(significand);
    const Sig normal = static_cast<Sig>(significand << zeros);
    const int top = exponent + kWidth - 1 - zeros;  // exponent of the leading bit
    const int scale = top > F::min_exponent ? top : F::min_exponent;
    const int cut = kWidth - F::precision + (scale - top);
    Sig kept = 0;
    int against_half = -1;
    bool inexact = true;
    if (cut <= kWidth) {
        kept = cut == kWidth ? Sig{0} : static_cast<Sig>(normal >> cut);
        const Sig rest = cut == kWidth ? normal : static_cast<Sig>(normal - static_cast<Sig>(kept << cut));
        const Sig half = static_cast<Sig>(Sig{1} << (cut - 1));
        against_half = rest > half ? 1 : rest == half ? 0 : -1;
        inexact = rest != 0;
    }
    if (scale - F::min_exponent > (1 << 11)) return sign | overflowed<F>(mode, negative);
    const bool up = rounds_up(mode, negative, (kept & 1) != 0, against_half, inexact);
    // A normal number's hidden bit adds one to the exponent field; a carry out of the fraction adds another
    // by itself.
    const std::uint64_t field = static_cast<std::uint64_t>(scale - F::min_exponent) << (F::precision - 1);
    const std::uint64_t encoded = field + static_cast<std::uint64_t>(kept) + (up ? 1u : 0u);
    return sign | (encoded > F::max_finite ? overflowed<F>(mode, negative) : encoded);
}

// A finite number taken apart: (-1)^negative * significand * 2^exponent.
struct Parts {
    bool negative;
    int exponent;
    std::uint64_t significand;
};

template <class F>
constexpr Parts take_apart(std::uint64_t bits) {
    constexpr std::uint64_t kHidden = std::uint64_t{1} << (F::precision - 1);
    const std::uint64_t magnitude = bits & (F::sign - 1);
    const int field = static_cast<int>(magnitude >> (F::precision - 1));
    const std::uint64_t fraction = magnitude & (kHidden - 1);
    const int unit = F::min_exponent - (F::precision - 1);
    if (field == 0) return {(bits & F::sign) != 0, unit, fraction};
    return {(bits & F::sign) != 0, unit + field - 1, fraction | kHidden};
}

// Rounds a double that is not a NaN into F.
template <class F>
inline std::uint64_t round_double_to(double v, Round mode) {
    const std::uint64_t bits = bits_of(v);
    const std::uint64_t magnitude = bits & (FormatF64::sign - 1);
    const bool negative = bits != magnitude;
    if (magnitude >= FormatF64::infinity) return (negative ? F::sign : 0) | F::infinity;
    const Parts parts = take_apart<FormatF64>(bits);
    return round_to<F>(negative, parts.exponent, parts.significand, mode);
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
