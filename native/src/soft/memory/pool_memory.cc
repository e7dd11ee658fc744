// Blocks of pools and graphs: the part of DeviceMemory (device_memory.h) that takes a block out of kernels'
// sight while nobody has it, and keeps its pages.
#include <sys/mman.h>

#include <iterator>

#include "soft/memory/bytes_unsafe.h"
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
    if (block.kind == BlockKind::graph) promised_.emplace(address, block.size);
    is_large(block.room) ? index_.erase_large(address, block.room) : index_.erase_small(address, block.room);
}

bool DeviceMemory::back_with_file(std::uint64_t address, int file, std::uint64_t offset) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end() || !is_large(found->second.room)) return false;
    constexpr int kProtection = PROT_READ | PROT_WRITE;
    return mmap(host_view(address), found->second.room, kProtection, MAP_SHARED | MAP_FIXED, file,
                static_cast<off_t>(offset)) != MAP_FAILED;
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
    promised_.erase(address);
    uncover(block);
}

bool DeviceMemory::find_promised(std::uint64_t address, Range& range) const {
    const std::lock_guard lock(mutex_);
    const auto next = promised_.upper_bound(address);
    if (next == promised_.begin()) return false;
    const auto& [lo, size] = *std::prev(next);
    if (address - lo >= size) return false;
    range = {lo, lo + size};
    return true;
}

void DeviceMemory::discard(std::uint64_t address) {
    constexpr std::uint64_t kPage = 4096;
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end() || !found->second.hidden) return;
    // Blocks that are not whole pages share theirs with others.
    const std::uint64_t lo = (address + kPage - 1) / kPage * kPage;
    const std::uint64_t hi = (address + found->second.room) / kPage * kPage;
    if (hi > lo) madvise(host_view(lo), hi - lo, MADV_DONTNEED);
}

}  // namespace soft::driver
