// Loads and stores of global and shared memory. A whole warp is compared with the addresses it had last:
// halves that read consecutive elements or one element are a vector copy after one range check. A part of a
// warp is checked lane by lane, as one vector. Everything else goes to access.h. Compiled once per
// instruction set.
#include <cstring>

#include "soft/launch/access.h"
#include "soft/launch/lanes.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/isa.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
constexpr u32 kHalf = 16;
// Compiled runs of AVX-512 compare patterns in their own order, so that no handler may rely on another's
// work.
#if defined(__AVX512F__)
constexpr bool kTrustsPatterns = false;
#else
constexpr bool kTrustsPatterns = true;
#endif

template <class Address>
AddressShape shape_of(const Address* delta, u32 size) {
    Address consecutive = 0;
    Address same = 0;
    for (u32 l = 0; l < kHalf; ++l) {
        const Address step = delta[l] - delta[0];
        same |= step;
        consecutive |= step ^ static_cast<Address>(l * size);
    }
    return consecutive == 0 ? kConsecutive : same == 0 ? kSame : kMixed;
}

// SAFETY: the memo's words are only ever used at the width that its `width` names.
template <class Address>
[[gnu::always_inline]] inline Address* deltas(AddressMemo& memo) {
    return static_cast<Address*>(static_cast<void*>(memo.delta));
}

template <class Address>
[[gnu::noinline]] void learn(AddressMemo& memo, const Address* address, u32 size) {
    using Signed = std::make_signed_t<Address>;
    Address* delta = deltas<Address>(memo);
    Address bits = 0;
    Signed low = 0;
    Signed high = 0;
    for (u32 l = 0; l < kLanes; ++l) {
        delta[l] = address[l] - address[0];
        bits |= delta[l];
        low = static_cast<Signed>(delta[l]) < low ? static_cast<Signed>(delta[l]) : low;
        high = static_cast<Signed>(delta[l]) > high ? static_cast<Signed>(delta[l]) : high;
    }
    memo.low = low;
    memo.high = high;
    memo.size = static_cast<std::uint8_t>(size);
    memo.width = sizeof(Address);
    const bool is_aligned = (bits & (size - 1)) == 0;
    memo.shapes[0] = is_aligned ? shape_of(delta, size) : kMisaligned;
    memo.shapes[1] = is_aligned ? shape_of(delta + kHalf, size) : kMisaligned;
}

// After this the memo describes the addresses at hand: mostly one vector comparison.
template <class Address>
[[gnu::always_inline]] inline void recall(AddressMemo& memo, const Address* address, u32 size) {
    Address differs = memo.size != size || memo.width != sizeof(Address) ? 1 : 0;
    const Address base = address[0];
    const Address* delta = deltas<Address>(memo);
#pragma GCC ivdep
    for (u32 l = 0; l < kLanes; ++l) differs |= (address[l] - base) ^ delta[l];
    if (differs != 0) learn(memo, address, size);
}

// SAFETY: `from` was range-checked for the bytes read; packed structs make the unaligned vector copies well
// defined.
template <class T>
struct [[gnu::packed, gnu::may_alias]] Packed {
    T value;
};

template <class T>
[[gnu::always_inline]] inline T read_as(const std::byte* at) {
    return static_cast<const Packed<T>*>(static_cast<const void*>(at))->value;
}

template <class T>
[[gnu::always_inline]] inline void write_as(std::byte* at, T value) {
    static_cast<Packed<T>*>(static_cast<void*>(at))->value = value;
}

template <class T, class Word, u32 V>
[[gnu::always_inline]] inline void load_consecutive(Word* const (&d)[V], u32 first, const std::byte* from) {
    // As a copy, because the compiler makes sixteen scalar moves of the loop, and the next vector load of the
    // slot would wait for them.
    if constexpr (V == 1 && sizeof(T) == sizeof(Word)) {
        std::memcpy(d[0] + first, from, kHalf * sizeof(Word));
        return;
    }
    for (u32 v = 0; v < V; ++v) {
        Word* to = d[v] + first;
#pragma GCC ivdep
        for (u32 l = 0; l < kHalf; ++l) to[l] = static_cast<Word>(read_as<T>(from + (l * V + v) * sizeof(T)));
    }
}

template <class T, class Word, u32 V>
[[gnu::always_inline]] inline void load_same(Word* const (&d)[V], u32 first, const std::byte* from) {
    for (u32 v = 0; v < V; ++v) {
        const Word value = static_cast<Word>(read_as<T>(from + v * sizeof(T)));
        Word* to = d[v] + first;
#pragma GCC ivdep
        for (u32 l = 0; l < kHalf; ++l) to[l] = value;
    }
}

template <class T, class Word, u32 V>
[[gnu::always_inline]] inline void store_consecutive(Word* const (&s)[V], u32 first, std::byte* to) {
    if constexpr (V == 1 && sizeof(T) == sizeof(Word)) {
        std::memcpy(to, s[0] + first, kHalf * sizeof(Word));
        return;
    }
    for (u32 v = 0; v < V; ++v) {
        const Word* value = s[v] + first;
#pragma GCC ivdep
        for (u32 l = 0; l < kHalf; ++l) write_as(to + (l * V + v) * sizeof(T), static_cast<T>(value[l]));
    }
}

template <class Word, u32 V>
[[gnu::always_inline]] inline void name_slots(Warp& w, const Insn* i, Word* (&d)[V]) {
    d[0] = slot<Word>(w, i->d);
    if constexpr (V > 1) d[1] = slot<Word>(w, i->b);
    if constexpr (V > 2) d[2] = slot<Word>(w, i->c);
    if constexpr (V > 3) d[3] = slot<Word>(w, i->e);
}

// Where offsets of a space lie in host memory, and whether [low, end) does.
struct GlobalWindow {
    const RangeCache& cache;
    [[gnu::always_inline]] u64 low() const { return cache.lo; }
    [[gnu::always_inline]] u64 length() const { return cache.hi > cache.lo ? cache.hi - cache.lo : 0; }
    [[gnu::always_inline]] bool covers(u64 low, u64 end) const {
        return low >= cache.lo && end <= cache.hi && low <= end;
    }
    // SAFETY: device addresses are host addresses; callers asked covers() first.
    [[gnu::always_inline]] std::byte* at(u64 address) const {
        return static_cast<std::byte*>(std::bit_cast<void*>(address));
    }
};

struct SharedWindow {
    std::byte* base;
    u64 size;
    [[gnu::always_inline]] u64 low() const { return 0; }
    [[gnu::always_inline]] u64 length() const { return size; }
    [[gnu::always_inline]] bool covers(u64 low, u64 end) const { return low <= end && end <= size; }
    [[gnu::always_inline]] std::byte* at(u64 address) const { return base + address; }
};

// The host pointer of lane 0 when every lane of a whole warp may access its bytes, else null.
template <class Address, class Window>
[[gnu::always_inline]] inline std::byte* whole_warp(Warp& w, const Insn* i, const Window& window, u32 size) {
    AddressMemo& memo = w.memos[i->pattern.memo];
    const Address* address = slot<Address>(w, i->a);
    if (!kTrustsPatterns || i->pattern.is_known == 0) recall(memo, address, size);
    const u64 base = address[0] + static_cast<u64>(i->imm);
    const u64 low = base + static_cast<u64>(memo.low);
    const u64 end = base + static_cast<u64>(memo.high) + size;
    const bool fine = window.covers(low, end) && memo.shapes[0] != kMisaligned && (base & (size - 1)) == 0;
    return fine ? window.at(base) : nullptr;
}

// The pointer's distance from lane 0, which may be negative.
template <class Address>
[[gnu::always_inline]] inline std::ptrdiff_t distance(AddressMemo& memo, u32 lane) {
    return static_cast<std::ptrdiff_t>(static_cast<std::make_signed_t<Address>>(deltas<Address>(memo)[lane]));
}

// How the addresses of the running lanes lie.
enum class Reach { outside, scattered, consecutive };

template <class Address, class Window>
[[gnu::always_inline]] inline Reach reach(Warp& w, const Insn* i, const Window& window, u32 size) {
    if (window.length() < size) return Reach::outside;
    const auto room = static_cast<Address>(window.length() - size);
    const auto low = static_cast<Address>(window.low());
    const auto offset = static_cast<Address>(i->imm);
    const Address* address = slot<Address>(w, i->a);
    const auto first = static_cast<u32>(__builtin_ctz(w.active));
    const Address start = address[first] - static_cast<Address>(first * size);
    alignas(64) u32 outside[kLanes];
    alignas(64) u32 apart[kLanes];
#pragma GCC ivdep
    for (u32 l = 0; l < kLanes; ++l) {
        const Address at = address[l] + offset;
        outside[l] = static_cast<Address>(at - low) > room || (at & (size - 1)) != 0 ? ~0u : 0u;
        apart[l] = address[l] != start + static_cast<Address>(l * size) ? ~0u : 0u;
    }
    if ((mask_of(outside) & w.active) != 0) return Reach::outside;
    return (mask_of(apart) & w.active) == 0 ? Reach::consecutive : Reach::scattered;
}

// d[l] = from[l] for the lanes in `lanes`; the memory of the others is not touched.
[[gnu::always_inline]] inline void load_masked(u32* d, const std::byte* from, u32 lanes) {
#if defined(__AVX512F__)
    for (u32 l = 0; l < kLanes; l += 16) {
        const auto mask = static_cast<__mmask16>(lanes >> l);
        const __m512i old = _mm512_load_si512(d + l);
        _mm512_store_si512(d + l, _mm512_mask_loadu_epi32(old, mask, from + l * 4));
    }
#elif defined(__AVX2__)
    const __m256i steps = _mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24);
    for (u32 l = 0; l < kLanes; l += 8) {
        auto* to = static_cast<__m256i*>(static_cast<void*>(d + l));
        const auto* at = static_cast<const int*>(static_cast<const void*>(from + l * 4));
        // The sign of each word says whether its lane is meant.
        const __m256i mask = _mm256_sllv_epi32(_mm256_set1_epi32(static_cast<int>(lanes >> l)), steps);
        const __m256i loaded = _mm256_maskload_epi32(at, mask);
        _mm256_store_si256(to, _mm256_castps_si256(
                                   _mm256_blendv_ps(_mm256_castsi256_ps(_mm256_load_si256(to)),
                                                    _mm256_castsi256_ps(loaded), _mm256_castsi256_ps(mask))));
    }
#else
    for (u32 mask = lanes; mask != 0; mask &= mask - 1) {
        const auto l = static_cast<u32>(__builtin_ctz(mask));
        d[l] = read_as<u32>(from + l * 4);
    }
#endif
}

template <class T, class Word, u32 V, class Address, class Window>
[[gnu::noinline]] const Insn* load_part(Warp& w, const Insn* i, const Window window) {
    const Reach how = reach<Address>(w, i, window, sizeof(T) * V);
    if (how == Reach::outside) return slow_load(w, i);
    const Address* address = slot<Address>(w, i->a);
    const auto offset = static_cast<Address>(i->imm);
    Word* d[V];
    name_slots<Word, V>(w, i, d);
    if constexpr (V == 1 && sizeof(T) == 4 && sizeof(Word) == 4) {
        const auto first = static_cast<u32>(__builtin_ctz(w.active));
        const std::byte* from = window.at(address[first] + offset) - first * sizeof(T);
        if (how == Reach::consecutive) return load_masked(d[0], from, w.active), i + 1;
    }
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto l = static_cast<u32>(__builtin_ctz(mask));
        const std::byte* at = window.at(static_cast<Address>(address[l] + offset));
        for (u32 v = 0; v < V; ++v) d[v][l] = static_cast<Word>(read_as<T>(at + v * sizeof(T)));
    }
    return i + 1;
}

template <class T, class Word, u32 V, class Address, class Window>
[[gnu::noinline]] const Insn* store_part(Warp& w, const Insn* i, const Window window) {
    const Reach how = reach<Address>(w, i, window, sizeof(T) * V);
    if (how == Reach::outside) return slow_store(w, i);
    const Address* address = slot<Address>(w, i->a);
    const auto offset = static_cast<Address>(i->imm);
    Word* s[V];
    name_slots<Word, V>(w, i, s);
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto l = static_cast<u32>(__builtin_ctz(mask));
        std::byte* at = window.at(static_cast<Address>(address[l] + offset));
        for (u32 v = 0; v < V; ++v) write_as(at + v * sizeof(T), static_cast<T>(s[v][l]));
    }
    return i + 1;
}

template <class T, class Word, u32 V, class Address, class Window>
[[gnu::always_inline]] inline const Insn* load(Warp& w, const Insn* i, const Window& window) {
    constexpr u32 kSize = sizeof(T) * V;
    if (w.active != kFullMask) return load_part<T, Word, V, Address>(w, i, window);
    const std::byte* base = whole_warp<Address>(w, i, window, kSize);
    if (base == nullptr) return slow_load(w, i);
    AddressMemo& memo = w.memos[i->pattern.memo];
    Word* d[V];
    name_slots<Word, V>(w, i, d);
    for (u32 first = 0; first < kLanes; first += kHalf) {
        const std::byte* from = base + distance<Address>(memo, first);
        const std::uint8_t shape = memo.shapes[first / kHalf];
        if (shape == kConsecutive) {
            load_consecutive<T, Word, V>(d, first, from);
        } else if (shape == kSame) {
            load_same<T, Word, V>(d, first, from);
        } else {
            for (u32 l = first; l < first + kHalf; ++l) {
                const std::byte* at = base + distance<Address>(memo, l);
                for (u32 v = 0; v < V; ++v) d[v][l] = static_cast<Word>(read_as<T>(at + v * sizeof(T)));
            }
        }
    }
    return i + 1;
}

template <class T, class Word, u32 V, class Address, class Window>
[[gnu::always_inline]] inline const Insn* store(Warp& w, const Insn* i, const Window& window) {
    constexpr u32 kSize = sizeof(T) * V;
    if (w.active != kFullMask) return store_part<T, Word, V, Address>(w, i, window);
    std::byte* base = whole_warp<Address>(w, i, window, kSize);
    if (base == nullptr) return slow_store(w, i);
    AddressMemo& memo = w.memos[i->pattern.memo];
    Word* s[V];
    name_slots<Word, V>(w, i, s);
    for (u32 first = 0; first < kLanes; first += kHalf) {
        if (memo.shapes[first / kHalf] == kConsecutive) {
            store_consecutive<T, Word, V>(s, first, base + distance<Address>(memo, first));
            continue;
        }
        for (u32 l = first; l < first + kHalf; ++l) {
            std::byte* at = base + distance<Address>(memo, l);
            for (u32 v = 0; v < V; ++v) write_as(at + v * sizeof(T), static_cast<T>(s[v][l]));
        }
    }
    return i + 1;
}

template <class T, class Word, u32 V>
const Insn* load_global(Warp& w, const Insn* i) {
    return load<T, Word, V, u64>(w, i, GlobalWindow{w.caches[i->cache]});
}
template <class T, class Word, u32 V>
const Insn* store_global(Warp& w, const Insn* i) {
    return store<T, Word, V, u64>(w, i, GlobalWindow{w.caches[i->cache]});
}
template <class T, class Word, u32 V>
const Insn* load_shared(Warp& w, const Insn* i) {
    return load<T, Word, V, u32>(w, i, SharedWindow{w.shared, w.shared_size});
}
template <class T, class Word, u32 V>
const Insn* store_shared(Warp& w, const Insn* i) {
    return store<T, Word, V, u32>(w, i, SharedWindow{w.shared, w.shared_size});
}

// The variant of a memory entry: elements * 16 + bytes of a lane.
#define FERRY_MEMORY(family, type, op, T, Word, V) \
    { Family::family, ptx::Type::type, V * 16 + sizeof(Word), &op<T, Word, V>, &op<T, Word, V> }

const OpEntry kGlobalEntries[] = {
    FERRY_MEMORY(load_global, b32, load_global, u32, u32, 1),
    FERRY_MEMORY(load_global, b64, load_global, u64, u64, 1),
    FERRY_MEMORY(load_global, b32, load_global, u32, u32, 2),
    FERRY_MEMORY(load_global, b32, load_global, u32, u32, 4),
    FERRY_MEMORY(load_global, b64, load_global, u64, u64, 2),
    FERRY_MEMORY(load_global, u8, load_global, std::uint8_t, u32, 1),
    FERRY_MEMORY(load_global, s8, load_global, std::int8_t, u32, 1),
    FERRY_MEMORY(load_global, u16, load_global, std::uint16_t, u32, 1),
    FERRY_MEMORY(load_global, s16, load_global, std::int16_t, u32, 1),
    FERRY_MEMORY(store_global, b32, store_global, u32, u32, 1),
    FERRY_MEMORY(store_global, b64, store_global, u64, u64, 1),
    FERRY_MEMORY(store_global, b32, store_global, u32, u32, 2),
    FERRY_MEMORY(store_global, b32, store_global, u32, u32, 4),
    FERRY_MEMORY(store_global, b64, store_global, u64, u64, 2),
    FERRY_MEMORY(store_global, u8, store_global, std::uint8_t, u32, 1),
    FERRY_MEMORY(store_global, u16, store_global, std::uint16_t, u32, 1),
};

const OpEntry kSharedEntries[] = {
    FERRY_MEMORY(load_shared, b32, load_shared, u32, u32, 1),
    FERRY_MEMORY(load_shared, b64, load_shared, u64, u64, 1),
    FERRY_MEMORY(load_shared, b32, load_shared, u32, u32, 2),
    FERRY_MEMORY(load_shared, b32, load_shared, u32, u32, 4),
    FERRY_MEMORY(load_shared, u8, load_shared, std::uint8_t, u32, 1),
    FERRY_MEMORY(load_shared, u16, load_shared, std::uint16_t, u32, 1),
    FERRY_MEMORY(store_shared, b32, store_shared, u32, u32, 1),
    FERRY_MEMORY(store_shared, b64, store_shared, u64, u64, 1),
    FERRY_MEMORY(store_shared, b32, store_shared, u32, u32, 2),
    FERRY_MEMORY(store_shared, b32, store_shared, u32, u32, 4),
    FERRY_MEMORY(store_shared, u8, store_shared, std::uint8_t, u32, 1),
    FERRY_MEMORY(store_shared, u16, store_shared, std::uint16_t, u32, 1),
};

}  // namespace

namespace FERRY_ISA {
std::span<const OpEntry> global_entries() { return kGlobalEntries; }
std::span<const OpEntry> shared_entries() { return kSharedEntries; }
}  // namespace FERRY_ISA

}  // namespace soft
