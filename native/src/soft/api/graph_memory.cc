// See graph_memory.h.
#include "soft/api/graph_memory.h"

#include <algorithm>
#include <utility>

#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {
namespace {

std::uint64_t owner_on(int ordinal) { return static_cast<std::uint64_t>(ordinal) << kOwnerDeviceBit; }

}  // namespace

std::shared_ptr<const std::uint64_t> GraphMemory::reserve(int ordinal, std::uint64_t size) {
    const std::uint64_t address = memory_.allocate(size, BlockKind::graph, 0, owner_on(ordinal));
    if (address == 0) return nullptr;
    memory_.hide(address);
    {
        const std::lock_guard lock(mutex_);
        Place& place = places_[address];
        place.size = size;
        place.room = (size + kSlot - 1) / kSlot * kSlot;
        place.ordinal = ordinal;
    }
    return {new std::uint64_t(address), [this](const std::uint64_t* named) {
                unname(*named);
                delete named;
            }};
}

void GraphMemory::unname(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(address);
    if (found == places_.end()) return;
    found->second.named = false;
    settle(found);
}

// Ends a place that nobody will come back to; what was behind it stays paid for.
void GraphMemory::settle(Places::iterator at) {
    const Place& place = at->second;
    if (place.named || place.live || place.uses != 0) return;
    if (place.backed) books(place).loose += place.room;
    memory_.release(at->first, BlockKind::graph);
    places_.erase(at);
}

// Takes the memory from behind an address that is free, if not yet as far as work has run.
void GraphMemory::strip(std::uint64_t address, Place& place) {
    place.backed = false;
    if (place.uses == 0) memory_.discard(address);
}

bool GraphMemory::is_spare(const Place& place, const Stream& stream) {
    if (!place.backed || place.live || place.claimed) return false;
    return place.uses == 0 || (place.freed && scheduler_.comes_behind(stream, *place.freed));
}

bool GraphMemory::back(std::uint64_t address, const Stream& stream) {
    const std::lock_guard lock(mutex_);
    Place& place = places_.at(address);
    place.claimed = true;
    if (place.backed) return true;
    Books& book = books(place);
    for (auto& [other_address, other] : places_) {
        if (book.loose >= place.room) break;
        if (other.ordinal != place.ordinal || !is_spare(other, stream)) continue;
        strip(other_address, other);
        book.loose += other.room;
    }
    const std::uint64_t more = place.room - std::min(place.room, book.loose);
    if (!memory_.charge(static_cast<unsigned>(place.ordinal), more)) return false;
    book.loose -= place.room - more;
    book.reserved += more;
    book.used_high = std::max(book.used_high, book.reserved);
    book.reserved_high = std::max(book.reserved_high, book.reserved);
    place.backed = true;
    return true;
}

void GraphMemory::let_go(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    places_.at(address).claimed = false;
}

std::shared_ptr<EventPoint> GraphMemory::begin(std::uint64_t address, std::uint64_t owner) {
    const std::lock_guard lock(mutex_);
    Place& place = places_.at(address);
    place.claimed = false;
    place.live = true;
    place.owner = owner;
    if (place.uses++ == 0) memory_.show(address, place.size, owner_on(place.ordinal));
    return std::exchange(place.freed, nullptr);
}

void GraphMemory::end(std::uint64_t address, const CommandRef& command) {
    const std::lock_guard lock(mutex_);
    end_at(places_.find(address), command);
}

void GraphMemory::end_at(Places::iterator at, const CommandRef& command) {
    Place& place = at->second;
    place.live = false;
    place.freed = std::make_shared<EventPoint>();
    place.freed->command = command;
    command->kind = CommandKind::transfer;
    command->point = place.freed;
    command->work = [this, address = at->first] { ended(address); };
}

// Work has come to a free.
void GraphMemory::ended(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(address);
    if (found == places_.end()) return;
    Place& place = found->second;
    if (--place.uses != 0) return;
    memory_.hide(address);
    if (!place.backed) memory_.discard(address);
    settle(found);
}

bool GraphMemory::is_live(std::uint64_t address) const {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(address);
    return found != places_.end() && found->second.live;
}

bool GraphMemory::release(std::uint64_t address, const StreamRef& stream) {
    auto command = new_command();
    command->stream = stream;
    {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(address);
        if (found == places_.end() || !found->second.live) return false;
        end_at(found, command);
    }
    // Not under the lock: it may run at once.
    scheduler_.submit(command);
    return true;
}

bool GraphMemory::release_now(std::uint64_t address) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(address);
        if (found == places_.end() || !found->second.live) return false;
        found->second.live = false;
    }
    ended(address);
    return true;
}

void GraphMemory::forget_owner(std::uint64_t owner) {
    const std::lock_guard lock(mutex_);
    for (auto at = places_.begin(); at != places_.end();) {
        const auto next = std::next(at);
        Place& place = at->second;
        if (place.owner == owner && place.uses != 0) {
            place.live = false;
            place.uses = 0;
            place.freed.reset();
            memory_.hide(at->first);
            if (!place.backed) memory_.discard(at->first);
            settle(at);
        }
        at = next;
    }
}

bool GraphMemory::trim(int ordinal) {
    const std::lock_guard lock(mutex_);
    Books& book = books_[static_cast<unsigned>(ordinal)];
    for (auto& [address, place] : places_) {
        const bool idle = place.backed && !place.live && !place.claimed && place.uses == 0;
        if (!idle || place.ordinal != ordinal) continue;
        strip(address, place);
        book.loose += place.room;
    }
    const std::uint64_t given = std::exchange(book.loose, 0);
    memory_.discharge(static_cast<unsigned>(ordinal), given);
    book.reserved -= given;
    return given != 0;
}

abi::CUresult GraphMemory::get_attribute(int ordinal, abi::CUgraphMem_attribute which, void* value) const {
    const std::lock_guard lock(mutex_);
    const Books& book = books_[static_cast<unsigned>(ordinal)];
    const auto put = [value](std::uint64_t what) {
        copy_exact(value, &what, sizeof what);
        return abi::CUDA_SUCCESS;
    };
    switch (which) {
        case abi::CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT:  // what is free and not trimmed counts, too
            return put(book.reserved);
        case abi::CU_GRAPH_MEM_ATTR_USED_MEM_HIGH:
            return put(book.used_high);
        case abi::CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT:
            return put(book.reserved);
        case abi::CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH:
            return put(book.reserved_high);
    }
    return abi::CUDA_ERROR_INVALID_VALUE;
}

abi::CUresult GraphMemory::set_attribute(int ordinal, abi::CUgraphMem_attribute which, const void* value) {
    std::uint64_t given = 0;
    copy_exact(&given, value, sizeof given);
    if (given != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(mutex_);
    Books& book = books_[static_cast<unsigned>(ordinal)];
    switch (which) {
        case abi::CU_GRAPH_MEM_ATTR_USED_MEM_HIGH:
            book.used_high = book.reserved;
            return abi::CUDA_SUCCESS;
        case abi::CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH:
            book.reserved_high = book.reserved;
            return abi::CUDA_SUCCESS;
        default:
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
}

}  // namespace soft::driver
