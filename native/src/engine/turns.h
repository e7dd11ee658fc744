// Turns: when this session may use the device. The daemon's arbiter grants and revokes; the engine asks when
// work is queued, and gives back when what is in flight has ended (or has had long enough). Pure state: time
// comes in, the session acts on what comes out. Every revoke is answered by exactly one `released`.
#pragma once
#include <chrono>
#include <cstdint>
#include <utility>

namespace engine {

// How long work in flight may keep the device after a revoke. An endless kernel is the daemon's to judge.
inline constexpr std::chrono::milliseconds kDrainBound{2000};

class Turns {
public:
    using Clock = std::chrono::steady_clock;

    // True when the session holds the device and may start work.
    bool held() const { return state_ == State::held; }
    bool draining() const { return state_ == State::draining; }

    // Work is queued. True: the daemon must be told (`wants`), once per lack of a lease.
    bool want() {
        if (state_ != State::none) return false;
        state_ = State::wanted;
        return true;
    }
    // True when this begins a lease. While draining it is kept: the lease begins when the drain has ended.
    bool grant() {
        const bool begins = state_ == State::none || state_ == State::wanted;
        if (begins) state_ = State::held;
        if (state_ == State::draining) granted_next_ = true;
        return begins;
    }
    // True: nothing is held, so `released` is due at once; otherwise the drain begins, or goes on.
    bool revoke(Clock::time_point now) {
        if (state_ == State::draining) {
            // The lease that was to follow ends before it has begun; it is answered behind the one before it.
            if (std::exchange(granted_next_, false)) ++owed_;
            return false;
        }
        const bool at_once = state_ != State::held;
        state_ = at_once ? State::none : State::draining;
        deadline_ = now + kDrainBound;
        owed_ = 1;
        return at_once;
    }
    // While draining: how many `released` are due, because nothing is in flight any more or time is up; then
    // held() says whether another lease has begun.
    unsigned drained(bool idle, Clock::time_point now) {
        if (state_ != State::draining || (!idle && now < deadline_)) return 0;
        state_ = std::exchange(granted_next_, false) ? State::held : State::none;
        return owed_;
    }

private:
    enum class State { none, wanted, held, draining };
    State state_ = State::none;
    bool granted_next_ = false;  // while draining
    unsigned owed_ = 0;          // answers to revokes, while draining
    Clock::time_point deadline_{};
};

}  // namespace engine
