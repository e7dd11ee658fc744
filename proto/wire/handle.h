// Handle values: what a guest program holds where CUDA gives it an opaque pointer, and what records carry.
// The guest names its own handles, so creating an object needs no reply. Included by the shim and by the
// engine.
//
//   63      56 55      48 47               32 31                0
//   | 0x0F    | kind     | generation (1..)  | index (1..)       |
//
// The tag byte keeps every value non-null, far from CUDA's own special streams 1 and 2, and non-canonical as
// an x86-64 address, so a program that dereferences one faults instead of reading somebody's memory.
#pragma once
#include <cstdint>

namespace wire {

enum class HandleKind : std::uint8_t {
    none = 0,
    context = 1,
    stream = 2,
    event = 3,
    module = 4,
    function = 5,
    library = 6,
    kernel = 7,
    array = 8,
    mipmap = 9,
    pool = 10,
    graph = 11,
    graph_node = 12,
    graph_exec = 13,
    link = 14,
};

inline constexpr std::uint64_t kHandleTag = 0x0F;

// CUDA's own stream names; they travel as they are.
inline constexpr std::uint64_t kStreamDefault = 0;
inline constexpr std::uint64_t kStreamLegacy = 1;
inline constexpr std::uint64_t kStreamPerThread = 2;

struct Handle {
    std::uint64_t value = 0;

    static constexpr Handle make(HandleKind kind, std::uint16_t generation, std::uint32_t index) {
        return Handle{kHandleTag << 56 | std::uint64_t{static_cast<std::uint8_t>(kind)} << 48 |
                      std::uint64_t{generation} << 32 | index};
    }
    constexpr bool tagged() const { return value >> 56 == kHandleTag; }
    constexpr HandleKind kind() const {
        return tagged() ? static_cast<HandleKind>(value >> 48 & 0xFF) : HandleKind::none;
    }
    constexpr std::uint16_t generation() const { return static_cast<std::uint16_t>(value >> 32); }
    constexpr std::uint32_t index() const { return static_cast<std::uint32_t>(value); }
    constexpr bool operator==(const Handle&) const = default;
};

}  // namespace wire
