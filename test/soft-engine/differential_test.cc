// Random operands through single instructions, against plain C++ that shares no code with the engine.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using s128 = __int128;

std::mt19937_64& random_bits() {
    static std::mt19937_64 engine(12345);
    return engine;
}

// Interesting values are rare among random bits, so a third of the operands are taken from a list.
template <class T>
T random_value() {
    static const u64 kEdges[] = {0,
                                 1,
                                 2,
                                 31,
                                 32,
                                 63,
                                 64,
                                 0x7f,
                                 0x80,
                                 0xff,
                                 0x7fff,
                                 0x8000,
                                 0xffff,
                                 0x7fffffff,
                                 0x80000000,
                                 0xffffffff,
                                 0x7f800000,
                                 0xff800000,
                                 0x7fc00000,
                                 0x3f800000,
                                 0x00000001,
                                 0x007fffff,
                                 0x7ff0000000000000,
                                 0x8000000000000000,
                                 0x7fffffffffffffff,
                                 0xffffffffffffffff,
                                 0x3ff0000000000000,
                                 0x7ff8000000000000};
    const u64 bits = random_bits()();
    u64 value = bits % 3 == 0 ? kEdges[bits / 3 % std::size(kEdges)] : bits >> (bits % 5 == 0 ? 40 : 0);
    if constexpr (std::is_floating_point_v<T>) {
        if constexpr (sizeof(T) == 4)
            return std::bit_cast<float>(static_cast<u32>(value));
        else
            return std::bit_cast<double>(value);
    } else {
        return static_cast<T>(value);
    }
}

template <class T>
bool same(T a, T b) {
    if constexpr (std::is_same_v<T, float>) {
        if (b != b) return std::bit_cast<u32>(a) == 0x7fffffffu;
        return std::bit_cast<u32>(a) == std::bit_cast<u32>(b);
    } else if constexpr (std::is_same_v<T, double>) {
        return (a != a && b != b) || std::bit_cast<u64>(a) == std::bit_cast<u64>(b);
    } else {
        return a == b;
    }
}

// Runs `instruction` on random operands and compares each lane with `reference`.
template <class D, class A, class C = A>
void check(const std::string& instruction, const std::function<D(A, A, C)>& reference) {
    HeapDevice device;
    Kernels kernels(device, elementwise(instruction, sizeof(A) * 8, sizeof(D) * 8, sizeof(C) * 8));
    CHECK_EQ(kernels.log, std::string());
    if (kernels.error != 0) return;
    Buffer<A> a(device, 64), b(device, 64);
    Buffer<C> c(device, 64);
    Buffer<D> d(device, 64);
    int wrong = 0;
    for (int round = 0; round < 12 && wrong == 0; ++round) {
        for (std::size_t k = 0; k < 64; ++k) {
            a[k] = random_value<A>();
            b[k] = k % 9 == 0 ? a[k] : random_value<A>();
            c[k] = random_value<C>();
        }
        const auto fault =
            kernels.launch("k", {{1, 1, 1}, {64, 1, 1}},
                           Arguments().add(a.address()).add(b.address()).add(c.address()).add(d.address()));
        CHECK_EQ(fault.text, std::string());
        for (std::size_t k = 0; k < 64 && wrong == 0; ++k) {
            const D expected = reference(a[k], b[k], c[k]);
            if (same(d[k], expected)) continue;
            std::ostringstream text;
            text << instruction << " of " << +a[k] << ", " << +b[k] << ", " << +c[k] << " gives " << +d[k]
                 << ", not " << +expected;
            report_failure(__FILE__, __LINE__, text.str());
            ++wrong;
        }
    }
}

template <class T>
T divide(T a, T b) {
    if (b == 0) return static_cast<T>(~T{0});
    return static_cast<T>(
        std::is_signed_v<T> && b == static_cast<T>(-1) ? static_cast<T>(0 - static_cast<u64>(a)) : a / b);
}

template <class T>
void check_integers(const std::string& type, const std::string& bits) {
    using F = std::function<T(T, T, T)>;
    using Wide = std::conditional_t<std::is_signed_v<T>, s128, u128>;
    constexpr int kBits = sizeof(T) * 8;
    const auto wrap = [](Wide v) { return static_cast<T>(static_cast<std::make_unsigned_t<T>>(v)); };
    check<T, T>("add." + type + " %d, %a, %b;", F([=](T a, T b, T) { return wrap(Wide(a) + b); }));
    check<T, T>("sub." + type + " %d, %a, %b;", F([=](T a, T b, T) { return wrap(Wide(a) - b); }));
    check<T, T>("mul.lo." + type + " %d, %a, %b;", F([=](T a, T b, T) { return wrap(Wide(a) * b); }));
    check<T, T>("mul.hi." + type + " %d, %a, %b;",
                F([=](T a, T b, T) { return wrap((Wide(a) * b) >> kBits); }));
    check<T, T>("mad.lo." + type + " %d, %a, %b, %c;",
                F([=](T a, T b, T c) { return wrap(Wide(a) * b + c); }));
    check<T, T>("mad.hi." + type + " %d, %a, %b, %c;",
                F([=](T a, T b, T c) { return wrap(((Wide(a) * b) >> kBits) + c); }));
    check<T, T>("div." + type + " %d, %a, %b;", F([](T a, T b, T) { return divide(a, b); }));
    check<T, T>("min." + type + " %d, %a, %b;", F([](T a, T b, T) { return std::min(a, b); }));
    check<T, T>("max." + type + " %d, %a, %b;", F([](T a, T b, T) { return std::max(a, b); }));
    check<T, T>("xor." + bits + " %d, %a, %b;", F([](T a, T b, T) { return static_cast<T>(a ^ b); }));
    check<T, T>("and." + bits + " %d, %a, %b;", F([](T a, T b, T) { return static_cast<T>(a & b); }));
    check<T, T>("not." + bits + " %d, %a;", F([](T a, T, T) { return static_cast<T>(~a); }));
    check<T, T>("setp.lt." + type + " %q, %a, %b; selp." + bits + " %d, %a, %c, %q;",
                F([](T a, T b, T c) { return a < b ? a : c; }));
    check<T, T>("setp.ge.and." + type + " %q2, %a, %b, 1; @%q2 mov." + bits + " %d, %b; @!%q2 mov." + bits +
                    " %d, %a;",
                F([](T a, T b, T) { return a >= b ? b : a; }));
    const auto amount = [](u32 c) { return static_cast<int>(std::min<u32>(c, 1000)); };
    using S = std::function<T(T, T, u32)>;
    check<T, T, u32>(
        "shl." + bits + " %d, %a, %c;", S([=](T a, T, u32 c) {
            return amount(c) >= kBits ? T{0} : wrap(static_cast<Wide>(static_cast<u128>(a) << amount(c)));
        }));
    check<T, T, u32>("shr." + type + " %d, %a, %c;", S([=](T a, T, u32 c) {
                         return amount(c) >= kBits ? static_cast<T>(a < 0 ? -1 : 0)
                                                   : static_cast<T>(a >> amount(c));
                     }));
}

TEST("integer arithmetic of every width agrees with C++") {
    check_integers<u16>("u16", "b16");
    check_integers<s16>("s16", "b16");
    check_integers<u32>("u32", "b32");
    check_integers<s32>("s32", "b32");
    check_integers<u64>("u64", "b64");
    check_integers<s64>("s64", "b64");
    check<u64, u32>("mul.wide.u32 %d, %a, %b;",
                    std::function<u64(u32, u32, u32)>([](u32 a, u32 b, u32) { return u64{a} * b; }));
    check<s64, s32>("mul.wide.s32 %d, %a, %b;",
                    std::function<s64(s32, s32, s32)>([](s32 a, s32 b, s32) { return s64{a} * b; }));
    check<s32, s16>("mul.wide.s16 %d, %a, %b;",
                    std::function<s32(s16, s16, s16)>([](s16 a, s16 b, s16) { return a * b; }));
    check<s32, s32>("abs.s32 %d, %a;", std::function<s32(s32, s32, s32)>([](s32 a, s32, s32) {
                        return a < 0 ? static_cast<s32>(0u - static_cast<u32>(a)) : a;
                    }));
}

template <class T>
void check_floats(const std::string& type) {
    using F = std::function<T(T, T, T)>;
    check<T, T>("add." + type + " %d, %a, %b;", F([](T a, T b, T) { return a + b; }));
    check<T, T>("sub." + type + " %d, %a, %b;", F([](T a, T b, T) { return a - b; }));
    check<T, T>("mul." + type + " %d, %a, %b;", F([](T a, T b, T) { return a * b; }));
    check<T, T>("fma.rn." + type + " %d, %a, %b, %c;", F([](T a, T b, T c) { return std::fma(a, b, c); }));
    check<T, T>("div.rn." + type + " %d, %a, %b;", F([](T a, T b, T) { return a / b; }));
    check<T, T>("sqrt.rn." + type + " %d, %a;", F([](T a, T, T) { return std::sqrt(a); }));
    check<T, T>("rcp.rn." + type + " %d, %a;", F([](T a, T, T) { return T{1} / a; }));
    check<T, T>("min." + type + " %d, %a, %b;", F([](T a, T b, T) {
                    if (a == 0 && b == 0) return std::signbit(a) ? a : b;
                    return a != a ? b : b != b ? a : std::min(a, b);
                }));
    check<T, T>("max." + type + " %d, %a, %b;", F([](T a, T b, T) {
                    if (a == 0 && b == 0) return std::signbit(a) ? b : a;
                    return a != a ? b : b != b ? a : std::max(a, b);
                }));
    const struct {
        const char* name;
        bool (*holds)(T, T);
    } kCompares[] = {{"eq", [](T a, T b) { return a == b; }},
                     {"ne", [](T a, T b) { return a < b || a > b; }},
                     {"lt", [](T a, T b) { return a < b; }},
                     {"geu", [](T a, T b) { return !(a < b); }},
                     {"equ", [](T a, T b) { return !(a < b || a > b); }},
                     {"neu", [](T a, T b) { return !(a == b); }},
                     {"num", [](T a, T b) { return a == a && b == b; }},
                     {"nan", [](T a, T b) { return a != a || b != b; }},
                     {"leu", [](T a, T b) { return !(a > b); }},
                     {"gt", [](T a, T b) { return a > b; }}};
    for (const auto& compare : kCompares) {
        check<u32, T>(
            std::string("setp.") + compare.name + "." + type +
                " %q|%q2, %a, %b; selp.b32 %w0, 1, 0, %q;"
                " selp.b32 %w1, 2, 0, %q2; add.u32 %d, %w0, %w1;",
            std::function<u32(T, T, T)>([&](T a, T b, T) { return compare.holds(a, b) ? 1u : 2u; }));
    }
}

TEST("f32 and f64 arithmetic and comparisons agree with C++ bit for bit") {
    check_floats<float>("f32");
    check_floats<double>("f64");
}

template <class I, class F>
I saturated(F v) {
    if (v != v)
        return sizeof(F) == 8 || sizeof(I) == 8
                   ? static_cast<I>(std::make_unsigned_t<I>{1} << (sizeof(I) * 8 - 1))
                   : I{0};
    const long double whole = std::trunc(static_cast<long double>(v));
    if (whole <= static_cast<long double>(std::numeric_limits<I>::min()))
        return std::numeric_limits<I>::min();
    if (whole >= static_cast<long double>(std::numeric_limits<I>::max()))
        return std::numeric_limits<I>::max();
    return static_cast<I>(whole);
}

template <class To, class From>
void check_cvt(const std::string& form, const std::function<To(From)>& reference) {
    check<To, From>("cvt." + form + " %d, %a;",
                    std::function<To(From, From, From)>([&](From a, From, From) { return reference(a); }));
}

TEST("conversions agree with C++: truncation, extension, saturation, rounding") {
    check_cvt<s32, float>("rzi.s32.f32", saturated<s32, float>);
    check_cvt<u32, float>("rzi.u32.f32", saturated<u32, float>);
    check_cvt<s64, float>("rzi.s64.f32", saturated<s64, float>);
    check_cvt<u64, double>("rzi.u64.f64", saturated<u64, double>);
    check_cvt<s32, double>("rzi.s32.f64", saturated<s32, double>);
    check_cvt<s64, double>("rzi.s64.f64", saturated<s64, double>);
    check_cvt<s16, float>("rzi.s16.f32", saturated<s16, float>);
    check_cvt<float, s32>("rn.f32.s32", [](s32 a) { return static_cast<float>(a); });
    check_cvt<float, u64>("rn.f32.u64", [](u64 a) { return static_cast<float>(a); });
    check_cvt<double, s64>("rn.f64.s64", [](s64 a) { return static_cast<double>(a); });
    check_cvt<double, u32>("rn.f64.u32", [](u32 a) { return static_cast<double>(a); });
    check_cvt<double, float>("f64.f32", [](float a) { return static_cast<double>(a); });
    check_cvt<float, float>("rmi.f32.f32", [](float a) { return std::floor(a); });
    check_cvt<float, float>("rni.f32.f32", [](float a) { return std::nearbyint(a); });
    check_cvt<double, double>("rpi.f64.f64", [](double a) { return std::ceil(a); });
    check_cvt<float, float>("sat.f32.f32",
                            [](float a) { return a != a || !(a > 0) ? 0.0f : std::min(a, 1.0f); });
    check_cvt<s64, s32>("s64.s32", [](s32 a) { return s64{a}; });
    check_cvt<u64, u32>("u64.u32", [](u32 a) { return u64{a}; });
    check_cvt<u64, s32>("u64.s32", [](s32 a) { return static_cast<u64>(s64{a}); });
    check_cvt<u32, u64>("u32.u64", [](u64 a) { return static_cast<u32>(a); });
    check_cvt<u32, u32>("u32.u8", [](u32 a) { return a & 0xff; });
    check_cvt<s32, s32>("s32.s8", [](s32 a) { return static_cast<s32>(static_cast<signed char>(a)); });
    check_cvt<s64, s16>("s64.s16", [](s16 a) { return s64{a}; });
    check_cvt<u16, s32>("sat.u16.s32", [](s32 a) { return static_cast<u16>(std::clamp(a, 0, 65535)); });
    check_cvt<s32, s64>("sat.s32.s64", [](s64 a) {
        return static_cast<s32>(
            std::clamp<s64>(a, std::numeric_limits<s32>::min(), std::numeric_limits<s32>::max()));
    });
}

TEST("bit fields, permutations and carries agree with C++") {
    using U = std::function<u32(u32, u32, u32)>;
    check<u32, u32>("popc.b32 %d, %a;",
                    U([](u32 a, u32, u32) { return static_cast<u32>(std::popcount(a)); }));
    check<u32, u64>("clz.b64 %d, %a;", std::function<u32(u64, u64, u64)>([](u64 a, u64, u64) {
                        return static_cast<u32>(std::countl_zero(a));
                    }));
    check<u32, u32>("bfe.u32 %d, %a, %b, %c;", U([](u32 a, u32 b, u32 c) {
                        const u32 at = b & 255, n = c & 255;
                        u64 v = at >= 32 ? 0 : a >> at;
                        return static_cast<u32>(n >= 32 ? v : v & ((u64{1} << n) - 1));
                    }));
    check<u32, u32>("lop3.b32 %d, %a, %b, %c, 0xe8;",
                    U([](u32 a, u32 b, u32 c) { return (a & b) | (b & c) | (a & c); }));
    check<u32, u32>("shf.l.wrap.b32 %d, %a, %b, %c;", U([](u32 a, u32 b, u32 c) {
                        return static_cast<u32>((((u64{b} << 32) | a) << (c & 31)) >> 32);
                    }));
    check<u32, u32>("shf.r.clamp.b32 %d, %a, %b, %c;", U([](u32 a, u32 b, u32 c) {
                        return static_cast<u32>(((u64{b} << 32) | a) >> std::min(c, 32u));
                    }));
    check<u32, u32>("mov.b32 {%h0, %h1}, %a; mov.b32 %d, {%h1, %h0};",
                    U([](u32 a, u32, u32) { return a << 16 | a >> 16; }));
    check<u64, u64>(
        "mov.b64 {%w0, %w1}, %a; mov.b64 {%w2, %w3}, %b; add.cc.u32 %w4, %w0, %w2; addc.u32 %w5, %w1, %w3;"
        " mov.b64 %d, {%w4, %w5};",
        std::function<u64(u64, u64, u64)>([](u64 a, u64 b, u64) { return a + b; }));
    check<u64, u64>(
        "mov.b64 {%w0, %w1}, %a; mov.b64 {%w2, %w3}, %b; sub.cc.u32 %w4, %w0, %w2; subc.u32 %w5, %w1, %w3;"
        " mov.b64 %d, {%w4, %w5};",
        std::function<u64(u64, u64, u64)>([](u64 a, u64 b, u64) { return a - b; }));
    check<u32, u32>("prmt.b32 %d, %a, %b, 0x5410;",
                    U([](u32 a, u32 b, u32) { return (a & 0xffff) | (b << 16); }));
    check<u32, u32>("dp4a.u32.u32 %d, %a, %b, %c;", U([](u32 a, u32 b, u32 c) {
                        for (int k = 0; k < 32; k += 8) c += ((a >> k) & 255) * ((b >> k) & 255);
                        return c;
                    }));
    check<s32, s32>("add.sat.s32 %d, %a, %b;", std::function<s32(s32, s32, s32)>([](s32 a, s32 b, s32) {
                        return static_cast<s32>(std::clamp<s64>(s64{a} + b, std::numeric_limits<s32>::min(),
                                                                std::numeric_limits<s32>::max()));
                    }));
    check<u32, u32>("bfi.b32 %d, %a, %b, 5, 9;",
                    U([](u32 a, u32 b, u32) { return (b & ~(0x1ffu << 5)) | ((a & 0x1ff) << 5); }));
    check<u32, u32>("brev.b32 %d, %a;", U([](u32 a, u32, u32) {
                        u32 r = 0;
                        for (int k = 0; k < 32; ++k) r |= ((a >> k) & 1) << (31 - k);
                        return r;
                    }));
}

#if defined(__FLT16_MAX__)
TEST("f16 arithmetic agrees with the compiler's") {
    const auto value = [](u16 h) { return static_cast<float>(std::bit_cast<_Float16>(h)); };
    const auto bits = [](_Float16 h) {
        const u16 b = std::bit_cast<u16>(h);
        return static_cast<u16>((b & 0x7fff) > 0x7c00 ? 0x7fff : b);
    };
    using H = std::function<u16(u16, u16, u16)>;
    check<u16, u16>("add.f16 %d, %a, %b;",
                    H([&](u16 a, u16 b, u16) { return bits(static_cast<_Float16>(value(a) + value(b))); }));
    check<u16, u16>("mul.f16 %d, %a, %b;",
                    H([&](u16 a, u16 b, u16) { return bits(static_cast<_Float16>(value(a) * value(b))); }));
    check<u32, u16>("cvt.f32.f16 %d, %a;", std::function<u32(u16, u16, u16)>([&](u16 a, u16, u16) {
                        const float v = value(a);
                        return v != v ? 0x7fffffffu : std::bit_cast<u32>(v);
                    }));
    check<u16, float>("cvt.rn.f16.f32 %d, %a;",
                      std::function<u16(float, float, float)>(
                          [&](float a, float, float) { return bits(static_cast<_Float16>(a)); }));
}
#endif

}  // namespace
}  // namespace soft_test
