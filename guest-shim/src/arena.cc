// See arena.h.
#include "arena.h"

#include <algorithm>
#include <iterator>

namespace guest {
namespace {

constexpr bool anywhere(std::uint64_t) { return true; }

}  // namespace

void Arena::open(std::uint64_t base, std::uint64_t size) {
    if (size == 0) return;
    base_ = base;
    size_ = size;
    places_.add(base, size / kUnit * kUnit, anywhere);
}

void Arena::refuse() {
    Guard guard(mutex_);
    places_.clear();
}

std::map<std::uint64_t, Arena::Use>::iterator Arena::chunk_around(std::uint64_t address) {
    return std::prev(chunks_.upper_bound(address));
}

std::uint64_t Arena::take(std::uint64_t size) {
    Guard guard(mutex_);
    if (size == 0 || size > size_) return 0;
    const std::uint64_t paid = round_up(size, kStep);
    const std::uint64_t address = blocks_.take(paid);
    if (address != 0) chunk_around(address)->second.used += paid;
    return address;
}

void Arena::give(std::uint64_t address, std::uint64_t size) {
    Guard guard(mutex_);
    const std::uint64_t paid = round_up(size, kStep);
    chunk_around(address)->second.used -= paid;
    // Chunks are unpinned one by one, so free space does not reach from one into the next.
    blocks_.add(address, paid, [this](std::uint64_t seam) { return !chunks_.contains(seam); });
}

Arena::Chunk Arena::find_place(std::uint64_t size) {
    Guard guard(mutex_);
    if (size == 0 || size > size_) return {0, 0};
    const std::uint64_t whole = round_up(size, kUnit);
    const std::uint64_t address = places_.take(whole);
    return {address, address == 0 ? 0 : whole};
}

void Arena::add(const Chunk& chunk) {
    Guard guard(mutex_);
    chunks_.emplace(chunk.address, Use{.size = chunk.size});
    blocks_.add(chunk.address, chunk.size, [this](std::uint64_t seam) { return !chunks_.contains(seam); });
}

void Arena::drop(const Chunk& chunk) {
    Guard guard(mutex_);
    places_.add(chunk.address, chunk.size, anywhere);
}

std::vector<Arena::Chunk> Arena::take_idle(std::uint64_t kept) {
    Guard guard(mutex_);
    std::uint64_t idle = 0;
    for (const auto& [address, use] : chunks_) idle += use.used == 0 ? use.size : 0;
    std::vector<Chunk> taken;
    for (auto at = chunks_.begin(); at != chunks_.end() && idle > kept;) {
        const auto next = std::next(at);
        if (at->second.used == 0) {
            taken.push_back({at->first, at->second.size});
            idle -= at->second.size;
            blocks_.remove_within(at->first, at->second.size);
            chunks_.erase(at);
        }
        at = next;
    }
    return taken;
}

}  // namespace guest
