// See world.h.
#include "engine/gl/world.h"

#include <string>

#include "wire/limits.h"

namespace engine::gl {

ferry::Result<device::GlDriver*> World::driver() {
    const std::lock_guard lock(mutex_);
    if (driver_ == nullptr && refusal_.empty()) {
        auto opened = device::GlDriver::open();
        if (opened.ok()) {
            const auto status = opened.value()->load(table_);
            if (status.ok()) driver_ = std::move(opened.value());
            refusal_ = status.message();
        } else {
            refusal_ = opened.message();
        }
    }
    if (driver_ == nullptr) return ferry::Status::failure(refusal_);
    return driver_.get();
}

std::shared_ptr<Group> World::enter(std::uint32_t number, bool is_es) {
    const std::lock_guard lock(mutex_);
    auto& group = groups_[{number, is_es}];
    if (group == nullptr) {
        if (groups_.size() > wire::limits::kGlShareGroups) {
            groups_.erase({number, is_es});
            return nullptr;
        }
        group = std::make_shared<Group>(last_base_);
        last_base_ += static_cast<std::uint32_t>(wire::limits::kGlNames);
    }
    ++group->contexts;
    return group;
}

bool World::leave(const std::shared_ptr<Group>& group) {
    const std::lock_guard lock(mutex_);
    if (--group->contexts != 0) return false;
    std::erase_if(groups_, [&group](const auto& each) { return each.second == group; });
    return true;
}

}  // namespace engine::gl
