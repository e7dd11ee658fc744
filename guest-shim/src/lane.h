// The lane: the one ordered sequence of records of a session. All guest threads append here; nothing else
// writes records. The mutex covers reserving, packing and publishing only; sealing (taking the open batch
// away) is done by Session::seal under the carrier's lock, so that batches leave in the order in which they
// were packed.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "byte_buffer.h"
#include "futex.h"
#include "wire/cursor.h"
#include "wire/grpc_frame.h"
#include "wire/record.h"

namespace guest {

// Room kept in front of the records for the frame's head, so that a batch is sent from one piece of memory.
inline constexpr std::size_t kBatchHeadRoom = sizeof(wire::BatchHead::bytes);

// What an append tells its caller. first: the batch was empty, so its age begins; full: worth sealing now.
enum class Appended { open, first, full, no_memory };

class Lane {
public:
    void set_seal_bytes(std::size_t bytes) { seal_bytes_ = bytes; }

    template <class Request>
    Appended append(const Request& request, wire::RecordHeader header) {
        wire::Measure measure;
        encode(measure, request);
        const std::size_t size = sizeof header + wire::align_up(measure.size(), wire::kRecordAlignment);
        header.size = static_cast<std::uint32_t>(size);
        header.call = static_cast<std::uint16_t>(Request::kId);
        Guard guard(mutex_);
        std::byte* at = reserve(size);
        if (at == nullptr) return Appended::no_memory;
        std::memcpy(at, &header, sizeof header);
        wire::Writer writer(at + sizeof header);
        encode(writer, request);
        writer.pad_to(wire::kRecordAlignment);
        return publish(size);
    }

    // Takes the open batch, which is not empty() and has no other taker; `spare` (empty, may be null)
    // replaces it.
    ByteBuffer* take(ByteBuffer* spare) {
        Guard guard(mutex_);
        opened_ns_.store(0, std::memory_order_relaxed);
        return std::exchange(open_, spare);
    }

    bool empty() const { return opened_ns_.load(std::memory_order_relaxed) == 0; }
    // When the first record of the open batch was packed; 0 when there is none.
    std::int64_t opened_ns() const { return opened_ns_.load(std::memory_order_relaxed); }
    std::uint64_t records() const { return records_.load(std::memory_order_relaxed); }

private:
    std::size_t record_bytes() const { return open_ == nullptr ? 0 : open_->size() - kBatchHeadRoom; }

    std::byte* reserve(std::size_t size) {
        if (open_ == nullptr) {
            open_ = new (std::nothrow) ByteBuffer;
            if (open_ == nullptr) return nullptr;
        }
        if (open_->size() == 0) {
            if (open_->reserve(kBatchHeadRoom + seal_bytes_ + kSlack) == nullptr) return nullptr;
            open_->commit(kBatchHeadRoom);
        }
        return open_->reserve(size);
    }
    Appended publish(std::size_t size) {
        const bool first = record_bytes() == 0;
        if (first) opened_ns_.store(now_ns(), std::memory_order_relaxed);
        open_->commit(size);
        records_.store(records_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        if (record_bytes() >= seal_bytes_) return Appended::full;
        return first ? Appended::first : Appended::open;
    }

    static constexpr std::size_t kSlack = 4096;
    Mutex mutex_;
    ByteBuffer* open_ = nullptr;
    std::size_t seal_bytes_ = 65536;
    // Atomics because the pump reads them unlocked; only the mutex's holder writes.
    std::atomic<std::int64_t> opened_ns_{0};
    std::atomic<std::uint64_t> records_{0};
};

}  // namespace guest
