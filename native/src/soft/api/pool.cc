// Pools: giving out, taking back, reuse. A freed block keeps its pages and is hidden from kernels once the
// work before the free has run.
#include "soft/api/pool.h"

#include <algorithm>

namespace soft::driver {
namespace {

// As DeviceMemory has it: the memory is the pool's device's, whoever takes it.
constexpr std::uint64_t payer(std::uint64_t owner, int ordinal) {
    const std::uint64_t number = owner - (std::uint64_t{device_of(owner)} << kOwnerDeviceBit);
    return number | static_cast<std::uint64_t>(ordinal) << kOwnerDeviceBit;
}

// A block that other processes may map has granules to itself, which smaller ones have not.
std::uint64_t paid_for(const Pool& pool, std::uint64_t size) {
    constexpr std::uint64_t kLeastShared = std::uint64_t{1} << 20;
    const std::uint64_t paid = (size + kSlot - 1) / kSlot * kSlot;
    return pool.file == nullptr ? paid : std::max(paid, kLeastShared);
}

// A freed block serves an allocation that leaves no more than this part of it unused: an access behind the
// end should go on being found.
constexpr std::uint64_t kWaste = 8;

}  // namespace

Pool* Pools::add(int ordinal, std::uint64_t max_size, std::unique_ptr<PoolFile> file) {
    auto pool = std::make_unique<Pool>(ordinal, max_size, std::move(file));
    pool->handle = handles_.add(pool.get());
    if (pool->handle == 0) return nullptr;
    pools_.push_back(std::move(pool));
    return pools_.back().get();
}

Pool* Pools::create(int ordinal, std::uint64_t max_size, std::unique_ptr<PoolFile> file) {
    const std::lock_guard lock(mutex_);
    return add(ordinal, max_size, std::move(file));
}

bool Pools::destroy(Pool& pool) {
    const std::lock_guard lock(mutex_);
    if (pool.is_default) return false;
    pool.destroyed_ = true;
    handles_.remove(pool.handle);
    std::erase_if(currents_, [&pool](const auto& entry) { return entry.second == &pool; });
    trim_locked(pool, 0);
    return true;
}

Pool* Pools::default_of(int ordinal) {
    const std::lock_guard lock(mutex_);
    if (const auto found = defaults_.find(ordinal); found != defaults_.end()) return found->second;
    Pool* pool = add(ordinal, 0, nullptr);
    if (pool == nullptr) return nullptr;
    pool->is_default = true;
    return defaults_.emplace(ordinal, pool).first->second;
}

Pool* Pools::current_of(int ordinal) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = currents_.find(ordinal); found != currents_.end()) return found->second;
    }
    return default_of(ordinal);
}

void Pools::set_current(int ordinal, Pool& pool) {
    const std::lock_guard lock(mutex_);
    currents_[ordinal] = &pool;
}

// Whether work of `stream` from here on runs behind the point where the block was freed.
bool Pools::may_have(const Block& block, const StreamRef& stream, std::uint64_t size) {
    const Pool& pool = *block.pool;
    if (is_over(block)) return pool.opportunistic_ != 0 || block.settled || block.stream.lock() == stream;
    // Work before the free still runs: what it may touch must not shrink.
    if (size != block.size && memory_.byte_exact()) return false;
    if (block.stream.lock() == stream) return true;
    return pool.follows_events_ != 0 && scheduler_.comes_behind(*stream, *block.point);
}

void Pools::give_out(std::uint64_t address, Block& block, std::uint64_t size, std::uint64_t owner) {
    Pool& pool = *block.pool;
    pool.spare_.erase({block.room, address});
    pool.used_ += block.room;
    pool.used_high_ = std::max(pool.used_high_, pool.used_);
    block.state = State::live;
    block.settled = false;
    block.size = size;
    block.owner = owner;
    block.freeing = 0;
    block.stream.reset();
    block.point.reset();
    memory_.show(address, size, payer(owner, pool.ordinal));
}

std::uint64_t Pools::reuse(Pool& pool, std::uint64_t size, const StreamRef& stream, std::uint64_t owner) {
    const std::uint64_t paid = paid_for(pool, size);
    for (auto at = pool.spare_.lower_bound({paid, 0}); at != pool.spare_.end(); ++at) {
        const auto [room, address] = *at;
        if (room > paid + paid / kWaste) return 0;
        Block& block = blocks_.at(address);
        if (!may_have(block, stream, size)) continue;
        give_out(address, block, size, owner);
        return address;
    }
    return 0;
}

std::uint64_t Pools::take_new(Pool& pool, std::uint64_t size, std::uint64_t owner) {
    const std::uint64_t paid = paid_for(pool, size);
    if (pool.max_size != 0 && (paid > pool.max_size || pool.reserved_ > pool.max_size - paid)) return 0;
    Block block{&pool, paid, size, owner, State::live, false, 0, {}, {}};
    const std::uint64_t room = pool.file == nullptr ? size : paid;
    const std::uint64_t address = memory_.allocate(room, BlockKind::pool, 0, payer(owner, pool.ordinal));
    if (address == 0) return 0;
    if (pool.file != nullptr && !back(pool, block, address, payer(owner, pool.ordinal))) return 0;
    pool.reserved_ += paid;
    pool.reserved_high_ = std::max(pool.reserved_high_, pool.reserved_);
    pool.used_ += paid;
    pool.used_high_ = std::max(pool.used_high_, pool.used_);
    blocks_.emplace(address, block);
    return address;
}

// A block whose free is still to come, for want of any other: the caller makes its stream wait for `awaited`.
std::uint64_t Pools::reuse_waiting(Pool& pool, std::uint64_t size, std::uint64_t owner,
                                   std::shared_ptr<EventPoint>& awaited) {
    if (pool.internal_dependencies_ == 0) return 0;
    for (auto at = pool.spare_.lower_bound({paid_for(pool, size), 0}); at != pool.spare_.end(); ++at) {
        Block& block = blocks_.at(at->second);
        if (size != block.size && memory_.byte_exact()) continue;
        const std::uint64_t address = at->second;
        awaited = block.point;
        give_out(address, block, size, owner);
        return address;
    }
    return 0;
}

std::uint64_t Pools::allocate(Pool& pool, std::uint64_t size, const StreamRef& stream, std::uint64_t owner) {
    if (size > memory_.total()) return 0;
    std::shared_ptr<EventPoint> awaited;
    std::uint64_t address = 0;
    {
        const std::lock_guard lock(mutex_);
        address = reuse(pool, size, stream, owner);
        if (address == 0) address = take_new(pool, size, owner);
        if (address == 0) {
            bool freed = false;
            for (const auto& other : pools_) freed = trim_locked(*other, 0) || freed;
            if (freed) address = take_new(pool, size, owner);
        }
        if (address == 0) address = reuse_waiting(pool, size, owner, awaited);
    }
    if (awaited) {
        auto wait = new_command();
        wait->stream = stream;
        scheduler_.submit(wait, awaited.get());
    }
    return address;
}

// Of a live block: it counts as used no longer.
void Pools::end_use(Blocks::iterator at) {
    Block& block = at->second;
    block.pool->used_ -= block.room;
    block.pool->spare_.emplace(block.room, at->first);
    block.state = State::freed;
    block.freeing = ++freeings_;
    block.point = std::make_shared<EventPoint>();
    has_spare_.store(true, std::memory_order_relaxed);
}

bool Pools::release(std::uint64_t address, const StreamRef& stream) {
    auto command = new_command();
    command->kind = CommandKind::transfer;
    command->stream = stream;
    if (begin_release_adopted(address)) {
        command->work = [this, address] { release_adopted(address); };
    } else {
        const std::lock_guard lock(mutex_);
        const auto found = blocks_.find(address);
        if (found == blocks_.end() || found->second.state != State::live) return false;
        end_use(found);
        found->second.stream = stream;
        command->point = found->second.point;
        command->point->command = command;
        command->work = [this, address, freeing = found->second.freeing] { ended(address, freeing); };
    }
    // Not under the lock: it may run at once.
    scheduler_.submit(command);
    return true;
}

// The work before a free has run. Meanwhile the block may have been given out again.
void Pools::ended(std::uint64_t address, std::uint64_t freeing) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end() || found->second.freeing != freeing) return;
    memory_.hide(address);
    if (found->second.pool->destroyed_) erase(found);
}

bool Pools::release_now(std::uint64_t address) {
    if (begin_release_adopted(address)) {
        release_adopted(address);
        return true;
    }
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end() || found->second.state != State::live) return false;
    end_use(found);
    found->second.settled = true;
    found->second.point->done.store(true, std::memory_order_release);
    memory_.hide(address);
    trim_locked(*found->second.pool, found->second.pool->threshold_);
    return true;
}

std::uint64_t Pools::handle_of(std::uint64_t address) const {
    const std::lock_guard lock(mutex_);
    if (const auto adopted = adopted_.find(address); adopted != adopted_.end())
        return adopted->second.pool->handle;
    const auto found = blocks_.find(address);
    return found == blocks_.end() ? 0 : found->second.pool->handle;
}

void Pools::erase(Blocks::iterator at) {
    Pool& pool = *at->second.pool;
    pool.spare_.erase({at->second.room, at->first});
    pool.reserved_ -= at->second.room;
    memory_.release(at->first, BlockKind::pool);
    if (pool.file != nullptr) pool.file->give(at->second.offset, at->second.room);
    blocks_.erase(at);
}

bool Pools::trim_locked(Pool& pool, std::uint64_t kept) {
    bool any = false;
    for (auto at = pool.spare_.end(); at != pool.spare_.begin() && pool.reserved_ > kept;) {
        --at;
        const auto found = blocks_.find(at->second);
        if (!is_over(found->second)) continue;
        const auto next = std::next(at);
        erase(found);
        at = next;
        any = true;
    }
    return any;
}

void Pools::trim(Pool& pool, std::uint64_t kept) {
    const std::lock_guard lock(mutex_);
    trim_locked(pool, kept);
}

bool Pools::trim_all() {
    const std::lock_guard lock(mutex_);
    bool any = false;
    for (const auto& pool : pools_) any = trim_locked(*pool, 0) || any;
    return any;
}

void Pools::settle() {
    const std::lock_guard lock(mutex_);
    bool left = false;
    for (const auto& pool : pools_) {
        trim_locked(*pool, pool->threshold_);
        left = left || !pool->spare_.empty();
        for (const auto& [room, address] : pool->spare_) {
            Block& block = blocks_.at(address);
            block.settled = block.settled || is_over(block);
        }
    }
    has_spare_.store(left, std::memory_order_relaxed);
}

void Pools::forget_owner(std::uint64_t owner) {
    const std::lock_guard lock(mutex_);
    for (auto at = blocks_.begin(); at != blocks_.end();) {
        const auto next = std::next(at);
        if (at->second.owner == owner) {
            if (at->second.state == State::live) at->second.pool->used_ -= at->second.room;
            erase(at);
        }
        at = next;
    }
    for (auto at = adopted_.begin(); at != adopted_.end();) {
        const auto next = std::next(at);
        if (at->second.owner == owner) end_adopted(at);
        at = next;
    }
}

}  // namespace soft::driver
