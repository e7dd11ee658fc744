// Argument reduction of sin and cos for large arguments, exactly, by multiplying with enough bits of 2/pi.
// Called from approx.h for |x| >= 2^19.
#include "soft/numerics/approx.h"

#include "soft/numerics/integer.h"

namespace soft::numerics {
namespace {

// The first 256 bits of 2/pi behind the binary point.
constexpr std::uint64_t kTwoOverPi[4] = {0xa2f9836e4e441529u, 0xfc2757d1f534ddc0u, 0xdb6295993c439041u,
                                         0xfe5163abdebbc561u};

// 128 bits of 2/pi from the one of weight 2^-(first + 1) on; zeros stand before the point.
Uint128 window(int first) {
    const Uint128 top = (Uint128{kTwoOverPi[0]} << 64) | kTwoOverPi[1];
    const Uint128 rest = (Uint128{kTwoOverPi[2]} << 64) | kTwoOverPi[3];
    if (first <= 0) return top >> -first;
    return (top << first) | (rest >> (128 - first));
}

}  // namespace

QuarterTurns reduce_large(float x) {
    const Parts parts = take_apart<FormatF32>(bits_of(x));
    // x * 2/pi modulo 4, as a fraction of 2^128: whole multiples of 4 overflow away, and what the window
    // leaves out is below 2^-102 of a quarter.
    const Uint128 turns = parts.significand * window(parts.exponent - 2);
    const Uint128 half = Uint128{1} << 125;
    const auto quarter = static_cast<std::uint32_t>((turns + half) >> 126);
    const auto offset =
        static_cast<Int128>((turns + half) & ((Uint128{1} << 126) - 1)) - static_cast<Int128>(half);
    const double remainder = static_cast<double>(offset) * 0x1p-126 * 0x1.921fb54442d18p+0;
    if (parts.negative) return {-remainder, (4u - quarter) & 3u};
    return {remainder, quarter & 3u};
}

}  // namespace soft::numerics
