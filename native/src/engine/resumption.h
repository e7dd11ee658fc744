// Resumption: how a guest whose connection broke takes its session up again. Each Welcome carries a secret;
// whoever shows it on a new connection, with the number of the last batch it has seen, is the guest. Owned by
// the session, which keeps executing meanwhile; the batches that must not be lost are kept by the link. The
// secret changes with every Welcome. As Welcomes may be lost with their connections, the one the guest showed
// last stays good until it has said something behind the newest; so does the ticket, while the guest may not
// have had a Welcome at all. Engine thread only.
#pragma once
#include <chrono>
#include <memory>
#include <optional>

#include "transport/link.h"
#include "transport/listener.h"
#include "transport/ticket.h"

namespace engine {

class Resumption final : private transport::LinkEvents {
public:
    using Clock = std::chrono::steady_clock;

    explicit Resumption(std::chrono::milliseconds grace) : grace_(grace) {}

    // The terms of the next Welcome; from now on the session can be resumed. False: the kernel gives no
    // secret.
    bool offer(transport::Welcome& welcome);
    bool offered() const { return offered_; }
    // The first Welcome, which may be lost: until confirm() the ticket lets in, too, and gets it once more.
    void keep_welcome(const transport::Welcome& welcome, const transport::Ticket& ticket);
    // The guest has spoken behind the last Welcome: the secret before it is void.
    void confirm() {
        previous_.reset();
        ticket_.reset();
        welcome_ = {};
    }
    // What the caller that was let in last has to be told: the first Welcome again, or one without a
    // snapshot.
    transport::Welcome welcome() const { return starts_over_ ? welcome_ : transport::Welcome{}; }

    // --- while the connection is broken
    void part(Clock::time_point now) { parted_until_ = now + grace_; }
    bool parted() const { return parted_until_.has_value(); }
    Clock::time_point parted_until() const { return *parted_until_; }
    std::chrono::milliseconds grace() const { return grace_; }

    // --- somebody who may be the guest; one at a time
    bool has_caller() const { return caller_ != nullptr; }
    void accept(transport::Connection connection, std::size_t receive_limit, Clock::time_point now);
    int fd() const { return caller_->fd(); }
    Clock::time_point deadline() const { return deadline_; }
    // Reads what the caller says. Answers its link once it has shown the secret, with what it has seen.
    std::unique_ptr<transport::Link> read(std::uint64_t& seen);
    void drop_caller() { caller_.reset(); }

private:
    bool on_hello(const transport::Hello& hello) override;
    bool on_batch(std::span<const std::byte>) override { return false; }
    void on_callbacks_done(std::uint64_t) override {}
    void on_guest_done() override { hung_up_ = true; }
    void on_violation(transport::GrpcStatus, const std::string&) override { hung_up_ = true; }
    bool holds_reading() const override { return proven_; }

    const std::chrono::milliseconds grace_;
    bool offered_ = false;
    transport::Ticket secret_{};
    std::optional<transport::Ticket> shown_;  // by the last caller that was let in
    std::optional<transport::Ticket> ticket_;
    transport::Welcome welcome_;
    std::optional<transport::Ticket> previous_;
    std::optional<Clock::time_point> parted_until_;
    std::unique_ptr<transport::Link> caller_;
    Clock::time_point deadline_{};
    std::uint64_t seen_ = 0;
    bool proven_ = false;
    bool hung_up_ = false;
    bool starts_over_ = false;
};

}  // namespace engine
