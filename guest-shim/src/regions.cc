// See regions.h.
#include "regions.h"

namespace guest {

bool Regions::add(const Region& region) {
    if (region.size == 0 || region.start + region.size < region.start) return false;
    Guard guard(mutex_);
    const auto after = by_start_.lower_bound(region.start);
    if (after != by_start_.end() && after->first < region.start + region.size) return false;
    if (after != by_start_.begin()) {
        const Region& before = std::prev(after)->second;
        if (before.start + before.size > region.start) return false;
    }
    const auto added = by_start_.emplace_hint(after, region.start, region);
    added->second.buffer_id = next_buffer_id_++;
    return true;
}

bool Regions::find(std::uint64_t address, Region& region) const {
    Guard guard(mutex_);
    auto after = by_start_.upper_bound(address);
    if (after == by_start_.begin()) return false;
    const Region& before = std::prev(after)->second;
    if (address - before.start >= before.size) return false;
    region = before;
    return true;
}

bool Regions::remove(std::uint64_t start, RegionKind kind, Region& region) {
    Guard guard(mutex_);
    const auto found = by_start_.find(start);
    if (found == by_start_.end() || found->second.kind != kind) return false;
    region = found->second;
    by_start_.erase(found);
    return true;
}

void Regions::remove_of(const Context* context) {
    Guard guard(mutex_);
    std::erase_if(by_start_, [&](const auto& entry) {
        return entry.second.is_device() && entry.second.context == context;
    });
}

}  // namespace guest
