// The connection and its nghttp2 session; see h2_stream.h. What goes through the socket is in
// h2_stream_io.cc.
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

// Nothing is held back here, so a window bounds no memory: it is as wide as HTTP/2 has it.
constexpr std::uint32_t kWindow = 1u << 30;
constexpr std::uint32_t kFrame = 2u << 20;  // a slice of a copy with all its heads

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
        if (stream.wants_write()) return NGHTTP2_ERR_WOULDBLOCK;
        H2Stream::Stretch none;
        if (!stream.send_pieces(view(data, size), none)) return NGHTTP2_ERR_CALLBACK_FAILURE;
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
        const std::size_t size = std::min(length, front.buffer->total() - front.at);
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (stream.last_queued_ && size == stream.queued_bytes_) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(size);
    }

    static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* frame_header,
                         std::size_t length, nghttp2_data_source*, void* context) {
        H2Stream& stream = self(context);
        if (stream.wants_write()) return NGHTTP2_ERR_WOULDBLOCK;
        const H2Stream::Pending& front = stream.queue_.front();
        H2Stream::Stretch body{front.buffer, front.at, length};
        if (!stream.send_pieces(view(frame_header, 9), body)) return NGHTTP2_ERR_CALLBACK_FAILURE;
        stream.unwritten_ = body;
        stream.consume(length);
        return 0;
    }

    static ssize_t frame_size(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t session_window,
                              std::int32_t stream_window, std::uint32_t max_frame, void*) {
        const std::int32_t window = std::min(session_window, stream_window);
        return std::min<ssize_t>({window, static_cast<ssize_t>(max_frame), kFrame});
    }

    static int frame_begins(nghttp2_session*, const nghttp2_frame_hd* head, void* context) {
        const bool plain = head->type == NGHTTP2_DATA && (head->flags & NGHTTP2_FLAG_PADDED) == 0;
        self(context).frame_left_ = plain ? head->length : 0;
        return 0;
    }

    static int data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data, std::size_t size,
                    void* context) {
        H2Stream& stream = self(context);
        stream.frame_left_ -= std::min(size, stream.frame_left_);
        return stream.sink_->take(view(data, size)) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
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
    if (!writing_.lent) delete writing_.buffer;
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
    if (!writing_.lent) delete writing_.buffer;
    writing_ = {};
    unwritten_ = {};
    queued_bytes_ = lent_ = 0;
    last_queued_ = deferred_ = broken_ = ended_ = false;
    spill_.clear();
    spill_at_ = frame_left_ = 0;
    grpc_status_ = -1;
    grpc_message_[0] = '\0';
}

bool H2Stream::begin(const char* path, BodySink& sink) {
    sink_ = &sink;
    nghttp2_session_callbacks* callbacks = nullptr;
    if (receive_.reserve(kReceived) == nullptr || nghttp2_session_callbacks_new(&callbacks) != 0)
        return false;
    nghttp2_session_callbacks_set_send_callback(callbacks, H2Callbacks::send);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, H2Callbacks::send_data);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, H2Callbacks::frame_size);
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, H2Callbacks::frame_begins);
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
    queued_bytes_ += buffer->total() - first;
    last_queued_ = last;
    if (deferred_) {
        deferred_ = false;
        nghttp2_session_resume_data(session_, stream_);
    }
}

bool H2Stream::refers() const {
    const auto does = [](const Pending& pending) { return pending.buffer->refers(); };
    return (unwritten_.size != 0 && unwritten_.buffer->refers()) || std::ranges::any_of(queue_, does);
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
    if (front.at < front.buffer->total()) return;
    if (unwritten_.size == 0) {
        retire(front);
    } else {
        writing_ = front;
    }
    queue_.pop_front();
}

// All of it has been written.
void H2Stream::retire(const Pending& pending) {
    if (pending.buffer == nullptr) return;
    if (pending.lent) {
        --lent_;
    } else {
        sent_.push_back(pending.buffer);
    }
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

void H2Stream::shut() {
    if (fd_ >= 0) shutdown(fd_, SHUT_RDWR);
}

}  // namespace guest
