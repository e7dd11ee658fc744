// MallocHeap: best fit under one lock; kernels that call malloc from every thread are slow on GPUs too.
#include "soft/memory/malloc_heap.h"

namespace soft::driver {
namespace {
constexpr std::uint64_t kUnit = 16;
}

bool MallocHeap::resize(std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    if (base_ != 0) return false;
    size_ = size;
    return true;
}

std::uint64_t MallocHeap::size() const {
    const std::lock_guard lock(mutex_);
    return size_;
}

std::uint64_t MallocHeap::allocate(std::uint64_t size) {
    if (size == 0 || size > size_) return 0;
    const std::lock_guard lock(mutex_);
    if (base_ == 0) {
        base_ = memory_.allocate(size_, BlockKind::image, 0, owner_);
        if (base_ == 0) return 0;
        free_.add(base_, size_ / kUnit * kUnit);
    }
    const std::uint64_t paid = (size + kUnit - 1) / kUnit * kUnit;
    const auto place = free_.take(paid);
    if (!place) return 0;
    sizes_.emplace(*place, paid);
    return *place;
}

void MallocHeap::release(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(address);
    if (found == sizes_.end()) return;
    free_.add(found->first, found->second);
    sizes_.erase(found);
}

}  // namespace soft::driver
