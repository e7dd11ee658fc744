// See textures.h.
#include "textures.h"

namespace guest {

void Textures::add(std::uint64_t value, const TextureFacts& facts) {
    Guard guard(mutex_);
    objects_[value] = facts;
}

bool Textures::find(std::uint64_t value, bool is_surface, TextureFacts& facts) {
    Guard guard(mutex_);
    const auto found = objects_.find(value);
    if (found == objects_.end() || found->second.is_surface != is_surface || !found->second.current())
        return false;
    facts = found->second;
    return true;
}

bool Textures::remove(std::uint64_t value, bool is_surface) {
    Guard guard(mutex_);
    const auto found = objects_.find(value);
    if (found == objects_.end() || found->second.is_surface != is_surface) return false;
    const bool was_current = found->second.current();
    objects_.erase(found);
    return was_current;
}

}  // namespace guest
