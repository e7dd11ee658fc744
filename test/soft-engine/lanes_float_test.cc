// Every f32 and f64 instruction over random lanes, in all rounding modes, with .ftz and .sat. The reference
// is the processor's own arithmetic under the C library's rounding modes; for approximations the mathematical
// value and PTX's documented error.
#include <cfenv>
#include <cmath>

#include "exact.h"
#include "testing.h"

namespace soft_test {
namespace {

enum class Op : u8 { add, sub, mul, fma, div, rcp, sqrt };

template <class T>
T compute(Op op, T x, T y, T z) {
    // Volatile, so that nothing is computed before the rounding mode is set.
    volatile T a = x, b = y, c = z, r = 0;
    switch (op) {
        case Op::add:
            r = a + b;
            break;
        case Op::sub:
            r = a - b;
            break;
        case Op::mul:
            r = a * b;
            break;
        case Op::fma:
            r = std::fma(a, b, c);
            break;
        case Op::div:
            r = a / b;
            break;
        case Op::rcp:
            r = 1 / a;
            break;
        case Op::sqrt:
            r = std::sqrt(a);
            break;
    }
    return r;
}

template <class T>
T in_mode(Mode mode, Op op, T a, T b, T c) {
    constexpr int kRounding[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
    std::fesetround(kRounding[static_cast<int>(mode)]);
    const T result = compute(op, a, b, c);
    std::fesetround(FE_TONEAREST);
    return result;
}

// The exact result of what can round up to the smallest normal number; quotients of 24-bit numbers are exact
// enough as quads.
Exact exactly(Op op, Quad a, Quad b, Quad c) {
    switch (op) {
        case Op::fma:
            return exact_sum(a * b, c);
        case Op::div:
            return {a / b};
        case Op::rcp:
            return {1 / a};
        case Op::mul:
            return {a * b};
        default:
            return {op == Op::sub ? a - b : a + b};
    }
}

u64 finish_f32(u64 code, bool sat) {
    if (is_nan(kF32, code)) return sat ? 0 : kF32.nan;
    if (sat) return !(as_f32(code) > 0) ? 0 : as_f32(code) >= 1 ? 0x3f800000 : code;
    return code;
}

const struct {
    Op op;
    const char* name;
    const char* operands;
} kOps[] = {{Op::add, "add", " %d, %a, %b;"}, {Op::sub, "sub", " %d, %a, %b;"},
            {Op::mul, "mul", " %d, %a, %b;"}, {Op::fma, "fma", " %d, %a, %b, %c;"},
            {Op::div, "div", " %d, %a, %b;"}, {Op::rcp, "rcp", " %d, %a;"},
            {Op::sqrt, "sqrt", " %d, %a;"}};

TEST("lanes: f32 arithmetic in all rounding modes, with .ftz and .sat") {
    for (const auto& one : kOps) {
        for (const Mode mode : kModes) {
            for (int form = 0; form < 4; ++form) {
                const bool ftz = (form & 1) != 0, sat = (form & 2) != 0;
                if (sat && one.op >= Op::div) continue;
                const std::string name = std::string(one.name) + "." + name_of(mode) + (ftz ? ".ftz" : "") +
                                         (sat ? ".sat" : "") + ".f32" + one.operands;
                check_typed(name, "f32", "f32", [&](u64 a, u64 b, u64 c) {
                    const auto in = [&](u64 v) { return ftz ? flush(kF32, v) : v; };
                    const auto f32 = [&](u64 v) { return as_f32(in(v)); };
                    u64 code = bits_of(in_mode(mode, one.op, f32(a), f32(b), f32(c)));
                    const u64 size = code & (kF32.sign() - 1);
                    if (ftz && size != 0 && size <= 0x800000) {
                        const auto quad = [&](u64 v) { return decode(kF32, in(v)); };
                        code = flush_result(kF32, code, exactly(one.op, quad(a), quad(b), quad(c)), mode);
                    }
                    return finish_f32(code, sat);
                });
            }
        }
    }
}

TEST("lanes: f64 arithmetic in all rounding modes") {
    for (const auto& one : kOps) {
        for (const Mode mode : kModes) {
            check_typed(std::string(one.name) + "." + name_of(mode) + ".f64" + one.operands, "f64", "f64",
                        [&](u64 a, u64 b, u64 c) {
                            return bits_of(in_mode(mode, one.op, as_f64(a), as_f64(b), as_f64(c)));
                        });
        }
    }
}

template <class T>
u64 extreme(T a, T b, bool takes_less, bool nan) {
    if (nan && (a != a || b != b)) return sizeof(T) == 4 ? kF32.nan : kF64.nan;
    if (a != a && b != b) return sizeof(T) == 4 ? kF32.nan : kF64.nan;
    if (a != a || b != b) return bits_of(a != a ? b : a);
    const bool a_is_less = a < b || (a == b && std::signbit(a));
    return bits_of(a_is_less == takes_less ? a : b);
}

TEST("lanes: f32 and f64 minimum, maximum, sign and class") {
    for (int form = 0; form < 16; ++form) {
        const bool less = (form & 1) != 0, ftz = (form & 2) != 0, nan = (form & 4) != 0,
                   sign = (form & 8) != 0;
        const std::string name = std::string(less ? "min" : "max") + (ftz ? ".ftz" : "") +
                                 (nan ? ".NaN" : "") + (sign ? ".xorsign.abs" : "") + ".f32 %d, %a, %b;";
        check_typed(name, "f32", "f32", [=](u64 a, u64 b, u64) {
            const u64 flip = sign ? (a ^ b) & kF32.sign() : 0;
            const auto in = [&](u64 v) {
                if (ftz) v = flush(kF32, v);
                return as_f32(sign ? v & ~kF32.sign() : v);
            };
            const u64 r = extreme(in(a), in(b), less, nan);
            return is_nan(kF32, r) ? kF32.nan : r ^ flip;
        });
    }
    check_typed("min.f64 %d, %a, %b;", "f64", "f64",
                [](u64 a, u64 b, u64) { return extreme(as_f64(a), as_f64(b), true, false); });
    check_typed("max.f64 %d, %a, %b;", "f64", "f64",
                [](u64 a, u64 b, u64) { return extreme(as_f64(a), as_f64(b), false, false); });
    check_typed("copysign.f32 %d, %a, %b;", "f32", "f32",
                [](u64 a, u64 b, u64) { return (a & kF32.sign()) | (b & ~kF32.sign()); });
    check_typed("copysign.f64 %d, %a, %b;", "u64", "f64",
                [](u64 a, u64 b, u64) { return (a & kF64.sign()) | (b & ~kF64.sign()); });
    check_typed("abs.f64 %d, %a;", "f64", "f64", [](u64 a, u64, u64) { return a & ~kF64.sign(); });
    check_typed("neg.f64 %d, %a;", "f64", "f64", [](u64 a, u64, u64) { return a ^ kF64.sign(); });
    // Bit operations on f32, NaNs included.
    for (const bool ftz : {false, true}) {
        const auto in = [=](u64 v) { return ftz ? flush(kF32, v) : v; };
        const std::string f = ftz ? ".ftz" : "";
        check_typed("abs" + f + ".f32 %d, %a;", "f32", "f32",
                    [=](u64 a, u64, u64) { return in(a) & ~kF32.sign(); });
        check_typed("neg" + f + ".f32 %d, %a;", "f32", "f32",
                    [=](u64 a, u64, u64) { return in(a) ^ kF32.sign(); });
    }
}

bool has_property(const Format& f, u64 v, int which) {
    // A zero counts as normal.
    const bool special = is_nan(f, v) || is_infinite(f, v);
    const bool all[] = {
        !special,          is_infinite(f, v), !is_nan(f, v), is_nan(f, v), !special && !is_subnormal(f, v),
        is_subnormal(f, v)};
    return all[which];
}

bool compares(const std::string& name, double a, double b) {
    const bool unordered = a != a || b != b;
    if (name == "num") return !unordered;
    if (name == "nan") return unordered;
    if (unordered) return name.size() == 3;
    const std::string how = name.substr(0, 2);
    return how == "eq"   ? a == b
           : how == "ne" ? a != b
           : how == "lt" ? a < b
           : how == "le" ? a <= b
           : how == "gt" ? a > b
                         : a >= b;
}

TEST("lanes: f32 and f64 comparisons and classes") {
    const std::string result = " selp.u32 %d, 1, 0, %q;";
    for (const char* name :
         {"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"}) {
        const std::string how = std::string("setp.") + name;
        check_typed(how + ".f32 %q, %a, %b;" + result, "u32", "f32", [=](u64 a, u64 b, u64) {
            return u64{compares(name, static_cast<double>(as_f32(a)), static_cast<double>(as_f32(b)))};
        });
        check_typed(how + ".ftz.f32 %q, %a, %b;" + result, "u32", "f32", [=](u64 a, u64 b, u64) {
            return u64{compares(name, static_cast<double>(as_f32(flush(kF32, a))),
                                static_cast<double>(as_f32(flush(kF32, b))))};
        });
        check_typed(how + ".f64 %q, %a, %b;" + result, "u32", "f64",
                    [=](u64 a, u64 b, u64) { return u64{compares(name, as_f64(a), as_f64(b))}; });
        check_typed(std::string("set.") + name + ".f32.f32 %d, %a, %b;", "f32", "f32",
                    [=](u64 a, u64 b, u64) {
                        return compares(name, static_cast<double>(as_f32(a)), static_cast<double>(as_f32(b)))
                                   ? u64{0x3f800000}
                                   : 0;
                    });
    }
    const char* const kClasses[] = {"finite", "infinite", "number", "notanumber", "normal", "subnormal"};
    for (int k = 0; k < 6; ++k) {
        const std::string how = std::string("testp.") + kClasses[k];
        check_typed(how + ".f32 %q, %a;" + result, "u32", "f32",
                    [=](u64 a, u64, u64) { return u64{has_property(kF32, a, k)}; });
        check_typed(how + ".f64 %q, %a;" + result, "u32", "f64",
                    [=](u64 a, u64, u64) { return u64{has_property(kF64, a, k)}; });
    }
}

void check_approximate(const std::string& text, double relative, double floor,
                       double (*value)(double, double)) {
    const Operand f32 = operand_of("f32");
    const bool ftz = text.find(".ftz") != std::string::npos;
    const auto reference = [=](u64 a, u64 b, u64) {
        const auto in = [&](u64 v) { return static_cast<double>(as_f32(ftz ? flush(kF32, v) : v)); };
        const u64 r = bits_of(static_cast<float>(value(in(a), in(b))));
        return ftz ? flush(kF32, r) : r;
    };
    check_lanes({text, f32, f32, f32, f32, reference, relative, floor});
}

TEST("lanes: f32 approximations keep PTX's error bounds") {
    constexpr double kLeast = 1.1754943508222875e-38;
    for (const std::string f : {".approx", ".approx.ftz"}) {
        const double floor = f == ".approx" ? kLeast : 2 * kLeast;
        check_approximate("rcp" + f + ".f32 %d, %a;", 0x1p-22, floor, [](double a, double) { return 1 / a; });
        check_approximate("sqrt" + f + ".f32 %d, %a;", 0x1p-21, floor,
                          [](double a, double) { return std::sqrt(a); });
        check_approximate("rsqrt" + f + ".f32 %d, %a;", 0x1p-21, floor, [](double a, double) {
            return a == 0 ? std::copysign(HUGE_VAL, a) : 1 / std::sqrt(a);
        });
        check_approximate("ex2" + f + ".f32 %d, %a;", 0x1p-21, floor,
                          [](double a, double) { return std::exp2(a); });
        check_approximate("lg2" + f + ".f32 %d, %a;", 0x1p-21, 1,
                          [](double a, double) { return std::log2(a); });
        // Outside of one turn the error grows with the angle: those lanes take 1.
        const std::string small =
            "abs.f32 %w0, %a; setp.le.f32 %q, %w0, 0f40C90FDB;"
            " selp.b32 %w0, %a, 0f3F800000, %q; ";
        check_approximate(small + "sin" + f + ".f32 %d, %w0;", 0x1p-20, 1, [](double a, double) {
            return std::sin(std::fabs(a) <= 6.283185482025146 ? a : 1);
        });
        check_approximate(small + "cos" + f + ".f32 %d, %w0;", 0x1p-20, 1, [](double a, double) {
            return std::cos(std::fabs(a) <= 6.283185482025146 ? a : 1);
        });
    }
    check_approximate("tanh.approx.f32 %d, %a;", 0x1p-10, kLeast,
                      [](double a, double) { return std::tanh(a); });
    check_approximate("div.full.f32 %d, %a, %b;", 0x1p-21, kLeast, [](double a, double b) { return a / b; });
}

}  // namespace
}  // namespace soft_test
