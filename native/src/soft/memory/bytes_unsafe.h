// The only casts between numbers and pointers in the device around the engine, and the only raw byte copies.
// Everybody in api/, memory/, stream/ and module/ includes it; it decides nothing and checks nothing.
#pragma once
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

// Reads a T from bytes of any alignment.
template <class T>
T load_as(const void* source) {
    T value;
    std::memcpy(&value, source, sizeof value);
    return value;
}

}  // namespace soft::driver
