// Loads and stores of global and shared memory when the warp is whole: half-warps that read consecutive
// elements or one element are a vector copy after one range check. Everything else goes to access.h. Compiled
// once per instruction set.
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

enum class Shape { consecutive, same, mixed };

template <class Address>
[[gnu::always_inline]] inline Shape shape_of(const Address* address, u32 stride) {
    const Address base = address[0];
    Address consecutive = 0;
    Address same = 0;
#pragma GCC ivdep
    for (u32 l = 0; l < kHalf; ++l) {
        const Address delta = address[l] - base;
        same |= delta;
        consecutive |= delta ^ static_cast<Address>(l * stride);
    }
    if (consecutive == 0) return Shape::consecutive;
    return same == 0 ? Shape::same : Shape::mixed;
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

template <class Word, u32 V>
[[gnu::always_inline]] inline void name_slots(Warp& w, const Insn* i, Word* (&d)[V]) {
    d[0] = slot<Word>(w, i->d);
    if constexpr (V > 1) d[1] = slot<Word>(w, i->b);
    if constexpr (V > 2) d[2] = slot<Word>(w, i->c);
    if constexpr (V > 3) d[3] = slot<Word>(w, i->e);
}

// Checked base of the half-warp's bytes, or null when it needs the slow path.
template <class Address>
struct GlobalWindow {
    const RangeCache& cache;
    [[gnu::always_inline]] std::byte* at(u64 address, u64 size, u32 align) const {
        const bool fine = address >= cache.lo && address + size <= cache.hi && (address & (align - 1)) == 0;
        // SAFETY: device addresses are host addresses; the range says these bytes are live.
        return fine ? static_cast<std::byte*>(__builtin_assume_aligned(std::bit_cast<void*>(address), 1))
                    : nullptr;
    }
    // True when every lane of a mixed half-warp may touch `size` bytes.
    [[gnu::always_inline]] bool all(const Address* address, u64 offset, u64 size) const {
        const u64 last = cache.hi - size;
        u64 low = 0;
        u64 bits = 0;
#pragma GCC ivdep
        for (u32 l = 0; l < kHalf; ++l) {
            const u64 a = address[l] + offset;
            low |= (a < cache.lo || a > last) ? 1 : 0;
            bits |= a;
        }
        return low == 0 && (bits & (size - 1)) == 0 && cache.hi >= size;
    }
};

template <class Address>
struct SharedWindow {
    std::byte* base;
    u64 size_;
    [[gnu::always_inline]] std::byte* at(u64 address, u64 size, u32 align) const {
        return address + size <= size_ && (address & (align - 1)) == 0 ? base + address : nullptr;
    }
    [[gnu::always_inline]] bool all(const Address* address, u64 offset, u64 size) const {
        if (size_ < size + offset) return false;
        const auto last = static_cast<Address>(size_ - size - offset);
        Address high = 0;
        Address bits = 0;
#pragma GCC ivdep
        for (u32 l = 0; l < kHalf; ++l) {
            high |= address[l] > last ? 1 : 0;
            bits |= address[l] + static_cast<Address>(offset);
        }
        return high == 0 && (bits & (size - 1)) == 0;
    }
};

template <class T, class Word, u32 V, class Address, class Window>
[[gnu::always_inline]] inline const Insn* load(Warp& w, const Insn* i, const Window& window) {
    if (w.active != kFullMask) return slow_load(w, i);
    const Address* address = slot<Address>(w, i->a);
    const u64 offset = static_cast<u64>(i->imm);
    constexpr u32 kSize = sizeof(T) * V;
    Word* d[V];
    name_slots<Word, V>(w, i, d);
    // A destination may be the address register itself, so both halves are judged before either is written.
    const Shape shapes[2] = {shape_of(address, kSize), shape_of(address + kHalf, kSize)};
    const u64 bases[2] = {address[0] + offset, address[kHalf] + offset};
    if (shapes[0] != Shape::mixed && shapes[1] != Shape::mixed) {
        const std::byte* from[2];
        for (u32 h = 0; h < 2; ++h) {
            from[h] = window.at(bases[h], shapes[h] == Shape::same ? kSize : kSize * kHalf, kSize);
            if (from[h] == nullptr) return slow_load(w, i);
        }
        for (u32 h = 0; h < 2; ++h) {
            if (shapes[h] == Shape::same)
                load_same<T, Word, V>(d, h * kHalf, from[h]);
            else
                load_consecutive<T, Word, V>(d, h * kHalf, from[h]);
        }
        return i + 1;
    }
    if (!window.all(address, offset, kSize) || !window.all(address + kHalf, offset, kSize))
        return slow_load(w, i);
    for (u32 l = 0; l < kLanes; ++l) {
        const std::byte* from = window.at(address[l] + offset, kSize, 1);
        for (u32 v = 0; v < V; ++v) d[v][l] = static_cast<Word>(read_as<T>(from + v * sizeof(T)));
    }
    return i + 1;
}

template <class T, class Word, u32 V, class Address, class Window>
[[gnu::always_inline]] inline const Insn* store(Warp& w, const Insn* i, const Window& window) {
    if (w.active != kFullMask) return slow_store(w, i);
    const Address* address = slot<Address>(w, i->a);
    const u64 offset = static_cast<u64>(i->imm);
    constexpr u32 kSize = sizeof(T) * V;
    Word* s[V];
    name_slots<Word, V>(w, i, s);
    const bool whole = shape_of(address, kSize) == Shape::consecutive &&
                       address[kHalf] - address[0] == static_cast<Address>(kSize * kHalf) &&
                       shape_of(address + kHalf, kSize) == Shape::consecutive;
    std::byte* to = whole ? window.at(address[0] + offset, kSize * kLanes, kSize) : nullptr;
    if (to != nullptr) {
        for (u32 v = 0; v < V; ++v) {
            const Word* value = s[v];
#pragma GCC ivdep
            for (u32 l = 0; l < kLanes; ++l) write_as(to + (l * V + v) * sizeof(T), static_cast<T>(value[l]));
        }
        return i + 1;
    }
    if (!window.all(address, offset, kSize) || !window.all(address + kHalf, offset, kSize))
        return slow_store(w, i);
    for (u32 l = 0; l < kLanes; ++l) {
        std::byte* at = window.at(address[l] + offset, kSize, 1);
        for (u32 v = 0; v < V; ++v) write_as(at + v * sizeof(T), static_cast<T>(s[v][l]));
    }
    return i + 1;
}

template <class T, class Word, u32 V>
const Insn* load_global(Warp& w, const Insn* i) {
    return load<T, Word, V, u64>(w, i, GlobalWindow<u64>{w.caches[i->cache]});
}
template <class T, class Word, u32 V>
const Insn* store_global(Warp& w, const Insn* i) {
    return store<T, Word, V, u64>(w, i, GlobalWindow<u64>{w.caches[i->cache]});
}
template <class T, class Word, u32 V>
const Insn* load_shared(Warp& w, const Insn* i) {
    return load<T, Word, V, u32>(w, i, SharedWindow<u32>{w.shared, w.shared_size});
}
template <class T, class Word, u32 V>
const Insn* store_shared(Warp& w, const Insn* i) {
    return store<T, Word, V, u32>(w, i, SharedWindow<u32>{w.shared, w.shared_size});
}

// The variant of a memory entry: elements * 16 + bytes of a lane.
#define FERRY_MEMORY(family, type, op, T, Word, V) \
    {Family::family, ptx::Type::type, V * 16 + sizeof(Word), &op<T, Word, V>, &op<T, Word, V>}

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
