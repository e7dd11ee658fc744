// Addresses without memory, and memory put under them: the part of DeviceMemory (device_memory.h) that
// virtual memory management stands on. Ranges of mappings that lie side by side are one range to kernels and
// copies.
#include <sys/mman.h>

#include <algorithm>

#include "soft/memory/bytes_unsafe.h"
#include "soft/memory/device_memory.h"

namespace soft::driver {

std::uint64_t DeviceMemory::take_addresses(std::uint64_t size, std::uint64_t alignment) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t extra = alignment <= kGranule ? 0 : alignment;
    const auto found = size > arena_.size() - extra ? std::nullopt : granules_.take(size + extra);
    if (!found) return 0;
    if (extra == 0) return *found;
    const std::uint64_t lo = (*found + alignment - 1) / alignment * alignment;
    if (lo != *found) granules_.add(*found, lo - *found);
    if (lo + size != *found + size + extra) granules_.add(lo + size, *found + extra - lo);
    return lo;
}

void DeviceMemory::give_addresses(std::uint64_t lo, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    granules_.add(lo, size);
}

bool DeviceMemory::charge(unsigned device, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    if (size > total_ - used_[device]) return false;
    used_[device] += size;
    return true;
}

void DeviceMemory::discharge(unsigned device, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    used_[device] -= size;
}

bool DeviceMemory::map(std::uint64_t lo, std::uint64_t size, int file, std::uint64_t offset,
                       unsigned device) {
    constexpr int kProtection = PROT_READ | PROT_WRITE;
    void* const got = mmap(host_view(lo), size, kProtection, MAP_SHARED | MAP_FIXED, file,
                           static_cast<off_t>(offset));
    if (got == MAP_FAILED) return false;
    madvise(got, size, MADV_DONTDUMP);
    const std::lock_guard lock(mutex_);
    Block block{lo, size, BlockKind::mapped, 0, std::uint64_t{device} << kOwnerDeviceBit, next_id_++, size};
    mapped_.emplace(lo, block);
    return true;
}

// The stretch of side by side, accessible mappings around `at`; empty when there is none.
Range DeviceMemory::stretch_around(std::uint64_t at) const {
    const auto is_open = [this](auto found) { return found != mapped_.end() && found->second.flags != 0; };
    auto first = mapped_.upper_bound(at);
    if (first == mapped_.begin()) return {};
    --first;
    if (!is_open(first) || at - first->first >= first->second.size) return {};
    Range range{first->first, first->first + first->second.size};
    for (auto next = mapped_.find(range.hi); is_open(next); next = mapped_.find(range.hi))
        range.hi += next->second.size;
    for (auto before = first; before != mapped_.begin();) {
        --before;
        if (!is_open(before) || before->first + before->second.size != range.lo) break;
        range.lo = before->first;
    }
    return range;
}

void DeviceMemory::publish(std::uint64_t at) {
    const Range range = stretch_around(at);
    if (range.hi != 0) index_.insert_large(range.lo, range.hi - range.lo);
}

bool DeviceMemory::set_mapped_access(std::uint64_t lo, unsigned device, bool may) {
    const std::lock_guard lock(mutex_);
    const auto found = mapped_.find(lo);
    if (found == mapped_.end()) return false;
    Block& block = found->second;
    const bool was_open = block.flags != 0;
    block.flags = may ? block.flags | 1U << device : block.flags & ~(1U << device);
    if (block.flags != 0) publish(lo);
    if (block.flags == 0 && was_open) withdraw(block);
    return true;
}

// The neighbours become ranges of their own first: kernels may be at work in them.
void DeviceMemory::withdraw(const Block& block) {
    if (block.address != 0) publish(block.address - 1);
    publish(block.address + block.size);
    index_.erase_large(block.address, block.size);
}

void DeviceMemory::unmap(std::uint64_t lo) {
    const std::lock_guard lock(mutex_);
    const auto found = mapped_.find(lo);
    if (found == mapped_.end()) return;
    const bool was_open = found->second.flags != 0;
    found->second.flags = 0;
    if (was_open) withdraw(found->second);
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    mmap(host_view(lo), found->second.size, PROT_NONE, kFlags, -1, 0);
    mapped_.erase(found);
}

std::optional<Block> DeviceMemory::find_mapped(std::uint64_t address) const {
    auto found = mapped_.upper_bound(address);
    if (found == mapped_.begin()) return std::nullopt;
    --found;
    if (address - found->first >= found->second.size) return std::nullopt;
    return found->second;
}

}  // namespace soft::driver
