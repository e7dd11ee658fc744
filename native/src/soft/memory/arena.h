// The window of addresses that all device and pinned memory lives in: reserved once, made usable in pieces.
// Owned by DeviceMemory. Knows pages, not allocations.
#pragma once
#include <cstdint>

namespace soft::driver {

inline constexpr std::uint64_t kGranule = std::uint64_t{2} << 20;

class Arena {
  public:
    // Reserves the window. `request` is FERRY_SOFT_ARENA ("base:size", C number syntax) or null; when that
    // place is taken, or nothing was asked for, tries 1 TiB, 64 GiB and 8 GiB in turn. False when even the
    // last is refused.
    bool reserve(const char* request);

    std::uint64_t base() const { return base_; }
    std::uint64_t size() const { return size_; }

    // Makes [lo, lo + size), multiples of the page size, readable and writable; zeros at first use. False
    // when the system refuses (its limit on mappings or on committed memory).
    bool commit(std::uint64_t lo, std::uint64_t size) const;
    // Gives the pages back and makes them inaccessible.
    void decommit(std::uint64_t lo, std::uint64_t size) const;

  private:
    bool take(std::uint64_t hint, std::uint64_t size, bool exactly);

    std::uint64_t base_ = 0;  // a multiple of kGranule
    std::uint64_t size_ = 0;
};

}  // namespace soft::driver
