// Bit-level PTX instructions: prmt, bfe, bfi, bfind, fns, bmsk, szext, shf, shl, shr, lop3, brev, popc,
// clz. Called per lane by the interpreter. Pure functions without state; integer arithmetic is in integer.h
// (included here).
#pragma once
#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "soft/numerics/integer.h"
#include "soft/numerics/isa.h"

namespace soft::numerics {
enum class Permute : std::uint8_t { index, f4e, b4e, rc8, ecl, ecr, rc16 };
enum class Overrun : std::uint8_t { clamp, wrap };  // what an amount of the register's width or more means

inline namespace FERRY_ISA {

// The byte of {b, a} that byte `i` of prmt's result takes in the modes with one shared selector.
inline std::uint32_t permute_source(Permute mode, std::uint32_t selector, std::uint32_t i) {
    const std::uint32_t s = selector & 3u;
    switch (mode) {
        case Permute::f4e:
            return s + i;
        case Permute::b4e:
            return (s - i) & 7u;
        case Permute::rc8:
            return s;
        case Permute::ecl:
            return std::max(s, i);
        case Permute::ecr:
            return std::min(s, i);
        case Permute::rc16:
            return (s & 1u) * 2u + (i & 1u);
        case Permute::index:
            break;
    }
    return (selector >> (4u * i)) & 7u;
}

// prmt.b32{.mode}: picks four bytes of {b, a}. In index mode bit 3 of a nibble replicates the byte's sign
// instead.
inline std::uint32_t prmt(std::uint32_t a, std::uint32_t b, std::uint32_t selector,
                          Permute mode = Permute::index) {
    const std::uint64_t bytes = (std::uint64_t{b} << 32) | a;
    std::uint32_t result = 0;
    for (std::uint32_t i = 0; i < 4; ++i) {
        std::uint32_t byte =
            static_cast<std::uint32_t>(bytes >> (8u * permute_source(mode, selector, i))) & 0xffu;
        const bool replicate = mode == Permute::index && ((selector >> (4u * i)) & 8u) != 0;
        if (replicate) byte = (byte & 0x80u) != 0 ? 0xffu : 0u;
        result |= byte << (8u * i);
    }
    return result;
}

// The low `count` bits set; all bits when `count` reaches the width.
template <std::unsigned_integral T>
constexpr T low_mask(std::uint32_t count) {
    constexpr std::uint32_t kWidth = sizeof(T) * 8;
    return count >= kWidth ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << count) - 1u);
}

// bfe: extracts `length` bits at `position` (both taken modulo 256), sign-extending for a signed T. The
// sign is the field's top bit, or the register's when the field sticks out of it.
template <std::integral T>
inline T bfe(T a, std::uint32_t position, std::uint32_t length) {
    using U = std::make_unsigned_t<T>;
    constexpr std::uint32_t kWidth = sizeof(T) * 8;
    const std::uint32_t pos = position & 0xffu;
    const std::uint32_t len = length & 0xffu;
    const U bits = static_cast<U>(a);
    const U field = pos < kWidth ? static_cast<U>((bits >> pos) & low_mask<U>(len)) : U{0};
    if constexpr (std::is_unsigned_v<T>) return field;
    if (len == 0) return T{0};
    const bool sign = ((bits >> std::min(pos + len - 1u, kWidth - 1u)) & 1u) != 0;
    const std::uint32_t taken = pos < kWidth ? std::min(len, kWidth - pos) : 0u;
    return static_cast<T>(sign ? static_cast<U>(field | static_cast<U>(~low_mask<U>(taken))) : field);
}

// bfi: puts the low `length` bits of `a` into `b` at `position`; what would stick out is dropped.
template <std::unsigned_integral T>
inline T bfi(T a, T b, std::uint32_t position, std::uint32_t length) {
    constexpr std::uint32_t kWidth = sizeof(T) * 8;
    const std::uint32_t pos = position & 0xffu;
    if (pos >= kWidth) return b;
    const T mask = static_cast<T>(low_mask<T>(length & 0xffu) << pos);
    return static_cast<T>((b & static_cast<T>(~mask)) | (static_cast<T>(a << pos) & mask));
}

// bfind: index of the most significant bit that is not sign; 0xffffffff when there is none.
template <std::integral T>
inline std::uint32_t bfind(T a) {
    using U = std::make_unsigned_t<T>;
    const U bits = a < T{0} ? static_cast<U>(~static_cast<U>(a)) : static_cast<U>(a);
    return static_cast<std::uint32_t>(std::bit_width(bits)) - 1u;
}

// bfind.shiftamt: how far left that bit must move to become the top one; 0xffffffff when there is none.
template <std::integral T>
inline std::uint32_t bfind_shiftamt(T a) {
    const std::uint32_t found = bfind(a);
    return found == 0xffffffffu ? found : static_cast<std::uint32_t>(sizeof(T) * 8 - 1u) - found;
}

template <std::unsigned_integral T>
inline T brev(T a) {
    std::uint64_t v = a;
    v = ((v >> 1) & 0x5555555555555555u) | ((v & 0x5555555555555555u) << 1);
    v = ((v >> 2) & 0x3333333333333333u) | ((v & 0x3333333333333333u) << 2);
    v = ((v >> 4) & 0x0f0f0f0f0f0f0f0fu) | ((v & 0x0f0f0f0f0f0f0f0fu) << 4);
    return static_cast<T>(__builtin_bswap64(v) >> (64u - sizeof(T) * 8u));
}

template <std::unsigned_integral T>
inline std::uint32_t popc(T a) {
    return static_cast<std::uint32_t>(std::popcount(a));
}

template <std::unsigned_integral T>
inline std::uint32_t clz(T a) {
    return static_cast<std::uint32_t>(std::countl_zero(a));
}

// fns.b32: position of the n-th set bit of `mask` from `base`, upwards for a positive `offset`, downwards
// for a negative one; offset 0 asks about bit `base` itself. 0xffffffff when there is none, also for a base
// beyond 31.
inline std::uint32_t fns(std::uint32_t mask, std::uint32_t base, std::int32_t offset) {
    if (base > 31u) return 0xffffffffu;
    if (offset == 0) return ((mask >> base) & 1u) != 0 ? base : 0xffffffffu;
    const std::int32_t step = offset > 0 ? 1 : -1;
    std::uint32_t left =
        offset > 0 ? static_cast<std::uint32_t>(offset) : 0u - static_cast<std::uint32_t>(offset);
    for (std::int32_t pos = static_cast<std::int32_t>(base); pos >= 0 && pos < 32; pos += step) {
        left -= (mask >> pos) & 1u;
        if (left == 0) return static_cast<std::uint32_t>(pos);
    }
    return 0xffffffffu;
}

// bmsk: `width` ones starting at `position`.
inline std::uint32_t bmsk(std::uint32_t position, std::uint32_t width, Overrun mode) {
    const bool clamp = mode == Overrun::clamp;
    if (clamp && position >= 32u) return 0;
    const std::uint32_t from = position & 31u;
    const std::uint32_t sum = from + (width & 31u);
    const bool to_top = sum >= 32u || (clamp && width >= 32u);
    return (~0u << from) & (to_top ? ~0u : low_mask<std::uint32_t>(sum));
}

// szext: keeps the low `count` bits and extends them by zero (T unsigned) or sign (T signed).
template <std::integral T>
    requires(sizeof(T) == 4)
inline T szext(T a, std::uint32_t count, Overrun mode) {
    const std::uint32_t bits = static_cast<std::uint32_t>(a);
    if (mode == Overrun::clamp && count >= 32u) return a;
    const std::uint32_t n = count & 31u;
    if (n == 0) return T{0};
    const std::uint32_t kept = bits & low_mask<std::uint32_t>(n);
    const bool sign = std::is_signed_v<T> && ((bits >> (n - 1u)) & 1u) != 0;
    return static_cast<T>(sign ? kept | (~0u << n) : kept);
}

// shf.l: the upper word of {high, low} << amount. shf.r: the lower word of {high, low} >> amount.
inline std::uint32_t shf_l(std::uint32_t low, std::uint32_t high, std::uint32_t amount, Overrun mode) {
    const std::uint32_t n = mode == Overrun::clamp ? std::min(amount, 32u) : (amount & 31u);
    return static_cast<std::uint32_t>((((std::uint64_t{high} << 32) | low) << n) >> 32);
}
inline std::uint32_t shf_r(std::uint32_t low, std::uint32_t high, std::uint32_t amount, Overrun mode) {
    const std::uint32_t n = mode == Overrun::clamp ? std::min(amount, 32u) : (amount & 31u);
    return static_cast<std::uint32_t>(((std::uint64_t{high} << 32) | low) >> n);
}

// shl.b16/b32/b64 and shr.u/s: amounts of the width or more give zero, or the sign for a signed T.
template <std::unsigned_integral T>
constexpr T shl(T a, std::uint32_t amount) {
    return amount >= sizeof(T) * 8 ? T{0} : static_cast<T>(a << amount);
}
template <std::integral T>
constexpr T shr(T a, std::uint32_t amount) {
    constexpr std::uint32_t kTop = sizeof(T) * 8 - 1;
    if constexpr (std::is_unsigned_v<T>) return amount > kTop ? T{0} : static_cast<T>(a >> amount);
    return static_cast<T>(a >> (amount > kTop ? kTop : amount));
}

// lop3.b32: bit i of the result is bit (a_i b_i c_i) of `table`.
inline std::uint32_t lop3(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t table) {
    std::uint32_t result = 0;
    for (std::uint32_t term = 0; term < 8; ++term) {
        const std::uint32_t x = (term & 4u) != 0 ? a : ~a;
        const std::uint32_t y = (term & 2u) != 0 ? b : ~b;
        const std::uint32_t z = (term & 1u) != 0 ? c : ~c;
        result |= x & y & z & (0u - ((table >> term) & 1u));
    }
    return result;
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
