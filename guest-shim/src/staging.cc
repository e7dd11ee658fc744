// See staging.h.
#include "staging.h"

#include <algorithm>

#include "host_memory.h"
#include "session.h"
#include "wire/relax.h"

namespace guest {
namespace {

constexpr std::int64_t kCloseNs = 100'000;
constexpr unsigned kLooksOfOne = 8;

}  // namespace

void Staging::open(std::uint64_t address) {
    if (address == 0) return refused_.store(true, std::memory_order_relaxed);
    for (std::size_t index = 0; index < kSlices; ++index) {
        // SAFETY: pinned memory of the arena, ours from here on.
        slices_[index].memory = reinterpret_cast<std::byte*>(address + index * kSliceSize);
        idle_.push_back(&slices_[index]);
    }
    opened_.store(true, std::memory_order_relaxed);
}

void Staging::prepare(Session& session, std::size_t size) {
    if (is_open() || refused_.load(std::memory_order_relaxed)) return;
    session.read_arrived();
    Slot* slot = nullptr;
    {
        Guard guard(mutex_);
        if (is_open() || refused_.load(std::memory_order_relaxed)) return;
        if (asked_.slot == nullptr && !ask_pinned(session, kSlices * kSliceSize, asked_)) {
            return refused_.store(true, std::memory_order_relaxed);
        }
        if (waits_) return;  // a ticket is one thread's: others go another way meanwhile
        slot = asked_.slot;
        if (slot->done.load(std::memory_order_acquire)) {
            return open(take_asked(session, kSlices * kSliceSize, asked_));
        }
        if (size < kLong) return;
        waits_ = true;
    }
    const std::int64_t began_ns = now_ns();
    (void)session.wait(*slot);
    session.counters.waited(thread_state()->call, now_ns() - began_ns);
    Guard guard(mutex_);
    waits_ = false;
    if (!is_open() && asked_.slot != nullptr) open(take_asked(session, kSlices * kSliceSize, asked_));
}

Staging::Slice* Staging::take(Session& session, bool wait) {
    Slice* slice = nullptr;
    {
        Guard guard(mutex_);
        if (!is_open()) return nullptr;
        if (!sent_.empty() && sent_.front()->slot->done.load(std::memory_order_acquire)) {
            slice = sent_.front();
            sent_.pop_front();
        } else if (!idle_.empty()) {
            slice = idle_.front();
            idle_.pop_front();
        } else if (wait && !sent_.empty()) {
            slice = sent_.front();
            sent_.pop_front();
        }
    }
    if (slice == nullptr || slice->slot == nullptr) return slice;
    (void)finish(session, slice);
    if (session.lost() == 0) return slice;
    give(slice);
    return nullptr;
}

abi::CUresult Staging::finish(Session& session, Slice* slice) {
    Slot& slot = *slice->slot;
    // The device is a few microseconds away from it, as a rule: no turn is given away for that.
    for (const std::int64_t until = now_ns() + kCloseNs; now_ns() < until;) {
        if (slot.done.load(std::memory_order_acquire) || session.lost() != abi::CUDA_SUCCESS) break;
        session.read_arrived();
        for (unsigned looks = 0; looks < kLooksOfOne; ++looks) wire::relax();
    }
    const bool done = slot.done.load(std::memory_order_acquire);
    const abi::CUresult result = done ? slot.result : session.wait(slot);
    if (done) session.note(result);
    session.replies.free_slot(&slot);
    slice->slot = nullptr;
    return result;
}

void Staging::give(Slice* slice) {
    Guard guard(mutex_);
    idle_.push_back(slice);
}

void Staging::send(Slice* slice) {
    Guard guard(mutex_);
    sent_.push_back(slice);
}

}  // namespace guest
