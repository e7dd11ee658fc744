// Blocks that Ferry's guest sub-allocates without asking: the part of DeviceMemory (device_memory.h) that
// knows what has been carved out of a lent block, so that an access outside of it is as illegal as ever.
#include "soft/memory/device_memory.h"

namespace soft::driver {
namespace {

constexpr std::uint64_t kLarge = std::uint64_t{1} << 20;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

// Below kLarge: within one granule, at a slot. From there on: whole granules.
bool well_placed(std::uint64_t address, std::uint64_t paid) {
    if (paid >= kLarge) return address % kGranule == 0;
    return address % kSlot == 0 && address / kGranule == (address + paid - 1) / kGranule;
}

}  // namespace

bool DeviceMemory::lend(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end() || found->second.kind != BlockKind::device) return false;
    const std::uint64_t size = found->second.size;
    if (size % kGranule != 0 || !lent_.emplace(address, Lent{size}).second) return false;
    index_.erase_large(address, size);
    return true;
}

std::map<std::uint64_t, DeviceMemory::Lent>::iterator DeviceMemory::lent_around(std::uint64_t address) {
    auto after = lent_.upper_bound(address);
    if (after == lent_.begin()) return lent_.end();
    --after;
    return address - after->first < after->second.size ? after : lent_.end();
}

bool DeviceMemory::carve(std::uint64_t address, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    const auto lent = lent_around(address);
    if (lent == lent_.end() || lent->second.closed || size == 0) return false;
    const std::uint64_t room = lent->first + lent->second.size - address;
    const std::uint64_t paid = round_up(size, kSlot);
    if (size > room || paid > room || !well_placed(address, paid)) return false;
    if (!index_.vacant(address, paid >= kLarge ? round_up(paid, kGranule) : paid)) return false;
    const std::uint64_t visible = byte_exact_ ? size : paid;
    paid < kLarge ? index_.insert_small(address, visible) : index_.insert_large(address, visible);
    lent->second.carved += paid;
    return true;
}

bool DeviceMemory::uncarve(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto lent = lent_around(address);
    Range range;
    if (lent == lent_.end() || !index_.find(address, range) || range.lo != address) return false;
    const std::uint64_t size = range.hi - range.lo;
    const std::uint64_t paid = round_up(size, kSlot);
    paid < kLarge ? index_.erase_small(address, size) : index_.erase_large(address, size);
    lent->second.carved -= paid;
    if (lent->second.closed) used_[device_of(blocks_.at(lent->first).owner)] -= paid;
    return true;
}

bool DeviceMemory::close(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto found = lent_.find(address);
    if (found == lent_.end()) return false;
    Lent& lent = found->second;
    if (!lent.closed) used_[device_of(blocks_.at(address).owner)] -= lent.size - lent.carved;
    lent.closed = true;
    return true;
}

std::optional<Block> DeviceMemory::find_start(std::uint64_t address) const {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end()) return std::nullopt;
    return found->second;
}

std::optional<Block> DeviceMemory::find_carved(const Range& range) const {
    auto around = lent_.upper_bound(range.lo);
    if (around == lent_.begin()) return std::nullopt;
    --around;
    const auto block = blocks_.find(around->first);
    if (range.lo - around->first >= around->second.size || block == blocks_.end()) return std::nullopt;
    Block carved = block->second;
    carved.address = range.lo;
    carved.size = range.hi - range.lo;
    return carved;
}

std::uint64_t DeviceMemory::end_lent(std::map<std::uint64_t, Lent>::iterator at) {
    const Lent lent = at->second;
    for (std::uint64_t lo = at->first; lo < at->first + lent.size; lo += kGranule) index_.clear_granule(lo);
    lent_.erase(at);
    return lent.closed ? lent.carved : lent.size;
}

}  // namespace soft::driver
