// Typed access to register slots and the loops over 32 lanes. Included by every unit that implements
// handlers, inside whatever instruction set it is compiled for, hence everything here has internal linkage.
#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

#include "soft/launch/warp.h"
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace soft {
namespace {

template <class T>
using LaneOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

// SAFETY: slots are 64-byte aligned and only ever accessed as 32- or 64-bit words.
template <class Word>
[[gnu::always_inline]] inline Word* slot(Warp& w, std::uint32_t offset) {
    return static_cast<Word*>(__builtin_assume_aligned(static_cast<void*>(w.regs + offset), 64));
}

[[gnu::always_inline]] inline std::uint32_t& predicate(Warp& w, std::uint32_t offset) {
    return *static_cast<std::uint32_t*>(static_cast<void*>(w.regs + offset));
}

template <class T>
[[gnu::always_inline]] inline T from_lane(LaneOf<T> bits) {
    if constexpr (std::is_floating_point_v<T>)
        return std::bit_cast<T>(bits);
    else
        return static_cast<T>(bits);
}

template <class T>
[[gnu::always_inline]] inline LaneOf<T> to_lane(T value) {
    if constexpr (std::is_floating_point_v<T>)
        return std::bit_cast<LaneOf<T>>(value);
    else
        return static_cast<LaneOf<T>>(static_cast<std::make_unsigned_t<T>>(value));
}

// One bit a lane from words that are 0 or ~0.
[[gnu::always_inline]] inline std::uint32_t mask_of(const std::uint32_t* words) {
    std::uint32_t mask = 0;
#if defined(__AVX512DQ__)
    mask = static_cast<std::uint32_t>(_mm512_movepi32_mask(_mm512_load_si512(words))) |
           (static_cast<std::uint32_t>(_mm512_movepi32_mask(_mm512_load_si512(words + 16))) << 16);
#elif defined(__AVX2__)
    const auto* v = static_cast<const __m256i*>(static_cast<const void*>(words));
    for (int k = 0; k < 4; ++k) {
        const __m256 signs = _mm256_castsi256_ps(_mm256_load_si256(v + k));
        mask |= static_cast<std::uint32_t>(_mm256_movemask_ps(signs)) << (8 * k);
    }
#else
    const auto* v = static_cast<const __m128i*>(static_cast<const void*>(words));
    for (int k = 0; k < 8; ++k) {
        mask |= static_cast<std::uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(_mm_load_si128(v + k))))
                << (4 * k);
    }
#endif
    return mask;
}

[[gnu::always_inline]] inline void write_predicate(Warp& w, std::uint32_t offset, std::uint32_t mask) {
    std::uint32_t& p = predicate(w, offset);
    p = (p & ~w.active) | (mask & w.active);
}

// Stores one value a lane; the others keep theirs when `P` (partial).
template <bool P, class Word, class Value>
[[gnu::always_inline]] inline void store_lanes(Warp& w, std::uint32_t offset, Value value) {
    Word* d = slot<Word>(w, offset);
    const std::uint32_t* m = w.lane_mask;
#pragma GCC ivdep
    for (std::uint32_t l = 0; l < kLanes; ++l) {
        const Word r = value(l);
        d[l] = P ? (m[l] != 0 ? r : d[l]) : r;
    }
}

// Handlers of element-wise operations, made from a scalar function on the PTX types.
template <auto Op>
struct LaneOp;

template <class D, class A, D (*Op)(A)>
    requires(!std::is_same_v<D, bool>)
struct LaneOp<Op> {
    template <bool P>
    static const Insn* run(Warp& w, const Insn* i) {
        const auto* a = slot<LaneOf<A>>(w, i->a);
        store_lanes<P, LaneOf<D>>(w, i->d,
                                  [=](std::uint32_t l) { return to_lane<D>(Op(from_lane<A>(a[l]))); });
        return i + 1;
    }
};

template <class D, class A, class B, D (*Op)(A, B)>
    requires(!std::is_same_v<D, bool>)
struct LaneOp<Op> {
    template <bool P>
    static const Insn* run(Warp& w, const Insn* i) {
        const auto* a = slot<LaneOf<A>>(w, i->a);
        const auto* b = slot<LaneOf<B>>(w, i->b);
        store_lanes<P, LaneOf<D>>(
            w, i->d, [=](std::uint32_t l) { return to_lane<D>(Op(from_lane<A>(a[l]), from_lane<B>(b[l]))); });
        return i + 1;
    }
};

template <class D, class A, class B, class C, D (*Op)(A, B, C)>
struct LaneOp<Op> {
    template <bool P>
    static const Insn* run(Warp& w, const Insn* i) {
        const auto* a = slot<LaneOf<A>>(w, i->a);
        const auto* b = slot<LaneOf<B>>(w, i->b);
        const auto* c = slot<LaneOf<C>>(w, i->c);
        store_lanes<P, LaneOf<D>>(w, i->d, [=](std::uint32_t l) {
            return to_lane<D>(Op(from_lane<A>(a[l]), from_lane<B>(b[l]), from_lane<C>(c[l])));
        });
        return i + 1;
    }
};

// Comparisons write one bit a lane.
template <class A, class B, bool (*Op)(A, B)>
struct LaneOp<Op> {
    template <bool P>
    static const Insn* run(Warp& w, const Insn* i) {
        const auto* a = slot<LaneOf<A>>(w, i->a);
        const auto* b = slot<LaneOf<B>>(w, i->b);
        alignas(64) std::uint32_t words[kLanes];
#pragma GCC ivdep
        for (std::uint32_t l = 0; l < kLanes; ++l) {
            words[l] = Op(from_lane<A>(a[l]), from_lane<B>(b[l])) ? ~0u : 0u;
        }
        write_predicate(w, i->d, mask_of(words));
        return i + 1;
    }
};

}  // namespace
}  // namespace soft
