// The scheduler's mutex. Its holder calls sleepers, and they are woken when it is free again: one that wakes
// on its caller's core takes that core, and would only wait there for the mutex it needs first.
#pragma once
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace soft::driver {

class WakingMutex {
  public:
    void lock();
    // Any thread may have the mutex by the time those that were called are awake.
    void unlock();

    // For the holder, below.

    // Wakes one of those that sleep on `condition`, or all, when the mutex is unlocked.
    void call_one(std::condition_variable& condition) { call(condition, false); }
    void call_all(std::condition_variable& condition) { call(condition, true); }

    // Unlocks, sleeps until woken (or until `time` is over), locks. When somebody has been called that one
    // is woken instead, and this returns at once as from a spurious wake: the caller looks, and sleeps then.
    void sleep(std::condition_variable& condition);
    void sleep(std::condition_variable& condition, std::chrono::microseconds time);

  private:
    struct Call {
        std::condition_variable* condition = nullptr;
        bool all = false;
    };

    // More than the scheduler has conditions: of one condition two sleepers may be called.
    static constexpr std::size_t kMostCalls = 8;

    void call(std::condition_variable& condition, bool all);
    static void wake(const Call& call);

    std::mutex mutex_;
    std::array<Call, kMostCalls> calls_;
    std::size_t call_count_ = 0;
};

}  // namespace soft::driver
