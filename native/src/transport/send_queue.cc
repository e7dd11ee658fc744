// The send chain: framing references in, writev out. See send_queue.h.
#include "transport/send_queue.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace transport {
namespace {

constexpr std::size_t kVectorsPerWrite = 64;
constexpr std::size_t kSpareBuffers = 8;
constexpr std::size_t kDrained = 1024;  // pieces that have been written are then taken out of the chain
constexpr std::array<std::byte, 8> kZeros{};
constexpr std::size_t kPassedAtOnce = 8;
using Control = std::array<std::byte, CMSG_SPACE(kPassedAtOnce * sizeof(int))>;

// `control` outlives the message; at most kPassedAtOnce descriptors.
void put_descriptors(msghdr& message, std::span<const int> descriptors, Control& control) {
    control.fill(std::byte{0});
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
}

}  // namespace

void SendQueue::push(OutMessage message) {
    held_ += message.size();
    waiting_bytes_ += message.size();
    waiting_.push_back(std::move(message));
}

void SendQueue::take_front(std::size_t size) {
    OutMessage& message = waiting_.front();
    const std::span<const std::byte> parts[] = {std::as_const(message.head).bytes(), message.body,
                                                std::span(kZeros).first(message.padding)};
    std::size_t start = 0;
    const std::size_t from = front_taken_;
    const std::size_t to = front_taken_ + size;
    for (const auto& part : parts) {
        const std::size_t lo = std::max(from, start);
        const std::size_t hi = std::min(to, start + part.size());
        if (lo < hi) refer(part.subspan(lo - start, hi - lo));
        start += part.size();
    }
    front_taken_ = to;
    waiting_bytes_ -= size;
    if (front_taken_ < message.size()) return;
    in_chain_.push_back({std::move(message), chained_});
    waiting_.pop_front();
    front_taken_ = 0;
}

void SendQueue::add(const Piece& piece) {
    chain_.push_back(piece);
    chain_bytes_ += piece.size;
    chained_ += piece.size;
}

void SendQueue::refer(std::span<const std::byte> bytes) { add(Piece{bytes.data(), 0, bytes.size()}); }

void SendQueue::copy(std::span<const std::byte> piece) {
    if (piece.empty()) return;
    add(Piece{nullptr, arena_.size(), piece.size()});
    arena_.insert(arena_.end(), piece.begin(), piece.end());
}

std::size_t SendQueue::fill_iovecs(iovec* vectors, std::size_t capacity) const {
    std::size_t count = 0;
    for (std::size_t index = chain_first_; index < chain_.size() && count < capacity; ++index) {
        const Piece& piece = chain_[index];
        const std::byte* bytes = piece.external != nullptr ? piece.external : arena_.data() + piece.offset;
        // SAFETY: sendmsg only reads; iovec has no const form.
        vectors[count++] = iovec{const_cast<std::byte*>(bytes), piece.size};
    }
    return count;
}

void SendQueue::drop(std::size_t written) {
    chain_bytes_ -= written;
    while (written > 0) {
        Piece& piece = chain_[chain_first_];
        const std::size_t part = std::min(written, piece.size);
        if (piece.external != nullptr) piece.external += part;
        piece.offset += part;
        piece.size -= part;
        written -= part;
        if (piece.size == 0) ++chain_first_;
    }
}

SendQueue::Flushed SendQueue::flush(int socket) {
    while (chain_bytes_ > 0) {
        iovec vectors[kVectorsPerWrite];
        msghdr message{};
        message.msg_iov = vectors;
        message.msg_iovlen = fill_iovecs(vectors, kVectorsPerWrite);
        alignas(cmsghdr) Control control;
        if (!passed_.empty()) put_descriptors(message, passed_, control);
        const ssize_t written = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno == EAGAIN ? Flushed::blocked : Flushed::broken;
        passed_.clear();
        drop(static_cast<std::size_t>(written));
        retire();
    }
    retire();
    return Flushed::all;
}

// What has left the process: its memory is wanted again, also while more is on its way.
void SendQueue::retire() {
    for (; !in_chain_.empty() && in_chain_.front().end <= chained_ - chain_bytes_; in_chain_.pop_front()) {
        OutMessage& message = in_chain_.front().message;
        if (keeps_ && message.sequence > acknowledged_) {
            written_.push_back(std::move(message));
        } else {
            release(message);
        }
    }
    if (chain_bytes_ == 0) {
        chain_.clear();
        chain_first_ = 0;
        arena_.clear();
    } else if (chain_first_ >= kDrained) {
        chain_.erase(chain_.begin(), chain_.begin() + static_cast<std::ptrdiff_t>(chain_first_));
        chain_first_ = 0;
    }
}

void SendQueue::release(OutMessage& message) {
    held_ -= message.size();
    if (message.owner != nullptr) message.owner->body_sent(message.token);
    give_buffer(std::move(message.head));
}

void SendQueue::acknowledge(std::uint64_t sequence) {
    acknowledged_ = std::max(acknowledged_, sequence);
    while (!written_.empty() && written_.front().sequence <= acknowledged_) {
        release(written_.front());
        written_.pop_front();
    }
}

void SendQueue::forget_written() {
    keeps_ = false;
    for (OutMessage& message : written_) release(message);
    written_.clear();
}

void SendQueue::take_over(SendQueue& broken, std::uint64_t seen) {
    keeps_ = true;
    acknowledged_ = std::max(broken.acknowledged_, seen);
    const auto take = [this, &broken](OutMessage& message) {
        if (message.sequence <= acknowledged_) return broken.release(message);  // welcome and the like: 0
        broken.held_ -= message.size();
        push(std::move(message));
    };
    for (OutMessage& message : broken.written_) take(message);
    for (Chained& chained : broken.in_chain_) take(chained.message);
    for (OutMessage& message : broken.waiting_) take(message);
    broken.written_.clear();
    broken.in_chain_.clear();
    broken.waiting_.clear();
    broken.chain_.clear();
    broken.chain_first_ = broken.chain_bytes_ = broken.front_taken_ = broken.waiting_bytes_ = 0;
}

OutBuffer SendQueue::take_buffer() {
    if (spare_.empty()) return OutBuffer{};
    OutBuffer buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
}

void SendQueue::give_buffer(OutBuffer buffer) {
    buffer.clear();
    if (spare_.size() < kSpareBuffers) spare_.push_back(std::move(buffer));
}

}  // namespace transport
