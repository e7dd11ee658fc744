// approx.h against the C library's long double functions: the nearest f32, but for near-ties; the ISA's
// tables of special values; and the full .ftz forms of rounding.h against the machine's own flushing.
#include "soft/numerics/approx.h"

#include <xmmintrin.h>

#include <cmath>

#include "check.h"

namespace numerics_test {
namespace {

using namespace soft::numerics;

// Within half a unit of the true value, and a millionth of one for what 64 bits cannot settle.
void expect_near(Context& context, const char* name, float actual, long double truth, float x) {
    const auto nearest = static_cast<float>(truth);
    context.checks += 1;
    if (bits_of(actual) == bits_of(nearest) || (std::isnan(actual) && std::isnan(nearest))) return;
    const float other = std::nextafter(nearest, actual);
    const long double unit = std::fabs(static_cast<long double>(other) - static_cast<long double>(nearest));
    const bool close = other == actual && std::fabs(actual - truth) <= unit * 0.500001L;
    if (close) return;
    expect_bits(context, name, bits_of(actual), bits_of(nearest), bits_of(x));
}

void functions(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds / 2; ++i) {
        const float any = random.f32();
        const auto spread = static_cast<float>(static_cast<double>(static_cast<std::int64_t>(random.next())) *
                                               std::ldexp(1.0, -static_cast<int>(random.below(48)) - 40));
        for (const float x : {any, spread}) {
            if (std::isnan(x)) continue;
            const long double wide = x;
            expect_near(context, "ex2", ex2_approx(x), std::exp2(wide), x);
            expect_near(context, "tanh", tanh_approx(x), std::tanh(wide), x);
            expect_near(context, "rcp", rcp_approx(x), 1.0L / wide, x);
            if (x > 0) {
                expect_near(context, "lg2", lg2_approx(x), std::log2(wide), x);
                const long double error = std::isinf(x) ? 0 : rsqrt_approx(x) * std::sqrt(wide) - 1;
                expect_bits(context, "rsqrt", std::fabs(error) <= std::exp2(-22.9L), 1, bits_of(x));
                expect_near(context, "sqrt", sqrt_approx(x), std::sqrt(wide), x);
            }
            if (std::isinf(x)) continue;
            expect_near(context, "sin", sin_approx(x), std::sin(wide), x);
            expect_near(context, "cos", cos_approx(x), std::cos(wide), x);
        }
    }
}

// Arguments closest to multiples of pi/2, where reduction is hardest.
void near_multiples(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds / 4; ++i) {
        const std::uint64_t n = (random.next() >> 8) >> random.below(56);
        const auto x =
            static_cast<float>(static_cast<long double>(n) * 1.57079632679489661923132169163975144L);
        expect_near(context, "sin near a multiple", sin_approx(x), std::sin(static_cast<long double>(x)), x);
        expect_near(context, "cos near a multiple", cos_approx(x), std::cos(static_cast<long double>(x)), x);
    }
}

void special_values(Context& context) {
    const float infinity = INFINITY;
    const float nan = f32_from(0xffc00001u);
    const float tiny = f32_from(1);
    const auto check = [&](const char* name, float actual, std::uint32_t expected) {
        expect_bits(context, name, bits_of(actual), expected);
    };
    for (const auto function : {ex2_approx, lg2_approx, sin_approx, cos_approx, tanh_approx, rcp_approx,
                                rsqrt_approx, sqrt_approx}) {
        check("nan", function(nan), kNan32);
    }
    check("ex2 -inf", ex2_approx(-infinity), 0);
    check("ex2 inf", ex2_approx(infinity), 0x7f800000u);
    check("ex2 -0", ex2_approx(-0.0f), 0x3f800000u);
    check("ex2 -149", ex2_approx(-149.0f), 1);
    check("ex2.ftz -127", ex2_approx_ftz(-127.0f), 0);
    check("lg2 -inf", lg2_approx(-infinity), kNan32);
    check("lg2 -0", lg2_approx(-0.0f), 0xff800000u);
    check("lg2 +0", lg2_approx(0.0f), 0xff800000u);
    check("lg2 inf", lg2_approx(infinity), 0x7f800000u);
    check("lg2 tiny", lg2_approx(tiny), bits_of(-149.0f));
    check("lg2.ftz tiny", lg2_approx_ftz(tiny), 0xff800000u);
    check("lg2.ftz -tiny", lg2_approx_ftz(-tiny), 0xff800000u);
    check("lg2 1", lg2_approx(1.0f), 0);
    check("sin -0", sin_approx(-0.0f), 0x80000000u);
    check("sin inf", sin_approx(infinity), kNan32);
    check("sin.ftz -tiny", sin_approx_ftz(-tiny), 0x80000000u);
    check("cos -inf", cos_approx(-infinity), kNan32);
    check("cos 0", cos_approx(-0.0f), 0x3f800000u);
    check("tanh -inf", tanh_approx(-infinity), 0xbf800000u);
    check("tanh -0", tanh_approx(-0.0f), 0x80000000u);
    check("rcp -inf", rcp_approx(-infinity), 0x80000000u);
    check("rcp -0", rcp_approx(-0.0f), 0xff800000u);
    check("rcp.ftz -tiny", rcp_approx_ftz(-tiny), 0xff800000u);
    check("rcp.ftz max", rcp_approx_ftz(f32_from(0xff7fffffu)), 0x80000000u);
    check("rsqrt -1", rsqrt_approx(-1.0f), kNan32);
    check("rsqrt -0", rsqrt_approx(-0.0f), 0xff800000u);
    check("rsqrt inf", rsqrt_approx(infinity), 0);
    check("rsqrt.ftz tiny", rsqrt_approx_ftz(tiny), 0x7f800000u);
    check("sqrt -0", sqrt_approx(-0.0f), 0x80000000u);
    check("sqrt -1", sqrt_approx(-1.0f), kNan32);
    check("sin pi", sin_approx(f32_from(0x40490fdbu)), 0xb3bbbd2eu);
    check("div 1/3", div_approx(1.0f, 3.0f), 0x3eaaaaabu);
    check("div 1/2^127", div_approx(1.0f, 0x1p127f), 0);
    check("div -1/2^127", div_approx(-1.0f, 0x1p127f), 0x80000000u);
    check("div inf/2^127", div_approx(infinity, 0x1p127f), kNan32);
    check("div 1/2^126", div_approx(1.0f, 0x1p126f), 0x00800000u);
    check("div.full 1/2^127", div_full(1.0f, 0x1p127f), 0x00400000u);
}

// What the vendor's assembler makes of these at compile time.
void folded(Context& context) {
    const auto check = [&](const char* name, float actual, std::uint32_t expected) {
        expect_bits(context, name, bits_of(actual), expected);
    };
    const float x = f32_from(0x3f9d70a4u);  // 1.23
    check("ex2 1.23", ex2_approx(x), 0x40161f75u);
    check("lg2 1.23", lg2_approx(x), 0x3e98e9bfu);
    check("cos 1.23", cos_approx(x), 0x3eab2134u);
    check("sin 1e5", sin_approx(1e5f), 0x3d126d55u);
    check("sin max", sin_approx(f32_from(0x7f7fffffu)), 0xbf0599b3u);
    check("ex2 -127", ex2_approx(-127.0f), 0x00400000u);
    check("rcp.ftz", rcp_approx_ftz(f32_from(0x7effffffu)), 0);
    check("mul.ftz rounds up to 2^-126", mul_ftz(f32_from(0x20000400u), f32_from(0x1ffff800u)), 0x00800000u);
    check("mul.ftz flushes", mul_ftz(f32_from(0x00800000u), f32_from(0x3f7fffffu)), 0);
}

void doubles(Context& context, Random& random) {
    const auto check = [&](const char* name, double actual, std::uint64_t expected) {
        expect_bits(context, name, bits_of(actual), expected);
    };
    check("rcp64 4", rcp_approx_ftz_f64(4.0), bits_of(0.25));
    check("rcp64 -inf", rcp_approx_ftz_f64(-INFINITY), 0x8000000000000000u);
    check("rcp64 -tiny", rcp_approx_ftz_f64(-1e-310), 0xfff0000000000000u);
    check("rcp64 max", rcp_approx_ftz_f64(1e308), 0);
    check("rsqrt64 4", rsqrt_approx_ftz_f64(4.0), bits_of(0.5));
    check("rsqrt64 -0", rsqrt_approx_ftz_f64(-0.0), 0xfff0000000000000u);
    check("rsqrt64 -tiny", rsqrt_approx_ftz_f64(-1e-310), 0xfff0000000000000u);
    expect_bits(context, "rsqrt64 -1", std::isnan(rsqrt_approx_ftz_f64(-1.0)), 1);
    check("rcp64 nan", rcp_approx_ftz_f64(f64_from(0x7ff0000100000000u)), 0x7fffffff00000000u);
    check("rsqrt64 nan", rsqrt_approx_ftz_f64(f64_from(0xfff8000000000000u)), 0x7fffffff00000000u);
    // The lower word is not looked at: that NaN's upper one is infinity's.
    check("rcp64 low", rcp_approx_ftz_f64(f64_from(0x7ff0000000000001u)), 0);
    for (std::uint64_t i = 0; i < context.rounds; ++i) {
        const double x = std::ldexp(1.0 + static_cast<double>(random.next() >> 12) * 0x1p-52,
                                    static_cast<int>(random.below(2000)) - 1000);
        const double reciprocal = rcp_approx_ftz_f64(x) * x;
        const double root = rsqrt_approx_ftz_f64(x);
        expect_bits(context, "rcp64", std::fabs(reciprocal - 1.0) < 0x1p-19, 1, bits_of(x));
        expect_bits(context, "rsqrt64", std::fabs(root * x * root - 1.0) < 0x1p-18, 1, bits_of(x));
        expect_bits(context, "rcp64 low word", bits_of(rcp_approx_ftz_f64(x)) & 0xffffffffu, 0, bits_of(x));
    }
}

// x86's FTZ and DAZ judge tininess as devices do.
void flushing(Context& context, Random& random) {
    constexpr unsigned kFlush = 0x8040;
    constexpr unsigned kRounding[] = {0, 0x6000, 0x2000, 0x4000};
    constexpr Round kModes[] = {Round::rn, Round::rz, Round::rm, Round::rp};
    const unsigned saved = _mm_getcsr();
    for (std::uint64_t i = 0; i < context.rounds; ++i) {
        const float a = random.f32();
        // Products and quotients around 2^-126, where flushing is decided, half of the time.
        const float target = f32_from(0x00800000u + static_cast<std::uint32_t>(random.below(9)) - 4u);
        const bool aim = random.below(2) == 0;
        const float b = aim ? target / a : random.f32();
        const float d = aim ? a / target : random.f32();
        for (int mode = 0; mode < 4; ++mode) {
            volatile float x = a, y = b, z = d;
            _mm_setcsr(saved | kFlush | kRounding[mode]);
            volatile float product = x * y;
            volatile float quotient = x / z;
            _mm_setcsr(saved);
            const float p = with_rounding(kModes[mode], [&](auto r) { return mul_ftz<r>(a, b); });
            const float f = with_rounding(kModes[mode], [&](auto r) { return fma_ftz<r>(a, b, -0.0f); });
            const float q = with_rounding(kModes[mode], [&](auto r) { return div_ftz<r>(a, d); });
            const std::uint32_t expected_p =
                std::isnan(product) ? kNan32 : bits_of(static_cast<float>(product));
            const std::uint32_t expected_q =
                std::isnan(quotient) ? kNan32 : bits_of(static_cast<float>(quotient));
            expect_bits(context, "mul.ftz", bits_of(p), expected_p, bits_of(a), bits_of(b));
            expect_bits(context, "div.ftz", bits_of(q), expected_q, bits_of(a), bits_of(d));
            // Adding -0 changes nothing but the zero that an exact product of zero rounds to.
            if ((expected_p << 1) != 0)
                expect_bits(context, "fma.ftz", bits_of(f), expected_p, bits_of(a), bits_of(b));
        }
    }
}

}  // namespace

void test_approx(Context& context) {
    Random random(context.seed);
    special_values(context);
    folded(context);
    functions(context, random);
    near_multiples(context, random);
    doubles(context, random);
    flushing(context, random);
}

}  // namespace numerics_test
