// Float min, max, abs, neg, copysign, testp and setp's comparisons. Part of rounding.h's face; called per
// lane by the interpreter. Operands of .ftz forms are flushed by the caller first.
#pragma once
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "soft/numerics/float_format.h"
#include "soft/numerics/isa.h"

namespace soft::numerics {

// setp/set/vset comparisons. For integers use eq..ge with a type of the right signedness (lo ls hi hs = lt
// le gt ge).
enum class Compare : std::uint8_t { eq, ne, lt, le, gt, ge, equ, neu, ltu, leu, gtu, geu, num, nan };
enum class Property : std::uint8_t { finite, infinite, number, notanumber, normal, subnormal };

inline namespace FERRY_ISA {

template <Compare C, class T>
constexpr bool holds(T a, T b) {
    if constexpr (C == Compare::eq) return a == b;
    if constexpr (C == Compare::ne) return a < b || a > b;  // not `!=`, which a NaN satisfies
    if constexpr (C == Compare::lt) return a < b;
    if constexpr (C == Compare::le) return a <= b;
    if constexpr (C == Compare::gt) return a > b;
    if constexpr (C == Compare::ge) return a >= b;
    if constexpr (C == Compare::equ) return !(a < b || a > b);
    if constexpr (C == Compare::neu) return !(a == b);
    if constexpr (C == Compare::ltu) return !(a >= b);
    if constexpr (C == Compare::leu) return !(a > b);
    if constexpr (C == Compare::gtu) return !(a <= b);
    if constexpr (C == Compare::geu) return !(a < b);
    if constexpr (C == Compare::num) return a == a && b == b;
    if constexpr (C == Compare::nan) return !(a == a && b == b);
}

template <class T>
constexpr bool holds(Compare c, T a, T b) {
    const bool unordered = !(a == a && b == b);
    switch (c) {
        case Compare::eq:
            return a == b;
        case Compare::ne:
            return a < b || a > b;
        case Compare::lt:
            return a < b;
        case Compare::le:
            return a <= b;
        case Compare::gt:
            return a > b;
        case Compare::ge:
            return a >= b;
        case Compare::equ:
            return a == b || unordered;
        case Compare::neu:
            return !(a == b);
        case Compare::ltu:
            return a < b || unordered;
        case Compare::leu:
            return a <= b || unordered;
        case Compare::gtu:
            return a > b || unordered;
        case Compare::geu:
            return a >= b || unordered;
        case Compare::num:
            return !unordered;
        case Compare::nan:
            return unordered;
    }
    return false;
}

inline float abs_float(float v) { return f32_from(bits_of(v) & 0x7fffffffu); }
inline double abs_float(double v) { return f64_from(bits_of(v) & ~FormatF64::sign); }
inline float neg_float(float v) { return f32_from(bits_of(v) ^ 0x80000000u); }
inline double neg_float(double v) { return f64_from(bits_of(v) ^ FormatF64::sign); }

// PTX's order of operands: the sign is that of `a`, the value that of `b`.
inline float copysign(float a, float b) {
    return f32_from((bits_of(a) & 0x80000000u) | (bits_of(b) & 0x7fffffffu));
}
inline double copysign(double a, double b) {
    return f64_from((bits_of(a) & FormatF64::sign) | (bits_of(b) & ~FormatF64::sign));
}

inline float canonical_nan(float) { return f32_from(kNan32); }
inline double canonical_nan(double) { return f64_from(kNan64); }

// Integers in the order of the numbers, -0 below +0.
inline std::int32_t ordered_bits(float v) {
    const auto bits = static_cast<std::int32_t>(bits_of(v));
    return bits ^ ((bits >> 31) & 0x7fffffff);
}
inline std::int64_t ordered_bits(double v) {
    const auto bits = static_cast<std::int64_t>(bits_of(v));
    return bits ^ ((bits >> 63) & 0x7fffffffffffffff);
}
// min's and max's answer, given which operand a comparison of ordered_bits prefers.
template <bool Nan, std::floating_point T>
inline T chosen(T a, T b, bool prefer_a) {
    const auto limit = bits_of(std::numeric_limits<T>::infinity());
    const bool a_nan = bits_of(abs_float(a)) > limit;
    const bool b_nan = bits_of(abs_float(b)) > limit;
    const bool take_a = (!a_nan) & (prefer_a | b_nan);
    const auto number = take_a ? bits_of(a) : bits_of(b);
    return std::bit_cast<T>((Nan ? a_nan | b_nan : a_nan & b_nan) ? bits_of(canonical_nan(a)) : number);
}

// min and max: a NaN loses against a number, two give the canonical NaN; -0 is below +0. With Nan, any NaN
// wins.
template <bool Nan = false, std::floating_point T>
inline T min(T a, T b) {
    return chosen<Nan>(a, b, ordered_bits(a) < ordered_bits(b));
}
template <bool Nan = false, std::floating_point T>
inline T max(T a, T b) {
    return chosen<Nan>(a, b, ordered_bits(a) > ordered_bits(b));
}

// The three-input forms. Nan as above.
template <bool Nan = false>
inline float min3(float a, float b, float c) {
    return min<Nan>(min<Nan>(a, b), c);
}
template <bool Nan = false>
inline float max3(float a, float b, float c) {
    return max<Nan>(max<Nan>(a, b), c);
}

// .xorsign.abs: the magnitude of the smaller or larger magnitude, with the product's sign. NaN results stay
// canonical.
inline float with_xor_sign(float magnitude, float a, float b) {
    const std::uint32_t sign = (bits_of(a) ^ bits_of(b)) & 0x80000000u;
    return magnitude == magnitude ? f32_from(bits_of(magnitude) | sign) : magnitude;
}
template <bool Nan = false>
inline float min_xorsign_abs(float a, float b) {
    return with_xor_sign(min<Nan>(abs_float(a), abs_float(b)), a, b);
}
template <bool Nan = false>
inline float max_xorsign_abs(float a, float b) {
    return with_xor_sign(max<Nan>(abs_float(a), abs_float(b)), a, b);
}
template <bool Nan = false>
inline float min3_xorsign_abs(float a, float b, float c) {
    return with_xor_sign(min3<Nan>(abs_float(a), abs_float(b), abs_float(c)),
                         f32_from(bits_of(a) ^ bits_of(b)), c);
}
template <bool Nan = false>
inline float max3_xorsign_abs(float a, float b, float c) {
    return with_xor_sign(max3<Nan>(abs_float(a), abs_float(b), abs_float(c)),
                         f32_from(bits_of(a) ^ bits_of(b)), c);
}

// testp. Zeros count as normal, as PTX says.
template <std::floating_point T>
inline bool testp(Property property, T v) {
    const T magnitude = abs_float(v);
    const bool number = v == v;
    const bool infinite = magnitude > std::numeric_limits<T>::max();
    switch (property) {
        case Property::finite:
            return number && !infinite;
        case Property::infinite:
            return infinite;
        case Property::number:
            return number;
        case Property::notanumber:
            return !number;
        case Property::normal:
            return number && !infinite && testp(Property::subnormal, v) == false;
        case Property::subnormal:
            return magnitude > T{0} && magnitude < std::numeric_limits<T>::min();
    }
    return false;
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
