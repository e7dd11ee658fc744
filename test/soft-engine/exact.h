// Exact values and how they round into the formats of PTX, by quad precision and integers: the reference of
// the lanes_*_test.cc files, which shares no code with the engine. A quad holds every operand, every product
// and every integer exactly; of a sum it keeps the sign of what does not fit.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>

#include "lanes.h"

namespace soft_test {

__extension__ using Quad = __float128;

enum class Mode : u8 { rn, rz, rm, rp, rna };

inline constexpr Mode kModes[] = {Mode::rn, Mode::rz, Mode::rm, Mode::rp};
inline const char* name_of(Mode mode) {
    static const char* const kNames[] = {"rn", "rz", "rm", "rp", "rna"};
    return kNames[static_cast<int>(mode)];
}

// `precision` counts the hidden bit; `least` is the exponent of the smallest normal number.
struct Format {
    int width, precision, least;
    u64 largest;  // encoding of the largest finite number
    u64 nan;
    bool has_infinity = true;
    u64 sign() const { return u64{1} << (width - 1); }
    int fraction() const { return precision - 1; }
};
inline constexpr Format kF16{16, 11, -14, 0x7bff, 0x7fff};
inline constexpr Format kBf16{16, 8, -126, 0x7f7f, 0x7fff};
inline constexpr Format kF32{32, 24, -126, 0x7f7fffff, 0x7fffffff};
inline constexpr Format kF64{64, 53, -1022, 0x7fefffffffffffff, 0x7ff8000000000000};
inline constexpr Format kE4m3{8, 4, -6, 0x7e, 0x7f, false};
inline constexpr Format kE5m2{8, 3, -14, 0x7b, 0x7f};

struct Exact {
    Quad value;
    int residual = 0;  // sign of what `value` leaves out
};

inline Quad power_of_two(int exponent) {
    return std::bit_cast<Quad>(static_cast<u128>(exponent + 16383) << 112);
}
inline int exponent_of(Quad v) { return static_cast<int>((std::bit_cast<u128>(v) >> 112) & 0x7fff) - 16383; }
inline int sign_of(Quad v) { return v > 0 ? 1 : v < 0 ? -1 : 0; }

inline bool is_nan(const Format& f, u64 code) {
    const u64 size = code & (f.sign() - 1);
    return f.has_infinity ? size > f.largest + 1 : size > f.largest;
}
inline bool is_infinite(const Format& f, u64 code) {
    return f.has_infinity && (code & (f.sign() - 1)) == f.largest + 1;
}
inline bool is_subnormal(const Format& f, u64 code) {
    const u64 size = code & (f.sign() - 1);
    return size != 0 && size < u64{1} << f.fraction();
}
inline u64 flush(const Format& f, u64 code) { return is_subnormal(f, code) ? code & f.sign() : code; }

// The value of a finite encoding.
inline Quad decode(const Format& f, u64 code) {
    const u64 size = code & (f.sign() - 1);
    const auto field = static_cast<int>(size >> f.fraction());
    const u64 fraction = size & ((u64{1} << f.fraction()) - 1);
    const u64 significand = field == 0 ? fraction : fraction | u64{1} << f.fraction();
    const Quad v =
        static_cast<Quad>(significand) * power_of_two(std::max(field, 1) - 1 + f.least - f.fraction());
    return (code & f.sign()) != 0 ? -v : v;
}

// Whether a magnitude cut off at `whole` goes one up.
inline bool goes_up(Mode mode, bool negative, u64 whole, Quad rest, int more) {
    const bool inexact = rest > 0 || more != 0;
    const int half = rest > Quad{0.5} ? 1 : rest < Quad{0.5} ? -1 : more;
    switch (mode) {
        case Mode::rn:
            return half > 0 || (half == 0 && (whole & 1) != 0);
        case Mode::rna:
            return half >= 0;
        case Mode::rz:
            return false;
        case Mode::rm:
            return negative && inexact;
        default:
            return !negative && inexact;
    }
}

// A magnitude (with the sign of what it leaves out) in units of two to the power `unit`, rounded.
inline u64 rounded_units(Quad size, int more, int unit, Mode mode, bool negative) {
    const Quad scaled = size * power_of_two(-unit);
    const auto whole = static_cast<u64>(scaled);
    const Quad rest = scaled - static_cast<Quad>(whole);
    if (rest != 0 || more >= 0) return whole + (goes_up(mode, negative, whole, rest, more) ? 1 : 0);
    // A little less than a whole number is one less and nearly one.
    return whole - 1 + (goes_up(mode, negative, whole - 1, Quad{0.75}, 0) ? 1 : 0);
}

// Rounds a value that is not zero; overflow goes to infinity or stays, as the mode has it.
inline u64 encode(const Format& f, Exact exact, Mode mode) {
    const bool negative = exact.value < 0 || (exact.value == 0 && exact.residual < 0);
    const Quad size = negative ? -exact.value : exact.value;
    const int more = negative ? -exact.residual : exact.residual;
    const int unit = std::max(exponent_of(size), f.least) - f.fraction();
    const u64 whole = rounded_units(size, more, unit, mode, negative);
    const auto field = static_cast<u64>(unit + f.fraction() - f.least);
    u64 code = (field << f.fraction()) + whole;
    const bool beyond = exponent_of(size) > 1100 || code > f.largest;
    if (beyond) {
        const bool stays =
            mode == Mode::rz || (mode == Mode::rm && !negative) || (mode == Mode::rp && negative);
        code = stays ? f.largest : f.largest + 1;
    }
    return code | (negative ? f.sign() : 0);
}

// .ftz flushes what is tiny after rounding as if exponents had no end: also what the format's own rounding
// takes up to the smallest normal number.
inline u64 flush_result(const Format& f, u64 code, Exact exact, Mode mode) {
    const u64 smallest = u64{1} << f.fraction();
    if ((code & (f.sign() - 1)) != smallest) return flush(f, code);
    const bool negative = exact.value < 0;
    const Quad size = negative ? -exact.value : exact.value;
    const int more = negative ? -exact.residual : exact.residual;
    int exponent = exponent_of(size);
    if (more < 0 && size == power_of_two(exponent)) --exponent;
    if (exponent >= f.least) return code;
    const u64 whole = rounded_units(size, more, exponent - f.fraction(), mode, negative);
    return exponent == f.least - 1 && whole == smallest << 1 ? code : code & f.sign();
}

inline Exact exact_sum(Quad a, Quad b) {
    const Quad sum = a + b;
    const Quad part = sum - a;
    return {sum, sign_of((a - (sum - part)) + (b - part))};
}

}  // namespace soft_test
