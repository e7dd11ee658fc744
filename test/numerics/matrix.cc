// matrix.h against sums in long double, whose 64 bits hold every partial sum of these operands exactly,
// and f64 against the C library's fma.
#include "soft/numerics/matrix.h"

#include <cmath>
#include <vector>

#include "check.h"

namespace numerics_test {
namespace {

using namespace soft::numerics;

// Floats of 11 bits with exponents near each other: 16 products and their sum need fewer than 64 bits.
std::uint16_t modest_f16(Random& random) {
    const std::uint64_t exponent = 12 + random.below(6);
    return static_cast<std::uint16_t>((random.next() & 0x83ff) | exponent << 10);
}

void sums(Context& context, Random& random) {
    constexpr MatrixShape kShape{4, 8, 16};
    for (std::uint64_t round = 0; round < context.rounds / 512; ++round) {
        std::vector<double> a, b, d;
        for (std::uint32_t k = 0; k < 64; ++k) a.push_back(element_value(Element::f16, modest_f16(random)));
        for (std::uint32_t k = 0; k < 128; ++k) b.push_back(element_value(Element::f16, modest_f16(random)));
        for (std::uint32_t k = 0; k < 32; ++k) d.push_back(element_value(Element::f16, modest_f16(random)));
        const std::vector<double> c = d;
        multiply_add(kShape, a.data(), b.data(), d.data());
        for (std::uint32_t at = 0; at < 32; ++at) {
            long double sum = c[at];
            for (std::uint32_t k = 0; k < 16; ++k)
                sum += static_cast<long double>(a[at / 8 * 16 + k]) * b[k * 8 + at % 8];
            expect_bits(context, "sum of f16 products", element_result(Element::f32, d[at], false),
                        bits_of(static_cast<float>(sum)), round, at);
        }
    }
}

void doubles(Context& context, Random& random) {
    constexpr MatrixShape kShape{1, 1, 4};
    for (std::uint64_t round = 0; round < context.rounds / 16; ++round) {
        double a[4], b[4];
        double d = static_cast<double>(random.f32());
        for (std::uint32_t k = 0; k < 4; ++k) {
            a[k] = static_cast<double>(random.f32()) * 1.0000000001;
            b[k] = static_cast<double>(random.f32());
        }
        double expected = d;
        for (std::uint32_t k = 0; k < 4; ++k) expected = std::fma(a[k], b[k], expected);
        multiply_add_f64(kShape, a, b, &d, Round::rn);
        const bool both_nan = std::isnan(d) && std::isnan(expected);
        expect_bits(context, "f64 products", both_nan ? 0 : bits_of(d), both_nan ? 0 : bits_of(expected),
                    round);
    }
}

void by_hand(Context& context) {
    const auto value = [&](const char* name, Element element, std::uint64_t bits, double expected) {
        expect_bits(context, name, bits_of(element_value(element, bits)), bits_of(expected), bits);
    };
    value("f16", Element::f16, 0x3c01, 1 + 0x1p-10);
    value("smallest f16", Element::f16, 0x8001, -0x1p-24);
    value("bf16", Element::bf16, 0xc040, -3);
    value("tf32 drops 13 bits", Element::tf32, 0x3f803fff, 1 + 0x1p-10);
    value("e4m3", Element::e4m3, 0x7e, 448);
    value("e5m2", Element::e5m2, 0x01, 0x1p-16);
    value("s4", Element::s4, 0xf8, -8);
    value("u4", Element::u4, 0xff, 15);
    value("s8", Element::s8, 0x180, -128);
    value("b1", Element::b1, 0xfe, 0);
    const auto result = [&](const char* name, Element element, double v, bool saturates,
                            std::uint64_t expected) {
        expect_bits(context, name, element_result(element, v, saturates), expected);
    };
    result("f32 rounds once", Element::f32, 1 + 0x1p-24 + 0x1p-50, false, 0x3f800001);
    result("f16 rounds once", Element::f16, 1 + 0x1p-11 + 0x1p-50, false, 0x3c01);
    result("f16 overflows", Element::f16, 65520, false, 0x7c00);
    result("f16 saturates", Element::f16, -65520, true, 0xfbff);
    result("f32 saturates", Element::f32, INFINITY, true, 0x7f7fffff);
    result("NaN is canonical", Element::f32, std::nan(""), false, 0x7fffffff);
    result("s32 wraps", Element::s32, 0x80000005p0, false, 0x80000005);
    result("s32 saturates", Element::s32, -0x80000005p0, true, 0x80000000);
}

void bits(Context& context, Random& random) {
    constexpr MatrixShape kShape{1, 1, 64};
    for (std::uint64_t round = 0; round < context.rounds / 256; ++round) {
        const std::uint64_t x = random.next();
        const std::uint64_t y = random.next();
        double a[64], b[64], both = 0, either = 0;
        for (std::uint32_t k = 0; k < 64; ++k) {
            a[k] = element_value(Element::b1, x >> k);
            b[k] = element_value(Element::b1, y >> k);
        }
        multiply_add(kShape, a, b, &both);
        multiply_add_xor(kShape, a, b, &either);
        expect_bits(context, "and popc", static_cast<std::uint64_t>(both),
                    static_cast<std::uint64_t>(__builtin_popcountll(x & y)), x, y);
        expect_bits(context, "xor popc", static_cast<std::uint64_t>(either),
                    static_cast<std::uint64_t>(__builtin_popcountll(x ^ y)), x, y);
    }
}

}  // namespace

void test_matrix(Context& context) {
    Random random(context.seed);
    by_hand(context);
    sums(context, random);
    doubles(context, random);
    bits(context, random);
}

}  // namespace numerics_test
