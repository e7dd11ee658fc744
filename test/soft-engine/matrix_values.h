// Matrices of small numbers that every element format holds exactly, so that any order of summation gives
// the same product; encoded and decoded here without the engine's arithmetic.
#pragma once
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace soft_test {

struct ElementFormat {
    std::string name;
    int bits;
    int precision;  // of floats, hidden bit included; 0 for integers
    int bias;
    int low;  // the range test values come from
    int high;
};

inline const ElementFormat& format_of(const std::string& name) {
    static const ElementFormat kFormats[] = {
        {"f16", 16, 11, 15, -16, 16},  {"bf16", 16, 8, 127, -16, 16}, {"tf32", 32, 24, 127, -16, 16},
        {"f32", 32, 24, 127, -64, 64}, {"f64", 64, 53, 1023, -64, 64}, {"e4m3", 8, 4, 7, -8, 8},
        {"e5m2", 8, 3, 15, -4, 4},     {"s8", 8, 0, 0, -128, 127},    {"u8", 8, 0, 0, 0, 255},
        {"s4", 4, 0, 0, -8, 7},        {"u4", 4, 0, 0, 0, 15},        {"b1", 1, 0, 0, 0, 1},
        {"s32", 32, 0, 0, -1000, 1000},
    };
    for (const ElementFormat& format : kFormats) {
        if (format.name == name) return format;
    }
    return kFormats[0];
}

inline std::uint64_t encode(const ElementFormat& format, double v) {
    const std::uint64_t mask = format.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << format.bits) - 1;
    if (format.precision == 0) return static_cast<std::uint64_t>(static_cast<std::int64_t>(v)) & mask;
    if (v == 0) return 0;
    int exponent = 0;
    const double fraction = std::frexp(std::fabs(v), &exponent);  // in [1/2, 1)
    const auto significand = static_cast<std::uint64_t>(std::ldexp(fraction, format.precision));
    const auto field = static_cast<std::uint64_t>(exponent - 1 + format.bias);
    const std::uint64_t hidden = std::uint64_t{1} << (format.precision - 1);
    const std::uint64_t sign = v < 0 ? std::uint64_t{1} << (format.bits - 1) : 0;
    return sign | field << (format.precision - 1) | (significand & (hidden - 1));
}

inline double decode(const ElementFormat& format, std::uint64_t bits) {
    if (format.precision == 0) return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
    const std::uint64_t hidden = std::uint64_t{1} << (format.precision - 1);
    const std::uint64_t sign = std::uint64_t{1} << (format.bits - 1);
    const auto field = static_cast<int>((bits & (sign - 1)) >> (format.precision - 1));
    const auto fraction = static_cast<double>((bits & (hidden - 1)) | (field != 0 ? hidden : 0));
    const double size = std::ldexp(fraction, (field != 0 ? field : 1) - format.bias - format.precision + 1);
    return (bits & sign) != 0 ? -size : size;
}

struct Matrix {
    int rows = 0;
    int columns = 0;
    std::vector<double> values;
    Matrix(int r, int c) : rows(r), columns(c), values(static_cast<std::size_t>(r * c)) {}
    double& at(int row, int column) { return values[static_cast<std::size_t>(row * columns + column)]; }
    double at(int row, int column) const { return values[static_cast<std::size_t>(row * columns + column)]; }
};

inline Matrix random_matrix(const ElementFormat& format, int rows, int columns) {
    static std::mt19937 engine(2718);
    Matrix matrix(rows, columns);
    const auto count = static_cast<unsigned>(format.high - format.low + 1);
    for (double& value : matrix.values) value = format.low + static_cast<int>(engine() % count);
    return matrix;
}

enum class Combine { multiply, bits_and, bits_xor };

inline Matrix product(const Matrix& a, const Matrix& b, const Matrix& c, Combine combine) {
    Matrix d = c;
    for (int row = 0; row < a.rows; ++row) {
        for (int column = 0; column < b.columns; ++column) {
            for (int k = 0; k < a.columns; ++k) {
                const double x = a.at(row, k);
                const double y = b.at(k, column);
                d.at(row, column) += combine == Combine::bits_xor ? (x != y ? 1 : 0) : x * y;
            }
        }
    }
    return d;
}

}  // namespace soft_test
