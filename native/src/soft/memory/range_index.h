// Which live range an address of the arena belongs to, answered without a lock while other threads allocate
// and free. Written by DeviceMemory under its lock; read by every worker thread of the engine on an
// inline-cache miss.
//
// One entry per 2 MiB granule: either the range that owns the whole granule (lo, hi), or a table of the
// granule's 512-byte slots: for each slot 1 + the slot where its range starts (0: free), for each start the
// range's size.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "soft/device_services.h"
#include "soft/memory/arena.h"

namespace soft::driver {

inline constexpr std::uint64_t kSlot = 512;
inline constexpr std::uint64_t kSlotsPerGranule = kGranule / kSlot;

class RangeIndex {
  public:
    // False when there is no memory for the index.
    bool open(std::uint64_t base, std::uint64_t size);

    // A range inside one granule that holds small ranges: `lo` a multiple of kSlot, [lo, lo + size) within
    // the granule.
    void insert_small(std::uint64_t lo, std::uint64_t size);
    void erase_small(std::uint64_t lo, std::uint64_t size);
    // A range that has its granules to itself: `lo` a multiple of kGranule.
    void insert_large(std::uint64_t lo, std::uint64_t size);
    void erase_large(std::uint64_t lo, std::uint64_t size);
    // True when no range touches [lo, lo + size), which lies in one granule or begins and ends with one.
    bool vacant(std::uint64_t lo, std::uint64_t size) const;
    // Erases whatever stands in the granule at `lo`.
    void clear_granule(std::uint64_t lo);

    bool find(std::uint64_t address, Range& range) const;
    bool covers(std::uint64_t address) const { return address - base_ < size_; }

  private:
    struct SlotTable {
        std::array<std::atomic<std::uint16_t>, kSlotsPerGranule> start_plus_one{};
        std::array<std::atomic<std::uint32_t>, kSlotsPerGranule> size{};
    };
    struct Entry {
        std::atomic<std::uint64_t> lo;
        std::atomic<std::uint64_t> hi;
        std::atomic<SlotTable*> slots;  // stays once made: a reader may be inside
        std::uint64_t small_count;      // ranges in `slots`, for writers
    };
    Entry& entry_of(std::uint64_t address) const { return entries_[(address - base_) / kGranule]; }

    Entry* entries_ = nullptr;
    std::uint64_t base_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace soft::driver
