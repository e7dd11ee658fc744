// A gRPC client over nghttp2 that can be as wrong as a test wants it. Drives one socket without threads:
// pump() moves whatever can be moved. Used by the link's, the server's and the session's tests.
#pragma once
#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/unique_fd.h"

namespace h2 {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What a correct guest sends.
Headers attach_headers();

struct Stream {
    std::map<std::string, std::string> headers;  // of both blocks
    std::vector<std::byte> received;
    std::vector<std::byte> to_send;
    bool end_after_send = false;
    bool deferred = false;
    bool closed = false;
    std::uint32_t error_code = 0;
    std::string grpc_status() const {
        const auto found = headers.find("grpc-status");
        return found != headers.end() ? found->second : "";
    }
};

class Client {
public:
    explicit Client(int socket);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Opens a stream with these headers; `with_body`: data() will follow.
    std::int32_t request(const Headers& headers, bool with_body = true);
    void data(std::int32_t stream, std::span<const std::byte> bytes, bool end = false);
    void reset(std::int32_t stream);
    // Bytes past nghttp2, as they are.
    void raw(std::span<const std::byte> bytes);
    // Sends and receives what is possible now, waiting at most `timeout_ms` for the other side. False once
    // closed.
    bool pump(int timeout_ms = 0);
    // Complete gRPC messages of a stream so far.
    std::vector<std::vector<std::byte>> messages(std::int32_t stream);

    std::map<std::int32_t, Stream> streams;
    bool open = true;
    std::vector<transport::UniqueFd> passed;  // descriptors that came along

private:
    friend struct Callbacks;
    bool write_pending();
    ssize_t receive(std::span<std::byte> into);
    transport::UniqueFd socket_;
    nghttp2_session* session_ = nullptr;
    std::vector<std::byte> pending_;
};

// The 5-byte prefix and the message.
std::vector<std::byte> framed(std::span<const std::byte> message, bool compressed = false);
// GuestFrames.
struct HelloFields {
    std::uint32_t wire_version = 1;
    std::string spec_hash = {};
    std::vector<std::byte> ticket = {};
    std::uint64_t window_base = 0;
    std::uint64_t window_size = 0;
    std::string visible_devices = {};
    bool has_visible_devices = false;
    bool wants_ring = false;
    std::uint64_t arena_base = 0;
    std::uint64_t arena_size = 0;
    std::uint64_t ring_bytes = 0;
    std::vector<std::byte> resume = {};
    std::uint64_t seen = 0;
    std::uint32_t api = 0;
};
std::vector<std::byte> hello(const HelloFields& fields);
std::vector<std::byte> callbacks_done(std::uint64_t count);
std::vector<std::byte> batch(std::uint64_t sequence, std::uint64_t acknowledged,
                             std::span<const std::byte> records);

// The sub-message with that field number in a HostFrame; empty when there is none.
std::vector<std::byte> frame_field(std::span<const std::byte> message, std::uint32_t number);
std::uint64_t varint_field(std::span<const std::byte> message, std::uint32_t number);

std::span<const std::byte> as_bytes(std::string_view text);

}  // namespace h2
