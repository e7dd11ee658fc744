// Directed rounding of f64 arithmetic, with 128-bit integers. Called from rounding.h for modes rz, rm and
// rp only (the nearest mode is the machine's own). Operands are never NaN, nor are results: rounding.h has
// dealt with those.
#include <utility>

#include "soft/numerics/rounding.h"

namespace soft::numerics {
namespace {

constexpr int kTop =
    125;  // where sums keep their leading bit: one bit of room for the carry, one for symmetry

struct Wide {
    bool negative;
    int exponent;
    Uint128 significand;
};

bool finite(double v) { return (bits_of(v) & FormatF64::infinity) != FormatF64::infinity; }

Wide widen(double v) {
    const Parts parts = take_apart<FormatF64>(bits_of(v));
    return {parts.negative, parts.exponent, parts.significand};
}

Wide product(double a, double b) {
    const Wide x = widen(a);
    const Wide y = widen(b);
    return {x.negative != y.negative, x.exponent + y.exponent, x.significand * y.significand};
}

double packed(const Wide& v, Round mode) {
    return f64_from(round_to<FormatF64>(v.negative, v.exponent, v.significand, mode));
}

Wide normalised(Wide v) {
    const int shift = leading_zeros(v.significand) - (127 - kTop);
    v.significand <<= shift;
    v.exponent -= shift;
    return v;
}

// Shifts right; what falls off leaves its trace in the last bit.
Uint128 shifted_sticky(Uint128 v, int amount) {
    if (amount > 127) return v != 0 ? 1 : 0;
    const Uint128 kept = v >> amount;
    return kept | ((kept << amount) != v ? 1 : 0);
}

// x has at most 106 significant bits and y at most 106, one of them at most 53. With both leading bits at
// kTop, at least 19 zeros end each: a shift that loses bits is then too long for the difference to cancel
// more than one bit.
double sum(Wide x, Wide y, Round mode) {
    if (x.significand == 0 && y.significand == 0) {
        const bool negative = x.negative == y.negative ? x.negative : mode == Round::rm;
        return negative ? -0.0 : 0.0;
    }
    if (x.significand == 0) return packed(y, mode);
    if (y.significand == 0) return packed(x, mode);
    x = normalised(x);
    y = normalised(y);
    if (x.exponent < y.exponent) std::swap(x, y);
    y.significand = shifted_sticky(y.significand, x.exponent - y.exponent);
    if (x.negative == y.negative) {
        x.significand += y.significand;
        return packed(x, mode);
    }
    if (x.significand == y.significand) return mode == Round::rm ? -0.0 : 0.0;
    if (x.significand < y.significand) {
        std::swap(x.significand, y.significand);
        x.negative = y.negative;
    }
    x.significand -= y.significand;
    return packed(x, mode);
}

// The integer square root of v < 2^126, and a sticky bit below it.
Uint128 root_sticky(Uint128 v) {
    Uint128 root = 0;
    Uint128 rest = v;
    for (int bit = 62; bit >= 0; --bit) {
        const Uint128 trial = ((root << 1) + (Uint128{1} << bit)) << bit;
        if (rest < trial) continue;
        rest -= trial;
        root |= Uint128{1} << bit;
    }
    return (root << 1) | (rest != 0 ? 1 : 0);
}

}  // namespace

double add_directed(double a, double b, Round mode) {
    if (!finite(a) || !finite(b)) return a + b;
    return sum(widen(a), widen(b), mode);
}

double mul_directed(double a, double b, Round mode) {
    if (!finite(a) || !finite(b)) return a * b;
    return packed(product(a, b), mode);
}

double fma_directed(double a, double b, double c, Round mode) {
    if (!finite(c)) return c;
    if (!finite(a) || !finite(b)) return a * b;
    return sum(product(a, b), widen(c), mode);
}

double div_directed(double a, double b, Round mode) {
    if (!finite(a) || !finite(b) || b == 0 || a == 0) return a / b;
    const Wide x = normalised(widen(a));
    const Wide y = widen(b);
    // Both leading bits are known only after normalising the divisor to 53 bits: the quotient then has 72
    // or 73.
    const int shift = leading_zeros(y.significand) - 75;
    const Uint128 divisor = y.significand << shift;
    const Uint128 quotient = x.significand / divisor;
    const Uint128 sticky = x.significand % divisor != 0 ? 1 : 0;
    return packed({x.negative != y.negative, x.exponent - y.exponent + shift - 1, (quotient << 1) | sticky},
                  mode);
}

double sqrt_directed(double a, Round mode) {
    if (!finite(a) || a == 0) return __builtin_sqrt(a);
    Wide x = normalised(widen(a));
    if ((x.exponent & 1) != 0) {
        x.significand >>= 1;  // 72 zeros end it, so nothing is lost
        x.exponent += 1;
    }
    return packed({false, x.exponent / 2 - 1, root_sticky(x.significand)}, mode);
}

}  // namespace soft::numerics
