// The nghttp2 session behind Http2Server: settings, requests, flow of DATA in and out. See http2.h.
#include "transport/http2.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "wire/limits.h"

namespace transport {
namespace {

constexpr std::size_t kChainTarget = std::size_t{8} << 20;  // frame no more than this ahead of the socket
constexpr std::uint64_t kRequestsPerConnection = 64;  // a guest needs one; more is an attack or a mistake
constexpr std::size_t kReadsPerTurn = 16;             // then the loop looks at everything else again
constexpr std::size_t kFreeChunks = 64;     // below this many, small DATA chunks are nobody's business
constexpr std::size_t kBytesPerChunk = 64;  // above it, a message must bring this much per chunk
constexpr std::uint64_t kResetBurst = 64;
constexpr std::uint64_t kResetsPerSecond = 8;

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
    // SAFETY: nghttp2 hands out bytes; chars may view them.
    return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_nv field(std::string_view name, std::string_view value) {
    // SAFETY: nghttp2 copies name and value (no NO_COPY flags) and never writes through these pointers.
    auto* name_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
    auto* value_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
    return nghttp2_nv{name_bytes, value_bytes, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

// The C side of nghttp2: each callback finds its server and forwards. Returning an error ends the connection.
struct Http2Callbacks {
    static Http2Server& server(void* user) { return *static_cast<Http2Server*>(user); }

    static ssize_t send(nghttp2_session*, const std::uint8_t* bytes, std::size_t size, int, void* user) {
        auto& queue = server(user).queue_;
        if (queue.chain_size() >= kChainTarget) return NGHTTP2_ERR_WOULDBLOCK;
        queue.copy(std::as_bytes(std::span(bytes, size)));
        return static_cast<ssize_t>(size);
    }
    static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* frame_head, std::size_t size,
                         nghttp2_data_source*, void* user) {
        Http2Server& own = server(user);
        auto& queue = own.queue_;
        if (queue.chain_size() >= kChainTarget) return NGHTTP2_ERR_WOULDBLOCK;
        constexpr std::size_t kFrameHead = 9;  // never padded: no padding callback is set
        queue.copy(std::as_bytes(std::span(frame_head, kFrameHead)));
        if (size > 0) queue.take_front(size);
        // The last one goes out before nghttp2 finds out that it was.
        return queue.has_message() || own.write_chain() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    static ssize_t provide(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
        return server(user).provide(size, flags);
    }
    static ssize_t frame_size(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t session_window,
                              std::int32_t stream_window, std::uint32_t peer_frame, void*) {
        const auto window = std::min(session_window, stream_window);
        return std::min<ssize_t>(window, static_cast<ssize_t>(std::min(peer_frame, kFrame)));
    }
    static int frame_begins(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
        const bool plain = head->type == NGHTTP2_DATA && (head->flags & NGHTTP2_FLAG_PADDED) == 0;
        const bool of_call = plain && head->stream_id == server(user).attach_stream_;
        server(user).frame_left_ = of_call ? head->length : 0;
        return 0;
    }
    static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) server(user).begin_request(frame->hd.stream_id);
        return server(user).hostile_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
    }
    static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                      void* user) {
        const bool fits =
            server(user).header(frame->hd.stream_id, view(name, name_size), view(value, value_size));
        return fits ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream, keeps the connection
    }
    static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        const bool half_closed = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            server(user).request_complete(frame->hd.stream_id, half_closed);
            return 0;
        }
        const bool carries_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        if (carries_end && half_closed && frame->hd.stream_id == server(user).attach_stream_) {
            server(user).handler_.on_half_close();
        }
        return 0;
    }
    static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
        const std::int32_t stream = frame->hd.stream_id;
        const bool ends =
            frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        // The answer is complete although the request may not be: NO_ERROR asks the client to stop (RFC 9113,
        // 8.1).
        if (ends && nghttp2_session_get_stream_remote_close(session, stream) == 0) {
            (void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_NO_ERROR);
        }
        return 0;
    }
    static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                    std::size_t size, void* user) {
        server(user).data(stream, std::as_bytes(std::span(bytes, size)));
        return 0;
    }
    static int stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
        server(user).stream_ended(stream);
        return 0;
    }
};

Http2Server::Http2Server(UniqueFd socket, std::size_t receive_limit, Http2Handler& handler)
    : socket_(std::move(socket)),
      handler_(handler),
      reader_(receive_limit, this),
      receive_buffer_(new std::byte[kReceive]) {}

Http2Server::~Http2Server() { nghttp2_session_del(session_); }

ferry::Status Http2Server::start() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) {
        nghttp2_session_callbacks_del(callbacks);
        return ferry::Status::failure("out of memory for an HTTP/2 session");
    }
    nghttp2_session_callbacks_set_send_callback(callbacks, Http2Callbacks::send);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, Http2Callbacks::send_data);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, Http2Callbacks::frame_size);
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, Http2Callbacks::frame_begins);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Http2Callbacks::begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Http2Callbacks::header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Http2Callbacks::frame_received);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Http2Callbacks::frame_sent);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Http2Callbacks::data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Http2Callbacks::stream_closed);
    // CVE-2023-44487 (rapid reset): a guest resets nothing in ordinary life.
    nghttp2_option_set_stream_reset_rate_limit(option, kResetBurst, kResetsPerSecond);
    nghttp2_option_set_no_closed_streams(option, 1);
    const int made = nghttp2_session_server_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) return ferry::Status::failure("out of memory for an HTTP/2 session");
    return submit_settings();
}

ferry::Status Http2Server::submit_settings() {
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(kWindow)},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kFrame},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderListSize},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    };
    const int sent = nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    // The connection has a window of its own; without this the stream's 64 MiB are worth 64 KiB.
    const int widened = nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow);
    if (sent != 0 || widened != 0) return ferry::Status::failure("cannot set up an HTTP/2 session");
    return ferry::Status::success();
}

Http2Server::Io Http2Server::read() {
    if (!socket_.valid()) return Io::open;
    for (std::size_t turn = 0; turn < kReadsPerTurn && !handler_.paused(); ++turn) {
        const auto direct = direct_room();
        const std::size_t behind = direct.empty() ? kReceive : kReceiveBehind;
        const ssize_t size = receive(direct, behind);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return errno == EAGAIN ? Io::open : Io::closed;
        if (size == 0) return Io::closed;
        const auto bytes = static_cast<std::size_t>(size);
        bytes_received_ += bytes;
        heard_at_ = std::chrono::steady_clock::now();
        const std::size_t placed = std::min(bytes, direct.size());
        if (placed != 0 && !feed(direct.first(placed))) return Io::closed;
        if (bytes != placed && !feed(std::span(receive_buffer_.get(), bytes - placed))) return Io::closed;
        if (bytes < direct.size() + behind) return Io::open;  // it is empty: spare the call that would say so
    }
    return Io::open;
}

// Where the rest of the frame that is being received belongs: nghttp2, shown it there, copies nothing.
std::span<std::byte> Http2Server::direct_room() {
    if (frame_left_ < kReceiveBehind) return {};
    const auto room = reader_.room();
    return room.size() < kReceiveBehind ? std::span<std::byte>{}
                                        : room.first(std::min(room.size(), frame_left_));
}

ssize_t Http2Server::receive(std::span<std::byte> direct, std::size_t behind) {
    if (direct.empty()) return ::recv(socket_.get(), receive_buffer_.get(), behind, MSG_DONTWAIT);
    iovec pieces[] = {{direct.data(), direct.size()}, {receive_buffer_.get(), behind}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = std::size(pieces);
    return ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
}

bool Http2Server::feed(std::span<const std::byte> bytes) {
    // SAFETY: nghttp2 takes bytes as uint8_t.
    const auto* raw = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const ssize_t taken = nghttp2_session_mem_recv(session_, raw, bytes.size());
    return taken == static_cast<ssize_t>(bytes.size()) && !hostile_ &&
           nghttp2_session_want_read(session_) != 0;
}

void Http2Server::beat() {
    // A PING as RFC 9113, 6.7 has it, with eight zeros to send back.
    constexpr std::array<std::byte, 17> kPing{std::byte{0}, std::byte{0}, std::byte{8}, std::byte{6}};
    const std::lock_guard lock(io_mutex_);
    const auto now = std::chrono::steady_clock::now();
    const auto idle = std::chrono::milliseconds(wire::limits::kHeartbeatIdleMs);
    // Bytes that are stuck say the same once the peer reads, and nothing may come between them.
    if (!socket_.valid() || queue_.chain_size() != 0 || now - sent_at_ < idle) return;
    sent_at_ = now;
    queue_.copy(kPing);
    (void)queue_.flush(socket_.get());  // a broken socket shows where it is read
}

Http2Server::Io Http2Server::flush() {
    const std::lock_guard lock(io_mutex_);
    if (!socket_.valid()) return Io::open;
    for (;;) {
        if (nghttp2_session_want_write(session_) != 0 && nghttp2_session_send(session_) != 0)
            return Io::closed;
        const std::size_t before = queue_.chain_size();
        if (!write_chain()) return Io::closed;
        if (blocked_) return Io::open;
        // A full chain made nghttp2 stop early; without one, nothing moved means nothing more can (flow
        // control).
        if (before < kChainTarget) break;
    }
    return Io::open;
}

// Writes what is framed, as far as the socket takes it. False: the socket is broken.
bool Http2Server::write_chain() {
    const std::size_t before = queue_.chain_size();
    const auto flushed = queue_.flush(socket_.get());
    bytes_sent_ += before - queue_.chain_size();
    if (before != queue_.chain_size()) sent_at_ = std::chrono::steady_clock::now();
    blocked_ = flushed == SendQueue::Flushed::blocked;
    return flushed != SendQueue::Flushed::broken;
}

void Http2Server::send(OutMessage message) {
    if (gone_ || finishing_) return;
    queue_.push(std::move(message));
    resume_sending();
}

void Http2Server::resume_sending() {
    if (!deferred_) return;
    deferred_ = false;
    (void)nghttp2_session_resume_data(session_, attach_stream_);
}

void Http2Server::finish(GrpcStatus status, std::string_view message) {
    if (finishing_) return;
    finishing_ = true;
    finish_status_ = status;
    finish_message_ = encode_grpc_message(message);
    if (!deferred_) return;
    deferred_ = false;
    (void)nghttp2_session_resume_data(session_, attach_stream_);
}

void Http2Server::say_goodbye() {
    if (!socket_.valid()) return;
    (void)nghttp2_session_terminate_session2(session_, attach_stream_, NGHTTP2_NO_ERROR);
    (void)flush();
}

// nghttp2 asks how many bytes of DATA there are; send_data() then moves them.
ssize_t Http2Server::provide(std::size_t wanted, std::uint32_t* flags) {
    if (queue_.has_message()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        return static_cast<ssize_t>(std::min(wanted, queue_.front_remaining()));
    }
    if (!finishing_) {
        deferred_ = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM | NGHTTP2_DATA_FLAG_NO_COPY;
    const std::string status = std::to_string(static_cast<int>(finish_status_));
    const nghttp2_nv trailers[] = {field("grpc-status", status), field("grpc-message", finish_message_)};
    (void)nghttp2_submit_trailer(session_, attach_stream_, trailers, finish_message_.empty() ? 1 : 2);
    trailers_submitted_ = true;
    return 0;
}

RpcRequest* Http2Server::request_of(std::int32_t stream) {
    for (auto& request : requests_) {
        if (request.stream() == stream) return &request;
    }
    return nullptr;
}

void Http2Server::begin_request(std::int32_t stream) {
    hostile_ = ++requests_seen_ > kRequestsPerConnection;
    // nghttp2 refuses more than kStreams at once before it gets here, so one is free.
    if (RpcRequest* free = request_of(0)) *free = RpcRequest(stream);
}

bool Http2Server::header(std::int32_t stream, std::string_view name, std::string_view value) {
    RpcRequest* request = request_of(stream);
    return request == nullptr || request->header(name, value);
}

void Http2Server::request_complete(std::int32_t stream, bool half_closed) {
    const RpcRequest* request = request_of(stream);
    if (request == nullptr) return;
    const Verdict verdict = request->verdict(attach_stream_ == 0);
    if (!verdict.may_begin()) return answer_only(stream, verdict);
    accept(stream);
    if (half_closed) handler_.on_half_close();
}

void Http2Server::accept(std::int32_t stream) {
    attach_stream_ = stream;
    const nghttp2_nv headers[] = {field(":status", "200"), field("content-type", "application/grpc")};
    nghttp2_data_provider provider{};
    provider.read_callback = Http2Callbacks::provide;
    (void)nghttp2_submit_response(session_, stream, headers, std::size(headers), &provider);
}

// "Trailers-Only": headers and status in one block, no message.
void Http2Server::answer_only(std::int32_t stream, const Verdict& verdict) {
    const std::string http = std::to_string(verdict.http_status);
    const std::string status = std::to_string(static_cast<int>(verdict.grpc));
    const std::string message = encode_grpc_message(verdict.message);
    const nghttp2_nv headers[] = {
        field(":status", http),
        field("content-type", "application/grpc"),
        field("grpc-status", status),
        field("grpc-message", message),
        field("grpc-accept-encoding", "identity"),
    };
    (void)nghttp2_submit_response(session_, stream, headers, std::size(headers), nullptr);
}

void Http2Server::stream_ended(std::int32_t stream) {
    if (RpcRequest* request = request_of(stream)) *request = RpcRequest();
    if (stream != attach_stream_ || trailers_submitted_) return;
    gone_ = true;  // reset by the client: nothing can be sent any more
    handler_.on_refused(GrpcStatus::aborted, "the guest reset the data stream");
}

void Http2Server::refuse(GrpcStatus status, const std::string& message) {
    refused_ = true;
    handler_.on_refused(status, message);
    finish(status, message);  // unless the handler has done so, after a last frame of its own
}

// CVE-2026-84304 and its kind: a message cut into single bytes costs us far more than it costs the sender.
bool Http2Server::fragmented(std::size_t chunk_size) {
    if (reader_.between_messages()) {
        message_chunks_ = 0;
        message_bytes_ = 0;
    }
    ++message_chunks_;
    message_bytes_ += chunk_size;
    return message_chunks_ > kFreeChunks && message_bytes_ < message_chunks_ * kBytesPerChunk;
}

void Http2Server::data(std::int32_t stream, std::span<const std::byte> chunk) {
    if (stream == attach_stream_) frame_left_ -= std::min(chunk.size(), frame_left_);
    if (stream != attach_stream_ || refused_ || finishing_) return;
    if (fragmented(chunk.size())) {
        return refuse(GrpcStatus::resource_exhausted, "a message arrived in too many too small pieces");
    }
    const bool starts_compressed = reader_.between_messages() && !chunk.empty() && chunk[0] != std::byte{0};
    bool delivered = true;
    const bool fed = reader_.feed(chunk, [this, &delivered](std::span<const std::byte> message) {
        delivered = !finishing_ && handler_.on_message(message);
        return delivered;
    });
    if (fed || !delivered) return;
    if (starts_compressed) return refuse(GrpcStatus::unimplemented, "compressed messages are not accepted");
    refuse(GrpcStatus::resource_exhausted, "a message is larger than this worker accepts, or compressed");
}

}  // namespace transport
