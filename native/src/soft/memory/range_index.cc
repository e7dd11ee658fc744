// RangeIndex: the atomics. Writers are serialised by DeviceMemory's lock.
#include "soft/memory/range_index.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {

bool RangeIndex::open(std::uint64_t base, std::uint64_t size) {
    // Anonymous pages are zero, which is what an unused Entry is; only entries that are used cost memory.
    void* memory = mmap(nullptr, size / kGranule * sizeof(Entry), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return false;
    entries_ = static_cast<Entry*>(memory);
    base_ = base;
    size_ = size;
    return true;
}

void RangeIndex::insert_small(std::uint64_t lo, std::uint64_t size) {
    Entry& entry = entry_of(lo);
    SlotTable* table = entry.slots.load(std::memory_order_relaxed);
    if (table == nullptr) {
        table = new SlotTable;
        entry.slots.store(table, std::memory_order_release);
    }
    const std::uint64_t first = lo % kGranule / kSlot;
    const std::uint64_t count = (size + kSlot - 1) / kSlot;
    table->size[first].store(static_cast<std::uint32_t>(size), std::memory_order_relaxed);
    // SAFETY: release, so that a reader that sees a slot's start also sees the size stored before it.
    for (std::uint64_t slot = first; slot < first + count; ++slot) {
        table->start_plus_one[slot].store(static_cast<std::uint16_t>(first + 1), std::memory_order_release);
    }
    ++entry.small_count;
}

void RangeIndex::erase_small(std::uint64_t lo, std::uint64_t size) {
    --entry_of(lo).small_count;
    SlotTable* table = entry_of(lo).slots.load(std::memory_order_relaxed);
    const std::uint64_t first = lo % kGranule / kSlot;
    const std::uint64_t count = (size + kSlot - 1) / kSlot;
    for (std::uint64_t slot = first; slot < first + count; ++slot) {
        table->start_plus_one[slot].store(0, std::memory_order_release);
    }
}

void RangeIndex::insert_large(std::uint64_t lo, std::uint64_t size) {
    for (std::uint64_t at = lo; at < lo + size; at += kGranule) {
        entry_of(at).hi.store(lo + size, std::memory_order_relaxed);
        entry_of(at).lo.store(lo, std::memory_order_release);
    }
}

void RangeIndex::erase_large(std::uint64_t lo, std::uint64_t size) {
    for (std::uint64_t at = lo; at < lo + size; at += kGranule) {
        entry_of(at).lo.store(0, std::memory_order_release);
    }
}

bool RangeIndex::vacant(std::uint64_t lo, std::uint64_t size) const {
    for (std::uint64_t at = lo / kGranule * kGranule; at < lo + size; at += kGranule) {
        const Entry& entry = entry_of(at);
        if (entry.lo.load(std::memory_order_relaxed) != 0) return false;
        if (entry.small_count == 0) continue;
        const SlotTable* table = entry.slots.load(std::memory_order_relaxed);
        const std::uint64_t first = at < lo ? (lo - at) / kSlot : 0;
        const std::uint64_t end = std::min((lo + size - at + kSlot - 1) / kSlot, kSlotsPerGranule);
        for (std::uint64_t slot = first; slot < end; ++slot) {
            if (table->start_plus_one[slot].load(std::memory_order_relaxed) != 0) return false;
        }
    }
    return true;
}

void RangeIndex::clear_granule(std::uint64_t lo) {
    Entry& entry = entry_of(lo);
    entry.lo.store(0, std::memory_order_release);
    if (std::exchange(entry.small_count, 0) == 0) return;
    SlotTable* table = entry.slots.load(std::memory_order_relaxed);
    for (auto& start : table->start_plus_one) start.store(0, std::memory_order_release);
}

bool RangeIndex::find(std::uint64_t address, Range& range) const {
    if (!covers(address)) return false;
    const Entry& entry = entry_of(address);
    // SAFETY: lo is read on both sides of hi. Equal and not zero means that hi belonged to it: a writer
    // clears lo before it changes hi. The same holds for a slot's start and its size.
    if (const std::uint64_t lo = entry.lo.load(std::memory_order_acquire); lo != 0) {
        const std::uint64_t hi = entry.hi.load(std::memory_order_acquire);
        if (entry.lo.load(std::memory_order_acquire) != lo || address >= hi) return false;
        range = {lo, hi};
        return true;
    }
    const SlotTable* table = entry.slots.load(std::memory_order_acquire);
    if (table == nullptr) return false;
    const std::uint64_t slot = address % kGranule / kSlot;
    const std::uint16_t start = table->start_plus_one[slot].load(std::memory_order_acquire);
    if (start == 0) return false;
    const std::uint64_t lo = address / kGranule * kGranule + (start - 1U) * kSlot;
    const std::uint64_t hi = lo + table->size[start - 1U].load(std::memory_order_acquire);
    if (table->start_plus_one[slot].load(std::memory_order_acquire) != start || address >= hi) return false;
    range = {lo, hi};
    return true;
}

}  // namespace soft::driver
