// Turns: when this session may use the device. The daemon's arbiter grants and revokes; the engine asks when
// work is queued, and gives back when what is in flight has ended (or has had long enough). Pure state: time
// comes in, the session acts on what comes out. Every revoke is answered by exactly one `released`.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

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
    // True when this begins a lease.
    bool grant() {
        const bool begins = state_ == State::none || state_ == State::wanted;
        if (begins) state_ = State::held;
        return begins;
    }
    // True: nothing is held, so `released` is due at once; otherwise the drain begins.
    bool revoke(Clock::time_point now) {
        if (state_ == State::draining) return false;
        const bool at_once = state_ != State::held;
        state_ = at_once ? State::none : State::draining;
        deadline_ = now + kDrainBound;
        return at_once;
    }
    // While draining: true when `released` is due, because nothing is in flight any more or time is up.
    bool drained(bool idle, Clock::time_point now) {
        if (state_ != State::draining || (!idle && now < deadline_)) return false;
        state_ = State::none;
        return true;
    }

private:
    enum class State { none, wanted, held, draining };
    State state_ = State::none;
    Clock::time_point deadline_{};
};

}  // namespace engine
