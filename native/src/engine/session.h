// The session: one guest process from the ticket to the last byte. It alone decides when it is over.
//
//   listening -> greeting (connected, no Hello yet) -> attached -> closing (last words on their way) -> over
//        ^------------- wrong ticket, silence -|
//
// Owned and driven by the engine's loop, on the engine thread. Whatever fails, here or below, ends in die().
#pragma once
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/execution.h"
#include "engine/gl/lanes.h"
#include "engine/image_store.h"
#include "engine/meters.h"
#include "engine/output.h"
#include "engine/poke.h"
#include "engine/resumption.h"
#include "engine/trace.h"
#include "engine/turns.h"
#include "transport/link.h"
#include "transport/listener.h"
#include "transport/ring_link.h"
#include "transport/ticket.h"
#include "wire/wait_history.h"

namespace engine {

class Session final : private transport::LinkEvents, private ReplyChannel {
public:
    using Clock = std::chrono::steady_clock;

    Session(const Options& options, Events& events, Poke& poke);
    ~Session();

    void open();
    bool over() const { return state_ == State::over; }
    int result() const { return result_; }
    const std::string& message() const { return message_; }

    // --- the loop: what to wait for, and what came of it
    static constexpr std::size_t kDescriptors = 5;
    std::size_t fill_descriptors(pollfd* descriptors) const;
    // Milliseconds until advance() wants to be called whatever happens; -1: no need.
    int timeout_ms(Clock::time_point now) const;
    void handle(const pollfd& descriptor);
    // Reads what the guest has sent, if it has, without asking poll() first. True: it had, or it is gone.
    bool hear();
    // Everything that can go on goes on.
    void advance(Clock::time_point now);
    // Whether something has arrived since the last question: then more is likely to come at once.
    bool lively() { return std::exchange(lively_, false); }

    // --- the loop of a session whose records come through a ring
    bool has_ring() const { return ring_ != nullptr; }
    // Executes some of what lies in the ring, as far as that may be, and sends what has been answered. True:
    // there was something to execute.
    bool look();
    // A guest waits for something that is looked for by asking the device.
    bool awaits_device() const { return awaits_device_; }
    // The engine's thread has offered its core to others for so long. How long it has in this wait for the
    // device; 0 when there is none.
    Clock::duration gave(Clock::duration time);
    // A guest waits for the device, it has nothing to do meanwhile, and the last such waits have taken long:
    // nothing comes of looking, and a sleep leaves that to waiter threads.
    bool awaits_long() const;
    // Looking at the ring is all there is to do just now, so that any thread may do it.
    bool led_by_ring() const;
    // The next calls come from another thread than the last.
    void change_thread() { executor_->change_thread(); }
    // Of the last look: whether it had something to say to the guest, and how many bytes of records it found.
    bool answered() const { return answered_; }
    std::size_t found() const { return found_; }
    // Another number whenever a guest thread has begun to wait, and where: see wire::SharedPage.
    std::uint64_t guest_waits() const {
        return ring_ == nullptr ? 0 : ring_->page().guest_waits.load(std::memory_order_acquire);
    }
    // False: there is something to do after all. Otherwise the guest rings, and end_sleep() is due once
    // awake.
    bool begin_sleep();
    void end_sleep();

    // --- the daemon
    void grant();
    void revoke(Clock::time_point now);
    void stop(int result);

private:
    // CUDA_ERROR_UNKNOWN: what a guest answers for ever once its session is gone.
    static constexpr int kLost = 999;
    // Copies of more bytes, and of nothing but copies, take a time of their own, of which waits for kernels
    // say nothing.
    static constexpr std::uint64_t kQuickCopies = 128 << 10;
    enum class State { listening, greeting, attached, closing, over };

    // LinkEvents
    bool on_hello(const transport::Hello& hello) override;
    bool on_batch(std::span<const std::byte> records) override;
    void on_callbacks_done(std::uint64_t count) override;
    void on_guest_done() override;
    void on_violation(transport::GrpcStatus status, const std::string& message) override;
    bool holds_reading() const override;
    std::size_t waiting_batches() const override { return backlog_.size(); }
    std::byte* message_memory(std::size_t size) override {
        return executor_ == nullptr ? nullptr : executor_->message_memory(size);
    }
    // ReplyChannel
    void send_replies(transport::OutBuffer replies) override;
    void send_replies(transport::OutBuffer replies, std::span<const std::byte> body,
                      transport::BodyOwner* owner, std::uint32_t token) override;
    transport::OutBuffer take_buffer() override;
    std::size_t whole_reply() const override;
    std::size_t unwritten() const override { return ring_ != nullptr ? 0 : link_->unwritten(); }
    bool delivered() const override { return ring_ != nullptr && ring_->held() == 0; }

    void lose_connection();
    void accept_guest(transport::Listener& listener);
    void stop_listening();
    void drop_connection();
    void refuse_ticket(transport::TicketVerdict verdict);
    transport::Welcome prepare(const transport::Hello& hello);
    transport::Welcome prepare_device(const transport::Hello& hello);
    transport::Welcome prepare_gl();
    std::optional<transport::RingTerms> open_ring(const transport::Hello& hello);
    bool leave_ring();
    bool run_ring();
    bool hear_callbacks();
    bool ring_waits() const;
    std::uint64_t copied() const;
    std::uint64_t launched() const { return meters_[Meter::launches]; }
    bool awaits_copies() const { return launched() == launched_ && copied() - copied_ > kQuickCopies; }
    void note_answer();
    void forget_wait();
    std::size_t unsent() const;
    std::size_t record_limit() const;
    void offer_resumption(const transport::Hello& hello, transport::Welcome& welcome);
    bool part(Clock::time_point now);
    void hear_caller();
    void check_silence(Clock::time_point now);
    void check_parted(Clock::time_point now);
    std::optional<Clock::time_point> next_check() const;
    bool may_run() const;
    bool wants_turn() const;
    void want_turn();
    std::size_t execute(std::span<const std::byte> records);
    bool pump();
    void settle_turn(Clock::time_point now);
    void check_clock(Clock::time_point now);
    void publish_meters();
    void die(int result, std::string message, transport::GrpcStatus status);

    const Options& options_;
    Events& events_;
    Poke& poke_;
    transport::Listener listener_;
    transport::Listener tcp_listener_;
    transport::TicketGate gate_;
    std::unique_ptr<transport::Link> link_;
    std::unique_ptr<transport::RingLink> ring_;
    Resumption resumption_;
    Clock::time_point held_until_{};  // when last nothing was read from the guest
    bool spoken_ = false;             // the guest has said something on this connection
    transport::UniqueFd process_;     // pidfd of the guest
    int guest_pid_ = 0;
    unsigned guest_uid_ = 0;
    Meters meters_;
    Trace trace_;
    Output output_;
    device::DriverTable driver_;
    ImageStore images_;                 // outlives the executor, which loads from it
    std::unique_ptr<gl::Lanes> lanes_;  // of the first lane of GL; likewise
    std::unique_ptr<Execution> executor_;
    Turns turns_;
    std::deque<std::vector<std::byte>> backlog_;  // batches (or their rest) that wait for the device
    std::size_t backlog_done_ = 0;                // bytes of the first one that have been executed
    std::size_t backlog_bytes_ = 0;               // of all of them
    std::span<const std::byte> run_;              // of the ring's records: those that are being executed
    State state_ = State::listening;
    Clock::time_point deadline_{};  // of greeting, leaving and closing
    int result_ = 0;
    std::string message_;
    bool poll_soon_ = false;  // the executor waits for something that will not poke
    bool lively_ = false;
    bool answered_ = false;
    std::size_t found_ = 0;
    bool awaits_device_ = false;
    wire::WaitHistory waits_;         // of what the guest has waited for from the device, on the ring
    std::uint64_t heard_ = 0;         // guest_waits(), as of the last answer; where waits are long
    std::uint64_t copied_ = 0;        // bytes that copies had moved past the lane by then
    std::uint64_t launched_ = 0;      // kernels launched by then
    Clock::duration given_{};         // the core to others, in this wait for the device
    Clock::time_point left_since_{};  // what it waits for has been left to waiter threads; or not
    bool leaving_ = false;  // session_detach has been answered
};

}  // namespace engine
