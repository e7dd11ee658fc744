// convert.h against searched tables, the machine's conversions in each rounding mode, and F16C where there is
// one.
#include "soft/numerics/convert.h"

#include <cfenv>
#include <cmath>
#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "check.h"
#include "reference.h"

namespace numerics_test {
namespace {

using namespace soft::numerics;

constexpr Round kModes[] = {Round::rn, Round::rz, Round::rm, Round::rp};
constexpr int kMachineModes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};

std::uint32_t expected_code(const Table& table, double v, Round mode, std::uint32_t sign,
                            std::uint32_t infinity) {
    if (std::isinf(v)) return (v < 0 ? sign : 0) | infinity;
    bool negative = false;
    const std::uint32_t code = table.round({v}, mode, negative);
    return (std::signbit(v) ? sign : 0) | code;
}

void check_narrow(Context& context, double v) {
    for (const Round mode : kModes) {
        const bool nan = std::isnan(v);
        const std::uint32_t f16 = nan ? 0x7fff : expected_code(f16_table(), v, mode, 0x8000, 0x7c00);
        const std::uint32_t bf16 = nan ? 0x7fff : expected_code(bf16_table(), v, mode, 0x8000, 0x7f80);
        const auto narrow_value = static_cast<float>(v);
        const bool fits = static_cast<double>(narrow_value) == v;
        with_rounding(mode, [&](auto r) {
            expect_bits(context, "f16.f64", f64_to_f16<r>(v), f16, bits_of(v));
            expect_bits(context, "bf16.f64", f64_to_bf16<r>(v), bf16, bits_of(v));
            if (!fits) return;
            expect_bits(context, "f16.f32", f32_to_f16<r>(narrow_value), f16, bits_of(narrow_value));
            expect_bits(context, "bf16.f32", f32_to_bf16<r>(narrow_value), bf16, bits_of(narrow_value));
        });
    }
}

void check_small(Context& context, float v) {
    const auto fp8 = [&](const Table& table, std::uint32_t max) {
        if (std::isnan(v)) return 0x7fu;
        const std::uint32_t code = expected_code(table, v, Round::rn, 0x80, max + 1);
        return (code & 0x7fu) > max ? (code & 0x80u) | max : code;
    };
    expect_bits(context, "e4m3", f32_to_fp8<FormatE4m3>(v), fp8(e4m3_table(), 0x7e), bits_of(v));
    expect_bits(context, "e5m2", f32_to_fp8<FormatE5m2>(v), fp8(e5m2_table(), 0x7b), bits_of(v));
    if (std::isnan(v)) return;
    const auto tf32 = [&](Round mode) {
        return expected_code(tf32_table(), v, mode, 0x40000, 0x3fc00) << 13;
    };
    expect_bits(context, "tf32.rna", f32_to_tf32<Round::rna>(v), tf32(Round::rna), bits_of(v));
    expect_bits(context, "tf32.rn", f32_to_tf32<Round::rn>(v), tf32(Round::rn), bits_of(v));
    expect_bits(context, "tf32.rz", f32_to_tf32<Round::rz>(v), tf32(Round::rz), bits_of(v));
}

// Every value of the 16-bit formats, each midpoint to its neighbour, and both sides of that.
void exhaustive_halves(Context& context) {
    for (std::uint32_t code = 0; code < 0x10000; ++code) {
        const auto h = static_cast<std::uint16_t>(code);
        const std::uint32_t magnitude = code & 0x7fffu;
        const double sign = code > 0x7fff ? -1.0 : 1.0;
        const double f16 = magnitude < 0x7c00 ? sign * f16_table().value(magnitude) : sign * INFINITY;
        const double bf16 = magnitude < 0x7f80 ? sign * bf16_table().value(magnitude) : sign * INFINITY;
        const std::uint32_t f16_bits = magnitude > 0x7c00 ? kNan32 : bits_of(static_cast<float>(f16));
        const std::uint32_t bf16_bits = magnitude > 0x7f80 ? kNan32 : bits_of(static_cast<float>(bf16));
        expect_bits(context, "f32.f16", bits_of(f16_to_f32(h)), f16_bits, code);
        expect_bits(context, "f32.bf16", bits_of(bf16_to_f32(h)), bf16_bits, code);
        if (magnitude >= 0x7bff || code % 3 != 0) continue;
        const double next = sign * f16_table().value(magnitude + 1);
        const double middle = (f16 + next) / 2;
        for (const double v : {f16, middle, std::nextafter(middle, 9e9), std::nextafter(middle, -9e9)}) {
            check_narrow(context, v);
        }
    }
    for (std::uint32_t code = 0; code < 256; ++code) {
        const auto v = static_cast<std::uint8_t>(code);
        const std::uint32_t magnitude = code & 0x7fu;
        const double sign = code > 0x7f ? -1.0 : 1.0;
        const float e4m3 = f16_to_f32(e4m3_to_f16(v));
        const float e5m2 = f16_to_f32(e5m2_to_f16(v));
        const auto expected4 =
            static_cast<float>(sign * (magnitude < 0x7f ? e4m3_table().value(magnitude) : NAN));
        const auto expected5 =
            static_cast<float>(sign * (magnitude < 0x7c ? e5m2_table().value(magnitude) : INFINITY));
        expect_bits(context, "f16.e4m3", bits_of(e4m3), magnitude == 0x7f ? kNan32 : bits_of(expected4),
                    code);
        expect_bits(context, "f16.e5m2", bits_of(e5m2), magnitude > 0x7c ? kNan32 : bits_of(expected5), code);
    }
}

template <class I, class T>
void check_to_int(Context& context, T v) {
    using Limits = std::numeric_limits<I>;
    for (int mode = 0; mode < 4; ++mode) {
        const I actual = with_rounding(kModes[mode], [&](auto r) { return float_to_int<I, r>(v); });
        std::fesetround(kMachineModes[mode]);
        volatile long double input = v;
        volatile long double whole = std::rint(static_cast<long double>(input));
        std::fesetround(FE_TONEAREST);
        const long double rounded = whole;
        I expected = 0;
        if (std::isnan(v)) {
            const bool odd = sizeof(T) == 8 || sizeof(I) == 8;
            expected = odd ? static_cast<I>(std::uint64_t{1} << (sizeof(I) * 8 - 1)) : I{0};
        } else if (rounded >= static_cast<long double>(Limits::max())) {
            expected = Limits::max();
        } else {
            expected =
                rounded <= static_cast<long double>(Limits::min()) ? Limits::min() : static_cast<I>(rounded);
        }
        expect_bits(context, "int.float", static_cast<std::uint64_t>(actual),
                    static_cast<std::uint64_t>(expected), bits_of(static_cast<double>(v)), sizeof(I),
                    static_cast<std::uint64_t>(mode));
    }
}

template <class T>
void check_to_ints(Context& context, T v) {
    check_to_int<std::int8_t>(context, v);
    check_to_int<std::uint8_t>(context, v);
    check_to_int<std::int16_t>(context, v);
    check_to_int<std::uint16_t>(context, v);
    check_to_int<std::int32_t>(context, v);
    check_to_int<std::uint32_t>(context, v);
    check_to_int<std::int64_t>(context, v);
    check_to_int<std::uint64_t>(context, v);
}

template <class T, class F>
T in_mode(int mode, F v) {
    volatile F input = v;
    std::fesetround(mode);
    volatile T result = static_cast<T>(input);
    std::fesetround(FE_TONEAREST);
    return result;
}

template <class I>
void check_from_int(Context& context, I v) {
    for (int mode = 0; mode < 4; ++mode) {
        const auto wide = static_cast<long double>(v);
        const auto f32 = in_mode<float>(kMachineModes[mode], wide);
        const auto f64 = in_mode<double>(kMachineModes[mode], wide);
        const auto bits = static_cast<std::uint64_t>(v);
        bool negative = false;
        const std::uint32_t f16 = f16_table().round({static_cast<Quad>(v)}, kModes[mode], negative);
        const std::uint32_t bf16 = bf16_table().round({static_cast<Quad>(v)}, kModes[mode], negative);
        const std::uint32_t sign = v < 0 ? 0x8000 : 0;
        with_rounding(kModes[mode], [&](auto r) {
            expect_bits(context, "f32.int", bits_of(int_to_f32<r>(v)), bits_of(f32), bits, sizeof(I));
            expect_bits(context, "f64.int", bits_of(int_to_f64<r>(v)), bits_of(f64), bits, sizeof(I));
            expect_bits(context, "f16.int", int_to_f16<r>(v), sign | f16, bits, sizeof(I));
            expect_bits(context, "bf16.int", int_to_bf16<r>(v), sign | bf16, bits, sizeof(I));
        });
    }
}

void check_floats(Context& context, double v) {
    for (int mode = 0; mode < 4; ++mode) {
        const auto f32 = in_mode<float>(kMachineModes[mode], v);
        std::fesetround(kMachineModes[mode]);
        volatile double input = v;
        volatile double whole = std::rint(static_cast<double>(input));
        std::fesetround(FE_TONEAREST);
        const double rounded = whole;
        with_rounding(kModes[mode], [&](auto r) {
            expect_bits(context, "f32.f64", bits_of(f64_to_f32<r>(v)), bits_of(f32), bits_of(v));
            if (std::isnan(v)) return;
            expect_bits(context, "rni.f64", bits_of(round_integral<r>(v)), bits_of(rounded), bits_of(v));
            const auto small = static_cast<float>(rounded);
            if (f32 != v) return;
            expect_bits(context, "rni.f32", bits_of(round_integral<r>(f32)), bits_of(small), bits_of(f32));
        });
    }
}

void random_values(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds / 8; ++i) {
        const float f = random.f32();
        const double d = random.f64();
        // Values around the integers' limits, with fractions.
        const double near =
            std::ldexp(static_cast<double>(random.next() >> 11),
                       static_cast<int>(random.below(20)) - 10 - static_cast<int>(random.below(64)));
        const double mixed = random.below(2) == 0 ? near : -near;
        check_small(context, f);
        for (const double v : {static_cast<double>(f), d, mixed}) {
            check_floats(context, v);
            check_to_ints(context, v);
        }
        check_to_ints(context, f);
        check_to_ints(context, static_cast<float>(mixed));
        if (i % 4 != 0) continue;
        check_narrow(context, f);
        check_narrow(context, d);
        check_narrow(context, mixed);
        const std::uint64_t n = random.next() >> random.below(64);
        check_from_int(context, n);
        check_from_int(context, static_cast<std::int64_t>(n));
        check_from_int(context, -static_cast<std::int64_t>(n >> 1));
        check_from_int(context, static_cast<std::int32_t>(n));
        check_from_int(context, static_cast<std::uint32_t>(n));
    }
}

void hardware_halves([[maybe_unused]] Context& context, [[maybe_unused]] Random& random) {
#if defined(__F16C__)
    for (std::uint64_t i = 0; i < context.rounds; ++i) {
        const float f = random.f32();
        if (std::isnan(f)) continue;
        const std::uint64_t bits = bits_of(f);
        expect_bits(context, "F16C rn", f32_to_f16<Round::rn>(f), _cvtss_sh(f, 0) & 0xffffu, bits);
        expect_bits(context, "F16C rm", f32_to_f16<Round::rm>(f), _cvtss_sh(f, 1) & 0xffffu, bits);
        expect_bits(context, "F16C rp", f32_to_f16<Round::rp>(f), _cvtss_sh(f, 2) & 0xffffu, bits);
        expect_bits(context, "F16C rz", f32_to_f16<Round::rz>(f), _cvtss_sh(f, 3) & 0xffffu, bits);
    }
#endif
}

void rules(Context& context) {
    expect_bits(context, "sat.s8", static_cast<std::uint8_t>(int_to_int_sat<std::int8_t>(-300)), 0x80);
    expect_bits(context, "sat.u8", int_to_int_sat<std::uint8_t>(-300), 0);
    expect_bits(context, "sat.u64", int_to_int_sat<std::uint64_t>(std::int64_t{-1}), 0);
    expect_bits(context, "sat.s64",
                static_cast<std::uint64_t>(int_to_int_sat<std::int64_t>(~std::uint64_t{0})),
                0x7fffffffffffffffu);
    expect_bits(context, "pack s16", pack_sat(16, true, 0x7fffffff, -0x7fffffff), 0x7fff8000u);
    expect_bits(context, "pack u16", pack_sat(16, false, 0x7fffffff, -5), 0xffff0000u);
    expect_bits(context, "pack u8", pack_sat(8, false, 300, -5, 0x11223344u), 0x3344ff00u);
    expect_bits(context, "pack s8", pack_sat(8, true, 300, -500, 0x11223344u), 0x33447f80u);
    expect_bits(context, "pack s4", pack_sat(4, true, 7, -9, 0x11223344u), 0x22334478u);
    expect_bits(context, "pack u2", pack_sat(2, false, 9, 1, 0x0fffffffu), 0xfffffffdu);
    expect_bits(context, "f16x2", f32_to_f16x2(1.0f, -2.0f), 0x3c00c000u);
    expect_bits(context, "bf16x2", f32_to_bf16x2(1.0f, -2.0f), 0x3f80c000u);
    expect_bits(context, "e4m3x2 order", f32_to_fp8x2<FormatE4m3>(1.0f, -2.0f), 0x38c0u);
    expect_bits(context, "e4m3 inf", f32_to_fp8<FormatE4m3>(-INFINITY), 0xfe);
    expect_bits(context, "e4m3 relu", f32_to_fp8<FormatE4m3>(-1.0f, true), 0);
    expect_bits(context, "e4m3x2 to f16x2", e4m3x2_to_f16x2(0x38c0), 0x3c00c000u);
    expect_bits(context, "e5m2x2 to f16x2 relu", e5m2x2_to_f16x2(0x3cc0, true), 0x3c000000u);
    expect_bits(context, "relu -0", relu_f16(0x8000), 0);
    expect_bits(context, "relu nan", relu_bf16(0xffc1), 0x7fff);
    expect_bits(context, "sat f16 2", sat_f16(0x4000), 0x3c00);
    expect_bits(context, "sat f16 nan", sat_f16(0x7fff), 0);
    expect_bits(context, "sat bf16 -1", sat_bf16(0xbf80), 0);
    expect_bits(context, "satfinite f16", satfinite_f16(0xfc00), 0xfbff);
    expect_bits(context, "satfinite bf16", satfinite_bf16(0x7f80), 0x7f7f);
    expect_bits(context, "tf32 overflow", f32_to_tf32<Round::rna>(f32_from(0x7f7fffffu)), 0x7f800000u);
    expect_bits(context, "tf32 satfinite", satfinite_tf32(0x7f800000u), 0x7f7fe000u);
    expect_bits(context, "tf32 nan", f32_to_tf32<Round::rna>(f32_from(0x7fc00000u)), 0x7fc00000u);
    expect_bits(context, "rni f16 2.5", round_integral_f16<Round::rn>(0x4100), 0x4000);
}

}  // namespace

void test_convert(Context& context) {
    Random random(context.seed);
    rules(context);
    exhaustive_halves(context);
    random_values(context, random);
    hardware_halves(context, random);
}

}  // namespace numerics_test
