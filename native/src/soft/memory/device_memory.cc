// DeviceMemory: placement and accounting. Blocks below 1 MiB share granules, larger ones have theirs alone,
// so that freeing one makes its pages inaccessible at once.
#include "soft/memory/device_memory.h"

#include <algorithm>

namespace soft::driver {
namespace {

constexpr std::uint64_t kLarge = std::uint64_t{1} << 20;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

}  // namespace

bool DeviceMemory::open(const char* arena_request, std::uint64_t total, unsigned devices, bool byte_exact) {
    if (!arena_.reserve(arena_request) || !index_.open(arena_.base(), arena_.size())) return false;
    granules_.add(arena_.base(), arena_.size());
    // Whole granules round large blocks up; half of the window is room enough for what is announced.
    total_ = std::min(total, arena_.size() / 2 / devices) / kSlot * kSlot;
    byte_exact_ = byte_exact;
    return true;
}

std::optional<std::uint64_t> DeviceMemory::place_small(std::uint64_t size) {
    if (const auto found = small_.take(size)) {
        if (*found / kGranule * kGranule == spare_granule_) spare_granule_ = 0;
        return found;
    }
    const auto granule = granules_.take(kGranule);
    if (!granule) return std::nullopt;
    if (!arena_.commit(*granule, kGranule)) {
        granules_.add(*granule, kGranule);
        return std::nullopt;
    }
    small_.add(*granule, kGranule);
    return small_.take(size);
}

std::optional<std::uint64_t> DeviceMemory::place_large(std::uint64_t size) {
    const std::uint64_t whole = round_up(size, kGranule);
    const auto found = granules_.take(whole);
    if (!found) return std::nullopt;
    if (arena_.commit(*found, round_up(size, 4096))) return found;
    arena_.decommit(*found, whole);
    granules_.add(*found, whole);
    return std::nullopt;
}

std::uint64_t DeviceMemory::allocate(std::uint64_t size, BlockKind kind, std::uint32_t flags,
                                     std::uint64_t owner) {
    if (size == 0 || size > arena_.size()) return 0;
    const std::uint64_t paid = round_up(size, kSlot);
    const std::lock_guard lock(mutex_);
    std::uint64_t& used = used_[device_of(owner)];
    if (counted(kind) && paid > total_ - used) return 0;
    const auto place = paid < kLarge ? place_small(paid) : place_large(paid);
    if (!place) return 0;
    if (counted(kind)) used += paid;
    const Block block{*place, size, kind, flags, owner, next_id_++, paid};
    uncover(block);
    blocks_.emplace(*place, block);
    return *place;
}

void DeviceMemory::vacate(std::uint64_t lo, std::uint64_t size) {
    if (size >= kLarge) {
        index_.erase_large(lo, size);
        const std::uint64_t whole = round_up(size, kGranule);
        arena_.decommit(lo, whole);
        granules_.add(lo, whole);
        return;
    }
    index_.erase_small(lo, size);
    const FreeSpace::Stretch stretch = small_.add(lo, size);
    if (stretch.size != kGranule) return;
    if (spare_granule_ == 0) {
        spare_granule_ = stretch.lo;
        return;
    }
    small_.remove(stretch);
    arena_.decommit(stretch.lo, kGranule);
    granules_.add(stretch.lo, kGranule);
}

void DeviceMemory::drop(std::unordered_map<std::uint64_t, Block>::iterator at) {
    const std::uint64_t paid = at->second.room;
    if (at->second.hidden) uncover(at->second);  // what vacate() takes out must be there
    promised_.erase(at->first);
    const auto lent = lent_.find(at->first);
    const std::uint64_t counts = lent == lent_.end() ? paid : end_lent(lent);
    if (counted(at->second.kind)) used_[device_of(at->second.owner)] -= counts;
    vacate(at->second.address, paid);
    blocks_.erase(at);
}

bool DeviceMemory::release(std::uint64_t address, BlockKind kind) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end() || found->second.kind != kind) return false;
    drop(found);
    return true;
}

void DeviceMemory::release_all_of(std::uint64_t owner) {
    {
        const std::lock_guard lock(mutex_);
        for (auto at = blocks_.begin(); at != blocks_.end();) {
            const auto next = std::next(at);
            if (at->second.owner == owner) drop(at);
            at = next;
        }
    }
    const std::unique_lock lock(registered_mutex_);
    std::erase_if(registered_, [owner](const auto& entry) { return entry.second.owner == owner; });
    registered_count_.store(registered_.size(), std::memory_order_release);
}

DeviceMemory::Registration DeviceMemory::add_registered(std::uint64_t address, std::uint64_t size,
                                                        std::uint32_t flags, std::uint64_t owner) {
    std::uint64_t id = 0;
    {
        const std::lock_guard lock(mutex_);
        id = next_id_++;
    }
    const std::unique_lock lock(registered_mutex_);
    const auto next = registered_.lower_bound(address);
    const bool meets_next = next != registered_.end() && next->first < address + size;
    const bool meets_previous =
        next != registered_.begin() && std::prev(next)->first + std::prev(next)->second.size > address;
    const bool in_arena = index_.covers(address) || index_.covers(address + size - 1);
    if (meets_next || meets_previous || in_arena) return Registration::overlap;
    registered_.emplace(address, Block{address, size, BlockKind::registered, flags, owner, id});
    registered_count_.store(registered_.size(), std::memory_order_release);
    return Registration::done;
}

bool DeviceMemory::remove_registered(std::uint64_t address) {
    const std::unique_lock lock(registered_mutex_);
    const bool found = registered_.erase(address) != 0;
    registered_count_.store(registered_.size(), std::memory_order_release);
    return found;
}

bool DeviceMemory::find_range(std::uint64_t address, Range& range) const {
    if (index_.covers(address)) return index_.find(address, range);
    if (registered_count_.load(std::memory_order_acquire) == 0) return false;
    const std::shared_lock lock(registered_mutex_);
    auto next = registered_.upper_bound(address);
    if (next == registered_.begin()) return false;
    const Block& block = std::prev(next)->second;
    if (address - block.address >= block.size) return false;
    range = {block.address, block.address + block.size};
    return true;
}

std::optional<Block> DeviceMemory::find_block(std::uint64_t address) const {
    Range range;
    if (!find_range(address, range)) return std::nullopt;
    if (index_.covers(address)) {
        const std::lock_guard lock(mutex_);
        if (const auto mapped = find_mapped(address)) return mapped;
        const auto found = blocks_.find(range.lo);
        if (found == blocks_.end() || lent_.contains(range.lo)) return find_carved(range);
        return found->second;
    }
    const std::shared_lock lock(registered_mutex_);
    const auto found = registered_.find(range.lo);
    if (found == registered_.end()) return std::nullopt;
    return found->second;
}

bool DeviceMemory::spans(std::uint64_t address, std::uint64_t size) const {
    Range range;
    return find_range(address, range) && size <= range.hi - address;
}

std::uint64_t DeviceMemory::unused(unsigned device) const {
    const std::lock_guard lock(mutex_);
    return total_ - used_[device];
}

}  // namespace soft::driver
