// The lane: the one ordered sequence of records of a session. All guest threads append here; nothing else
// writes records. The mutex covers reserving, packing and publishing only, and nobody waits while holding it.
// Records go either straight into the command ring, where the host sees each as it is published, or into an
// open batch, which Connection::seal takes away under the carrier's lock, so that batches leave in the order
// in which they were packed.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "byte_buffer.h"
#include "futex.h"
#include "owned_mutex.h"
#include "split_writer.h"
#include "wire/cursor.h"
#include "wire/grpc_frame.h"
#include "wire/record.h"
#include "wire/ring.h"

namespace guest {

// Room kept in front of the records for the frame's head, so that a batch is sent from one piece of memory.
inline constexpr std::size_t kBatchHeadRoom = sizeof(wire::BatchHead::bytes);

// What an append tells its caller. Batches: first: the batch was empty, so its age begins; full: worth
// sealing now. Ring: wake: the host sleeps and this caller has to ring; no_room: wait, then again; large: not
// in one item, see begin_pieces().
enum class Appended { open, first, full, no_memory, wake, no_room, large, lost };

// Begins a cache line, which holds all that an append to the ring needs.
class alignas(wire::kLine) Lane {
public:
    void set_seal_bytes(std::size_t bytes) { seal_bytes_ = bytes; }
    // From now on records go there. Before any other thread appends.
    void open_ring(const wire::RingWriter& ring) {
        ring_ = ring;
        ring_whole_ = ring.whole();
    }
    bool on_ring() const { return ring_whole_ != 0; }
    // From now on appends make no fences, and one thread may own the lock; where the host makes up for it.
    // After wire::register_for_barriers().
    void stop_fencing() {
        if (!ring_.stop_fencing()) return;
        unordered_.store(true, std::memory_order_release);
        mutex_.allow_owner();
    }

    template <class Request>
    Appended append(const Request& request, wire::RecordHeader header) {
        const std::size_t size = seal_header<Request>(request, header);
        return on_ring() ? into_ring(request, header, size) : into_batch(request, header, size);
    }
    // The same for a record that is packed already; on the ring.
    Appended append_packed(std::span<const std::byte> record) {
        if (record.size() > ring_whole_) return Appended::large;
        return publish_on_ring(record.size(),
                               [&](std::byte* at) { std::memcpy(at, record.data(), record.size()); });
    }
    // The record as a run of bytes, for append_packed() and publish_pieces(). False: no memory. Apart and by
    // value, like into_batch(): of what is passed by reference the caller keeps nothing in registers.
    template <class Request>
    [[gnu::noinline]] static bool pack_apart(Request request, wire::RecordHeader header, ByteBuffer& out) {
        const std::size_t size = seal_header<Request>(request, header);
        std::byte* at = out.reserve(size);
        if (at == nullptr) return false;
        pack(at, request, header);
        out.commit(size);
        return true;
    }

    // Takes the open batch, which is not empty() and has no other taker; `spare` (empty, may be null)
    // replaces it.
    ByteBuffer* take(ByteBuffer* spare) {
        OwnedGuard guard(mutex_);
        opened_ns_.store(0, std::memory_order_relaxed);
        return std::exchange(open_, spare);
    }

    // The same with one more record, whose bytes `foreign` (which `request` names) are referred to and not
    // copied. Null: no memory; then nothing has been taken.
    template <class Request>
    ByteBuffer* take_with(const Request& request, wire::RecordHeader header,
                          std::span<const std::byte> foreign, ByteBuffer* spare) {
        const std::size_t size = seal_header<Request>(request, header);
        OwnedGuard guard(mutex_);
        std::byte* at = reserve(size - foreign.size());
        if (at == nullptr) return nullptr;
        wire::write_header(at, header);
        SplitWriter writer(at + sizeof header, foreign);
        encode(writer, request);
        writer.pad_to(wire::kRecordAlignment);
        open_->commit(sizeof header + writer.before());
        open_->refer(foreign);
        open_->commit(writer.written() - writer.before());
        count_record();
        opened_ns_.store(0, std::memory_order_relaxed);
        return std::exchange(open_, spare);
    }

    // -- the ring --
    // Keeps everybody else from appending until end_pieces(): the pieces of a record stand one behind the
    // other. False while another thread does that.
    bool begin_pieces() {
        OwnedGuard guard(mutex_);
        if (in_pieces_) return false;
        in_pieces_ = true;
        return true;
    }
    // Writes what there is room for; answers how many bytes that was.
    std::size_t publish_pieces(std::span<const std::byte> rest) {
        OwnedGuard guard(mutex_);
        return ring_.publish_pieces(rest);
    }
    void end_pieces() {
        OwnedGuard guard(mutex_);
        in_pieces_ = false;
        count_record();
    }
    // Room for a good many records, or for the largest item; a look only.
    bool has_room(bool pieces) {
        constexpr std::uint64_t kMany = 32 << 10;
        constexpr std::uint64_t kLargest = 2 * (wire::kRingWhole + wire::kPieceHead);
        OwnedGuard guard(mutex_);
        const std::uint64_t wanted = std::min(ring_.size() / 4, pieces ? kLargest : kMany);
        return (pieces || !in_pieces_) && ring_.has_free(wanted);
    }
    // Before sleeping for room: false when an append is worth trying. `pieces`: for the thread that is in
    // them.
    bool begin_wait(bool pieces) {
        OwnedGuard guard(mutex_);
        // While another is in pieces the ring's flag is that thread's: clearing it would lose its doorbell.
        return (in_pieces_ && !pieces) || ring_.begin_wait();
    }
    // False when the host says that it has read what it cannot have: there will be no room.
    bool is_host_believable() {
        OwnedGuard guard(mutex_);
        return ring_.believable();
    }
    // After publishing: the host sleeps and this caller has to ring.
    bool must_ring() { return ring_.must_ring(); }

    bool empty() const { return opened_ns_.load(std::memory_order_relaxed) == 0; }
    // When the first record of the open batch was packed; 0 when there is none.
    std::int64_t opened_ns() const { return opened_ns_.load(std::memory_order_relaxed); }
    // Bytes that have gone into the ring.
    std::uint64_t ring_bytes() {
        OwnedGuard guard(mutex_);
        return ring_.published();
    }
    std::uint64_t records() const { return records_.load(std::memory_order_relaxed); }

private:
    std::size_t record_bytes() const { return open_ == nullptr ? 0 : open_->size() - kBatchHeadRoom; }

    template <class Request>
    static std::size_t seal_header(const Request& request, wire::RecordHeader& header) {
        wire::Measure measure;
        encode(measure, request);
        const std::size_t size = sizeof header + wire::align_up(measure.size(), wire::kRecordAlignment);
        header.size = static_cast<std::uint32_t>(size);
        header.call = static_cast<std::uint16_t>(Request::kId);
        return size;
    }
    template <class Request>
    static void pack(std::byte* at, const Request& request, const wire::RecordHeader& header) {
        wire::write_header(at, header);
        wire::Writer writer(at + sizeof header);
        encode(writer, request);
        writer.pad_to(wire::kRecordAlignment);
    }

    template <class Request>
    Appended into_ring(const Request& request, const wire::RecordHeader& header, std::size_t size) {
        if (size > ring_whole_) [[unlikely]]
            return Appended::large;
        return publish_on_ring(size, [&](std::byte* at) { pack(at, request, header); });
    }
    // One item, which `fill(at)` writes.
    template <class Fill>
    Appended publish_on_ring(std::size_t size, Fill&& fill) {
        {
            OwnedGuard guard(mutex_);
            std::byte* at = in_pieces_ ? nullptr : ring_.reserve(size);
            if (at == nullptr) [[unlikely]]
                return Appended::no_room;
            fill(at);
            ring_.publish(size);
            count_record();
        }
        // The lock has been given back by an exchange, or by an owner, whom the host orders.
        return ring_.must_ring_after_exchange(unordered_.load(std::memory_order_acquire)) ? Appended::wake
                                                                                          : Appended::open;
    }

    template <class Request>
    [[gnu::noinline]] Appended into_batch(Request request, wire::RecordHeader header, std::size_t size) {
        OwnedGuard guard(mutex_);
        std::byte* at = reserve(size);
        if (at == nullptr) return Appended::no_memory;
        pack(at, request, header);
        return publish(size);
    }

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
        count_record();
        if (record_bytes() >= seal_bytes_) return Appended::full;
        return first ? Appended::first : Appended::open;
    }
    void count_record() {
        records_.store(records_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    static constexpr std::size_t kSlack = 4096;
    OwnedMutex mutex_;
    bool in_pieces_ = false;
    std::atomic<bool> unordered_{false};
    std::size_t ring_whole_ = 0;  // 0: no ring
    wire::RingWriter ring_;
    // Atomics because others read them unlocked; only the mutex's holder writes.
    std::atomic<std::uint64_t> records_{0};
    std::atomic<std::int64_t> opened_ns_{0};
    ByteBuffer* open_ = nullptr;
    std::size_t seal_bytes_ = 65536;
};

}  // namespace guest
