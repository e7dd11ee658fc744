// Arrays of an OpenGL call on their way: out of the program's memory, out of a record, into a reply, into the
// program's memory. Used by the generated stubs and handlers, and by what is written by hand beside them.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace wire::gl {

using Bytes = std::span<const std::byte>;

// Where an image of a record is: nowhere (a null pointer), in the record, or in the pixel buffer that is
// bound.
enum class From : std::uint8_t { nothing = 0, record = 1, buffer = 2 };

// `size` bytes of the program's memory; none at null.
inline Bytes in(const void* from, std::size_t size) {
    return from == nullptr ? Bytes() : Bytes(static_cast<const std::byte*>(from), size);
}

// A pointer that is no address: an offset into a buffer, or a GLsync, which the guest makes of a number.
inline std::uint64_t number(const void* pointer) {
    // SAFETY: nobody follows it.
    return reinterpret_cast<std::uintptr_t>(pointer);
}

// What a reply brings, stored where the program wants it: never more than `size` bytes.
inline void out(void* to, Bytes from, std::size_t size) {
    const std::size_t count = std::min(from.size(), size);
    if (to != nullptr && count != 0) std::memcpy(to, from.data(), count);
}

// An array in a record; null when it is empty. SAFETY: the codec aligns it to 8, and sizes have been checked.
template <class T>
const T* view(Bytes bytes) {
    return bytes.empty() ? nullptr : reinterpret_cast<const T*>(bytes.data());
}

// Names of objects in a record.
inline std::span<const std::uint32_t> names(Bytes bytes) {
    return {view<std::uint32_t>(bytes), bytes.size() / sizeof(std::uint32_t)};
}

// The same with room behind it, for a driver that takes an enumerant for a longer array than this project
// knows.
template <class T>
class Padded {
  public:
    explicit Padded(Bytes bytes) {
        if (!bytes.empty())
            std::memcpy(elements_.data(), bytes.data(), std::min(bytes.size(), sizeof elements_));
    }
    const T* data() const { return elements_.data(); }

  private:
    std::array<T, 32> elements_{};
};

// Zeroed memory that a driver stores outputs in, with room to store more than is asked for.
class Room {
  public:
    explicit Room(std::size_t size) : size_(size) {
        if (size > kSmall) large_.resize(size + kSpare);
    }
    // SAFETY: aligned to 8, and outputs are of scalar types.
    template <class T>
    T* data() {
        return reinterpret_cast<T*>(begin());
    }
    Bytes bytes() { return {begin(), size_}; }
    // Up to the NUL that ends a text, with it.
    Bytes text() {
        const std::size_t end =
            static_cast<std::size_t>(std::find(begin(), begin() + size_, std::byte{0}) - begin());
        return {begin(), std::min(end + 1, size_)};
    }

  private:
    static constexpr std::size_t kSmall = 512;
    static constexpr std::size_t kSpare = 512;
    std::byte* begin() { return size_ > kSmall ? large_.data() : small_.data(); }

    std::size_t size_;
    alignas(8) std::array<std::byte, kSmall + kSpare> small_{};
    std::vector<std::byte> large_;
};

}  // namespace wire::gl
