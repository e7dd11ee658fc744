// atom and red of 32- and 64-bit values when every running lane's address is fine: checked together, updated
// in ascending order. Lanes that share one global address update it together, with one compare-and-swap.
// Everything else goes to atomic.cc. Compiled once per instruction set.
#include "soft/launch/access.h"
#include "soft/launch/atomic.h"
#include "soft/launch/atomic_result.h"
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/isa.h"

namespace soft {
namespace {

template <class Body>
[[gnu::always_inline]] inline void for_each_lane(u32 lanes, Body body) {
    if (lanes == kFullMask) {
        for (u32 l = 0; l < kLanes; ++l) body(l);
        return;
    }
    for (u32 mask = lanes; mask != 0; mask &= mask - 1) body(static_cast<u32>(__builtin_ctz(mask)));
}

// The slots of an operation. `c` is another one than nothing for cas only, `d` where the old value is wanted.
template <class Word>
struct Operands {
    const Word* b;
    const Word* c;
    Word* d;
};

template <class Word>
[[gnu::always_inline]] inline Operands<Word> operands(Warp& w, const Insn* i) {
    const bool has_result = (i->mod[kModVector] & kAtomicHasResult) != 0;
    return {slot<Word>(w, i->b), slot<Word>(w, i->c), has_result ? slot<Word>(w, i->d) : nullptr};
}

template <class Word, Mod Op, Type T, bool Flushes>
[[gnu::always_inline]] inline Word result_of(Word old, const Operands<Word>& from, u32 lane) {
    const Word b = from.b[lane];
    const Word c = Op == Mod::cas ? from.c[lane] : 0;
    if constexpr (sizeof(Word) == 8)
        return wide_result(Op, T, old, b, c);
    else
        return word_result(Op, T, old, b, c, Flushes);
}

template <class Word, Mod Op, Type T>
const Insn* atomic_shared(Warp& w, const Insn* i) {
    const u32* address = slot<u32>(w, i->a);
    const auto offset = static_cast<u32>(i->imm);
    if (w.shared_size < sizeof(Word)) return slow_atomic(w, i);
    const auto room = static_cast<u32>(w.shared_size - sizeof(Word));
    alignas(64) u32 wrong[kLanes];
#pragma GCC ivdep
    for (u32 l = 0; l < kLanes; ++l) {
        const u32 at = address[l] + offset;
        wrong[l] = at > room || (at & (sizeof(Word) - 1)) != 0 ? ~0u : 0u;
    }
    if ((mask_of(wrong) & w.active) != 0) return slow_atomic(w, i);
    const Operands<Word> from = operands<Word>(w, i);
    std::byte* base = w.shared;
    for_each_lane(w.active, [&](u32 l) {
        auto* at = static_cast<Word*>(static_cast<void*>(base + (address[l] + offset)));
        const Word old = *at;
        *at = result_of<Word, Op, T, false>(old, from, l);
        if (from.d != nullptr) from.d[l] = old;
    });
    return i + 1;
}

template <class Word, class Result>
[[gnu::always_inline]] inline Word swap_until_done(Word* at, Result result) {
    Word old = __atomic_load_n(at, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(at, &old, result(old), true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
    }
    return old;
}

template <class Word, Mod Op, Type T>
[[gnu::always_inline]] inline Word update_global(Word* at, const Operands<Word>& from, u32 lane) {
    constexpr bool kIsFloat = T == Type::f32 || T == Type::f64;
    if constexpr (Op == Mod::add && !kIsFloat) {
        return __atomic_fetch_add(at, from.b[lane], __ATOMIC_SEQ_CST);
    } else if constexpr (Op == Mod::exch) {
        return __atomic_exchange_n(at, from.b[lane], __ATOMIC_SEQ_CST);
    } else if constexpr (Op == Mod::cas) {
        Word old = from.b[lane];
        __atomic_compare_exchange_n(at, &old, from.c[lane], false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return old;
    } else {
        return swap_until_done(at, [&](Word old) { return result_of<Word, Op, T, true>(old, from, lane); });
    }
}

// All lanes on one address: the old values are what each lane would have seen in turn.
template <class Word, Mod Op, Type T>
[[gnu::always_inline]] inline void update_together(Word* at, const Operands<Word>& from, u32 lanes) {
    alignas(64) Word old[kLanes];
    swap_until_done(at, [&](Word value) {
        for_each_lane(lanes, [&](u32 l) {
            old[l] = value;
            value = result_of<Word, Op, T, true>(value, from, l);
        });
        return value;
    });
    if (from.d != nullptr) for_each_lane(lanes, [&](u32 l) { from.d[l] = old[l]; });
}

// SAFETY: device addresses are host addresses, and each was found inside a live range.
template <class Word>
[[gnu::always_inline]] inline Word* host_word(u64 address) {
    return static_cast<Word*>(std::bit_cast<void*>(address));
}

template <class Word, Mod Op, Type T>
const Insn* atomic_global(Warp& w, const Insn* i) {
    const u64* address = slot<u64>(w, i->a);
    const auto offset = static_cast<u64>(i->imm);
    const RangeCache cache = w.caches[i->cache];
    if (cache.hi < cache.lo || cache.hi - cache.lo < sizeof(Word)) return slow_atomic(w, i);
    const u64 room = cache.hi - cache.lo - sizeof(Word);
    const u64 first = address[__builtin_ctz(w.active)];
    alignas(64) u32 wrong[kLanes];
    alignas(64) u32 differs[kLanes];
#pragma GCC ivdep
    for (u32 l = 0; l < kLanes; ++l) {
        const u64 at = address[l] + offset;
        wrong[l] = at - cache.lo > room || (at & (sizeof(Word) - 1)) != 0 ? ~0u : 0u;
        differs[l] = address[l] == first ? 0u : ~0u;
    }
    if ((mask_of(wrong) & w.active) != 0) return slow_atomic(w, i);
    const Operands<Word> from = operands<Word>(w, i);
    if ((mask_of(differs) & w.active) == 0) {
        update_together<Word, Op, T>(host_word<Word>(first + offset), from, w.active);
        return i + 1;
    }
    for_each_lane(w.active, [&](u32 l) {
        const Word old = update_global<Word, Op, T>(host_word<Word>(address[l] + offset), from, l);
        if (from.d != nullptr) from.d[l] = old;
    });
    return i + 1;
}

// The type of an entry says how values are compared or added; its variant is the operation.
#define FERRY_ATOMIC(type, Word, op)                                                                         \
    FERRY_PLAIN(atom, type, static_cast<std::uint8_t>(Mod::op), (atomic_global<Word, Mod::op, Type::type>)), \
        FERRY_PLAIN(atom_shared, type, static_cast<std::uint8_t>(Mod::op),                                   \
                    (atomic_shared<Word, Mod::op, Type::type>))
#define FERRY_ATOMICS(unsigned_type, signed_type, Word)                                  \
    FERRY_ATOMIC(unsigned_type, Word, add), FERRY_ATOMIC(unsigned_type, Word, and_),     \
        FERRY_ATOMIC(unsigned_type, Word, or_), FERRY_ATOMIC(unsigned_type, Word, xor_), \
        FERRY_ATOMIC(unsigned_type, Word, exch), FERRY_ATOMIC(unsigned_type, Word, cas), \
        FERRY_ATOMIC(unsigned_type, Word, inc), FERRY_ATOMIC(unsigned_type, Word, dec),  \
        FERRY_ATOMIC(unsigned_type, Word, min), FERRY_ATOMIC(unsigned_type, Word, max),  \
        FERRY_ATOMIC(signed_type, Word, min), FERRY_ATOMIC(signed_type, Word, max)

const OpEntry kAtomicEntries[] = {
    FERRY_ATOMICS(u32, s32, u32),
    FERRY_ATOMICS(u64, s64, u64),
    FERRY_ATOMIC(f32, u32, add),
    FERRY_ATOMIC(f64, u64, add),
};

}  // namespace

namespace FERRY_ISA {
std::span<const OpEntry> hot_atomic_entries() { return kAtomicEntries; }
}  // namespace FERRY_ISA

}  // namespace soft
