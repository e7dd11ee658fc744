// The bytes of h2_stream.h's class, in and out of its socket. Frames are sent with sendmsg straight from the
// lane's buffers; what a full socket does not take of them waits there, and only heads and control frames are
// copied. Within a DATA frame bytes are received where the sink wants them, and nghttp2 is shown them there:
// it passes them on without a copy.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "h2_stream.h"

namespace guest {
namespace {

// What comes behind bytes that have a place of their own: the less, the less of the next landing is copied.
constexpr std::size_t kReceiveBehind = 8u << 10;
// Then we write: a host that waits for acknowledgements must not wait until all has been read.
constexpr int kReadsPerPump = 16;

}  // namespace

// What the socket takes of both; 0 when it is full, -1 when it is broken.
ssize_t H2Stream::send_some(std::span<const std::byte> first, const Stretch& second) {
    for (;;) {
        // SAFETY: sendmsg reads through these; iovec has no const form.
        iovec pieces[1 + ByteBuffer::kPieces] = {{const_cast<std::byte*>(first.data()), first.size()}};
        const std::size_t begin = first.empty() ? 0 : 1;
        msghdr message{};
        message.msg_iov = pieces;
        message.msg_iovlen = begin;
        if (second.size != 0) {
            message.msg_iovlen += second.buffer->pieces(second.at, second.size, pieces + begin);
        }
        const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes_sent_ += static_cast<std::size_t>(sent);
            return sent;
        }
        if (errno == EAGAIN) return 0;
        // A pointer of the program's that leads nowhere: it shall hear of it where it has always done so.
        const bool nowhere = errno == EFAULT && second.size != 0 && second.buffer->refers();
        if (errno != EINTR && !(nowhere && second.buffer->own())) return -1;
    }
}

bool H2Stream::send_pieces(std::span<const std::byte> first, Stretch& second) {
    const ssize_t sent = send_some(first, second);
    if (sent < 0) return false;
    const auto taken = static_cast<std::size_t>(sent);
    const std::size_t of_first = std::min(taken, first.size());
    second.at += taken - of_first;
    second.size -= taken - of_first;
    first = first.subspan(of_first);
    if (first.empty()) return true;
    std::byte* at = spill_.reserve(first.size());
    if (at == nullptr) return false;
    memcpy(at, first.data(), first.size());
    spill_.commit(first.size());
    return true;
}

// False on a broken socket; a socket that is full again is no failure.
bool H2Stream::flush_spill() {
    while (wants_write()) {
        const auto rest = spill_.bytes().subspan(spill_at_);
        const ssize_t sent = send_some(rest, unwritten_);
        if (sent <= 0) return sent == 0;
        const auto taken = static_cast<std::size_t>(sent);
        const std::size_t of_spill = std::min(taken, rest.size());
        spill_at_ += of_spill;
        if (spill_at_ == spill_.size()) {
            spill_.clear();
            spill_at_ = 0;
        }
        unwritten_.at += taken - of_spill;
        unwritten_.size -= taken - of_spill;
        if (unwritten_.size == 0) retire(std::exchange(writing_, {}));
    }
    return true;
}

Peer H2Stream::write_out() {
    if (!flush_spill()) return Peer::lost;
    if (wants_write()) return Peer::alive;
    return nghttp2_session_send(session_) == 0 ? Peer::alive : Peer::lost;
}

// Into `direct`, and what comes behind that into the buffer.
ssize_t H2Stream::receive(std::span<std::byte> direct, std::size_t behind) {
    if (direct.empty() && !accepts_descriptors_) return recv(fd_, receive_.data(), behind, MSG_DONTWAIT);
    iovec pieces[2] = {{direct.data(), direct.size()}, {receive_.data(), behind}};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors_)];
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    if (accepts_descriptors_) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
    }
    const ssize_t count = recvmsg(fd_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count >= 0 && accepts_descriptors_) keep_descriptors(message);
    return count;
}

// Where the rest of the frame that is being received belongs, if that is known and worth a piece of its own.
std::span<std::byte> H2Stream::direct_room() {
    if (frame_left_ < kReceiveBehind) return {};
    const auto room = sink_->room();
    return room.size() < kReceiveBehind ? std::span<std::byte>{}
                                        : room.first(std::min(room.size(), frame_left_));
}

bool H2Stream::feed(std::span<const std::byte> bytes) {
    // SAFETY: bytes seen as bytes.
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return nghttp2_session_mem_recv(session_, data, bytes.size()) == static_cast<ssize_t>(bytes.size());
}

void H2Stream::keep_descriptors(const msghdr& message) {
    for (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;) {
        const bool passed = part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS;
        const std::size_t count = passed ? (part->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
        for (std::size_t index = 0; index < count; ++index) {
            int descriptor = -1;
            memcpy(&descriptor, CMSG_DATA(part) + index * sizeof descriptor, sizeof descriptor);
            if (descriptor_count_ < kDescriptors) {
                descriptors_[descriptor_count_++] = descriptor;
            } else {
                close(descriptor);
            }
        }
        // SAFETY: the macro steps through the message and changes nothing; it has no const form.
        part = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(part));
    }
}

void H2Stream::take_descriptors(int (&out)[kDescriptors]) {
    for (std::size_t index = 0; index < kDescriptors; ++index) {
        out[index] = std::exchange(descriptors_[index], -1);
    }
    accepts_descriptors_ = false;
}

Peer H2Stream::read_in() {
    for (int turn = 0; turn < kReadsPerPump; ++turn) {
        const auto direct = direct_room();
        const std::size_t behind = direct.empty() ? kReceived : kReceiveBehind;
        const ssize_t received = receive(direct, behind);
        if (received < 0 && errno == EINTR) continue;
        if (received < 0) return errno == EAGAIN ? Peer::alive : Peer::lost;
        if (received == 0) return Peer::lost;
        const auto count = static_cast<std::size_t>(received);
        bytes_received_ += count;
        const std::size_t placed = std::min(count, direct.size());
        if (placed != 0 && !feed(direct.first(placed))) return Peer::lost;
        if (count != placed && !feed({receive_.data(), count - placed})) return Peer::lost;
        if (count < direct.size() + behind) return Peer::alive;
    }
    return Peer::alive;
}

}  // namespace guest
