// Every integer instruction over random lanes: arithmetic, comparisons, shifts and logic of all widths.
#include <algorithm>
#include <limits>

#include "lanes.h"
#include "testing.h"

namespace soft_test {
namespace {

template <class T>
struct Integers {
    static constexpr int kBits = sizeof(T) * 8;
    static constexpr bool kSigned = std::is_signed_v<T>;
    using Wide = std::conditional_t<kSigned, s128, u128>;

    static std::string type() { return (kSigned ? "s" : "u") + std::to_string(kBits); }
    static std::string bits() { return "b" + std::to_string(kBits); }
    static T value(u64 v) { return static_cast<T>(v); }
    static u64 raw(Wide v) { return static_cast<u64>(v); }

    static void check(const std::string& op, const std::function<Wide(T, T, T)>& body,
                      const std::string& c = "") {
        check_typed(
            op, type(), type(), [&](u64 x, u64 y, u64 z) { return raw(body(value(x), value(y), value(z))); },
            c);
    }
    static Wide quotient(T a, T b) { return b == 0 ? Wide(-1) : Wide(a) / Wide(b); }

    static void arithmetic() {
        const std::string t = type() + " %d, %a, %b";
        check("add." + t + ";", [](T a, T b, T) { return Wide(a) + b; });
        check("sub." + t + ";", [](T a, T b, T) { return Wide(a) - b; });
        check("mul.lo." + t + ";", [](T a, T b, T) { return Wide(a) * b; });
        check("mul.hi." + t + ";", [](T a, T b, T) { return (Wide(a) * b) >> kBits; });
        check("mad.lo." + t + ", %c;", [](T a, T b, T c) { return Wide(a) * b + c; });
        check("mad.hi." + t + ", %c;", [](T a, T b, T c) { return ((Wide(a) * b) >> kBits) + c; });
        check("div." + t + ";", [](T a, T b, T) { return quotient(a, b); });
        // By zero it is not defined; what this device answers is the operand.
        check("rem." + t + ";", [](T a, T b, T) { return b == 0 ? Wide(a) : Wide(a) % Wide(b); });
        check("min." + t + ";", [](T a, T b, T) { return Wide(std::min(a, b)); });
        check("max." + t + ";", [](T a, T b, T) { return Wide(std::max(a, b)); });
        check("sad." + t + ", %c;",
              [](T a, T b, T c) { return Wide(c) + (a < b ? Wide(b) - a : Wide(a) - b); });
        if (!kSigned) return;
        check("abs." + type() + " %d, %a;", [](T a, T, T) { return a < 0 ? -Wide(a) : Wide(a); });
        check("neg." + type() + " %d, %a;", [](T a, T, T) { return -Wide(a); });
    }

    static void logic() {
        const std::string t = bits() + " %d, %a, %b;";
        check("and." + t, [](T a, T b, T) { return Wide(a & b); });
        check("or." + t, [](T a, T b, T) { return Wide(a | b); });
        check("xor." + t, [](T a, T b, T) { return Wide(a ^ b); });
        check("not." + bits() + " %d, %a;", [](T a, T, T) { return Wide(~a); });
        check("cnot." + bits() + " %d, %a;", [](T a, T, T) { return Wide(a == 0 ? 1 : 0); });
        check("mov." + bits() + " %d, %a;", [](T a, T, T) { return Wide(a); });
        const auto shift = [](u64 amount) { return static_cast<int>(std::min<u64>(amount, kBits)); };
        check_typed(
            "shl." + bits() + " %d, %a, %c;", type(), type(),
            [=](u64 a, u64, u64 c) { return raw(Wide(static_cast<u128>(a) << shift(c))); }, "count");
        check_typed(
            "shr." + type() + " %d, %a, %c;", type(), type(),
            [=](u64 a, u64, u64 c) { return raw(Wide(value(a)) >> shift(c)); }, "count");
    }

    static void comparisons() {
        const struct {
            const char* name;
            bool (*holds)(T, T);
        } kAll[] = {{"eq", [](T a, T b) { return a == b; }}, {"ne", [](T a, T b) { return a != b; }},
                    {"lt", [](T a, T b) { return a < b; }},  {"le", [](T a, T b) { return a <= b; }},
                    {"gt", [](T a, T b) { return a > b; }},  {"ge", [](T a, T b) { return a >= b; }}};
        for (const auto& one : kAll) {
            const std::string form = std::string(one.name) + "." + type();
            check_typed("setp." + form + " %q, %a, %b; selp." + bits() + " %d, %a, %c, %q;", type(), type(),
                        [&](u64 a, u64 b, u64 c) { return one.holds(value(a), value(b)) ? a : c; });
            check_typed(
                "setp.eq.u32 %q2, %c, 7; setp." + std::string(one.name) + ".xor." + type() +
                    " %q|%q2, %a, %b, %q2; selp.u32 %w0, 1, 0, %q; selp.u32 %w1, 2, 0, %q2;"
                    " or.b32 %d, %w0, %w1;",
                "u32", type(),
                [&](u64 a, u64 b, u64 c) {
                    const bool holds = one.holds(value(a), value(b)), with = c == 7;
                    return (holds != with ? 1u : 0u) | ((!holds) != with ? 2u : 0u);
                },
                "count");
            check_typed("set." + std::string(one.name) + ".u32." + type() + " %d, %a, %b;", "u32", type(),
                        [&](u64 a, u64 b, u64) { return one.holds(value(a), value(b)) ? ~u64{0} : 0; });
        }
    }

    static void all() {
        arithmetic();
        logic();
        comparisons();
    }
};

TEST("lanes: integer instructions of every width agree with C++") {
    Integers<u16>::all();
    Integers<s16>::all();
    Integers<u32>::all();
    Integers<s32>::all();
    Integers<u64>::all();
    Integers<s64>::all();
}

template <class T, class W>
void check_wide() {
    const std::string t = Integers<T>::type(), w = Integers<W>::type();
    const auto value = [](u64 v) { return static_cast<W>(static_cast<T>(v)); };
    check_typed("mul.wide." + t + " %d, %a, %b;", w, t,
                [=](u64 a, u64 b, u64) { return static_cast<u64>(value(a) * value(b)); });
    check_typed(
        "mad.wide." + t + " %d, %a, %b, %c;", w, t,
        [=](u64 a, u64 b, u64 c) { return static_cast<u64>(value(a) * value(b)) + c; }, w);
}

TEST("lanes: products of twice the width agree with C++") {
    check_wide<u16, u32>();
    check_wide<s16, s32>();
    check_wide<u32, u64>();
    check_wide<s32, s64>();
}

s64 clamped(s128 v) {
    return static_cast<s64>(
        std::clamp<s128>(v, std::numeric_limits<s32>::min(), std::numeric_limits<s32>::max()));
}

TEST("lanes: saturating, 24-bit and carrying arithmetic agrees with C++") {
    using I = Integers<s32>;
    I::check("add.sat.s32 %d, %a, %b;", [](s32 a, s32 b, s32) { return s128{clamped(s128{a} + b)}; });
    I::check("sub.sat.s32 %d, %a, %b;", [](s32 a, s32 b, s32) { return s128{clamped(s128{a} - b)}; });
    I::check("mad.hi.sat.s32 %d, %a, %b, %c;",
             [](s32 a, s32 b, s32 c) { return s128{clamped(((s128{a} * b) >> 32) + c)}; });
    const auto low = [](u64 v) { return s64{static_cast<s32>(static_cast<u32>(v) << 8)} >> 8; };
    const auto lowu = [](u64 v) { return v & 0xffffff; };
    check_typed("mul24.lo.s32 %d, %a, %b;", "s32", "s32",
                [=](u64 a, u64 b, u64) { return static_cast<u64>(low(a) * low(b)); });
    check_typed("mul24.hi.s32 %d, %a, %b;", "s32", "s32",
                [=](u64 a, u64 b, u64) { return static_cast<u64>((low(a) * low(b)) >> 16); });
    check_typed("mul24.lo.u32 %d, %a, %b;", "u32", "u32",
                [=](u64 a, u64 b, u64) { return lowu(a) * lowu(b); });
    check_typed("mul24.hi.u32 %d, %a, %b;", "u32", "u32",
                [=](u64 a, u64 b, u64) { return (lowu(a) * lowu(b)) >> 16; });
    check_typed("mad24.lo.s32 %d, %a, %b, %c;", "s32", "s32",
                [=](u64 a, u64 b, u64 c) { return static_cast<u64>(low(a) * low(b)) + c; });
    check_typed("mad24.hi.u32 %d, %a, %b, %c;", "u32", "u32",
                [=](u64 a, u64 b, u64 c) { return ((lowu(a) * lowu(b)) >> 16) + c; });
    check_typed("mad24.hi.sat.s32 %d, %a, %b, %c;", "s32", "s32", [=](u64 a, u64 b, u64 c) {
        return static_cast<u64>(clamped(((low(a) * low(b)) >> 16) + s128{static_cast<s32>(c)}));
    });
    const std::string parts = "mov.b64 {%w0, %w1}, %a; mov.b64 {%w2, %w3}, %b;";
    check_typed(parts + "add.cc.u32 %w4, %w0, %w2; addc.u32 %w5, %w1, %w3; mov.b64 %d, {%w4, %w5};", "u64",
                "u64", [](u64 a, u64 b, u64) { return a + b; });
    check_typed(parts + "sub.cc.u32 %w4, %w0, %w2; subc.u32 %w5, %w1, %w3; mov.b64 %d, {%w4, %w5};", "u64",
                "u64", [](u64 a, u64 b, u64) { return a - b; });
    check_typed(parts +
                    "mov.b64 {%w6, %w7}, %c; mad.lo.cc.u32 %w4, %w0, %w2, %w6;"
                    " madc.hi.u32 %w5, %w0, %w2, %w7; mov.b64 %d, {%w4, %w5};",
                "u64", "u64", [](u64 a, u64 b, u64 c) { return (a & ~0u) * (b & ~0u) + c; });
    check_typed("add.cc.u64 %x0, %a, %b; addc.u64 %d, %c, 0;", "u64", "u64",
                [](u64 a, u64 b, u64 c) { return c + (a + b < a ? 1 : 0); });
    check_typed(
        "slct.u32.s32 %d, %a, %b, %c;", "u32", "u32",
        [](u64 a, u64 b, u64 c) { return static_cast<s32>(c) >= 0 ? a : b; }, "s32");
    check_typed(
        "slct.u64.f32 %d, %a, %b, %c;", "u64", "u64",
        [](u64 a, u64 b, u64 c) { return as_f32(c) >= 0 ? a : b; }, "f32");
}

}  // namespace
}  // namespace soft_test
