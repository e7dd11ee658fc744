// KeptBatches: what this guest has sent and the host has not acknowledged, in order, so that it can be sent
// again on another connection. Used by the carrier, under its mutex. Its size is what back-pressure is
// measured by.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "byte_buffer.h"

namespace guest {

class KeptBatches {
public:
    KeptBatches() = default;
    KeptBatches(const KeptBatches&) = delete;
    KeptBatches& operator=(const KeptBatches&) = delete;
    ~KeptBatches() {
        for (const Kept& kept : kept_) delete kept.batch;
        for (std::size_t index = 0; index < spare_count_; ++index) delete spare_[index];
    }

    // From now on batches are kept.
    void activate() { active_ = true; }
    bool active() const { return active_; }

    // Takes the buffer over; the batch begins at `first` in it, and is the next in sequence.
    void add(ByteBuffer* batch, std::size_t first) {
        kept_.push_back({batch, first});
        bytes_ += batch->total();
    }
    std::size_t bytes() const { return bytes_; }
    std::size_t count() const { return kept_.size(); }
    // The host has everything but the newest `count`.
    void keep_newest(std::size_t count) {
        while (kept_.size() > count) {
            bytes_ -= kept_.front().batch->total();
            recycle(kept_.front().batch);
            kept_.pop_front();
        }
    }
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Kept& kept : kept_) visit(kept.batch, kept.first);
    }
    // Copies what is only referred to. False: no memory.
    bool own() {
        bool all = true;
        for (const Kept& kept : kept_) all = kept.batch->own() && all;
        return all;
    }
    // An empty buffer, or null.
    ByteBuffer* spare() { return spare_count_ == 0 ? nullptr : spare_[--spare_count_]; }

private:
    struct Kept {
        ByteBuffer* batch;
        std::size_t first;
    };
    void recycle(ByteBuffer* buffer) {
        if (spare_count_ == kSpares || buffer->capacity() > kLargestSpare) {
            delete buffer;
            return;
        }
        buffer->clear();
        spare_[spare_count_++] = buffer;
    }

    static constexpr std::size_t kSpares = 8;
    static constexpr std::size_t kLargestSpare = (1 << 20) + (256 << 10);  // a slice of a copy, and its heads
    std::deque<Kept> kept_;
    std::size_t bytes_ = 0;
    ByteBuffer* spare_[kSpares] = {};
    std::size_t spare_count_ = 0;
    bool active_ = false;
};

}  // namespace guest
