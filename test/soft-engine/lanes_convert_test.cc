// Every conversion over random lanes against exact values (exact.h): integers of all widths with and without
// .sat, integers and floats in all rounding modes, floats among each other, the packed and the 8-bit formats.
#include <cmath>
#include <limits>

#include "exact.h"
#include "testing.h"

namespace soft_test {
namespace {

struct Integer {
    int width;
    bool is_signed;
    std::string name() const { return (is_signed ? "s" : "u") + std::to_string(width); }
    s128 least() const { return is_signed ? -(s128{1} << (width - 1)) : 0; }
    s128 most() const { return (s128{1} << (width - (is_signed ? 1 : 0))) - 1; }
    s128 value(u64 v) const {
        v &= width == 64 ? ~u64{0} : (u64{1} << width) - 1;
        return is_signed && (v >> (width - 1)) != 0 ? s128{v} - (s128{1} << width) : s128{v};
    }
};
constexpr Integer kIntegers[] = {{8, false},  {8, true},  {16, false}, {16, true},
                                 {32, false}, {32, true}, {64, false}, {64, true}};

struct Float {
    const char* name;
    Format format;
};
constexpr Float kFloats[] = {{"f16", kF16}, {"bf16", kBf16}, {"f32", kF32}, {"f64", kF64}};

TEST("lanes: conversions among integers") {
    for (const Integer& to : kIntegers) {
        for (const Integer& from : kIntegers) {
            const std::string types = to.name() + "." + from.name() + " %d, %a;";
            check_typed("cvt." + types, to.name(), from.name(),
                        [&](u64 a, u64, u64) { return static_cast<u64>(from.value(a)); });
            check_typed("cvt.sat." + types, to.name(), from.name(), [&](u64 a, u64, u64) {
                return static_cast<u64>(std::clamp(from.value(a), to.least(), to.most()));
            });
        }
    }
}

TEST("lanes: conversions of integers to floats in all rounding modes") {
    for (const Float& to : kFloats) {
        for (const Integer& from : kIntegers) {
            for (const Mode mode : kModes) {
                check_typed(
                    std::string("cvt.") + name_of(mode) + "." + to.name + "." + from.name() + " %d, %a;",
                    to.name, from.name(), [&](u64 a, u64, u64) {
                        const s128 v = from.value(a);
                        return v == 0 ? 0 : encode(to.format, {static_cast<Quad>(v)}, mode);
                    });
            }
        }
    }
}

// To an integral number, as a quad; sizes from 2^112 on are integral already.
Quad integral(Quad v, Mode mode) {
    const bool negative = v < 0;
    const Quad size = negative ? -v : v;
    if (size >= power_of_two(63)) return v;
    const auto whole = static_cast<u64>(size);
    const Quad rest = size - static_cast<Quad>(whole);
    const Quad rounded = static_cast<Quad>(whole + (goes_up(mode, negative, whole, rest, 0) ? 1 : 0));
    return negative ? -rounded : rounded;
}

u64 to_integer(const Float& from, const Integer& to, Mode mode, u64 a) {
    // Between 64-bit integers and from f64 a NaN is the most negative number's bits, elsewhere 0.
    if (is_nan(from.format, a))
        return from.format.width == 64 || to.width == 64 ? u64{1} << (to.width - 1) : 0;
    const bool negative = (a & from.format.sign()) != 0;
    if (is_infinite(from.format, a)) return static_cast<u64>(negative ? to.least() : to.most());
    const Quad v = integral(decode(from.format, a), mode);
    if (v <= static_cast<Quad>(to.least())) return static_cast<u64>(to.least());
    if (v >= static_cast<Quad>(to.most())) return static_cast<u64>(to.most());
    return static_cast<u64>(static_cast<s128>(v));
}

TEST("lanes: conversions of floats to integers in all rounding modes") {
    for (const Float& from : kFloats) {
        for (const Integer& to : kIntegers) {
            for (const Mode mode : kModes) {
                const std::string types = to.name() + "." + from.name + " %d, %a;";
                const std::string how = std::string("cvt.") + name_of(mode) + "i.";
                check_typed(how + types, to.name(), from.name,
                            [&](u64 a, u64, u64) { return to_integer(from, to, mode, a); });
                if (from.format.width != 32) continue;
                check_typed(how + "ftz." + types, to.name(), from.name,
                            [&](u64 a, u64, u64) { return to_integer(from, to, mode, flush(kF32, a)); });
            }
        }
    }
}

// NaNs, infinities and zeros keep what they are; the rest is rounded. From f64 to f32 a NaN keeps its
// payload's upper part and becomes quiet.
u64 to_float(const Format& from, const Format& to, Mode mode, u64 a) {
    const u64 sign = (a & from.sign()) != 0 ? to.sign() : 0;
    if (is_nan(from, a) && from.width == 64 && to.width == 32)
        return sign | 0x7fc00000 | (a >> 29 & 0x3fffff);
    if (is_nan(from, a)) return to.nan;
    if (is_infinite(from, a)) return (to.largest + 1) | sign;
    const Quad v = decode(from, a);
    return v == 0 ? sign : encode(to, {v}, mode);
}

u64 saturated(const Format& f, u64 v) {
    if (is_nan(f, v) || (v & f.sign()) != 0) return 0;
    return std::min(v, encode(f, {1}, Mode::rn));
}

void check_widening(const Float& to, const Float& from) {
    check_typed(std::string("cvt.") + to.name + "." + from.name + " %d, %a;", to.name, from.name,
                [&](u64 a, u64, u64) { return to_float(from.format, to.format, Mode::rn, a); });
}

void check_narrowing(const Float& to, const Float& from, Mode mode) {
    const std::string types = std::string(to.name) + "." + from.name + " %d, %a;";
    const std::string how = std::string("cvt.") + name_of(mode) + ".";
    const auto plain = [&](u64 a) { return to_float(from.format, to.format, mode, a); };
    check_typed(how + types, to.name, from.name, [&](u64 a, u64, u64) { return plain(a); });
    if (to.format.width == 16 && from.format.width == 64) return;
    if (to.format.precision != 8) {
        check_typed(how + "sat." + types, to.name, from.name,
                    [&](u64 a, u64, u64) { return saturated(to.format, plain(a)); });
    }
    if (to.format.width == 32) {
        check_typed(how + "ftz." + types, to.name, from.name, [&](u64 a, u64, u64) {
            const bool is_number = !is_nan(from.format, a) && !is_infinite(from.format, a);
            return is_number ? flush_result(kF32, plain(a), {decode(from.format, a)}, mode) : plain(a);
        });
    } else if (mode == Mode::rn || mode == Mode::rz) {
        const auto rectified = [&](u64 v) {
            return !is_nan(to.format, v) && (v & to.format.sign()) != 0 ? 0 : v;
        };
        const auto finite = [&](u64 v) { return is_infinite(to.format, v) ? v - 1 : v; };
        check_typed(how + "relu." + types, to.name, from.name,
                    [&](u64 a, u64, u64) { return rectified(plain(a)); });
        if (from.format.width != 32) return;
        check_typed(how + "satfinite." + types, to.name, from.name,
                    [&](u64 a, u64, u64) { return finite(plain(a)); });
        check_typed(how + "relu.satfinite." + types, to.name, from.name,
                    [&](u64 a, u64, u64) { return rectified(finite(plain(a))); });
    }
}

TEST("lanes: conversions among floats, with .ftz, .sat and .relu") {
    for (const Float& to : kFloats) {
        for (const Float& from : kFloats) {
            if (to.format.width == from.format.width) continue;
            if (to.format.precision >= from.format.precision) {
                check_widening(to, from);
                continue;
            }
            for (const Mode mode : kModes) check_narrowing(to, from, mode);
        }
    }
}

TEST("lanes: floats rounded to integral floats") {
    for (const Float& one : kFloats) {
        if (one.format.precision == 8) continue;
        for (const Mode mode : kModes) {
            const std::string types = std::string(one.name) + "." + one.name + " %d, %a;";
            const auto plain = [&](u64 a) {
                const u64 sign = a & one.format.sign();
                if (is_nan(one.format, a)) return one.format.nan;
                if (is_infinite(one.format, a)) return a;
                const Quad v = integral(decode(one.format, a), mode);
                return v == 0 ? sign : encode(one.format, {v}, Mode::rn);
            };
            const std::string how = std::string("cvt.") + name_of(mode) + "i.";
            check_typed(how + types, one.name, one.name, [&](u64 a, u64, u64) { return plain(a); });
            check_typed(how + "sat." + types, one.name, one.name,
                        [&](u64 a, u64, u64) { return saturated(one.format, plain(a)); });
            if (one.format.width != 32) continue;
            check_typed(how + "ftz." + types, one.name, one.name,
                        [&](u64 a, u64, u64) { return plain(flush(kF32, a)); });
        }
    }
}

u64 relu_of(const Format& f, bool relu, u64 v) {
    return relu && !is_nan(f, v) && (v & f.sign()) != 0 ? 0 : v;
}

TEST("lanes: packed conversions of two floats") {
    for (const Float& to : {kFloats[0], kFloats[1]}) {
        for (int form = 0; form < 4; ++form) {
            const Mode mode = (form & 1) != 0 ? Mode::rz : Mode::rn;
            const bool relu = (form & 2) != 0;
            check_typed(std::string("cvt.") + name_of(mode) + (relu ? ".relu." : ".") + to.name +
                            "x2.f32 %d, %a, %b;",
                        "u32", "f32", [&](u64 a, u64 b, u64) {
                            return relu_of(to.format, relu, to_float(kF32, to.format, mode, a)) << 16 |
                                   relu_of(to.format, relu, to_float(kF32, to.format, mode, b));
                        });
        }
    }
    for (const Mode mode : {Mode::rna, Mode::rn, Mode::rz}) {
        check_typed(std::string("cvt.") + name_of(mode) + ".tf32.f32 %d, %a;", "u32", "f32",
                    [&](u64 a, u64, u64) {
                        const Format narrow{19, 11, -126, 0x3fbff, 0x3ffff};
                        // A NaN becomes quiet and keeps its payload's upper part.
                        if (is_nan(kF32, a)) return (a | 0x400000) & ~u64{0x1fff};
                        return to_float(kF32, narrow, mode, a) << 13;
                    });
    }
}

u64 to_fp8(const Format& from, const Format& to, bool relu, u64 a) {
    if (is_nan(from, a)) return to.nan;
    const u64 sign = (a & from.sign()) != 0 ? to.sign() : 0;
    if (relu && sign != 0) return 0;
    if (is_infinite(from, a)) return to.largest | sign;
    const Quad v = decode(from, a);
    if (v == 0) return sign;
    const u64 code = encode(to, {v}, Mode::rn);
    return (code & ~to.sign()) > to.largest ? to.largest | sign : code;
}

TEST("lanes: 8-bit floats, both ways") {
    const struct {
        const char* name;
        Format format;
    } kEights[] = {{"e4m3x2", kE4m3}, {"e5m2x2", kE5m2}};
    for (const auto& to : kEights) {
        for (const bool relu : {false, true}) {
            const std::string how = std::string("cvt.rn.satfinite.") + (relu ? "relu." : "") + to.name;
            check_typed(how + ".f32 %d, %a, %b;", "u16", "f32", [&](u64 a, u64 b, u64) {
                return to_fp8(kF32, to.format, relu, a) << 8 | to_fp8(kF32, to.format, relu, b);
            });
            check_typed(how + ".f16x2 %d, %a;", "u16", "f16x2", [&](u64 a, u64, u64) {
                return to_fp8(kF16, to.format, relu, a >> 16) << 8 |
                       to_fp8(kF16, to.format, relu, a & 0xffff);
            });
            check_typed(std::string("cvt.rn.") + (relu ? "relu." : "") + "f16x2." + to.name + " %d, %a;",
                        "u32", "u16", [&](u64 a, u64, u64) {
                            const auto one = [&](u64 v) {
                                return relu_of(kF16, relu, to_float(to.format, kF16, Mode::rn, v));
                            };
                            return one(a >> 8) << 16 | one(a & 0xff);
                        });
        }
    }
}

}  // namespace
}  // namespace soft_test
