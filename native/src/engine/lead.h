// Lead: the right to drive the session, which one thread has at a time. It is the engine thread's, but while
// that sleeps in poll(): then a waiter thread whose wait is over may take it, so that the guest hears of it
// without one more thread being woken (Engine::stand_in). Whoever has it is "the engine thread" of the
// comments in the session and below.
#pragma once
#include <atomic>
#include <mutex>

namespace engine {

class Lead {
public:
    // The engine thread: waits for a stand-in, which is asked to give the lead up.
    void take() {
        wanted_.store(true, std::memory_order_relaxed);
        mutex_.lock();
        wanted_.store(false, std::memory_order_relaxed);
    }
    // A stand-in. False: another thread has it.
    bool try_take() { return mutex_.try_lock(); }
    void give() { mutex_.unlock(); }
    // The engine thread is awake and waits in take().
    bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

private:
    std::mutex mutex_;
    std::atomic<bool> wanted_{false};
};

}  // namespace engine
