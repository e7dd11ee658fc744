// The one table that answers every question about an address: device allocations, module variables, pinned
// and registered host memory. Device and host addresses share one space (unified addressing), so one ordered
// map serves.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>

#include "futex.h"
#include "objects.h"

namespace guest {

inline constexpr std::size_t kPage = 4096;  // bytes

// SAFETY: memory of the program is compared, and named to the host, by its address.
inline std::uint64_t address_of(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory); }

enum class RegionKind { device, variable, pinned, registered };

struct Region {
    std::uint64_t start = 0;
    std::uint64_t size = 0;  // bytes
    RegionKind kind = RegionKind::device;
    Context* context = nullptr;
    unsigned flags = 0;
    std::uint64_t buffer_id = 0;  // CU_POINTER_ATTRIBUTE_BUFFER_ID
    bool lent = false;            // of a device allocation: a block of the context's heap
    bool carves = false;          // and the host knows it
    wire::Handle pool{};          // it was taken from, value 0 for none
    bool is_device() const { return kind == RegionKind::device || kind == RegionKind::variable; }
    bool is_host() const { return !is_device(); }
};

class Regions {
public:
    // False when it overlaps one that is known, or wraps.
    bool add(const Region& region);
    // The region that holds `address`.
    bool find(std::uint64_t address, Region& region) const;
    // Forgets the region of that kind that starts at `start`.
    bool remove(std::uint64_t start, RegionKind kind, Region& region);
    // Forgets what a context owned on the device.
    void remove_of(const Context* context);

private:
    mutable Mutex mutex_;
    std::map<std::uint64_t, Region> by_start_;
    std::uint64_t next_buffer_id_ = 1;
};

}  // namespace guest
