// Link: what the session and its guest say to each other, as frames with sequence numbers, over Http2Server.
// Owned by the session. It checks form and order (Hello first and once, batches 1, 2, 3, ...,
// acknowledgements of what was really sent) and reports; it decides nothing: a violation goes to the session,
// which ends itself.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "transport/frames.h"
#include "transport/http2.h"

namespace transport {

class LinkEvents {
public:
    // Valid during the call only. False: nothing more is wanted.
    virtual bool on_hello(const Hello& hello) = 0;
    // The records of one batch, valid during the call only. False: nothing more is wanted.
    virtual bool on_batch(std::span<const std::byte> records) = 0;
    // The guest has said it sends no more.
    virtual void on_guest_done() = 0;
    // The guest has broken the protocol, or has reset the call; close() with `status` is what it should see.
    virtual void on_violation(GrpcStatus status, const std::string& message) = 0;
    virtual bool holds_reading() const = 0;

protected:
    ~LinkEvents() = default;
};

class Link final : private Http2Handler {
public:
    using Io = Http2Server::Io;

    Link(UniqueFd socket, std::size_t receive_limit, LinkEvents& events);
    ferry::Status start() { return http_.start(); }
    int fd() const { return http_.fd(); }

    Io read() { return http_.read(); }
    Io flush() { return http_.flush(); }
    bool wants_write() const { return http_.wants_write(); }
    // Bytes that wait because the guest does not read.
    std::size_t held() const { return http_.held(); }

    // Whether descriptors can be passed to the other side.
    bool is_local() const;
    // `descriptors` go along with it; they stay the caller's and open until it has been flushed.
    void send_welcome(const Welcome& welcome, std::span<const int> descriptors = {});
    // `replies`: whole replies; the buffer comes back through take_buffer() later.
    void send_batch(OutBuffer replies);
    // As one batch: `replies`, then `body` as it stands, then zeros up to a multiple of 8. `owner` hears when
    // the kernel has taken the body.
    void send_batch(OutBuffer replies, std::span<const std::byte> body, BodyOwner* owner,
                    std::uint32_t token);
    // A last frame, then the gRPC status.
    void send_farewell(std::int32_t result, std::string_view message);
    void close(GrpcStatus status, std::string_view message);
    void say_goodbye() { http_.say_goodbye(); }
    // After close(): everything, status included, has left this process.
    bool drained() const { return http_.finished() && http_.held() == 0 && !http_.wants_write(); }

    OutBuffer take_buffer() { return http_.queue().take_buffer(); }
    std::uint64_t bytes_received() const { return http_.bytes_received(); }
    std::uint64_t bytes_sent() const { return http_.bytes_sent(); }
    std::uint64_t batches_received() const { return received_; }

private:
    bool on_message(std::span<const std::byte> message) override;
    void on_half_close() override { events_.on_guest_done(); }
    void on_refused(GrpcStatus status, const std::string& message) override;
    bool paused() const override { return events_.holds_reading(); }
    bool batch(std::span<const std::byte> message);
    bool violation(const std::string& message);

    LinkEvents& events_;
    Http2Server http_;
    std::uint64_t received_ = 0;      // last sequence seen
    std::uint64_t sent_ = 0;          // last sequence used
    std::uint64_t acknowledged_ = 0;  // of ours, by the guest
    bool greeted_ = false;
};

}  // namespace transport
