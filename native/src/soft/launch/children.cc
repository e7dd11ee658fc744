// Children: bookkeeping under one lock.
#include "soft/launch/children.h"

#include <ranges>
#include <utility>

namespace soft {

void Children::prepare(std::uint64_t buffer, ChildLaunch launch) {
    const std::lock_guard lock(mutex_);
    prepared_.insert_or_assign(buffer, std::move(launch));
}

bool Children::take_prepared(std::uint64_t buffer, ChildLaunch& launch) {
    const std::lock_guard lock(mutex_);
    const auto found = prepared_.find(buffer);
    if (found == prepared_.end()) return false;
    launch = std::move(found->second);
    prepared_.erase(found);
    return true;
}

std::vector<std::uint64_t> Children::take_buffers() {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> buffers;
    for (const auto& [buffer, launch] : prepared_) buffers.push_back(buffer);
    prepared_.clear();
    return buffers;
}

void Children::launch(ChildLaunch launch, bool at_tail) {
    const std::lock_guard lock(mutex_);
    (at_tail ? at_tail_ : launched_).push_back(std::move(launch));
}

std::size_t Children::count() {
    const std::lock_guard lock(mutex_);
    return launched_.size() + at_tail_.size() + prepared_.size();
}

void Children::move_to(std::vector<ChildLaunch>& waiting) {
    const std::lock_guard lock(mutex_);
    for (auto* launches : {&at_tail_, &launched_}) {
        for (ChildLaunch& launch : std::views::reverse(*launches)) waiting.push_back(std::move(launch));
        launches->clear();
    }
}

std::uint64_t Children::create_stream() {
    const std::lock_guard lock(mutex_);
    return *streams_.insert(next_stream_++).first;
}

bool Children::destroy_stream(std::uint64_t stream) {
    const std::lock_guard lock(mutex_);
    return streams_.erase(stream) != 0;
}

bool Children::has_stream(std::uint64_t stream) {
    if (stream <= kForgottenStream) return true;
    const std::lock_guard lock(mutex_);
    return streams_.contains(stream);
}

void Children::note_error(std::uint64_t thread, LaunchError error) {
    const std::lock_guard lock(mutex_);
    errors_[thread] = error;
}

LaunchError Children::error_of(std::uint64_t thread, bool forget) {
    const std::lock_guard lock(mutex_);
    const auto found = errors_.find(thread);
    if (found == errors_.end()) return LaunchError::none;
    const LaunchError error = found->second;
    if (forget) errors_.erase(found);
    return error;
}

}  // namespace soft
