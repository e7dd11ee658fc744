// Link: what the session and its guest say to each other, as frames with sequence numbers, over Http2Server.
// Owned by the session. It checks form and order (Hello first and once, batches 1, 2, 3, ...,
// acknowledgements of what was really sent) and reports; it decides nothing: a violation goes to the session,
// which ends itself.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "transport/frames.h"
#include "transport/heartbeat.h"
#include "transport/http2.h"

namespace transport {

class LinkEvents {
public:
    // Valid during the call only. False: nothing more is wanted.
    virtual bool on_hello(const Hello& hello) = 0;
    // The records of one batch, valid during the call only. False: nothing more is wanted.
    virtual bool on_batch(std::span<const std::byte> records) = 0;
    // The guest has run that many host functions since the session began.
    virtual void on_callbacks_done(std::uint64_t count) = 0;
    // The guest has said it sends no more.
    virtual void on_guest_done() = 0;
    // The guest has broken the protocol, or has reset the call; close() with `status` is what it should see.
    virtual void on_violation(GrpcStatus status, const std::string& message) = 0;
    virtual bool holds_reading() const = 0;
    // Batches that were delivered and are not done with: they are not acknowledged, so that what a guest has
    // not been acknowledged bounds what can wait here.
    virtual std::size_t waiting_batches() const { return 0; }
    // See Http2Handler.
    virtual std::byte* message_memory(std::size_t) { return nullptr; }

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
    bool misbehaved() const { return http_.misbehaved(); }

    // --- over TCP, where only words tell that a peer is there
    // Lets the other end hear from us, and silent_since() be asked.
    void watch_silence() {
        if (heartbeat_ == nullptr) heartbeat_.reset(new Heartbeat([this] { http_.beat(); }));
    }
    bool watches_silence() const { return heartbeat_ != nullptr; }
    std::chrono::steady_clock::time_point heard_at() const { return http_.heard_at(); }

    // --- resuming
    // From now on batches are kept until the guest acknowledges them.
    void keep_until_acknowledged() { http_.queue().keep_until_acknowledged(); }
    // Gives the socket up and keeps everything else for resume_from().
    void cut() {
        heartbeat_.reset();
        http_.cut();
    }
    // Whether a guest can have seen that much and no more.
    bool plausible(std::uint64_t seen) const { return seen >= acknowledged_ && seen <= sent_; }
    // Goes on where `broken` was, for a guest that has seen `seen`; what it has not is sent again.
    void resume_from(Link& broken, std::uint64_t seen, LinkEvents& events);
    // Bytes that wait because the guest does not read.
    std::size_t held() const { return http_.held(); }
    // Of these, what the socket has not taken; and whether the guest has yet to acknowledge any.
    std::size_t unwritten() const { return http_.unwritten(); }
    bool awaits_acknowledgement() { return http_.queue().awaits_acknowledgement(); }
    // Says what has been done with, where that is much.
    void acknowledge_if_due();

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
    bool is_cut() const { return http_.fd() < 0; }

    OutBuffer take_buffer() { return http_.queue().take_buffer(); }
    // Of all connections this one goes on from.
    std::uint64_t bytes_received() const { return earlier_in_ + http_.bytes_received(); }
    std::uint64_t bytes_sent() const { return earlier_out_ + http_.bytes_sent(); }
    std::uint64_t batches_received() const { return received_; }

private:
    bool on_message(std::span<const std::byte> message) override;
    void on_half_close() override { events_->on_guest_done(); }
    void on_refused(GrpcStatus status, const std::string& message) override;
    bool paused() const override { return events_->holds_reading(); }
    std::byte* message_memory(std::size_t size) override { return events_->message_memory(size); }
    bool batch(std::span<const std::byte> message);
    bool violation(const std::string& message);

    std::uint64_t done();
    LinkEvents* events_;
    Http2Server http_;
    std::unique_ptr<Heartbeat> heartbeat_;  // behind http_, which it uses
    std::uint64_t earlier_in_ = 0;
    std::uint64_t earlier_out_ = 0;
    std::size_t received_bytes_ = 0;        // since we last acknowledged
    std::uint64_t received_ = 0;      // last sequence seen
    std::uint64_t sent_ = 0;          // last sequence used
    std::uint64_t acknowledged_ = 0;  // of ours, by the guest
    std::uint64_t done_ = 0;          // of the guest's: what it has been or will be told
    bool greeted_ = false;
};

}  // namespace transport
