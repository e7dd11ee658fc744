// See device_heap.h.
#include "device_heap.h"

#include <algorithm>
#include <new>
#include <utility>

namespace guest {
namespace {

constexpr std::uint64_t paid_for(std::uint64_t size) { return round_up(size, DeviceHeap::kStep); }

// What a block takes out of its loan.
constexpr std::uint64_t room_for(std::uint64_t paid) {
    return paid < DeviceHeap::kLarge ? paid : round_up(paid, DeviceHeap::kGranule);
}

// Small stretches stay within their granule, so that it can become whole again.
constexpr bool within_granule(std::uint64_t seam) { return seam % DeviceHeap::kGranule != 0; }

}  // namespace

std::uint64_t DeviceHeap::granules_for(std::uint64_t size) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
    return size == 0 || size > kMost ? 0 : round_up(size, kGranule);
}

DeviceHeap::Chunks::iterator DeviceHeap::chunk_around(std::uint64_t address) {
    auto after = chunks_.upper_bound(address);
    if (after == chunks_.begin()) return chunks_.end();
    --after;
    return address - after->first < after->second.size ? after : chunks_.end();
}

std::uint64_t DeviceHeap::take(std::uint64_t size, bool& carves) {
    if (granules_for(size) == 0) return 0;
    const std::uint64_t paid = paid_for(size);
    Guard guard(mutex_);
    if (settled_.load(std::memory_order_relaxed) != nullptr) digest();
    std::uint64_t address = 0;
    if (paid / kStep <= kBins && !bins_[paid / kStep - 1].empty()) {
        address = bins_[paid / kStep - 1].back();
        bins_[paid / kStep - 1].pop_back();
    } else {
        address = take_from_spaces(paid);
    }
    if (address == 0) return 0;
    Chunk& chunk = chunk_around(address)->second;
    chunk.occupied += paid;
    chunk.live += paid;
    carves = chunk.carves;
    return address;
}

std::uint64_t DeviceHeap::take_from_spaces(std::uint64_t paid) {
    const auto attempt = [&] { return paid < kLarge ? take_small(paid) : granules_.take(room_for(paid)); };
    std::uint64_t address = attempt();
    if (address != 0) return address;
    empty_bins();
    return attempt();
}

std::uint64_t DeviceHeap::take_small(std::uint64_t paid) {
    std::uint64_t address = small_.take(paid);
    if (address != 0) return address;
    address = granules_.take(kGranule);
    if (address == 0) return 0;
    small_.add(address + paid, kGranule - paid, within_granule);
    return address;
}

bool DeviceHeap::add_loan(const Loan& loan, bool carves) {
    Guard guard(mutex_);
    const auto next = chunks_.lower_bound(loan.address);
    if (next != chunks_.end() && next->first < loan.address + loan.size) return false;
    if (chunk_around(loan.address) != chunks_.end()) return false;
    chunks_.emplace(loan.address, Chunk{.size = loan.size, .carves = carves});
    add_granules(loan.address, loan.size);
    return true;
}

bool DeviceHeap::lent() const {
    Guard guard(mutex_);
    return !chunks_.empty();
}

bool DeviceHeap::has_closed() const {
    Guard guard(mutex_);
    return std::ranges::any_of(chunks_, [](const auto& entry) { return entry.second.closed; });
}

DeviceHeap::Batch* DeviceHeap::give(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t paid = paid_for(size);
    Guard guard(mutex_);
    const auto chunk = chunk_around(address);
    if (chunk == chunks_.end()) return nullptr;
    if (open_ == nullptr) {
        open_ = spare_ != nullptr ? std::exchange(spare_, nullptr) : new Batch(*this, life_);
        open_->blocks.reserve(kBatchBlocks);
    }
    open_->blocks.push_back({address, paid});
    open_->bytes += paid;
    chunk->second.live -= paid;
    quarantined_ += paid;
    const bool full = open_->blocks.size() >= kBatchBlocks || open_->bytes >= kBatchBytes;
    return full ? std::exchange(open_, nullptr) : nullptr;
}

DeviceHeap::Batch* DeviceHeap::close_batch() {
    Guard guard(mutex_);
    return std::exchange(open_, nullptr);
}

void DeviceHeap::settled(Batch* batch) {
    std::atomic<Batch*>& list = batch->heap.settled_;
    batch->next = list.load(std::memory_order_relaxed);
    // SAFETY: pushed by any thread that reads replies, emptied at once by digest(): no element is looked at
    // while it may come again, so there is no ABA.
    while (!list.compare_exchange_weak(batch->next, batch, std::memory_order_release,
                                       std::memory_order_relaxed)) {
    }
}

void DeviceHeap::digest() {
    Batch* batch = settled_.exchange(nullptr, std::memory_order_acquire);
    while (batch != nullptr) {
        Batch* next = batch->next;
        if (batch->life == life_) {
            for (const Batch::Freed& freed : batch->blocks) release(freed.address, freed.size);
            quarantined_ -= batch->bytes;
            batch->blocks.clear();
            batch->bytes = 0;
        }
        if (batch->life == life_ && spare_ == nullptr) {
            spare_ = batch;
        } else {
            delete batch;
        }
        batch = next;
    }
}

void DeviceHeap::release(std::uint64_t address, std::uint64_t paid) {
    Chunk& chunk = chunk_around(address)->second;
    chunk.occupied -= paid;
    if (chunk.closed) return;
    if (paid / kStep <= kBins) {
        bins_[paid / kStep - 1].push_back(address);
    } else if (paid < kLarge) {
        add_small(address, paid);
    } else {
        add_granules(address, room_for(paid));
    }
}

// Loans that happen to lie side by side stay apart: each goes back whole.
void DeviceHeap::add_granules(std::uint64_t start, std::uint64_t size) {
    granules_.add(start, size, [this](std::uint64_t seam) { return !chunks_.contains(seam); });
}

void DeviceHeap::add_small(std::uint64_t address, std::uint64_t paid) {
    const FreeSpace::Stretch stretch = small_.add(address, paid, within_granule);
    if (stretch.size != kGranule) return;
    small_.remove_within(stretch.start, stretch.size);
    add_granules(stretch.start, kGranule);
}

void DeviceHeap::empty_bins() {
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        for (const std::uint64_t address : bins_[bin]) add_small(address, (bin + 1) * kStep);
        bins_[bin].clear();
    }
}

std::uint64_t DeviceHeap::quarantined() const {
    Guard guard(mutex_);
    return quarantined_;
}

std::uint64_t DeviceHeap::credit() const {
    Guard guard(mutex_);
    std::uint64_t bytes = 0;
    for (const auto& [address, chunk] : chunks_) {
        if (!chunk.closed) bytes += chunk.size - chunk.live;
    }
    return bytes;
}

std::vector<DeviceHeap::Loan> DeviceHeap::take_idle(std::uint64_t kept) {
    Guard guard(mutex_);
    digest();
    std::uint64_t idle = 0;
    for (const auto& [address, chunk] : chunks_) {
        // A closed loan is of no use to anybody any more.
        if (chunk.occupied == 0 && !chunk.closed) idle += chunk.size;
    }
    std::vector<Loan> loans;
    for (auto at = chunks_.begin(); at != chunks_.end();) {
        const auto next = std::next(at);
        const Chunk& chunk = at->second;
        if (chunk.occupied == 0 && (chunk.closed || idle > kept)) {
            if (loans.empty()) empty_bins();
            loans.push_back({at->first, chunk.size});
            if (!chunk.closed) idle -= chunk.size;
            granules_.remove_within(at->first, chunk.size);
            small_.remove_within(at->first, chunk.size);
            chunks_.erase(at);
        }
        at = next;
    }
    return loans;
}

std::vector<DeviceHeap::Loan> DeviceHeap::close_loans() {
    Guard guard(mutex_);
    digest();
    empty_bins();
    std::vector<Loan> loans;
    for (auto& [address, chunk] : chunks_) {
        if (!chunk.carves || std::exchange(chunk.closed, true)) continue;
        loans.push_back({address, chunk.size});
        granules_.remove_within(address, chunk.size);
        small_.remove_within(address, chunk.size);
    }
    return loans;
}

void DeviceHeap::clear() {
    Guard guard(mutex_);
    digest();
    ++life_;
    chunks_.clear();
    granules_.clear();
    small_.clear();
    for (auto& bin : bins_) bin.clear();
    delete std::exchange(open_, nullptr);
    delete std::exchange(spare_, nullptr);
    quarantined_ = 0;
}

}  // namespace guest
