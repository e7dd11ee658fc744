// Pools (pool.h): blocks that other processes may map, and those of other processes mapped here.
#include "soft/api/pool.h"

namespace soft::driver {

// Puts the pool's file under a block that has just been placed, and lets kernels at what was asked for alone.
bool Pools::back(const Pool& pool, Block& block, std::uint64_t address, std::uint64_t owner) {
    block.offset = pool.file->take(block.room);
    const int file = pool.file->descriptor();
    if (block.offset == 0 || !memory_.back_with_file(address, file, block.offset)) {
        if (block.offset != 0) pool.file->give(block.offset, block.room);
        memory_.release(address, BlockKind::pool);
        return false;
    }
    memory_.hide(address);
    memory_.show(address, block.size, owner);
    return true;
}

bool Pools::share(std::uint64_t address, SharedBlock& shared) const {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end() || found->second.state != State::live) return false;
    const Block& block = found->second;
    if (block.pool->file == nullptr) return false;
    shared = {block.pool->file->id(), block.offset, memory_.byte_exact() ? block.size : block.room};
    return true;
}

std::uint64_t Pools::take_shared(Pool& pool, const SharedBlock& shared, std::uint64_t owner) {
    if (!pool.is_adopted() || pool.file->id() != shared.file) return 0;
    if (shared.offset == 0 || shared.offset % kGranule != 0 ||
        !pool.file->reaches(shared.offset, shared.size))
        return 0;
    const std::lock_guard lock(mutex_);
    const std::uint64_t address = memory_.take_addresses(room_of(shared.size), 0);
    if (address == 0) return 0;
    const auto device = static_cast<unsigned>(pool.ordinal);
    if (!memory_.map(address, shared.size, pool.file->descriptor(), shared.offset, device)) {
        memory_.give_addresses(address, room_of(shared.size));
        return 0;
    }
    memory_.set_mapped_access(address, device, true);
    for (const auto& [ordinal, flags] : pool.access_) {
        const bool may = flags != abi::CU_MEM_ACCESS_FLAGS_PROT_NONE;
        memory_.set_mapped_access(address, static_cast<unsigned>(ordinal), may);
    }
    adopted_.emplace(address, Adopted{&pool, shared.size, owner});
    return address;
}

// Whether a live block of another process starts there; from now on it does not.
bool Pools::begin_release_adopted(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto found = adopted_.find(address);
    if (found == adopted_.end() || found->second.freed) return false;
    found->second.freed = true;
    return true;
}

void Pools::release_adopted(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    if (const auto found = adopted_.find(address); found != adopted_.end()) end_adopted(found);
}

void Pools::end_adopted(std::map<std::uint64_t, Adopted>::iterator at) {
    memory_.unmap(at->first);
    memory_.give_addresses(at->first, room_of(at->second.size));
    adopted_.erase(at);
}

}  // namespace soft::driver
