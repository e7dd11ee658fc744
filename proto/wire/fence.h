// Fences: how the guest learns that an event or a stream is done without asking. The shared memory of the
// ring holds one word per fence; which one belongs to a handle, and what the host writes there, is said here
// for both ends. A word is the handle's generation (so that a name used again starts anew) and a number:
//   of an event    how many of its recordings, counted from its creation, are known to be done
//   of a stream    the guest's position (records it had appended) as of which the stream is known to be idle
// The number only grows while the generation stays. Default streams have no fence.
#pragma once
#include <cstdint>

#include "wire/handle.h"

namespace wire {

inline constexpr std::uint64_t kFenceNumber = (std::uint64_t{1} << 48) - 1;

// 0 when the handle has none, or it would lie beyond `count` fences.
constexpr std::uint32_t fence_of(Handle handle, std::uint32_t count) {
    const bool is_event = handle.kind() == HandleKind::event;
    if (!is_event && handle.kind() != HandleKind::stream) return 0;
    const std::uint64_t fence = std::uint64_t{handle.index()} * 2 + (is_event ? 0 : 1);
    return fence < count ? static_cast<std::uint32_t>(fence) : 0;
}

constexpr std::uint64_t fence_word(Handle handle, std::uint64_t number) {
    return std::uint64_t{handle.generation()} << 48 | (number & kFenceNumber);
}

// Whether `word` says that `handle` has got to `number`.
constexpr bool fence_reached(std::uint64_t word, Handle handle, std::uint64_t number) {
    return word >> 48 == handle.generation() && (word & kFenceNumber) >= number;
}

}  // namespace wire
