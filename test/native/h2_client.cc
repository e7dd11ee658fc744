// See h2_client.h.
#include "h2_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "wire/grpc_reader.h"

namespace h2 {

struct Callbacks {
    static Client& client(void* user) { return *static_cast<Client*>(user); }
    static ssize_t send(nghttp2_session*, const std::uint8_t* bytes, std::size_t size, int, void* user) {
        const auto piece = std::as_bytes(std::span(bytes, size));
        client(user).pending_.insert(client(user).pending_.end(), piece.begin(), piece.end());
        return static_cast<ssize_t>(size);
    }
    static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                      void* user) {
        const std::string key(name, name + name_size);
        client(user).streams[frame->hd.stream_id].headers[key] = std::string(value, value + value_size);
        return 0;
    }
    static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                    std::size_t size, void* user) {
        const auto piece = std::as_bytes(std::span(bytes, size));
        auto& received = client(user).streams[stream].received;
        received.insert(received.end(), piece.begin(), piece.end());
        return 0;
    }
    static int closed(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* user) {
        client(user).streams[stream].closed = true;
        client(user).streams[stream].error_code = code;
        return 0;
    }
    static ssize_t provide(nghttp2_session*, std::int32_t id, std::uint8_t* target, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
        Stream& stream = client(user).streams[id];
        const std::size_t count = std::min(size, stream.to_send.size());
        if (count == 0 && !stream.end_after_send) {
            stream.deferred = true;
            return NGHTTP2_ERR_DEFERRED;
        }
        if (count != 0) std::memcpy(target, stream.to_send.data(), count);
        stream.to_send.erase(stream.to_send.begin(),
                             stream.to_send.begin() + static_cast<std::ptrdiff_t>(count));
        if (stream.to_send.empty() && stream.end_after_send) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(count);
    }
};

Headers attach_headers() {
    return {{":method", "POST"},
            {":scheme", "http"},
            {":path", "/ferry.v1.Data/Attach"},
            {":authority", "localhost"},
            {"content-type", "application/grpc"},
            {"te", "trailers"}};
}

Client::Client(int socket) : socket_(socket) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_send_callback(callbacks, Callbacks::send);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::closed);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 64u << 20}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 1);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 64 << 20);
}

Client::~Client() { nghttp2_session_del(session_); }

std::int32_t Client::request(const Headers& headers, bool with_body) {
    std::vector<nghttp2_nv> fields;
    Headers copy = headers;
    for (auto& [name, value] : copy) {
        fields.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                          reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                          NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider provider{};
    provider.read_callback = Callbacks::provide;
    return nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                  with_body ? &provider : nullptr, nullptr);
}

void Client::data(std::int32_t id, std::span<const std::byte> bytes, bool end) {
    Stream& stream = streams[id];
    stream.to_send.insert(stream.to_send.end(), bytes.begin(), bytes.end());
    stream.end_after_send = end;
    if (std::exchange(stream.deferred, false)) nghttp2_session_resume_data(session_, id);
}

void Client::reset(std::int32_t stream) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
}

void Client::raw(std::span<const std::byte> bytes) {
    nghttp2_session_send(session_);
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
}

bool Client::write_pending() {
    while (!pending_.empty()) {
        const ssize_t sent =
            ::send(socket_.get(), pending_.data(), pending_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
        pending_.erase(pending_.begin(), pending_.begin() + sent);
    }
    return true;
}

ssize_t Client::receive(std::span<std::byte> into) {
    iovec vector{into.data(), into.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) return size;
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t index = 0; index < count; ++index) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(head) + index * sizeof fd, sizeof fd);
            passed.emplace_back(fd);
        }
    }
    return size;
}

bool Client::pump(int timeout_ms) {
    if (!open) return false;
    nghttp2_session_send(session_);
    if (!write_pending()) open = false;
    pollfd descriptor{socket_.get(), POLLIN, 0};
    if (timeout_ms > 0) ::poll(&descriptor, 1, timeout_ms);
    std::byte buffer[1 << 16];
    for (;;) {
        const ssize_t size = receive(buffer);
        if (size < 0) break;
        if (size == 0) {
            open = false;
            break;
        }
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(buffer);
        if (nghttp2_session_mem_recv(session_, bytes, static_cast<std::size_t>(size)) < 0) open = false;
    }
    nghttp2_session_send(session_);
    (void)write_pending();
    return open;
}

std::vector<std::vector<std::byte>> Client::messages(std::int32_t stream) {
    std::vector<std::vector<std::byte>> found;
    wire::GrpcReader reader(std::size_t{1} << 30);
    (void)reader.feed(streams[stream].received, [&found](std::span<const std::byte> message) {
        found.emplace_back(message.begin(), message.end());
        return true;
    });
    return found;
}

std::vector<std::byte> framed(std::span<const std::byte> message, bool compressed) {
    std::vector<std::byte> bytes(wire::kGrpcPrefix);
    wire::put_grpc_prefix(bytes.data(), message.size());
    if (compressed) bytes[0] = std::byte{1};
    bytes.insert(bytes.end(), message.begin(), message.end());
    return bytes;
}

static std::vector<std::byte> guest_frame(std::uint32_t number, std::span<const std::byte> inner) {
    std::vector<std::byte> buffer(inner.size() + 32);
    wire::ProtoWriter writer(buffer);
    writer.length(number, inner.size());
    writer.raw(inner);
    buffer.resize(writer.size());
    return framed(buffer);
}

std::vector<std::byte> hello(const HelloFields& fields) {
    std::vector<std::byte> buffer(512 + fields.ticket.size() + fields.visible_devices.size() +
                                  fields.spec_hash.size());
    wire::ProtoWriter writer(buffer);
    writer.varint(1, fields.wire_version);
    writer.string(2, fields.spec_hash);
    writer.bytes(3, fields.ticket);
    writer.varint(4, fields.window_base);
    writer.varint(5, fields.window_size);
    writer.string(6, fields.visible_devices);
    writer.boolean(7, fields.has_visible_devices);
    writer.boolean(8, fields.wants_ring);
    writer.varint(9, fields.arena_base);
    writer.varint(10, fields.arena_size);
    writer.varint(11, fields.ring_bytes);
    writer.bytes(12, fields.resume);
    writer.varint(13, fields.seen);
    writer.varint(15, fields.api);
    return guest_frame(1, writer.written());
}

std::vector<std::byte> batch(std::uint64_t sequence, std::uint64_t acknowledged,
                             std::span<const std::byte> records) {
    std::vector<std::byte> buffer(64 + records.size());
    wire::ProtoWriter writer(buffer);
    writer.varint(1, sequence);
    writer.varint(2, acknowledged);
    writer.bytes(3, records);
    return guest_frame(2, writer.written());
}

std::vector<std::byte> callbacks_done(std::uint64_t count) {
    std::byte buffer[16];
    wire::ProtoWriter writer(buffer);
    writer.varint(4, count);
    return guest_frame(2, writer.written());
}

std::vector<std::byte> frame_field(std::span<const std::byte> message, std::uint32_t number) {
    wire::ProtoReader reader(message);
    for (wire::ProtoField field; reader.next(field);) {
        if (field.number == number) return {field.bytes.begin(), field.bytes.end()};
    }
    return {};
}

std::uint64_t varint_field(std::span<const std::byte> message, std::uint32_t number) {
    wire::ProtoReader reader(message);
    for (wire::ProtoField field; reader.next(field);) {
        if (field.number == number) return field.value;
    }
    return 0;
}

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace h2
