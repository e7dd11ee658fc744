// A mutex and a wait on a word, straight on the kernel's futex. Used throughout the shim instead of
// pthread's: constant initialised, no destructor, safe to reinitialise in a forked child. Not recursive;
// never held while user code runs.
#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace guest {

// Sleeps while `word` holds `seen`; spurious returns are allowed. `timeout_ns` < 0 waits without end.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, std::int64_t timeout_ns = -1) {
    timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, timeout_ns < 0 ? nullptr : &timeout, nullptr, 0);
}

inline void futex_wake(std::atomic<std::uint32_t>& word, int count) {
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

class Mutex {
public:
    void lock() {
        std::uint32_t free = 0;
        if (word_.compare_exchange_strong(free, kHeld, std::memory_order_acquire)) return;
        while (word_.exchange(kContended, std::memory_order_acquire) != 0) futex_wait(word_, kContended);
    }
    bool try_lock() {
        std::uint32_t free = 0;
        return word_.compare_exchange_strong(free, kHeld, std::memory_order_acquire);
    }
    void unlock() {
        if (word_.exchange(0, std::memory_order_release) == kContended) futex_wake(word_, 1);
    }
    // In a forked child, where the thread that held it does not exist.
    void reset() { word_.store(0, std::memory_order_relaxed); }

private:
    static constexpr std::uint32_t kHeld = 1;
    static constexpr std::uint32_t kContended = 2;
    std::atomic<std::uint32_t> word_{0};
};

class Guard {
public:
    explicit Guard(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
    ~Guard() { mutex_.unlock(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

private:
    Mutex& mutex_;
};

inline std::int64_t now_ns() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

}  // namespace guest
