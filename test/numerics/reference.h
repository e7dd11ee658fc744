// A slow, independent way to round into small formats: search a table of all their values. Quad precision
// with the sign of what it could not hold stands for the exact value. Included by the tests of this folder
// only.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "soft/numerics/float_format.h"

namespace numerics_test {

__extension__ using Quad = __float128;
using soft::numerics::Round;

// An exact value: `value`, and a little more or less when `residual` is not zero.
struct Exact {
    Quad value;
    int residual = 0;
};

inline int sign_of(Quad v) { return v > 0 ? 1 : v < 0 ? -1 : 0; }

inline Exact exact_sum(Quad a, Quad b) {
    const Quad sum = a + b;
    const Quad part = sum - a;
    return {sum, sign_of((a - (sum - part)) + (b - part))};
}

class Table {
  public:
    Table(int fraction_bits, int exponent_bits, int bias, std::uint32_t max_finite) : max_(max_finite) {
        for (std::uint32_t code = 0; code <= max_finite + 1; ++code) {
            const auto field = static_cast<int>(code >> fraction_bits) & ((1 << exponent_bits) - 1);
            const double fraction = std::ldexp(code & ((1u << fraction_bits) - 1), -fraction_bits);
            const double value =
                field == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, field - bias);
            values_.push_back(value);
        }
        // What would come after the largest number, if the format went on: where rounding to infinity starts
        // from.
        values_.back() = values_[max_finite] + (values_[max_finite] - values_[max_finite - 1]);
    }

    double value(std::uint32_t code) const { return values_[code]; }

    // The code of the rounded magnitude; the sign comes back in `negative`.
    std::uint32_t round(Exact v, Round mode, bool& negative) const {
        negative = v.value < 0 || (v.value == 0 && v.residual < 0);
        const Quad size = negative ? -v.value : v.value;
        const int more = negative ? -v.residual : v.residual;
        std::uint32_t below = floor_of(size, more);
        const bool beyond = below > max_;
        if (beyond) below = max_;
        const bool exact = !beyond && Quad{values_[below]} == size && more == 0;
        if (exact) return below;
        const bool outward = (mode == Round::rp && !negative) || (mode == Round::rm && negative);
        if (mode == Round::rz || mode == Round::rm || mode == Round::rp) return outward ? below + 1 : below;
        if (beyond) return max_ + 1;
        const Quad middle = (Quad{values_[below]} + Quad{values_[below + 1]}) / 2;
        const int against = size > middle ? 1 : size < middle ? -1 : more;
        if (against == 0) return mode == Round::rna ? below + 1 : below + (below & 1u);
        return against > 0 ? below + 1 : below;
    }

  private:
    // The last entry not above size.
    std::uint32_t floor_of(Quad size, int more) const {
        std::size_t low = 0;
        std::size_t high = values_.size();
        while (high - low > 1) {
            const std::size_t middle = (low + high) / 2;
            const Quad at = values_[middle];
            const bool above = at > size || (at == size && more < 0);
            (above ? high : low) = middle;
        }
        return static_cast<std::uint32_t>(low);
    }

    std::vector<double> values_;
    std::uint32_t max_;
};

inline const Table& f16_table() {
    static const Table kTable(10, 5, 15, 0x7bff);
    return kTable;
}
inline const Table& bf16_table() {
    static const Table kTable(7, 8, 127, 0x7f7f);
    return kTable;
}
inline const Table& tf32_table() {
    static const Table kTable(10, 8, 127, 0x3fbff);
    return kTable;
}
inline const Table& e4m3_table() {
    static const Table kTable(3, 4, 7, 0x7e);
    return kTable;
}
inline const Table& e5m2_table() {
    static const Table kTable(2, 5, 15, 0x7b);
    return kTable;
}

}  // namespace numerics_test
