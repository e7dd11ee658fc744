// What an atomic operation makes of a value: one definition for atomic.cc and, compiled once per instruction
// set, for hot_atomic.h.
#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

#include "soft/numerics/half.h"
#include "soft/ptx/types.h"

namespace soft {
namespace {

using ptx::Mod;
using ptx::Type;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

template <class T>
[[gnu::always_inline]] inline T integer_result(Mod op, T old, T b, T c) {
    switch (op) {
        case Mod::add:
            return static_cast<T>(old + b);
        case Mod::and_:
            return old & b;
        case Mod::or_:
            return old | b;
        case Mod::xor_:
            return old ^ b;
        case Mod::exch:
            return b;
        case Mod::cas:
            return old == b ? c : old;
        case Mod::inc:
            return old >= b ? T{0} : static_cast<T>(old + 1);
        case Mod::dec:
            return old == 0 || old > b ? b : static_cast<T>(old - 1);
        case Mod::min:
            return old < b ? old : b;
        default:
            return old < b ? b : old;
    }
}

template <class T>
[[gnu::always_inline]] inline T signed_result(Mod op, T old, T b, T c) {
    using Signed = std::make_signed_t<T>;
    const bool less = static_cast<Signed>(old) < static_cast<Signed>(b);
    if (op == Mod::min) return less ? old : b;
    if (op == Mod::max) return less ? b : old;
    return integer_result(op, old, b, c);
}

[[gnu::always_inline]] inline u32 add_f32(u32 old, u32 b, bool flushes) {
    const float x = std::bit_cast<float>(old);
    const float y = std::bit_cast<float>(b);
    return std::bit_cast<u32>(flushes ? numerics::ftz(numerics::add(numerics::ftz(x), numerics::ftz(y)))
                                      : numerics::add(x, y));
}

template <class F>
[[gnu::always_inline]] inline u32 packed_result(Mod op, u32 old, u32 b) {
    if (op == Mod::min) return numerics::halves(old, b, numerics::half_min<F>);
    if (op == Mod::max) return numerics::halves(old, b, numerics::half_max<F>);
    return numerics::halves(old, b, numerics::half_add<F>);
}

template <class F>
[[gnu::always_inline]] inline u32 half_result(Mod op, u32 old, u32 b) {
    return packed_result<F>(op, old & 0xffffu, b & 0xffffu) & 0xffffu;
}

// The new value of a word of up to 32 bits.
[[gnu::always_inline]] inline u32 word_result(Mod op, Type type, u32 old, u32 b, u32 c, bool flushes) {
    switch (type) {
        case Type::f32:
            return op == Mod::add ? add_f32(old, b, flushes) : integer_result(op, old, b, c);
        case Type::f16x2:
            return packed_result<numerics::FormatF16>(op, old, b);
        case Type::bf16x2:
            return packed_result<numerics::FormatBf16>(op, old, b);
        case Type::f16:
            return half_result<numerics::FormatF16>(op, old, b);
        case Type::bf16:
            return half_result<numerics::FormatBf16>(op, old, b);
        case Type::s32:
            return signed_result(op, old, b, c);
        case Type::b16:
        case Type::u16:
            return integer_result(op, static_cast<u16>(old), static_cast<u16>(b), static_cast<u16>(c));
        default:
            return integer_result(op, old, b, c);
    }
}

[[gnu::always_inline]] inline u64 wide_result(Mod op, Type type, u64 old, u64 b, u64 c) {
    if (type == Type::f64 && op == Mod::add) {
        return std::bit_cast<u64>(numerics::add(std::bit_cast<double>(old), std::bit_cast<double>(b)));
    }
    return type == Type::s64 ? signed_result(op, old, b, c) : integer_result(op, old, b, c);
}

}  // namespace
}  // namespace soft
