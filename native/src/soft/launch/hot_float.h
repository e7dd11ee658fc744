// f32 and f64 arithmetic in round-to-nearest, comparisons and the common conversions. Compiled once per
// instruction set by interpreter_float_*.cc. f32 results that are NaN are the GPU's canonical NaN; .ftz is
// done explicitly.
#include <cmath>
#include <limits>

#include "soft/launch/compare_ops.h"
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/isa.h"
#include "soft/numerics/rounding.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

namespace n = numerics;

float canonical(float r) { return n::canonical(r); }
double canonical(double r) { return r; }
float flush(float a) { return n::ftz(a); }

template <class T>
T fadd(T a, T b) {
    return canonical(a + b);
}
template <class T>
T fsub(T a, T b) {
    return canonical(a - b);
}
template <class T>
T fmul(T a, T b) {
    return canonical(a * b);
}
template <class T>
T fdiv(T a, T b) {
    return canonical(a / b);
}
float ffma32(float a, float b, float c) { return n::fma(a, b, c); }
double ffma64(double a, double b, double c) { return __builtin_fma(a, b, c); }
float fsqrt32(float a) { return canonical(__builtin_sqrtf(a)); }
double fsqrt64(double a) { return __builtin_sqrt(a); }
float frcp32(float a) { return canonical(1.0f / a); }
double frcp64(double a) { return 1.0 / a; }

float add_ftz(float a, float b) { return flush(canonical(flush(a) + flush(b))); }
float sub_ftz(float a, float b) { return flush(canonical(flush(a) - flush(b))); }
float mul_ftz(float a, float b) { return n::mul_ftz(a, b); }
float fma_ftz(float a, float b, float c) { return n::fma_ftz(a, b, c); }

float neg32(float a) { return std::bit_cast<float>(std::bit_cast<u32>(a) ^ 0x80000000u); }
float abs32(float a) { return std::bit_cast<float>(std::bit_cast<u32>(a) & 0x7fffffffu); }
double neg64(double a) { return std::bit_cast<double>(std::bit_cast<u64>(a) ^ (u64{1} << 63)); }
double abs64(double a) { return std::bit_cast<double>(std::bit_cast<u64>(a) & ~(u64{1} << 63)); }
float neg_ftz(float a) { return neg32(flush(a)); }
float abs_ftz(float a) { return abs32(flush(a)); }

// The operand that is a number wins; -0 is less than +0.
template <class T>
T fmin2(T a, T b) {
    const auto x = std::bit_cast<LaneOf<T>>(a);
    const auto y = std::bit_cast<LaneOf<T>>(b);
    const auto ordered = a == b ? (x | y) : a < b ? x : y;
    return canonical(std::bit_cast<T>(a != a ? y : b != b ? x : ordered));
}
template <class T>
T fmax2(T a, T b) {
    const auto x = std::bit_cast<LaneOf<T>>(a);
    const auto y = std::bit_cast<LaneOf<T>>(b);
    const auto ordered = a == b ? (x & y) : a > b ? x : y;
    return canonical(std::bit_cast<T>(a != a ? y : b != b ? x : ordered));
}

template <class T>
bool equ(T a, T b) {
    return !((a < b) | (a > b));
}
template <class T>
bool neu(T a, T b) {
    return a != b;
}
template <class T>
bool ltu(T a, T b) {
    return !(a >= b);
}
template <class T>
bool leu(T a, T b) {
    return !(a > b);
}
template <class T>
bool gtu(T a, T b) {
    return !(a <= b);
}
template <class T>
bool geu(T a, T b) {
    return !(a < b);
}
template <class T>
bool num(T a, T b) {
    return (a == a) & (b == b);
}
template <class T>
bool nan(T a, T b) {
    return (a != a) | (b != b);
}

template <class I, class F>
I to_int(F a) {
    constexpr F kLow = static_cast<F>(std::numeric_limits<I>::min());
    constexpr F kHigh = static_cast<F>(std::numeric_limits<I>::max() / 2 + 1) * F{2};
    // A NaN is 0, but the value of the sign bit when either side has 64 bits (PTX ISA, cvt).
    constexpr bool kOddNan = sizeof(F) == 8 || sizeof(I) == 8;
    if (a != a) return kOddNan ? static_cast<I>(std::make_unsigned_t<I>{1} << (sizeof(I) * 8 - 1)) : I{0};
    if (a >= kHigh) return std::numeric_limits<I>::max();
    return a <= kLow ? std::numeric_limits<I>::min() : static_cast<I>(a);
}
template <class F, class I>
F from_int(I a) {
    return static_cast<F>(a);
}
double widen(float a) { return static_cast<double>(a); }
// A NaN becomes quiet and keeps its payload's upper part.
float narrow(double a) { return static_cast<float>(a); }

constexpr std::uint8_t variant_of(ptx::Type type) { return static_cast<std::uint8_t>(type); }

#define FERRY_FLOAT_COMPARES(T, C)                                                                          \
    FERRY_COMPARES(T, C), FERRY_OP(setp, T, variant_of(ptx::Mod::equ), equ<C>),                             \
        FERRY_OP(setp, T, variant_of(ptx::Mod::neu), neu<C>),                                               \
        FERRY_OP(setp, T, variant_of(ptx::Mod::ltu), ltu<C>),                                               \
        FERRY_OP(setp, T, variant_of(ptx::Mod::leu), leu<C>),                                               \
        FERRY_OP(setp, T, variant_of(ptx::Mod::gtu), gtu<C>),                                               \
        FERRY_OP(setp, T, variant_of(ptx::Mod::geu), geu<C>),                                               \
        FERRY_OP(setp, T, variant_of(ptx::Mod::num), num<C>),                                               \
        FERRY_OP(setp, T, variant_of(ptx::Mod::nan), nan<C>)

#define FERRY_CVT(TO, FROM, op)                                                                 \
    {Family::cvt, ptx::Type::TO, variant_of(ptx::Type::FROM), &LaneOp<op>::template run<false>, \
     &LaneOp<op>::template run<true>}

float copy_flushed(float a) { return flush(a); }

const OpEntry kEntries[] = {
    FERRY_OP(add, f32, 0, fadd<float>),
    FERRY_OP(add, f64, 0, fadd<double>),
    FERRY_OP(add, f32, 1, add_ftz),
    FERRY_OP(sub, f32, 0, fsub<float>),
    FERRY_OP(sub, f64, 0, fsub<double>),
    FERRY_OP(sub, f32, 1, sub_ftz),
    FERRY_OP(mul_lo, f32, 0, fmul<float>),
    FERRY_OP(mul_lo, f64, 0, fmul<double>),
    FERRY_OP(mul_lo, f32, 1, mul_ftz),
    FERRY_OP(fma, f32, 0, ffma32),
    FERRY_OP(fma, f64, 0, ffma64),
    FERRY_OP(fma, f32, 1, fma_ftz),
    FERRY_OP(div, f32, 0, fdiv<float>),
    FERRY_OP(div, f64, 0, fdiv<double>),
    FERRY_OP(sqrt, f32, 0, fsqrt32),
    FERRY_OP(sqrt, f64, 0, fsqrt64),
    FERRY_OP(rcp, f32, 0, frcp32),
    FERRY_OP(rcp, f64, 0, frcp64),
    FERRY_OP(neg, f32, 0, neg32),
    FERRY_OP(neg, f64, 0, neg64),
    FERRY_OP(neg, f32, 1, neg_ftz),
    FERRY_OP(abs, f32, 0, abs32),
    FERRY_OP(abs, f64, 0, abs64),
    FERRY_OP(abs, f32, 1, abs_ftz),
    FERRY_OP(min, f32, 0, fmin2<float>),
    FERRY_OP(min, f64, 0, fmin2<double>),
    FERRY_OP(max, f32, 0, fmax2<float>),
    FERRY_OP(max, f64, 0, fmax2<double>),
    FERRY_FLOAT_COMPARES(f32, float),
    FERRY_FLOAT_COMPARES(f64, double),
    FERRY_OP(mov, f32, 1, copy_flushed),
};

// clang-format off: one row a conversion
const OpEntry kConvertEntries[] = {
    FERRY_CVT(s32, f32, (to_int<s32, float>)), FERRY_CVT(u32, f32, (to_int<u32, float>)),
    FERRY_CVT(s64, f32, (to_int<s64, float>)), FERRY_CVT(u64, f32, (to_int<u64, float>)),
    FERRY_CVT(s32, f64, (to_int<s32, double>)), FERRY_CVT(u32, f64, (to_int<u32, double>)),
    FERRY_CVT(s64, f64, (to_int<s64, double>)), FERRY_CVT(u64, f64, (to_int<u64, double>)),
    FERRY_CVT(f32, s32, (from_int<float, s32>)), FERRY_CVT(f32, u32, (from_int<float, u32>)),
    FERRY_CVT(f32, s64, (from_int<float, s64>)), FERRY_CVT(f32, u64, (from_int<float, u64>)),
    FERRY_CVT(f64, s32, (from_int<double, s32>)), FERRY_CVT(f64, u32, (from_int<double, u32>)),
    FERRY_CVT(f64, s64, (from_int<double, s64>)), FERRY_CVT(f64, u64, (from_int<double, u64>)),
    FERRY_CVT(f64, f32, widen), FERRY_CVT(f32, f64, narrow),
};

}  // namespace

namespace FERRY_ISA {
std::span<const OpEntry> float_entries() { return kEntries; }
std::span<const OpEntry> float_convert_entries() { return kConvertEntries; }
}  // namespace FERRY_ISA

}  // namespace soft
