// See h2_stream.h. Frames are sent with sendmsg straight from the lane's buffers (no copy); what a full
// socket does not take is copied once into the spill and goes first next time.
#include "h2_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "futex.h"
#include "log.h"

namespace guest {
namespace {

constexpr std::uint32_t kWindow = 64u << 20;
constexpr std::uint32_t kFrame = 1u << 20;
constexpr std::size_t kReceiveSize = 512u << 10;
// Then we write: a host that waits for acknowledgements must not wait until all has been read.
constexpr int kReadsPerPump = 8;

nghttp2_nv header(const char* name, const char* value) {
    // SAFETY: nghttp2 takes mutable pointers and only reads them; both strings outlive the call.
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name)),
            reinterpret_cast<std::uint8_t*>(const_cast<char*>(value)), strlen(name), strlen(value),
            NGHTTP2_NV_FLAG_NONE};
}

std::span<const std::byte> view(const std::uint8_t* data, std::size_t size) {
    // SAFETY: bytes seen as bytes.
    return {reinterpret_cast<const std::byte*>(data), size};
}

}  // namespace

// nghttp2's callbacks; a structure only to be a friend.
struct H2Callbacks {
    static H2Stream& self(void* context) { return *static_cast<H2Stream*>(context); }

    static ssize_t send(nghttp2_session*, const std::uint8_t* data, std::size_t size, int, void* context) {
        H2Stream& stream = self(context);
        if (stream.spill_.size() != 0) return NGHTTP2_ERR_WOULDBLOCK;
        if (!stream.send_pieces(view(data, size), {})) return NGHTTP2_ERR_CALLBACK_FAILURE;
        return static_cast<ssize_t>(size);
    }

    static ssize_t read(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t length,
                        std::uint32_t* flags, nghttp2_data_source*, void* context) {
        H2Stream& stream = self(context);
        if (stream.queue_.empty()) {
            if (stream.last_queued_) {
                *flags |= NGHTTP2_DATA_FLAG_EOF;
                return 0;
            }
            stream.deferred_ = true;
            return NGHTTP2_ERR_DEFERRED;
        }
        const H2Stream::Pending& front = stream.queue_.front();
        const std::size_t size = std::min(length, front.buffer->size() - front.at);
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (stream.last_queued_ && size == stream.queued_bytes_) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(size);
    }

    static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* frame_header,
                         std::size_t length, nghttp2_data_source*, void* context) {
        H2Stream& stream = self(context);
        if (stream.spill_.size() != 0) return NGHTTP2_ERR_WOULDBLOCK;
        const H2Stream::Pending& front = stream.queue_.front();
        const auto body = front.buffer->bytes().subspan(front.at, length);
        if (!stream.send_pieces(view(frame_header, 9), body)) return NGHTTP2_ERR_CALLBACK_FAILURE;
        stream.consume(length);
        return 0;
    }

    static ssize_t frame_size(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t session_window,
                              std::int32_t stream_window, std::uint32_t max_frame, void*) {
        const std::int32_t window = std::min(session_window, stream_window);
        return std::min<ssize_t>({window, static_cast<ssize_t>(max_frame), kFrame});
    }

    static int data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data, std::size_t size,
                    void* context) {
        H2Stream& stream = self(context);
        return stream.sink_(stream.sink_context_, view(data, size)) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    }

    static int header_field(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                            std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                            std::uint8_t, void* context) {
        H2Stream& stream = self(context);
        const auto is = [&](const char* wanted) {
            return name_size == strlen(wanted) && memcmp(name, wanted, name_size) == 0;
        };
        if (is("grpc-status")) {
            char digits[8] = "";
            memcpy(digits, value, std::min(value_size, sizeof digits - 1));
            stream.grpc_status_ = atoi(digits);
        }
        if (is("grpc-message")) {
            const std::size_t size = std::min(value_size, sizeof stream.grpc_message_ - 1);
            memcpy(stream.grpc_message_, value, size);
            stream.grpc_message_[size] = '\0';
            unescape(stream.grpc_message_);
        }
        return 0;
    }

    // grpc-message is percent-encoded.
    static void unescape(char* text) {
        char* out = text;
        for (const char* at = text; *at != '\0'; ++at) {
            char digits[3] = {at[1], at[1] != '\0' ? at[2] : '\0', '\0'};
            char* end = nullptr;
            const long value = *at == '%' ? strtol(digits, &end, 16) : 0;
            if (end == digits + 2) at += 2;
            *out++ = end == digits + 2 ? static_cast<char>(value) : *at;
        }
        *out = '\0';
        sanitize(text);
    }

    static int closed(nghttp2_session*, std::int32_t, std::uint32_t, void* context) {
        self(context).ended_ = true;
        return 0;
    }
};

H2Stream::~H2Stream() {
    if (session_ != nullptr) nghttp2_session_del(session_);
    if (fd_ >= 0) close(fd_);
    for (const int descriptor : descriptors_) {
        if (descriptor >= 0) close(descriptor);
    }
    for (const Pending& pending : queue_) {
        if (!pending.lent) delete pending.buffer;
    }
    for (ByteBuffer* buffer : sent_) delete buffer;
}

int H2Stream::connect(const Endpoint& endpoint, std::int64_t deadline_ns) {
    return dial(endpoint, deadline_ns, fd_);
}

int H2Stream::reconnect(const Endpoint& endpoint, std::int64_t deadline_ns) {
    shut();
    int fresh = -1;
    int error = dial(endpoint, deadline_ns, fresh);
    if (error == 0 && dup3(fresh, fd_, O_CLOEXEC) < 0) error = errno;
    if (fresh >= 0) close(fresh);
    if (error == 0) reset();
    return error;
}

// As before begin(), but for the counters.
void H2Stream::reset() {
    nghttp2_session_del(session_);
    session_ = nullptr;
    for (const Pending& pending : queue_) {
        if (!pending.lent) delete pending.buffer;
    }
    queue_.clear();
    queued_bytes_ = lent_ = 0;
    last_queued_ = deferred_ = broken_ = ended_ = false;
    spill_.clear();
    spill_at_ = 0;
    grpc_status_ = -1;
    grpc_message_[0] = '\0';
}

bool H2Stream::begin(const char* path, Sink sink, void* sink_context) {
    sink_ = sink;
    sink_context_ = sink_context;
    nghttp2_session_callbacks* callbacks = nullptr;
    if (receive_.reserve(kReceiveSize) == nullptr || nghttp2_session_callbacks_new(&callbacks) != 0)
        return false;
    nghttp2_session_callbacks_set_send_callback(callbacks, H2Callbacks::send);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, H2Callbacks::send_data);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, H2Callbacks::frame_size);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, H2Callbacks::data);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, H2Callbacks::header_field);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, H2Callbacks::closed);
    const int made = nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) return false;
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow},
                                               {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kFrame}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(kWindow));
    const nghttp2_nv headers[] = {header(":method", "POST"),
                                  header(":scheme", "http"),
                                  header(":path", path),
                                  header(":authority", "localhost"),
                                  header("te", "trailers"),
                                  header("content-type", "application/grpc"),
                                  header("user-agent", "ferry-shim")};
    nghttp2_data_provider provider{};
    provider.read_callback = H2Callbacks::read;
    stream_ = nghttp2_submit_request(session_, nullptr, headers, std::size(headers), &provider, nullptr);
    return stream_ > 0;
}

void H2Stream::push(ByteBuffer* buffer, std::size_t first, bool last, bool lent) {
    queue_.push_back({buffer, first, lent});
    if (lent) ++lent_;
    queued_bytes_ += buffer->size() - first;
    last_queued_ = last;
    if (deferred_) {
        deferred_ = false;
        nghttp2_session_resume_data(session_, stream_);
    }
}

ByteBuffer* H2Stream::take_sent() {
    if (sent_.empty()) return nullptr;
    ByteBuffer* buffer = sent_.back();
    sent_.pop_back();
    return buffer;
}

void H2Stream::consume(std::size_t size) {
    queued_bytes_ -= size;
    Pending& front = queue_.front();
    front.at += size;
    if (front.at < front.buffer->size()) return;
    if (front.lent) {
        --lent_;
    } else {
        sent_.push_back(front.buffer);
    }
    queue_.pop_front();
}

bool H2Stream::send_pieces(std::span<const std::byte> first, std::span<const std::byte> second) {
    // SAFETY: sendmsg reads through these; iovec has no const form.
    iovec pieces[2] = {{const_cast<std::byte*>(first.data()), first.size()},
                       {const_cast<std::byte*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = second.empty() ? 1 : 2;
    ssize_t sent = 0;
    do {
        sent = sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN) return false;
    auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    bytes_sent_ += taken;
    for (auto piece : {first, second}) {
        const std::size_t skip = std::min(taken, piece.size());
        taken -= skip;
        piece = piece.subspan(skip);
        if (piece.empty()) continue;
        std::byte* at = spill_.reserve(piece.size());
        if (at == nullptr) return false;
        memcpy(at, piece.data(), piece.size());
        spill_.commit(piece.size());
    }
    return true;
}

// False on a broken socket; a socket that is full again is no failure.
bool H2Stream::flush_spill() {
    while (spill_.size() != 0) {
        const auto rest = spill_.bytes().subspan(spill_at_);
        const ssize_t sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN;
        bytes_sent_ += static_cast<std::size_t>(sent);
        spill_at_ += static_cast<std::size_t>(sent);
        if (spill_at_ < spill_.size()) continue;
        spill_.clear();
        spill_at_ = 0;
    }
    return true;
}

Peer H2Stream::write_out() {
    if (!flush_spill()) return Peer::lost;
    if (spill_.size() != 0) return Peer::alive;
    return nghttp2_session_send(session_) == 0 ? Peer::alive : Peer::lost;
}

ssize_t H2Stream::receive() {
    if (!accepts_descriptors_) return recv(fd_, receive_.data(), kReceiveSize, MSG_DONTWAIT);
    iovec piece{receive_.data(), kReceiveSize};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors_)];
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t count = recvmsg(fd_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count >= 0) keep_descriptors(message);
    return count;
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
        const ssize_t count = receive();
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN ? Peer::alive : Peer::lost;
        if (count == 0) return Peer::lost;
        bytes_received_ += static_cast<std::size_t>(count);
        // SAFETY: bytes seen as bytes.
        const auto* data = reinterpret_cast<const std::uint8_t*>(receive_.data());
        if (nghttp2_session_mem_recv(session_, data, static_cast<std::size_t>(count)) != count)
            return Peer::lost;
        if (static_cast<std::size_t>(count) < kReceiveSize) return Peer::alive;
    }
    return Peer::alive;
}

Peer H2Stream::pump() {
    if (broken_) return Peer::lost;
    // What has arrived is read even when writing fails: it may hold the reason.
    const Peer written = write_out();
    Peer read = read_in();
    if (read == Peer::alive && written == Peer::alive && write_out() == Peer::lost) read = Peer::lost;
    if (ended_) return Peer::ended;
    if (read == Peer::alive && written == Peer::alive) return Peer::alive;
    broken_ = true;
    return Peer::lost;
}

bool H2Stream::wants_write() const { return spill_.size() != 0; }

void H2Stream::shut() {
    if (fd_ >= 0) shutdown(fd_, SHUT_RDWR);
}

}  // namespace guest
