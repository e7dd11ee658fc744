// Products of small dense matrices as mma and wmma define them: D = A * B + C. Elements of every format
// become doubles, in which each product of two of them is exact; sums are formed in f64, in ascending
// order of k from C on, and rounded once into D. PTX leaves order and rounding of these sums open. f64
// itself rounds at every step. Called by the interpreter with whole tiles.
#pragma once
#include <cmath>
#include <cstdint>

#include "soft/numerics/convert.h"
#include "soft/numerics/isa.h"

namespace soft::numerics {

enum class Element : std::uint8_t { none, f16, bf16, tf32, f32, f64, e4m3, e5m2, s8, u8, s4, u4, s32, b1 };

inline namespace FERRY_ISA {

constexpr std::uint32_t element_bits(Element element) {
    switch (element) {
        case Element::f64:
            return 64;
        case Element::tf32:
        case Element::f32:
        case Element::s32:
            return 32;
        case Element::f16:
        case Element::bf16:
            return 16;
        case Element::s4:
        case Element::u4:
            return 4;
        case Element::b1:
            return 1;
        default:
            return 8;
    }
}

// The value of the low bits of `bits`. tf32 operands lose the bits that format does not have.
inline double element_value(Element element, std::uint64_t bits) {
    switch (element) {
        case Element::f16:
            return f16_to_f32(static_cast<std::uint16_t>(bits));
        case Element::bf16:
            return bf16_to_f32(static_cast<std::uint16_t>(bits));
        case Element::tf32:
            return f32_from(static_cast<std::uint32_t>(bits) & ~0x1fffu);
        case Element::f32:
            return f32_from(static_cast<std::uint32_t>(bits));
        case Element::f64:
            return f64_from(bits);
        case Element::e4m3:
            return f16_to_f32(e4m3_to_f16(static_cast<std::uint8_t>(bits)));
        case Element::e5m2:
            return f16_to_f32(e5m2_to_f16(static_cast<std::uint8_t>(bits)));
        case Element::s8:
            return static_cast<std::int8_t>(bits);
        case Element::u8:
            return static_cast<std::uint8_t>(bits);
        case Element::s4:
            return static_cast<double>((bits & 15u) ^ 8u) - 8.0;
        case Element::u4:
            return static_cast<double>(bits & 15u);
        case Element::s32:
            return static_cast<std::int32_t>(bits);
        default:
            return static_cast<double>(bits & 1u);
    }
}

// A sum as an element of D. `saturates` clamps: integers to s32, floats to the finite ones with NaN as 0.
inline std::uint64_t element_result(Element element, double v, bool saturates) {
    switch (element) {
        case Element::f16: {
            const std::uint16_t h = f64_to_f16(v);
            if (!saturates) return h;
            return (h & 0x7fffu) > 0x7c00u ? std::uint16_t{0} : satfinite_f16(h);
        }
        case Element::f64:
            return bits_of(is_nan(v) ? quieted(v) : v);
        case Element::s32: {
            const auto sum = static_cast<std::int64_t>(v);  // at most 2^31 + 256 * 2^16
            return static_cast<std::uint32_t>(saturates ? saturate<std::int32_t>(sum) : sum);
        }
        default: {
            const std::uint32_t bits = bits_of(canonical(static_cast<float>(v)));
            const std::uint32_t magnitude = bits & 0x7fffffffu;
            if (!saturates || magnitude < 0x7f800000u) return bits;
            return magnitude > 0x7f800000u ? 0u : bits - 1u;
        }
    }
}

struct MatrixShape {
    std::uint32_t m = 0;
    std::uint32_t n = 0;
    std::uint32_t k = 0;
};

// d[m][n] += a[m][k] * b[k][n], row after row.
inline void multiply_add(const MatrixShape& shape, const double* a, const double* b, double* d) {
    for (std::uint32_t row = 0; row < shape.m; ++row, a += shape.k, d += shape.n) {
        for (std::uint32_t k = 0; k < shape.k; ++k) {
            const double factor = a[k];
            const double* line = b + k * shape.n;
#pragma GCC ivdep
            for (std::uint32_t column = 0; column < shape.n; ++column) d[column] += factor * line[column];
        }
    }
}

// The same of f64, where every step is a fused multiply-add in the given mode.
inline void multiply_add_f64(const MatrixShape& shape, const double* a, const double* b, double* d,
                             Round mode) {
    for (std::uint32_t row = 0; row < shape.m; ++row) {
        for (std::uint32_t column = 0; column < shape.n; ++column) {
            double& sum = d[row * shape.n + column];
            for (std::uint32_t k = 0; k < shape.k; ++k) {
                const double x = a[row * shape.k + k];
                const double y = b[k * shape.n + column];
                sum = with_rounding(mode, [&](auto r) { return fma<decltype(r)::value>(x, y, sum); });
            }
        }
    }
}

// The same of single bits that are combined by exclusive or and counted: a ^ b is a + b - 2ab.
inline void multiply_add_xor(const MatrixShape& shape, const double* a, const double* b, double* d) {
    for (std::uint32_t row = 0; row < shape.m; ++row) {
        for (std::uint32_t k = 0; k < shape.k; ++k) {
            const double x = a[row * shape.k + k];
            for (std::uint32_t column = 0; column < shape.n; ++column) {
                const double y = b[k * shape.n + column];
                d[row * shape.n + column] += x + y - 2 * x * y;
            }
        }
    }
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
