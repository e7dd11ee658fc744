// A connection that breaks, and the guest that takes its session up again on a new one. Part of session.h's
// class.
#include <algorithm>

#include "engine/session.h"
#include "wire/limits.h"

namespace engine {
namespace {

using transport::GrpcStatus;

constexpr std::chrono::milliseconds kDeadAfter{wire::limits::kHeartbeatDeadMs};

}  // namespace

// After the Welcome's other fields: over a ring the death of the connection is the death of the guest.
void Session::offer_resumption(const transport::Hello& hello, transport::Welcome& welcome) {
    const bool wanted = hello.can_resume && !welcome.ring && options_.resume_grace_ms != 0;
    if (welcome.result != 0 || !wanted || !resumption_.offer(welcome)) return stop_listening();
    resumption_.keep_welcome(welcome, options_.ticket);
    link_->keep_until_acknowledged();
}

// The connection is over. True: the session waits for another one; false: this is the end of it.
bool Session::part(Clock::time_point now) {
    const bool said_goodbye = executor_ != nullptr && executor_->detached();
    if (state_ != State::attached || said_goodbye) return false;
    if (!resumption_.offered() || link_->misbehaved()) return false;
    if (link_->is_cut()) return true;
    link_->cut();
    resumption_.part(now);
    events_.log(LogLevel::info, "the connection to the guest broke; waiting for it to come back");
    return true;
}

// Something arrived at the connection of somebody who may be the guest.
void Session::hear_caller() {
    std::uint64_t seen = 0;
    auto returned = resumption_.read(seen);
    if (returned == nullptr) return;
    if (!link_->plausible(seen)) return;  // of another session, or a lie: hang up
    link_->cut();
    transport::Welcome welcome = resumption_.welcome();
    if (!resumption_.offer(welcome)) {
        return die(kLost, "the kernel gives no random bytes", GrpcStatus::internal);
    }
    welcome.seen = link_->batches_received();
    returned->send_welcome(welcome);
    returned->resume_from(*link_, seen, *this);
    link_ = std::move(returned);
    spoken_ = false;
    ++meters_[Meter::resumes];
    events_.log(LogLevel::info, "the guest has come back");
    // What came in one piece with its Hello.
    if (link_->read() == transport::Link::Io::closed || link_->flush() == transport::Link::Io::closed) {
        (void)part(Clock::now());
    }
}

// Over TCP a guest that is gone may leave no trace. What we do not read says nothing about it.
void Session::check_silence(Clock::time_point now) {
    if (link_ == nullptr || !link_->watches_silence() || state_ != State::attached) return;
    if (holds_reading()) held_until_ = now;
    if (now - std::max(link_->heard_at(), held_until_) < kDeadAfter) return;
    if (!part(now)) die(kLost, "the guest has not been heard of for too long", GrpcStatus::unavailable);
}

void Session::check_parted(Clock::time_point now) {
    if (resumption_.has_caller() && now >= resumption_.deadline()) resumption_.drop_caller();
    if (state_ != State::attached || !resumption_.parted() || now < resumption_.parted_until()) return;
    die(kLost,
        "the guest did not come back within " + std::to_string(resumption_.grace().count()) +
            " ms after its connection broke",
        GrpcStatus::unavailable);
}

// The earliest of what advance() must not miss; nothing when there is none.
std::optional<Session::Clock::time_point> Session::next_check() const {
    std::optional<Clock::time_point> next;
    const auto consider = [&next](Clock::time_point then) { next = next ? std::min(*next, then) : then; };
    if (resumption_.has_caller()) consider(resumption_.deadline());
    if (state_ == State::attached && resumption_.parted()) consider(resumption_.parted_until());
    if (link_ != nullptr && link_->watches_silence()) {
        const bool holds = holds_reading();
        consider(holds ? Clock::now() + kDeadAfter : std::max(link_->heard_at(), held_until_) + kDeadAfter);
    }
    return next;
}

}  // namespace engine
