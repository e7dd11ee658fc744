// rounding.h and compare.h against the machine's own arithmetic in each rounding mode, and PTX's rules for
// NaNs.
#include "soft/numerics/rounding.h"

#include <cfenv>
#include <cmath>

#include "check.h"

namespace numerics_test {
namespace {

using namespace soft::numerics;

constexpr Round kModes[] = {Round::rn, Round::rz, Round::rm, Round::rp};
constexpr int kMachineModes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};

enum class Operation { add, sub, mul, fma, div, sqrt, rcp };
constexpr Operation kOperations[] = {Operation::add, Operation::sub,  Operation::mul, Operation::fma,
                                     Operation::div, Operation::sqrt, Operation::rcp};

// The machine's answer in its own rounding mode: hardware, or the C library for fma, and none of the code
// under test.
template <class T>
T machine(Operation operation, T a, T b, T c, int mode) {
    volatile T x = a;
    volatile T y = b;
    volatile T z = c;
    std::fesetround(mode);
    volatile T result{};
    switch (operation) {
        case Operation::add:
            result = x + y;
            break;
        case Operation::sub:
            result = x - y;
            break;
        case Operation::mul:
            result = x * y;
            break;
        case Operation::fma:
            result = std::fma(static_cast<T>(x), static_cast<T>(y), static_cast<T>(z));
            break;
        case Operation::div:
            result = x / y;
            break;
        case Operation::sqrt:
            result = std::sqrt(static_cast<T>(x));
            break;
        case Operation::rcp:
            result = T{1} / x;
            break;
    }
    std::fesetround(FE_TONEAREST);
    return result;
}

template <class T>
T ours(Operation operation, T a, T b, T c, Round mode) {
    return with_rounding(mode, [&](auto r) -> T {
        switch (operation) {
            case Operation::add:
                return add<r>(a, b);
            case Operation::sub:
                return sub<r>(a, b);
            case Operation::mul:
                return mul<r>(a, b);
            case Operation::fma:
                return soft::numerics::fma<r>(a, b, c);
            case Operation::div:
                return soft::numerics::div<r>(a, b);
            case Operation::sqrt:
                return soft::numerics::sqrt<r>(a);
            default:
                return rcp<r>(a);
        }
    });
}

float expected_nan(Operation, float, float, float) { return f32_from(kNan32); }

double expected_nan(Operation operation, double a, double b, double c) {
    const bool unary = operation == Operation::sqrt || operation == Operation::rcp;
    if (std::isnan(a)) return f64_from(bits_of(a) | 0x0008000000000000u);
    if (!unary && std::isnan(b)) return f64_from(bits_of(b) | 0x0008000000000000u);
    if (operation == Operation::fma && std::isnan(c)) return f64_from(bits_of(c) | 0x0008000000000000u);
    return f64_from(0xfff8000000000000u);
}

template <class T>
void compare_all(Context& context, T a, T b, T c) {
    for (const Operation operation : kOperations) {
        for (int mode = 0; mode < 4; ++mode) {
            const T result = ours(operation, a, b, c, kModes[mode]);
            T expected = machine(operation, a, b, c, kMachineModes[mode]);
            if (std::isnan(expected)) expected = expected_nan(operation, a, b, c);
            const std::string name = "operation " + std::to_string(static_cast<int>(operation)) + " mode " +
                                     std::to_string(mode) + (sizeof(T) == 4 ? " f32" : " f64");
            expect_bits(context, name.c_str(), bits_of(result), bits_of(expected), bits_of(a), bits_of(b),
                        bits_of(c));
        }
    }
}

// Addends that nearly cancel a product, which random operands never do.
template <class T>
T near_product(Random& random, T a, T b) {
    const T product = -(a * b);
    const auto nudge = static_cast<int>(random.below(5)) - 2;
    T c = product;
    for (int i = 0; i < std::abs(nudge); ++i) c = std::nextafter(c, nudge > 0 ? T{INFINITY} : T{-INFINITY});
    return c;
}

template <class T>
void arithmetic(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds / 4; ++i) {
        T a, b, c;
        if constexpr (sizeof(T) == 4)
            a = random.f32(), b = random.f32(), c = random.f32();
        else
            a = random.f64(), b = random.f64(), c = random.f64();
        if (random.below(3) == 0) c = near_product(random, a, b);
        if (random.below(16) == 0) b = -a;
        compare_all(context, a, b, c);
    }
}

// Every pair, and for fma every triple, of the values where rules change.
template <class T>
void corners(Context& context) {
    using Limits = std::numeric_limits<T>;
    const T values[] = {T{0},
                        -T{0},
                        T{1},
                        -T{1},
                        Limits::min(),
                        -Limits::min(),
                        Limits::max(),
                        -Limits::max(),
                        T{2},
                        T{0.5},
                        Limits::denorm_min(),
                        -Limits::denorm_min(),
                        Limits::infinity(),
                        -Limits::infinity(),
                        Limits::quiet_NaN(),
                        Limits::signaling_NaN(),
                        T{3},
                        Limits::epsilon()};
    for (const T a : values) {
        for (const T b : values) {
            for (const T c : values) compare_all(context, a, b, c);
        }
    }
}

void modifiers(Context& context) {
    expect_bits(context, "ftz", bits_of(ftz(f32_from(0x807fffffu))), 0x80000000u);
    expect_bits(context, "ftz", bits_of(ftz(f32_from(0x00800000u))), 0x00800000u);
    expect_bits(context, "ftz f64", bits_of(ftz(f64_from(0x800fffffffffffffu))), 0x8000000000000000u);
    expect_bits(context, "sat nan", bits_of(sat(f32_from(kNan32))), 0);
    expect_bits(context, "sat -0", bits_of(sat(-0.0f)), 0);
    expect_bits(context, "sat 2", bits_of(sat(2.0f)), 0x3f800000u);
    expect_bits(context, "sat inf", bits_of(sat(INFINITY)), 0x3f800000u);
    expect_bits(context, "sat .5", bits_of(sat(0.5f)), 0x3f000000u);
    expect_bits(context, "copysign takes a's sign", bits_of(soft::numerics::copysign(-1.0f, 2.0f)),
                0xc0000000u);
}

void selection(Context& context) {
    const float nan = f32_from(0x7fc01234u);
    const auto check = [&](const char* name, float actual, float expected) {
        expect_bits(context, name, bits_of(actual), bits_of(expected));
    };
    check("min -0", soft::numerics::min(0.0f, -0.0f), -0.0f);
    check("min -0", soft::numerics::min(-0.0f, 0.0f), -0.0f);
    check("max -0", soft::numerics::max(-0.0f, 0.0f), 0.0f);
    check("max -0", soft::numerics::max(0.0f, -0.0f), 0.0f);
    check("min nan", soft::numerics::min(nan, 3.0f), 3.0f);
    check("max nan", soft::numerics::max(-3.0f, nan), -3.0f);
    check("min nans", soft::numerics::min(nan, nan), f32_from(kNan32));
    check("min.NaN", soft::numerics::min<true>(nan, 3.0f), f32_from(kNan32));
    check("max.NaN", soft::numerics::max<true>(3.0f, nan), f32_from(kNan32));
    check("min.xorsign.abs", min_xorsign_abs(-2.0f, 3.0f), -2.0f);
    check("max.xorsign.abs", max_xorsign_abs(-2.0f, -3.0f), 3.0f);
    check("min3", min3(3.0f, nan, 2.0f), 2.0f);
    check("max3.NaN", max3<true>(3.0f, nan, 2.0f), f32_from(kNan32));
    check("max3.xorsign.abs", max3_xorsign_abs(-1.0f, -2.0f, -3.0f), -3.0f);
    const double both = soft::numerics::min(f64_from(0x7ff8000000000001u), f64_from(0x7ff8000000000002u));
    expect_bits(context, "min f64 nans", bits_of(both), kNan64);
}

// setp by what the ISA's table says: ordered forms are false on a NaN, unordered ones true.
void comparisons(Context& context) {
    const float values[] = {-1.0f, -0.0f, 0.0f, 1.0f, f32_from(kNan32)};
    const auto expected = [](int c, float a, float b) {
        const bool unordered = std::isnan(a) || std::isnan(b);
        const bool plain[] = {a == b, a != b, a<b, a <= b, a> b, a >= b};
        if (c == 12) return !unordered;
        if (c == 13) return unordered;
        return c < 6 ? !unordered && plain[c] : unordered || plain[c - 6];
    };
    for (const float a : values) {
        for (const float b : values) {
            for (int c = 0; c < 14; ++c) {
                const bool actual = holds(static_cast<Compare>(c), a, b);
                expect_bits(context, "setp", actual, expected(c, a, b), bits_of(a), bits_of(b),
                            static_cast<std::uint64_t>(c));
            }
            expect_bits(context, "setp.ne", holds<Compare::ne>(a, b), expected(1, a, b));
            expect_bits(context, "setp.ltu", holds<Compare::ltu>(a, b), expected(8, a, b));
            expect_bits(context, "setp.equ", holds<Compare::equ>(a, b), expected(6, a, b));
            expect_bits(context, "setp.neu", holds<Compare::neu>(a, b), expected(7, a, b));
        }
    }
    expect_bits(context, "setp.lo", holds<Compare::lt>(1u, 0x80000000u), 1);
    expect_bits(context, "testp zero is normal", testp(Property::normal, -0.0f), 1);
    expect_bits(context, "testp subnormal", testp(Property::subnormal, f32_from(1)), 1);
    expect_bits(context, "testp finite", testp(Property::finite, f32_from(kNan32)), 0);
    expect_bits(context, "testp infinite",
                testp(Property::infinite, -std::numeric_limits<double>::infinity()), 1);
}

}  // namespace

void test_rounding(Context& context) {
    Random random(context.seed);
    corners<float>(context);
    corners<double>(context);
    arithmetic<float>(context, random);
    arithmetic<double>(context, random);
    modifiers(context);
    selection(context);
    comparisons(context);
}

}  // namespace numerics_test
