// Every f16 and bf16 instruction, scalar and packed, over random lanes against exact values (exact.h).
#include <cmath>

#include "exact.h"
#include "testing.h"

namespace soft_test {
namespace {

struct Half {
    const char* type;
    const char* packed;
    Format format;
};
constexpr Half kHalves[] = {{"f16", "f16x2", kF16}, {"bf16", "bf16x2", kBf16}};

enum class Op : u8 { add, sub, mul, fma };
constexpr const char* kNames[] = {"add", "sub", "mul", "fma"};

double widened(const Format& f, u64 v) {
    if (is_nan(f, v)) return std::nan("");
    if (is_infinite(f, v)) return (v & f.sign()) != 0 ? -HUGE_VAL : HUGE_VAL;
    return static_cast<double>(decode(f, v));
}

double in_double(Op op, double a, double b, double c) {
    return op == Op::add ? a + b : op == Op::sub ? a - b : op == Op::mul ? a * b : std::fma(a, b, c);
}

Exact exactly(Op op, Quad a, Quad b, Quad c) {
    switch (op) {
        case Op::add:
            return exact_sum(a, b);
        case Op::sub:
            return exact_sum(a, -b);
        case Op::mul:
            return {a * b};
        default:
            return exact_sum(a * b, c);
    }
}

// Specials and the signs of zeros are what double makes of them; the rest is rounded once.
u64 compute(const Format& f, Op op, bool ftz, u64 a, u64 b, u64 c) {
    const double wide = in_double(op, widened(f, a), widened(f, b), widened(f, c));
    if (std::isnan(wide)) return f.nan;
    if (std::isinf(wide)) return (f.largest + 1) | (wide < 0 ? f.sign() : 0);
    const Exact exact = exactly(op, decode(f, a), decode(f, b), decode(f, c));
    if (exact.value == 0) return std::signbit(wide) ? f.sign() : 0;
    const u64 code = encode(f, exact, Mode::rn);
    return ftz ? flush_result(f, code, exact, Mode::rn) : code;
}

struct Finish {
    bool ftz, sat, relu;
    std::string name() const {
        return std::string(ftz ? ".ftz" : "") + (sat ? ".sat" : "") + (relu ? ".relu" : "");
    }
};

u64 finished(const Format& f, const Finish& how, u64 v) {
    const bool negative = (v & f.sign()) != 0;
    if (is_nan(f, v)) return how.sat ? 0 : f.nan;
    if ((how.sat || how.relu) && negative) return 0;
    const u64 one = encode(f, {1}, Mode::rn);
    return how.sat && v > one ? one : v;
}

using Reference = std::function<u64(u64, u64, u64)>;

// The instruction on one value, and on two.
void check_both(const Half& half, const std::string& name, const std::string& operands,
                const Reference& one) {
    check_typed(name + "." + half.type + operands, half.type, half.type, one);
    check_typed(name + "." + half.packed + operands, half.packed, half.packed, [&](u64 a, u64 b, u64 c) {
        return one(a & 0xffff, b & 0xffff, c & 0xffff) | one(a >> 16, b >> 16, c >> 16) << 16;
    });
}

void check_arithmetic(const Half& half, Op op, const Finish& how) {
    const Format f = half.format;
    const std::string operands = op == Op::fma ? " %d, %a, %b, %c;" : " %d, %a, %b;";
    check_both(half, std::string(kNames[static_cast<int>(op)]) + ".rn" + how.name(), operands,
               [=](u64 a, u64 b, u64 c) {
                   const auto in = [&](u64 v) { return how.ftz ? flush(f, v) : v; };
                   return finished(f, how, compute(f, op, how.ftz, in(a), in(b), in(c)));
               });
}

TEST("lanes: f16 and bf16 arithmetic, scalar and packed") {
    for (const Half& half : kHalves) {
        const bool is_f16 = half.format.precision == 11;
        for (const Op op : {Op::add, Op::sub, Op::mul, Op::fma}) {
            for (int form = 0; form < 4; ++form) {
                const Finish how{(form & 1) != 0, (form & 2) != 0, false};
                if (is_f16 || form == 0) check_arithmetic(half, op, how);
            }
        }
        check_arithmetic(half, Op::fma, {false, false, true});
        if (is_f16) check_arithmetic(half, Op::fma, {true, false, true});
    }
}

TEST("lanes: f16 and bf16 minimum, maximum and sign") {
    for (const Half& half : kHalves) {
        const Format f = half.format;
        for (int form = 0; form < 16; ++form) {
            const bool less = (form & 1) != 0, ftz = (form & 2) != 0, nan = (form & 4) != 0,
                       sign = (form & 8) != 0;
            if (ftz && f.precision == 8) continue;
            const std::string name = std::string(less ? "min" : "max") + (ftz ? ".ftz" : "") +
                                     (nan ? ".NaN" : "") + (sign ? ".xorsign.abs" : "");
            check_both(half, name, " %d, %a, %b;", [=](u64 a, u64 b, u64) {
                const u64 flip = sign ? (a ^ b) & f.sign() : 0;
                const auto in = [&](u64 v) { return (ftz ? flush(f, v) : v) & (sign ? ~f.sign() : ~u64{0}); };
                const u64 x = in(a), y = in(b);
                const bool x_nan = is_nan(f, x), y_nan = is_nan(f, y);
                if ((x_nan && y_nan) || (nan && (x_nan || y_nan))) return f.nan;
                if (x_nan || y_nan) return (x_nan ? y : x) ^ flip;
                const double p = widened(f, x), q = widened(f, y);
                const bool x_is_less = p < q || (p == q && std::signbit(p));
                return (x_is_less == less ? x : y) ^ flip;
            });
        }
        check_both(half, "abs", " %d, %a;",
                   [=](u64 a, u64, u64) { return is_nan(f, a) ? f.nan : a & ~f.sign(); });
        check_both(half, "neg", " %d, %a;",
                   [=](u64 a, u64, u64) { return is_nan(f, a) ? f.nan : a ^ f.sign(); });
    }
}

TEST("lanes: f16 and bf16 comparisons") {
    const struct {
        const char* name;
        bool (*holds)(double, double);
    } kAll[] = {{"eq", [](double a, double b) { return a == b; }},
                {"ne", [](double a, double b) { return a < b || a > b; }},
                {"lt", [](double a, double b) { return a < b; }},
                {"leu", [](double a, double b) { return !(a > b); }},
                {"geu", [](double a, double b) { return !(a < b); }},
                {"neu", [](double a, double b) { return !(a == b); }},
                {"num", [](double a, double b) { return a == a && b == b; }},
                {"nan", [](double a, double b) { return a != a || b != b; }}};
    for (const Half& half : kHalves) {
        const Format f = half.format;
        for (const auto& one : kAll) {
            const auto holds = [&](u64 a, u64 b) { return one.holds(widened(f, a), widened(f, b)); };
            check_typed(
                std::string("setp.") + one.name + "." + half.type + " %q, %a, %b; selp.u32 %d, 1, 0, %q;",
                "u32", half.type, [&](u64 a, u64 b, u64) { return u64{holds(a, b)}; });
            check_typed(std::string("setp.") + one.name + "." + half.packed +
                            " %q|%q2, %a, %b; selp.u32 %w0, 1, 0, %q; selp.u32 %w1, 2, 0, %q2;"
                            " or.b32 %d, %w0, %w1;",
                        "u32", half.packed, [&](u64 a, u64 b, u64) {
                            return (holds(a & 0xffff, b & 0xffff) ? 1u : 0u) |
                                   (holds(a >> 16, b >> 16) ? 2u : 0u);
                        });
        }
    }
}

}  // namespace
}  // namespace soft_test
