// A mutex that comes to belong to the thread that keeps taking it. The owner goes in and out with plain
// stores; a Mutex costs two locked instructions, which wait for all writes before them. A second thread takes
// it away from the owner for good: it makes all threads pass a barrier and waits until the owner is outside.
// Used by the lane, where in most programs one thread launches. Like a Mutex not for a signal handler that
// comes back into what it has interrupted.
#pragma once
#include <sched.h>
#include <time.h>

#include <atomic>
#include <cstdint>

#include "futex.h"
#include "wire/barrier.h"

namespace guest {

class OwnedMutex {
public:
    // It may belong to somebody from now on. After wire::register_for_barriers().
    void allow_owner() {
        mutex_.lock();
        may_be_owned_ = true;
        mutex_.unlock();
    }
    // Answers what unlock() has to be told: whether it was taken as its owner, without a locked instruction.
    bool lock() {
        const void* self = __builtin_thread_pointer();
        if (owner_.load(std::memory_order_relaxed) == self) [[likely]] {
            inside_.store(1, std::memory_order_relaxed);
            // SAFETY: the second look must not pass the store. The compiler is told here; the processor is
            // made to by evict(): a look that it did not see was made behind its barrier, and finds no owner.
            std::atomic_signal_fence(std::memory_order_seq_cst);
            if (owner_.load(std::memory_order_relaxed) == self) [[likely]]
                return true;
            inside_.store(0, std::memory_order_release);
        }
        lock_for_all(self);
        return false;
    }
    void unlock(bool as_owner) {
        if (as_owner) [[likely]] {
            inside_.store(0, std::memory_order_release);
        } else {
            mutex_.unlock();
        }
    }

private:
    // How often in a row a thread has to come before it owns: longer than a program takes to set up what
    // another thread then works with.
    static constexpr std::uint32_t kLoyal = 256;

    [[gnu::noinline]] void lock_for_all(const void* self) {
        mutex_.lock();
        if (owner_.load(std::memory_order_relaxed) != nullptr) {
            evict();
        } else if (may_be_owned_) {
            visits_ = last_ == self ? visits_ + 1 : 0;
            last_ = self;
            if (visits_ == kLoyal) owner_.store(self, std::memory_order_relaxed);
        }
    }
    // Holds mutex_. Nobody owns it after this, ever, so `inside_` cannot be another owner's.
    void evict() {
        constexpr unsigned kTurns = 100;
        constexpr timespec kNap{0, 50'000};
        constexpr timespec kLong{0, 10'000'000};
        may_be_owned_ = false;
        owner_.store(nullptr, std::memory_order_seq_cst);
        // Forbidden to a program that has locked itself in since: then by time, in which a processor writes
        // what it holds back.
        if (!wire::order_threads()) nanosleep(&kLong, nullptr);
        for (unsigned turn = 0; inside_.load(std::memory_order_acquire) != 0; ++turn) {
            if (turn < kTurns) {
                sched_yield();
            } else {
                nanosleep(&kNap, nullptr);  // the owner may need this core, whatever its priority
            }
        }
    }

    // Written by the holder of mutex_.
    std::atomic<const void*> owner_{nullptr};
    std::atomic<std::uint32_t> inside_{0};  // the owner's
    Mutex mutex_;
    std::uint32_t visits_ = 0;
    bool may_be_owned_ = false;
    const void* last_ = nullptr;
};

class OwnedGuard {
public:
    explicit OwnedGuard(OwnedMutex& mutex) : mutex_(mutex), as_owner_(mutex.lock()) {}
    ~OwnedGuard() { mutex_.unlock(as_owner_); }
    OwnedGuard(const OwnedGuard&) = delete;
    OwnedGuard& operator=(const OwnedGuard&) = delete;

private:
    OwnedMutex& mutex_;
    bool as_owner_;
};

}  // namespace guest
