// HandleTable: one lock for writers, none for readers.
#include "soft/api/handle_table.h"

#include <sys/mman.h>

namespace soft::driver {
namespace {
constexpr std::uint64_t kSlots = std::uint64_t{1} << 22;
constexpr std::size_t kRest = 4096;  // freed slots that wait before the oldest is used again
}  // namespace

bool HandleTable::open() {
    // Zero pages are unused slots; only used ones cost memory.
    void* memory = mmap(nullptr, kSlots * sizeof(Slot), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return false;
    slots_ = static_cast<Slot*>(memory);
    return true;
}

std::uint64_t HandleTable::take(HandleKind kind, void* object) {
    const std::lock_guard lock(mutex_);
    std::uint64_t index = next_;
    if (free_.size() > kRest || (next_ == kSlots && !free_.empty())) {
        index = free_.front();
        free_.pop_front();
    } else if (next_ == kSlots) {
        return 0;
    } else {
        ++next_;
    }
    Slot& slot = slots_[index];
    slot.object.store(object, std::memory_order_relaxed);
    // SAFETY: release; whoever sees the kind sees the object.
    slot.kind.store(kind, std::memory_order_release);
    return address_of(&slot);
}

void HandleTable::redirect(std::uint64_t handle, void* object) {
    const std::lock_guard lock(mutex_);
    slots_[(handle - address_of(slots_)) / sizeof(Slot)].object.store(object, std::memory_order_release);
}

void HandleTable::remove(std::uint64_t handle) {
    const std::uint64_t index = (handle - address_of(slots_)) / sizeof(Slot);
    if (handle == 0 || index >= kSlots) return;
    const std::lock_guard lock(mutex_);
    slots_[index].kind.store(HandleKind::none, std::memory_order_release);
    free_.push_back(index);
}

void* HandleTable::look_up(std::uint64_t handle, HandleKind kind) const {
    const std::uint64_t offset = handle - address_of(slots_);
    if (offset >= kSlots * sizeof(Slot) || offset % sizeof(Slot) != 0) return nullptr;
    const Slot& slot = slots_[offset / sizeof(Slot)];
    if (slot.kind.load(std::memory_order_acquire) != kind) return nullptr;
    return slot.object.load(std::memory_order_relaxed);
}

}  // namespace soft::driver
