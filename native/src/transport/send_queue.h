// SendQueue: everything one connection still has to send, as one chain of byte ranges written with writev.
// Used by Http2Server only. Small pieces (frame headers, control frames) are copied; messages are referenced
// and kept until the kernel has taken them, then their buffers are recycled and their owners told.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include "transport/out_buffer.h"

namespace transport {

class SendQueue {
public:
    enum class Flushed { all, blocked, broken };

    // --- messages waiting to be framed
    void push(OutMessage message);
    bool has_message() const { return !waiting_.empty(); }
    // Bytes of the first waiting message that are not yet in the chain.
    std::size_t front_remaining() const { return waiting_.front().size() - front_taken_; }
    // Moves the next `size` bytes of the first waiting message into the chain.
    void take_front(std::size_t size);
    // Bytes that wait anywhere in here: what a guest that does not read makes us hold.
    std::size_t held() const { return held_; }
    // Of these, the ones that the socket has not taken.
    std::size_t unwritten() const { return waiting_bytes_ + chain_bytes_; }

    // --- batches that may have to be sent again
    // From now on messages with a sequence are kept, after they are written, until acknowledge().
    void keep_until_acknowledged() { keeps_ = true; }
    void acknowledge(std::uint64_t sequence);
    bool awaits_acknowledgement() const {
        return !written_.empty() || (keeps_ && (!in_chain_.empty() || !waiting_.empty()));
    }
    // All of them are somebody else's business now, or nobody's: only what is unwritten still counts.
    void forget_written();
    // Sends again, from here, what `broken` has not been acknowledged or not sent; the other end has seen
    // everything up to `seen`. What was no batch is dropped.
    void take_over(SendQueue& broken, std::uint64_t seen);

    // --- the chain
    void copy(std::span<const std::byte> piece);
    std::size_t chain_size() const { return chain_bytes_; }
    // These descriptors (the caller's, open until then) go along with the next bytes that are written.
    void pass(std::span<const int> descriptors) { passed_.assign(descriptors.begin(), descriptors.end()); }
    // Writes as much as the socket takes.
    Flushed flush(int socket);
    // An empty buffer, recycled when there is one.
    OutBuffer take_buffer();
    void give_buffer(OutBuffer buffer);

private:
    // `external` null: the bytes lie in arena_ from `offset` on (the arena may move while it grows).
    struct Piece {
        const std::byte* external;
        std::size_t offset;
        std::size_t size;
    };
    // A message all of whose bytes are in the chain; `end` counts like chained_.
    struct Chained {
        OutMessage message;
        std::uint64_t end;
    };
    void add(const Piece& piece);
    void refer(std::span<const std::byte> bytes);
    std::size_t fill_iovecs(iovec* vectors, std::size_t capacity) const;
    void drop(std::size_t written);
    void retire();
    void release(OutMessage& message);

    std::deque<OutMessage> waiting_;
    std::size_t front_taken_ = 0;
    std::size_t waiting_bytes_ = 0;
    std::deque<Chained> in_chain_;
    std::vector<Piece> chain_;
    std::size_t chain_first_ = 0;
    std::size_t chain_bytes_ = 0;
    std::uint64_t chained_ = 0;  // bytes that ever came into the chain
    std::vector<std::byte> arena_;
    std::vector<OutBuffer> spare_;
    std::vector<int> passed_;
    std::size_t held_ = 0;
    std::deque<OutMessage> written_;  // kept until acknowledged
    std::uint64_t acknowledged_ = 0;
    bool keeps_ = false;
};

}  // namespace transport
