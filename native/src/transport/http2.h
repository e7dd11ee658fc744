// Http2Server: one HTTP/2 connection that serves one gRPC call, POST /ferry.v1.Data/Attach, with nghttp2.
// Used by the link. Any ordinary gRPC client can speak to it; whatever else arrives gets the answer gRPC
// prescribes. Every limit on what a peer may make us hold or do stands here or in rpc_request.h.
// Single-threaded, never blocks.
#pragma once
#include <nghttp2/nghttp2.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "status.h"
#include "transport/grpc_status.h"
#include "transport/rpc_request.h"
#include "transport/send_queue.h"
#include "transport/unique_fd.h"
#include "wire/grpc_reader.h"

namespace transport {

// Bytes in flight per stream and per connection. What arrives is dealt with at once or not read at all, so
// the window bounds no memory, and a narrow one would bound long fast links.
inline constexpr std::int32_t kWindow = 1 << 30;
inline constexpr std::uint32_t kFrame = 2 << 20;  // largest DATA frame, both ways: a slice of a copy fits
// Bytes per recv: where they have no better place, and behind those that have.
inline constexpr std::size_t kReceive = std::size_t{256} << 10;
inline constexpr std::size_t kReceiveBehind = std::size_t{16} << 10;
inline constexpr std::uint32_t kStreams = 4;  // at once; one of them is the Attach call

class Http2Handler {
public:
    // One whole gRPC message, valid during the call only. False: nothing more is wanted.
    virtual bool on_message(std::span<const std::byte> message) = 0;
    // The client has said that it sends no more.
    virtual void on_half_close() = 0;
    // Nothing more of this call will be delivered. A last message and finish() are still possible here,
    // unless the client itself has reset the call.
    virtual void on_refused(GrpcStatus status, const std::string& message) = 0;
    // True while nothing more should be read.
    virtual bool paused() const = 0;
    // Memory of the handler's for a message of `size` bytes, prefix included; null: it has none.
    virtual std::byte* message_memory(std::size_t size) = 0;

protected:
    ~Http2Handler() = default;
};

class Http2Server final : private wire::MessagePlaces {
public:
    enum class Io { open, closed };

    // `receive_limit`: largest gRPC message accepted, bytes.
    Http2Server(UniqueFd socket, std::size_t receive_limit, Http2Handler& handler);
    ~Http2Server();
    Http2Server(const Http2Server&) = delete;
    Http2Server& operator=(const Http2Server&) = delete;

    ferry::Status start();
    int fd() const { return socket_.get(); }

    // Reads and delivers until the socket is empty or the handler pauses. `closed`: the connection is over.
    Io read();
    // Frames and writes what is queued, as far as the socket takes it.
    Io flush();
    bool wants_write() const { return blocked_; }
    // The peer broke HTTP/2 itself or our limits on it: no accident of the network.
    bool misbehaved() const { return hostile_ || refused_; }

    // Queues one gRPC message (prefix included). Nothing is written before flush().
    void send(OutMessage message);
    // After messages have been put into queue() directly.
    void resume_sending();
    // Ends the call with trailers once everything queued has been sent.
    void finish(GrpcStatus status, std::string_view message);
    bool finished() const { return trailers_submitted_; }
    // Any thread: a PING, if nothing has been sent for a while and nothing is stuck.
    void beat();
    // When something last arrived.
    std::chrono::steady_clock::time_point heard_at() const { return heard_at_; }
    // Gives the socket up: nothing is read or written any more, everything queued stays.
    void cut() {
        const std::lock_guard lock(io_mutex_);
        socket_.reset();
        blocked_ = false;
    }
    // Tells the client that no call on this connection will be served any more, so that it makes its next one
    // on a new connection. Call when everything else has been sent; then destroy.
    void say_goodbye();
    std::size_t held() const { return queue_.held(); }
    std::size_t unwritten() const { return queue_.unwritten(); }
    SendQueue& queue() { return queue_; }
    std::uint64_t bytes_received() const { return bytes_received_; }
    std::uint64_t bytes_sent() const { return bytes_sent_; }

private:
    friend struct Http2Callbacks;
    std::byte* memory(std::size_t size) override { return handler_.message_memory(size); }
    std::span<std::byte> direct_room();
    ssize_t receive(std::span<std::byte> direct, std::size_t behind);
    bool feed(std::span<const std::byte> bytes);
    void begin_request(std::int32_t stream);
    bool header(std::int32_t stream, std::string_view name, std::string_view value);
    void request_complete(std::int32_t stream, bool half_closed);
    void data(std::int32_t stream, std::span<const std::byte> chunk);
    void stream_ended(std::int32_t stream);
    void answer_only(std::int32_t stream, const Verdict& verdict);
    void accept(std::int32_t stream);
    void refuse(GrpcStatus status, const std::string& message);
    bool fragmented(std::size_t chunk_size);
    bool write_chain();
    ssize_t provide(std::size_t wanted, std::uint32_t* flags);
    RpcRequest* request_of(std::int32_t stream);
    ferry::Status submit_settings();

    UniqueFd socket_;
    Http2Handler& handler_;
    wire::GrpcReader reader_;
    SendQueue queue_;
    nghttp2_session* session_ = nullptr;
    std::unique_ptr<std::byte[]> receive_buffer_;
    std::array<RpcRequest, kStreams> requests_;
    std::int32_t attach_stream_ = 0;
    std::uint64_t requests_seen_ = 0;
    std::size_t frame_left_ = 0;      // bytes of the call in the DATA frame that is being received
    std::size_t message_chunks_ = 0;  // DATA chunks and bytes of the message that is being gathered
    std::size_t message_bytes_ = 0;
    std::uint64_t bytes_received_ = 0;
    std::uint64_t bytes_sent_ = 0;
    GrpcStatus finish_status_ = GrpcStatus::ok;
    std::string finish_message_;
    bool finishing_ = false;
    bool trailers_submitted_ = false;
    bool refused_ = false;  // nothing more is delivered
    bool gone_ = false;     // nothing more can be sent
    bool deferred_ = false;
    bool blocked_ = false;
    bool hostile_ = false;
    std::chrono::steady_clock::time_point heard_at_ = std::chrono::steady_clock::now();
    std::mutex io_mutex_;  // the chain and the socket's writing side: flush() and beat()
    std::chrono::steady_clock::time_point sent_at_ = heard_at_;
};

}  // namespace transport
