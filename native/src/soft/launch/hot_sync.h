// shfl, vote, match, redux and bar.warp when all members are at the instruction together: no lane waits, so
// nothing is deposited, and the results are vector operations on the slots. Everything else goes to sync.cc.
// Compiled once per instruction set.
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/sync.h"
#include "soft/launch/tables.h"
#include "soft/numerics/isa.h"
#include "soft/ptx/types.h"

namespace soft {
namespace {

using ptx::Mod;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s32 = std::int32_t;

// The live members, when every running lane names the same ones and none of them is elsewhere; else 0. They
// are running lanes then, but not necessarily all of those.
[[gnu::always_inline]] inline u32 members_here(Warp& w, const Insn* i) {
    if (i->mod[kSyncLegacy] != 0) return w.active;
    const u32* masks = slot<u32>(w, i->e);
    const u32 members = masks[__builtin_ctz(w.active) & 31];
    alignas(64) u32 differs[kLanes];
#pragma GCC ivdep
    for (u32 l = 0; l < kLanes; ++l) differs[l] = masks[l] == members ? 0u : ~0u;
    const u32 elsewhere = (mask_of(differs) & w.active) | (members & w.live & ~w.active);
    return elsewhere == 0 ? members & w.live : 0;
}

// Stores a[from[l]] in each lane, with from[l] below 32; the other lanes keep theirs when `P`. By hand,
// because the compiler has no loop for it.
template <bool P>
[[gnu::always_inline]] inline void store_permuted(Warp& w, u32 offset, const u32* a, const u32* from) {
#if defined(__AVX512F__)
    u32* d = slot<u32>(w, offset);
    const __m512i low = _mm512_load_si512(a);
    const __m512i high = _mm512_load_si512(a + 16);
    for (u32 l = 0; l < kLanes; l += 16) {
        const __m512i values = _mm512_permutex2var_epi32(low, _mm512_load_si512(from + l), high);
        _mm512_mask_store_epi32(d + l, static_cast<__mmask16>((P ? w.active : kFullMask) >> l), values);
    }
#elif defined(__AVX2__)
    u32* d = slot<u32>(w, offset);
    const auto load = [](const u32* at) {
        return _mm256_load_si256(static_cast<const __m256i*>(static_cast<const void*>(at)));
    };
    const __m256i quarters[] = {load(a), load(a + 8), load(a + 16), load(a + 24)};
    for (u32 l = 0; l < kLanes; l += 8) {
        const __m256i at = load(from + l);
        const auto pick = [&](const __m256i& quarter) {
            return _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(quarter, at));
        };
        // Blends look at the sign bit of each word.
        const __m256 odd = _mm256_castsi256_ps(_mm256_slli_epi32(at, 28));
        const __m256 upper = _mm256_castsi256_ps(_mm256_slli_epi32(at, 27));
        const __m256 low = _mm256_blendv_ps(pick(quarters[0]), pick(quarters[1]), odd);
        const __m256 high = _mm256_blendv_ps(pick(quarters[2]), pick(quarters[3]), odd);
        __m256 values = _mm256_blendv_ps(low, high, upper);
        if (P) {
            values = _mm256_blendv_ps(_mm256_castsi256_ps(load(d + l)), values,
                                      _mm256_castsi256_ps(load(w.lane_mask + l)));
        }
        _mm256_store_ps(static_cast<float*>(static_cast<void*>(d + l)), values);
    }
#else
    u32 values[kLanes];
    for (u32 l = 0; l < kLanes; ++l) values[l] = a[from[l]];
    store_lanes<P, u32>(w, offset, [&](u32 l) { return values[l]; });
#endif
}

// imm: the predicate's slot, with kSyncHasPredicate. A lane whose source is no member keeps its own value.
template <bool P, Mod Mode>
[[gnu::always_inline]] inline const Insn* shuffle(Warp& w, const Insn* i) {
    const u32 members = members_here(w, i);
    if (members == 0) return run_sync(w, i, *sync_operation(kSyncShuffle));
    const u32* b = slot<u32>(w, i->b);
    const u32* c = slot<u32>(w, i->c);
    alignas(64) u32 from[kLanes];
    alignas(64) u32 in_range[kLanes];
#pragma GCC ivdep
    for (u32 l = 0; l < kLanes; ++l) {
        const u32 source = shuffle_source(Mode, l, b[l], c[l]);
        in_range[l] = is_in_range(Mode, l, source, c[l]) ? ~0u : 0u;
        const u32 reads = in_range[l] & (0u - ((members >> (source & 31)) & 1u));
        from[l] = (source & 31 & reads) | (l & ~reads);
    }
    store_permuted<P>(w, i->d, slot<u32>(w, i->a), from);
    if (i->mod[kSyncHasPredicate] != 0) write_predicate(w, static_cast<u32>(i->imm), mask_of(in_range));
    return i + 1;
}

template <bool P>
const Insn* shuffle_up(Warp& w, const Insn* i) {
    return shuffle<P, Mod::up>(w, i);
}
template <bool P>
const Insn* shuffle_down(Warp& w, const Insn* i) {
    return shuffle<P, Mod::down>(w, i);
}
template <bool P>
const Insn* shuffle_across(Warp& w, const Insn* i) {
    return shuffle<P, Mod::bfly>(w, i);
}
template <bool P>
const Insn* shuffle_index(Warp& w, const Insn* i) {
    return shuffle<P, Mod::idx>(w, i);
}

template <bool P>
const Insn* vote(Warp& w, const Insn* i) {
    const u32 members = members_here(w, i);
    if (members == 0) return run_sync(w, i, *sync_operation(kSyncVote));
    const u32 ballot = (predicate(w, i->a) ^ static_cast<u32>(i->imm)) & members;
    switch (static_cast<Mod>(i->mod[kSyncMode])) {
        case Mod::ballot:
            store_lanes<P, u32>(w, i->d, [=](u32) { return ballot; });
            break;
        case Mod::all:
            write_predicate(w, i->d, ballot == members ? kFullMask : 0);
            break;
        case Mod::any:
            write_predicate(w, i->d, ballot != 0 ? kFullMask : 0);
            break;
        default:
            write_predicate(w, i->d, ballot == members || ballot == 0 ? kFullMask : 0);
    }
    return i + 1;
}

template <class Word>
[[gnu::always_inline]] inline u32 lanes_equal(const Word* a, u32 lane, u32 among) {
    const Word value = a[lane & 31];
    alignas(64) u32 same[kLanes];
#pragma GCC ivdep
    for (u32 l = 0; l < kLanes; ++l) same[l] = a[l] == value ? ~0u : 0u;
    return mask_of(same) & among;
}

template <bool P, class Word>
[[gnu::always_inline]] inline const Insn* match(Warp& w, const Insn* i) {
    const u32 members = members_here(w, i);
    if (members == 0) return run_sync(w, i, *sync_operation(kSyncMatch));
    const Word* a = slot<Word>(w, i->a);
    const auto first = static_cast<u32>(__builtin_ctz(members));
    if (static_cast<Mod>(i->mod[kSyncMode]) == Mod::all) {
        const u32 same = lanes_equal(a, first, members) == members ? members : 0;
        store_lanes<P, u32>(w, i->d, [=](u32) { return same; });
        if (i->mod[kSyncHasPredicate] != 0)
            write_predicate(w, static_cast<u32>(i->imm), same != 0 ? kFullMask : 0);
        return i + 1;
    }
    alignas(64) u32 values[kLanes];
    for (u32 rest = w.active; rest != 0;) {
        const auto lane = static_cast<u32>(__builtin_ctz(rest));
        const u32 alike = lanes_equal(a, lane, w.active);
        for (u32 mask = alike; mask != 0; mask &= mask - 1) values[__builtin_ctz(mask)] = alike & members;
        rest &= ~alike;
    }
    store_lanes<P, u32>(w, i->d, [&](u32 l) { return values[l]; });
    return i + 1;
}

template <bool P>
const Insn* match32(Warp& w, const Insn* i) {
    return match<P, u32>(w, i);
}
template <bool P>
const Insn* match64(Warp& w, const Insn* i) {
    return match<P, u64>(w, i);
}

template <class T, Mod Op>
[[gnu::always_inline]] inline T combine(T a, T b) {
    if constexpr (Op == Mod::add) return static_cast<T>(static_cast<u32>(a) + static_cast<u32>(b));
    if constexpr (Op == Mod::min) return a < b ? a : b;
    if constexpr (Op == Mod::max) return a < b ? b : a;
    if constexpr (Op == Mod::and_) return a & b;
    if constexpr (Op == Mod::or_) return a | b;
    if constexpr (Op == Mod::xor_) return a ^ b;
}

// Lanes that are no members stand in with what changes nothing: the first member's own value, or zero.
template <class T, Mod Op>
struct Reduce {
    template <bool P>
    static const Insn* run(Warp& w, const Insn* i) {
        const u32 members = members_here(w, i);
        if (members == 0) return run_sync(w, i, *sync_operation(kSyncReduce));
        const u32* a = slot<u32>(w, i->a);
        const T first = static_cast<T>(a[__builtin_ctz(members) & 31]);
        constexpr bool kRepeats = Op != Mod::add && Op != Mod::xor_;
        const T nothing = kRepeats ? first : T{0};
        T result = nothing;
#pragma GCC ivdep
        for (u32 l = 0; l < kLanes; ++l) {
            const T value = ((members >> l) & 1u) != 0 ? static_cast<T>(a[l]) : nothing;
            result = combine<T, Op>(result, value);
        }
        store_lanes<P, u32>(w, i->d, [=](u32) { return static_cast<u32>(result); });
        return i + 1;
    }
};

// bar.warp.sync: all are here.
const Insn* warp_barrier(Warp& w, const Insn* i) {
    return members_here(w, i) != 0 ? i + 1 : run_sync(w, i, *sync_operation(kSyncBarrier));
}

constexpr std::uint8_t v(Mod mod) { return static_cast<std::uint8_t>(mod); }

#define FERRY_REDUCE(type, T, op)                                                             \
    {                                                                                         \
        Family::redux, ptx::Type::type, v(Mod::op), &Reduce<T, Mod::op>::template run<false>, \
            &Reduce<T, Mod::op>::template run<true>                                           \
    }

const OpEntry kSyncEntries[] = {
    FERRY_CUSTOM(shfl, none, v(Mod::up), shuffle_up),
    FERRY_CUSTOM(shfl, none, v(Mod::down), shuffle_down),
    FERRY_CUSTOM(shfl, none, v(Mod::bfly), shuffle_across),
    FERRY_CUSTOM(shfl, none, v(Mod::idx), shuffle_index),
    FERRY_CUSTOM(vote, none, 0, vote),
    FERRY_CUSTOM(match, none, 4, match32),
    FERRY_CUSTOM(match, none, 8, match64),
    FERRY_REDUCE(u32, u32, add),
    FERRY_REDUCE(u32, u32, min),
    FERRY_REDUCE(u32, u32, max),
    FERRY_REDUCE(u32, u32, and_),
    FERRY_REDUCE(u32, u32, or_),
    FERRY_REDUCE(u32, u32, xor_),
    FERRY_REDUCE(s32, s32, min),
    FERRY_REDUCE(s32, s32, max),
    FERRY_PLAIN(bar_warp, none, 0, warp_barrier),
};

}  // namespace

namespace FERRY_ISA {
std::span<const OpEntry> warp_entries() { return kSyncEntries; }
}  // namespace FERRY_ISA

}  // namespace soft
