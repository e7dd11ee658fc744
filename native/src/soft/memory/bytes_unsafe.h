// The only casts between numbers and pointers in the device around the engine, and the only raw byte copies.
// Everybody in api/, memory/, stream/ and module/ includes it; it decides nothing and checks nothing.
#pragma once
#include <emmintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace soft::driver {

// SAFETY: a device address is a host address; the caller has found it in a live range.
inline std::byte* host_view(std::uint64_t address) { return reinterpret_cast<std::byte*>(address); }

inline std::uint64_t address_of(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

// SAFETY: handles are opaque to programs; the handle table has made or will check the value.
template <class Handle>
Handle as_handle(std::uint64_t value) {
    return reinterpret_cast<Handle>(value);
}

// SAFETY: the vendor's tables hold functions of many types in words; the caller knows this one's.
template <class Pointer, class Other>
Pointer as_pointer(Other* other) {
    return reinterpret_cast<Pointer>(other);
}

// Copies `size` bytes that do not overlap; nothing, not even null pointers, is touched when size is 0.
inline void copy_exact(void* target, const void* source, std::size_t size) {
    if (size != 0) std::memcpy(target, source, size);
}

// The same for ranges that may overlap.
inline void move_exact(void* target, const void* source, std::size_t size) {
    if (size != 0) std::memmove(target, source, size);
}

// Copies past the caches: what another core would have to fetch out of this one's comes to it ten times
// slower than what is in memory.
inline void stream_exact(std::byte* target, const std::byte* source, std::size_t size) {
    constexpr std::size_t kLine = 64;
    const std::size_t ahead = std::min<std::size_t>(-address_of(target) % kLine, size);
    copy_exact(target, source, ahead);
    std::size_t at = ahead;
    for (; at + kLine <= size; at += kLine) {
        // SAFETY: 64 bytes from `at` on lie in both ranges; the target is aligned, loads take any alignment.
        const auto* from = reinterpret_cast<const __m128i*>(source + at);
        auto* to = reinterpret_cast<__m128i*>(target + at);
        const __m128i parts[] = {_mm_loadu_si128(from), _mm_loadu_si128(from + 1), _mm_loadu_si128(from + 2),
                                 _mm_loadu_si128(from + 3)};
        for (int part = 0; part < 4; ++part) _mm_stream_si128(to + part, parts[part]);
    }
    copy_exact(target + at, source + at, size - at);
    _mm_sfence();
}

// Reads a T from bytes of any alignment.
template <class T>
T load_as(const void* source) {
    T value;
    std::memcpy(&value, source, sizeof value);
    return value;
}

}  // namespace soft::driver
