// The ring: records one way, replies the other, in memory both processes map. A memfd that the worker makes,
// seals against shrinking and growing, and passes to the guest with the Welcome holds, in order: one
// SharedPage, the fence table, the bytes of the command ring, those of the reply ring, the arena (bulk bytes;
// see ring_places()). Both ends include this; neither believes what the other writes: every number read from
// shared memory is read once and checked, and records are copied out before they are decoded.
//
// What lies in a ring is a run of items, each at a multiple of 8:
//   whole   a record or reply as record.h draws it, at most ring_whole() bytes; its first word is its size
//   piece   u32 kPiece | kLastPiece? | bytes, u32 0, the bytes, zeros up to a multiple of 8. The bytes of a
//           run of pieces, up to the one marked last, are one record or reply that is larger than that
//   skip    u32 0: what follows up to the end of the ring is unused, the next item stands at its beginning
//
// Sleeping. A consumer that finds nothing sets consumer_asleep, looks once more (both seq_cst), and sleeps on
// its descriptors; a producer that has published looks at the flag and, when it can turn it from 1 to 0,
// rings the consumer's doorbell, an eventfd passed along with the memfd. A producer without room does the
// same with producer_waits. So the flag costs a load per publish and one write(2) per sleep, never one per
// record.
// A producer needs a fence between publishing and looking. It may leave that out (producer_unordered) where
// the consumer has said (consumer_orders) that it makes all producers pass a barrier once its flag is set.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "wire/barrier.h"
#include "wire/delays.h"
#include "wire/record.h"

namespace wire {

inline constexpr std::size_t kRingWhole = 64 << 10;
inline constexpr std::uint32_t kPiece = 1u << 31;
inline constexpr std::uint32_t kLastPiece = 1u << 30;
inline constexpr std::size_t kPieceHead = 8;
inline constexpr std::size_t kLine = 64;  // bytes of a cache line

// The first word of an item. SAFETY: items are 8-aligned; volatile, so that what has been checked is what is
// used although the other end may write there meanwhile.
inline std::uint32_t load_word(const std::byte* at) {
    return *reinterpret_cast<const volatile std::uint32_t*>(at);
}

// Asks for a cache line in order to write it. GCC makes an ordinary prefetch of __builtin_prefetch(at, 1) for
// the oldest x86-64; all of them take this one, if only as no operation.
inline void claim_line(std::byte* at) {
#if defined(__x86_64__)
    asm volatile("prefetchw %0" : : "m"(*at));
#else
    __builtin_prefetch(at, 1);
#endif
}

// The largest record of a ring of `size` bytes that is written whole. An item and what it may have to skip
// fit in a quarter of the ring together, so that whoever has waited for that much room can write.
constexpr std::size_t ring_whole(std::uint64_t size) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(kRingWhole, size / 8 - kPieceHead));
}

// The numbers of one direction. Positions count bytes since the beginning and never wrap; the offset in the
// ring is the position modulo its size, a power of two.
struct RingWords {
    alignas(kLine) std::atomic<std::uint64_t> tail{0};  // producer: published
    alignas(kLine) std::atomic<std::uint64_t> head{0};  // consumer: done with
    alignas(kLine) std::atomic<std::uint32_t> consumer_asleep{0};
    std::atomic<std::uint32_t> consumer_orders{0};     // consumer, once
    std::atomic<std::uint32_t> producer_unordered{0};  // producer, once
    alignas(kLine) std::atomic<std::uint32_t> producer_waits{0};
};

struct SharedPage {
    RingWords commands;  // guest to host
    RingWords replies;   // host to guest
    // Guest to host: how many of the host functions it was asked to run have returned, in the order asked.
    // Beside the ring of commands, because what lies in there may wait for one of them. Whoever raises it
    // rings the doorbell, asleep or not.
    alignas(kLine) std::atomic<std::uint64_t> callbacks_done{0};
    // Guest to host: changes whenever a thread begins to wait for a reply or for room; see waiting_core().
    // Hints: when not to be patient, and where not to run.
    alignas(kLine) std::atomic<std::uint64_t> guest_waits{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(SharedPage) <= 4096);

// What SharedPage::guest_waits becomes when a thread on `core` (from 1 on; 0: not known) begins to wait.
constexpr std::uint64_t next_wait(std::uint64_t waits, std::uint16_t core) {
    return ((waits >> 16) + 1) << 16 | core;
}
constexpr std::uint16_t waiting_core(std::uint64_t waits) { return static_cast<std::uint16_t>(waits); }

// Where everything lies in the memfd, in bytes from its start. Fence n (n >= 1) is the u64 at fences + 8 * n:
// the host writes how far the stream or event has come that the guest has named with it; 0 is no fence.
struct RingPlaces {
    std::uint64_t fences;
    std::uint64_t commands;
    std::uint64_t replies;
    std::uint64_t arena;
};

constexpr RingPlaces ring_places(std::uint64_t fence_count, std::uint64_t command_bytes,
                                 std::uint64_t reply_bytes) {
    constexpr std::uint64_t kPage = 4096;
    constexpr std::uint64_t kArenaAlignment = std::uint64_t{2} << 20;
    const std::uint64_t commands = kPage + align_up(fence_count * sizeof(std::uint64_t), kPage);
    const std::uint64_t replies = commands + command_bytes;
    return {kPage, commands, replies, align_up(replies + reply_bytes, kArenaAlignment)};
}

// The writing end. One thread at a time; the caller's lock, if there are several.
class RingWriter {
public:
    RingWriter() = default;
    // `size` is a power of two, at least 4096.
    RingWriter(RingWords* words, std::byte* data, std::uint64_t size)
        : words_(words), data_(data), size_(size) {}

    // Contiguous room for one item of `bytes` (a multiple of 8, at most whole() + kPieceHead); null while
    // there is none. Nothing is visible before publish().
    std::byte* reserve(std::size_t bytes) {
        const std::uint64_t offset = tail_ & (size_ - 1);
        const std::uint64_t to_end = size_ - offset;
        const std::uint64_t skipped = to_end < bytes ? to_end : 0;
        if (free() < skipped + bytes) {
            const std::uint64_t head = words_->head.load(std::memory_order_acquire);
            // A head that runs ahead or goes back is a lie: there is then never room.
            if (head < head_ || head > tail_) return nullptr;
            head_ = head;
            if (free() < skipped + bytes) return nullptr;
        }
        if (skipped == 0) return data_ + offset;
        const std::uint32_t skip = 0;
        std::memcpy(data_ + offset, &skip, sizeof skip);
        tail_ += skipped;
        return data_;
    }
    // What the last reserve() gave, or the front of it, holds an item now.
    void publish(std::size_t bytes) {
        ring_delays.step();
        tail_ += bytes;
        words_->tail.store(tail_, std::memory_order_release);
        claim_ahead(bytes);
    }
    // Writes as much of an oversized record as there is room for, as pieces; answers how many bytes of `rest`
    // that was. Call again with what remains, after a wait for room, until nothing does.
    std::size_t publish_pieces(std::span<const std::byte> rest) {
        std::size_t done = 0;
        while (done < rest.size()) {
            const std::size_t bytes = std::min(rest.size() - done, whole());
            const std::size_t padded = align_up(bytes, kRecordAlignment);
            std::byte* at = reserve(kPieceHead + padded);
            if (at == nullptr) break;
            const std::uint32_t last = done + bytes == rest.size() ? kLastPiece : 0;
            const std::uint32_t head[2] = {kPiece | last | static_cast<std::uint32_t>(bytes), 0};
            std::memcpy(at, head, sizeof head);
            std::memcpy(at + kPieceHead, rest.data() + done, bytes);
            std::memset(at + kPieceHead + bytes, 0, padded - bytes);
            publish(kPieceHead + padded);
            done += bytes;
        }
        return done;
    }

    // After publishing: true when the caller has to ring the consumer's doorbell.
    bool must_ring() {
        ring_delays.step();
        std::atomic_thread_fence(std::memory_order_seq_cst);
        return asleep();
    }
    // The same for a caller that has exchanged something atomically since it published, as who gives a lock
    // back has, or that is `unordered`: stop_fencing() has answered true.
    bool must_ring_after_exchange(bool unordered) {
#if !defined(__x86_64__)
        if (!unordered) return must_ring();
#endif
        static_cast<void>(unordered);
        ring_delays.step();
        // SAFETY: an exchange is a locked instruction, which no load passes and behind which no store stays:
        // the fence that is there already. The compiler must not move the look across it.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return asleep();
    }
    // From now on the consumer makes the fences of this end; false where it does not.
    bool stop_fencing() {
        if (words_->consumer_orders.load(std::memory_order_relaxed) == 0) return false;
        words_->producer_unordered.store(1, std::memory_order_seq_cst);
        return true;
    }
    // Before sleeping for room: false when there is some by now. Room is a quarter of the ring, so that a
    // full ring costs one sleep for a quarter of it, not one a record.
    bool begin_wait() {
        words_->producer_waits.store(1, std::memory_order_seq_cst);
        ring_delays.step();
        if (!roomy()) return true;
        words_->producer_waits.store(0, std::memory_order_relaxed);
        return false;
    }
    // False when the reader's position cannot be: it has gone back, or beyond what was published.
    bool believable() const {
        const std::uint64_t head = words_->head.load(std::memory_order_relaxed);
        return head >= head_ && head <= tail_;
    }
    bool roomy() const { return tail_ - words_->head.load(std::memory_order_seq_cst) <= size_ / 4 * 3; }
    // A look only: whether that many bytes are unused by now.
    bool has_free(std::uint64_t bytes) const {
        return size_ - (tail_ - words_->head.load(std::memory_order_acquire)) >= bytes;
    }
    // Records above this travel as pieces.
    std::size_t whole() const { return ring_whole(size_); }
    std::uint64_t published() const { return tail_; }
    std::uint64_t size() const { return size_; }

private:
    std::uint64_t free() const { return size_ - (tail_ - head_); }
    bool asleep() {
        return words_->consumer_asleep.load(std::memory_order_relaxed) != 0 &&
               words_->consumer_asleep.exchange(0, std::memory_order_seq_cst) != 0;
    }
    // Takes the cache lines that will be written next away from the consumer, which has read them a lap ago:
    // a store to a line of another core's takes 50 to 250 ns there, and the next lock waits for it. A burst
    // is there some hundred ns later. What is larger is copied, and the processor sees that coming.
    void claim_ahead(std::size_t bytes) {
        constexpr std::uint64_t kAhead = 4096;
        constexpr std::uint64_t kSmall = 512;
        if (bytes > kSmall) return;
        const std::uint64_t end = align_up(tail_ + kAhead, kLine);
        for (std::uint64_t at = align_up(tail_ - bytes + kAhead, kLine); at < end; at += kLine) {
            claim_line(data_ + (at & (size_ - 1)));
        }
    }

    RingWords* words_ = nullptr;
    std::byte* data_ = nullptr;
    std::uint64_t size_ = 0;
    std::uint64_t tail_ = 0;  // ours: what stands in shared memory is only for the other end
    std::uint64_t head_ = 0;  // as last seen
};

// The reading end: hands out runs of whole records as private copies.
class RingReader {
public:
    enum class State { empty, run, broken };

    RingReader() = default;
    // `limit`: the largest record believed, in bytes.
    RingReader(RingWords* words, const std::byte* data, std::uint64_t size, std::size_t limit)
        : words_(words), data_(data), size_(size), limit_(limit) {}
    RingReader(const RingReader&) = delete;
    RingReader& operator=(const RingReader&) = delete;
    ~RingReader() {
        std::free(copy_);
        std::free(gathered_);
    }
    void open(RingWords* words, const std::byte* data, std::uint64_t size, std::size_t limit) {
        words_ = words;
        data_ = data;
        size_ = size;
        limit_ = limit;
    }

    bool empty() const { return !whole_ && words_->tail.load(std::memory_order_acquire) == head_; }

    // The next records, in order, whole; valid until the next call. What is not done() comes again.
    State next(std::span<const std::byte>& records) {
        for (;;) {
            if (whole_) {
                records = {gathered_ + gathered_done_, gathered_size_ - gathered_done_};
                return State::run;
            }
            const std::uint64_t tail = words_->tail.load(std::memory_order_acquire);
            ring_delays.step();
            if (tail == head_) return State::empty;
            if (tail < head_ || tail - head_ > size_ || (tail - head_) % kRecordAlignment != 0)
                return State::broken;
            const std::uint64_t offset = head_ & (size_ - 1);
            const auto bytes =
                static_cast<std::size_t>(std::min({tail - head_, size_ - offset, std::uint64_t{kCopied}}));
            const std::uint32_t word = load_word(data_ + offset);
            if (word == 0) {
                if (tail - head_ < size_ - offset) return State::broken;
                advance(size_ - offset);
            } else if ((word & kPiece) != 0) {
                if (!gather(word, tail)) return State::broken;
            } else {
                return copy_run(offset, bytes, records);
            }
        }
    }
    // The first `bytes` of what next() gave have been dealt with.
    void done(std::size_t bytes) {
        if (!whole_) {
            advance(bytes);
            return;
        }
        gathered_done_ += bytes;
        if (gathered_done_ < gathered_size_) return;
        whole_ = false;
        gathered_size_ = gathered_done_ = 0;
        if (gathered_capacity_ > kKept) release_gathered();
    }

    // After done(), and after a next() that took pieces out (consumed() has changed): true when the caller
    // has to ring the producer's doorbell, because it sleeps for room.
    bool must_ring() {
        ring_delays.step();
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (words_->producer_waits.load(std::memory_order_relaxed) == 0) return false;
        const std::uint64_t used = words_->tail.load(std::memory_order_relaxed) - head_;
        return used <= size_ / 4 * 3 && words_->producer_waits.exchange(0, std::memory_order_seq_cst) != 0;
    }
    // Tells the producer, before it has published anything, that it need not fence; where that is so.
    void offer_order() { words_->consumer_orders.store(can_order_processes() ? 1 : 0); }
    // Before sleeping: false when something has come by now.
    bool begin_sleep() {
        words_->consumer_asleep.store(1, std::memory_order_seq_cst);
        ring_delays.step();
        // Asked after the flag was set: who has not said so by then sees it.
        if (words_->producer_unordered.load(std::memory_order_seq_cst) != 0 && !order_processes()) {
            end_sleep();
            return false;
        }
        if (!whole_ && words_->tail.load(std::memory_order_seq_cst) == head_) return true;
        end_sleep();
        return false;
    }
    void end_sleep() { words_->consumer_asleep.store(0, std::memory_order_relaxed); }
    std::uint64_t consumed() const { return head_; }

private:
    static constexpr std::size_t kCopied = kRingWhole;
    static constexpr std::size_t kKept = std::size_t{4} << 20;

    void advance(std::uint64_t bytes) {
        ring_delays.step();
        head_ += bytes;
        words_->head.store(head_, std::memory_order_release);
    }
    // Copies [offset, offset + bytes) out and cuts behind the last whole record in it.
    State copy_run(std::uint64_t offset, std::size_t bytes, std::span<const std::byte>& records) {
        if (copy_ == nullptr) copy_ = static_cast<std::byte*>(std::malloc(kCopied));
        if (copy_ == nullptr) return State::broken;
        std::memcpy(copy_, data_ + offset, bytes);
        std::size_t end = 0;
        while (bytes - end >= kRecordAlignment) {
            std::uint32_t size = 0;
            std::memcpy(&size, copy_ + end, sizeof size);
            if (size == 0 || (size & kPiece) != 0) break;
            if (size % kRecordAlignment != 0 || size > kRingWhole) return State::broken;
            if (size > bytes - end) break;
            end += size;
        }
        // Nothing whole although a record's worth lies there: its size reaches beyond what was published.
        if (end == 0) return State::broken;
        records = {copy_, end};
        return State::run;
    }
    bool gather(std::uint32_t word, std::uint64_t tail) {
        const std::uint64_t offset = head_ & (size_ - 1);
        const std::size_t bytes = word & ~(kPiece | kLastPiece);
        const std::uint64_t item = kPieceHead + align_up(bytes, kRecordAlignment);
        if (bytes > kRingWhole || item > tail - head_ || item > size_ - offset) return false;
        if (bytes > limit_ - std::min(limit_, gathered_size_)) return false;
        if (!reserve(gathered_size_ + bytes)) return false;
        std::memcpy(gathered_ + gathered_size_, data_ + offset + kPieceHead, bytes);
        gathered_size_ += bytes;
        whole_ = (word & kLastPiece) != 0;
        advance(item);
        return true;
    }
    // Grows with what has really arrived, not with what was announced.
    bool reserve(std::size_t size) {
        if (size <= gathered_capacity_) return true;
        const std::size_t wanted = std::max({size, gathered_capacity_ * 2, std::size_t{1} << 20});
        auto* grown = static_cast<std::byte*>(std::realloc(gathered_, wanted));
        if (grown == nullptr) return false;
        gathered_ = grown;
        gathered_capacity_ = wanted;
        return true;
    }
    void release_gathered() {
        std::free(gathered_);
        gathered_ = nullptr;
        gathered_capacity_ = 0;
    }

    RingWords* words_ = nullptr;
    const std::byte* data_ = nullptr;
    std::uint64_t size_ = 0;
    std::size_t limit_ = 0;
    std::uint64_t head_ = 0;  // ours, as RingWriter's tail_ is
    std::byte* copy_ = nullptr;
    std::byte* gathered_ = nullptr;
    std::size_t gathered_size_ = 0;
    std::size_t gathered_done_ = 0;
    std::size_t gathered_capacity_ = 0;
    bool whole_ = false;  // gathered_ holds a whole record
};

}  // namespace wire
