// Blocks of pools: the part of DeviceMemory (device_memory.h) that takes a block out of kernels' sight while
// nobody has it, and keeps its pages.
#include "soft/memory/device_memory.h"

namespace soft::driver {

void DeviceMemory::uncover(const Block& block) {
    const std::uint64_t visible = byte_exact_ ? block.size : block.room;
    is_large(block.room) ? index_.insert_large(block.address, visible)
                         : index_.insert_small(block.address, visible);
}

void DeviceMemory::hide(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end() || found->second.hidden) return;
    Block& block = found->second;
    block.hidden = true;
    is_large(block.room) ? index_.erase_large(address, block.room) : index_.erase_small(address, block.room);
}

void DeviceMemory::show(std::uint64_t address, std::uint64_t size, std::uint64_t owner) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end()) return;
    Block& block = found->second;
    block.size = size;
    block.owner = owner;
    block.id = next_id_++;
    if (!block.hidden) return;
    block.hidden = false;
    uncover(block);
}

}  // namespace soft::driver
