// Conversions between integers of all sizes, and between f32 and the half formats. Compiled once per
// instruction set by interpreter_convert_*.cc. A narrow signed result carries its sign through its 32-bit
// slot.
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/convert.h"

namespace soft {
namespace {

namespace n = numerics;
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

template <class T>
using Register = std::conditional_t<(sizeof(T) >= 4), T, std::conditional_t<std::is_signed_v<T>, s32, u32>>;

template <class To, class From>
Register<To> cast(From a) {
    return static_cast<Register<To>>(static_cast<To>(a));
}

template <n::Round R>
float integral(float a) {
    return n::canonical(n::round_integral<R>(a));
}

#define FERRY_CVT(TO, FROM, op)                                              \
    {Family::cvt, ptx::Type::TO, static_cast<std::uint8_t>(ptx::Type::FROM), \
     &LaneOp<op>::template run<false>, &LaneOp<op>::template run<true>}
#define FERRY_CASTS(TO)                                                           \
    FERRY_CVT(TO, u8, (cast<TO, u8>)), FERRY_CVT(TO, u16, (cast<TO, u16>)),       \
        FERRY_CVT(TO, u32, (cast<TO, u32>)), FERRY_CVT(TO, u64, (cast<TO, u64>)), \
        FERRY_CVT(TO, s8, (cast<TO, s8>)), FERRY_CVT(TO, s16, (cast<TO, s16>)),   \
        FERRY_CVT(TO, s32, (cast<TO, s32>)), FERRY_CVT(TO, s64, (cast<TO, s64>))

// cvt_general's variants of rounding to an integral value, and to s32 in modes other than rzi.
constexpr std::uint8_t kNear = static_cast<std::uint8_t>(ptx::Mod::rni);
constexpr std::uint8_t kDown = static_cast<std::uint8_t>(ptx::Mod::rmi);
constexpr std::uint8_t kUp = static_cast<std::uint8_t>(ptx::Mod::rpi);
constexpr std::uint8_t kZero = static_cast<std::uint8_t>(ptx::Mod::rzi);

const OpEntry kEntries[] = {
    FERRY_CASTS(u8),
    FERRY_CASTS(u16),
    FERRY_CASTS(u32),
    FERRY_CASTS(u64),
    FERRY_CASTS(s8),
    FERRY_CASTS(s16),
    FERRY_CASTS(s32),
    FERRY_CASTS(s64),
    FERRY_CVT(f32, f16, n::f16_to_f32),
    FERRY_CVT(f32, bf16, n::bf16_to_f32),
    FERRY_CVT(f16, f32, n::f32_to_f16_nearest),
    FERRY_CVT(bf16, f32, n::f32_to_bf16_nearest),
    FERRY_OP(cvt_general, f32, kNear, integral<n::Round::rn>),
    FERRY_OP(cvt_general, f32, kDown, integral<n::Round::rm>),
    FERRY_OP(cvt_general, f32, kUp, integral<n::Round::rp>),
    FERRY_OP(cvt_general, f32, kZero, integral<n::Round::rz>),
    FERRY_OP(cvt_general, s32, kNear, (n::float_to_int<s32, n::Round::rn, float>)),
    FERRY_OP(cvt_general, s32, kDown, (n::float_to_int<s32, n::Round::rm, float>)),
    FERRY_OP(cvt_general, s32, kUp, (n::float_to_int<s32, n::Round::rp, float>)),
};

}  // namespace

namespace FERRY_ISA {
std::span<const OpEntry> convert_entries() { return kEntries; }
}  // namespace FERRY_ISA

}  // namespace soft
