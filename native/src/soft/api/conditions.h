// Values that kernels set with cudaGraphSetConditional and conditional nodes look at. Owned by the Device;
// a value lives as long as an executable graph or a run holds it. Thread-safe.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

namespace soft::driver {

using ValueRef = std::shared_ptr<std::atomic<std::uint32_t>>;

class Conditions {
  public:
    // The value behind a handle, made at the first use.
    ValueRef value(std::uint64_t handle) {
        const std::unique_lock lock(mutex_);
        std::erase_if(values_, [](const auto& entry) { return entry.second.expired(); });
        auto& entry = values_[handle];
        ValueRef found = entry.lock();
        if (found == nullptr) entry = found = std::make_shared<std::atomic<std::uint32_t>>(0);
        return found;
    }

    // Nothing when no executable graph has the handle.
    void set(std::uint64_t handle, std::uint32_t to) {
        const std::shared_lock lock(mutex_);
        const auto found = values_.find(handle);
        const ValueRef value = found == values_.end() ? nullptr : found->second.lock();
        if (value != nullptr) value->store(to, std::memory_order_relaxed);
    }

  private:
    std::shared_mutex mutex_;
    std::unordered_map<std::uint64_t, std::weak_ptr<std::atomic<std::uint32_t>>> values_;
};

}  // namespace soft::driver
