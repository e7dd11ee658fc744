// The session's records and replies through the ring. Part of session.h's class. The ring is looked at by the
// engine's loop; nothing is taken out of it that may not be executed at once, so a guest without a lease
// fills its ring and waits, and holds nothing of ours.
#include <string>

#include "engine/limits.h"
#include "engine/session.h"

namespace engine {

using transport::GrpcStatus;

std::optional<transport::RingTerms> Session::open_ring(const transport::Hello& hello) {
    if (!hello.wants_ring || !link_->is_local()) return std::nullopt;
    auto ring = std::make_unique<transport::RingLink>();
    if (const auto status = ring->open(hello, record_limit()); !status.ok()) {
        events_.log(LogLevel::warn, "this session has no ring: " + status.message());
        return std::nullopt;
    }
    ring_ = std::move(ring);
    executor_->share(ring_->fences(), ring_->terms().arena_base, ring_->terms().arena_bytes);
    return ring_->terms();
}

// A batch has come over gRPC although there is a ring. Lawful as the first word of a guest that could not map
// it.
bool Session::leave_ring() {
    const bool read = ring_->bytes_received() != 0 || ring_->has_commands();
    if (read || ring_->bytes_sent() != 0 || ring_->held() != 0) {
        die(kLost, "a batch came over gRPC although the ring is in use", GrpcStatus::invalid_argument);
        return false;
    }
    executor_->share({}, 0, 0);
    ring_.reset();
    return true;
}

// What the guest says beside its records. True: host functions have returned.
bool Session::hear_callbacks() {
    const std::size_t before = executor_->callbacks_outstanding();
    if (before == 0) return false;
    on_callbacks_done(ring_->page().callbacks_done.load(std::memory_order_acquire));
    return executor_->callbacks_outstanding() != before;
}

// Executes up to the end of a run of records, or to the first reply, which then need not wait for what
// follows it.
bool Session::run_ring() {
    if (run_.empty()) {
        const auto state = ring_->next(run_);
        if (state == transport::RingLink::State::broken) {
            die(kLost, "the ring of commands does not hold whole records", GrpcStatus::invalid_argument);
        }
        if (state != transport::RingLink::State::run) return false;
    }
    found_ = 0;
    std::size_t done = 0;
    do {
        done = executor_->run_to_reply(run_);
        run_ = run_.subspan(done);
        if (done != 0) ring_->done(done);  // a guest that waits for room has some before it goes to sleep
        found_ += done;
    } while (done != 0 && !run_.empty() && !executor_->has_replies() && !executor_->violated());
    if (executor_->violated()) die(kLost, executor_->violation(), GrpcStatus::invalid_argument);
    return found_ != 0;
}

bool Session::look() {
    if (ring_ == nullptr || state_ != State::attached) return false;
    const bool heard = hear_callbacks();
    if (state_ != State::attached) return true;
    const bool worked = (may_run() && run_ring()) || heard;
    if (state_ != State::attached) return true;
    awaits_device_ = executor_->look();
    if (executor_->violated()) {
        die(kLost, executor_->violation(), GrpcStatus::invalid_argument);
        return true;
    }
    answered_ = executor_->has_replies();
    if (answered_) note_answer();
    if (worked || answered_) {
        publish_meters();  // before the guest can know: whoever hears from it finds its work counted
        executor_->flush();
    }
    if (!worked) awaits_device_ = executor_->publish_fences() || awaits_device_;
    if (!awaits_device_) forget_wait();
    if (!ring_->flush()) {
        die(kLost, "the ring of replies was read where nothing was written", GrpcStatus::invalid_argument);
    }
    return worked;
}

Session::Clock::duration Session::gave(Clock::duration time) {
    if (awaits_device_) given_ += time;
    return given_;
}

void Session::forget_wait() {
    given_ = {};
    left_since_ = {};
}

// Something goes to the guest: what was left to waiter threads is over.
void Session::note_answer() {
    const bool was_left = left_since_ != Clock::time_point();
    const auto took = was_left ? Clock::now() - left_since_ : std::chrono::nanoseconds(0);
    if (!awaits_copies()) waits_.ended(std::chrono::nanoseconds(took).count());
    forget_wait();
    // The guest has just written it: a short round trip is better off without that line.
    if (waits_.expects_long()) heard_ = guest_waits();
    copied_ = copied();
    launched_ = launched();
}

std::uint64_t Session::copied() const {
    const Execution::Moved moved = executor_->moved();
    return moved.in + moved.out;
}

bool Session::awaits_long() const {
    return awaits_device_ && waits_.expects_long() && guest_waits() != heard_ && !awaits_copies();
}

bool Session::led_by_ring() const {
    return ring_ != nullptr && state_ == State::attached && !executor_->detached() && !poll_soon_ &&
           !turns_.draining();
}

bool Session::ring_waits() const { return ring_ != nullptr && (!run_.empty() || ring_->has_commands()); }

bool Session::begin_sleep() {
    if (ring_ == nullptr) return true;
    if (state_ != State::attached) return ring_->begin_sleep(false);
    // What waits for a lease, for staging memory or for the guest to read is not made to go on by more of it.
    if (ring_waits()) want_turn();
    const bool stuck = !run_.empty() || (!may_run() && ring_->has_commands());
    if (!ring_->begin_sleep(!stuck)) return false;
    const bool fences_asked = executor_->publish_fences();
    poll_soon_ = !executor_->hand_over() || fences_asked;
    if (awaits_device_ && left_since_ == Clock::time_point()) left_since_ = Clock::now();
    return true;
}

void Session::end_sleep() {
    if (ring_ != nullptr) ring_->end_sleep();
}

}  // namespace engine
