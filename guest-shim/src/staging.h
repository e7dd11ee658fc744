// Staging: slices of pinned memory through which pageable bytes travel to and from the device while the
// program's thread fills or empties others. A slice is on its way until the reply to its ticket has come. The
// memory is asked for at the first copy and kept; until the host has pinned it, short copies go another way
// and only long ones wait. Used by copy.cc. Thread-safe.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "cudart/abi.h"
#include "cudart/copy_lines.h"
#include "futex.h"
#include "host_memory.h"

namespace guest {

class Session;
struct Slot;

class Staging {
public:
    // More than a core's own cache holds together: what the other end takes from there costs more than what
    // has moved on to the shared cache (8 against 24 GB/s with 256 KiB and 4 MiB in all).
    static constexpr std::size_t kSliceSize = 512 << 10;
    static constexpr std::size_t kSlices = 8;
    // Bytes of each slice in a copy of `size`: both ends are to be busy with shorter copies, too.
    static constexpr std::size_t piece_of(std::size_t size) {
        constexpr std::size_t kSmallest = 64 << 10;
        return std::clamp(size / kSlices / kSmallest * kSmallest, kSmallest, kSliceSize);
    }

    struct Slice {
        std::byte* memory = nullptr;
        Slot* slot = nullptr;  // its ticket, while the device may use it
    };

    // Whether there are slices.
    bool is_open() const { return opened_.load(std::memory_order_relaxed); }
    // Before a copy of `size` bytes: asks for the slices where nobody has yet, and waits for them when the
    // copy is so long that it pays.
    void prepare(Session& session, std::size_t size);
    // A slice that nothing uses, the caller's until give() or send(); null when other threads have them all
    // or there are none. With `wait`, waits for one that is on its way.
    Slice* take(Session& session, bool wait);
    void give(Slice* slice);
    // Waits for the ticket of a slice, which is nobody's then; answers its result.
    static abi::CUresult finish(Session& session, Slice* slice);
    // Its record has gone out with the ticket of slice->slot, and nobody waits for that.
    void send(Slice* slice);

    // How bytes go into slices.
    copying::WayToOthers way;

private:
    // Copies from here on wait until there are slices.
    static constexpr std::size_t kLong = 4 << 20;
    void open(std::uint64_t address);

    Mutex mutex_;
    std::atomic<bool> opened_{false};
    std::atomic<bool> refused_{false};
    AskedMemory asked_;
    bool waits_ = false;  // a thread waits for it, and takes it
    std::array<Slice, kSlices> slices_;
    // Each in turn, the one first that has not been touched for longest.
    std::deque<Slice*> idle_;
    std::deque<Slice*> sent_;
};

}  // namespace guest
