// See waking_mutex.h.
#include "soft/stream/waking_mutex.h"

#include <pthread.h>

#include <utility>

namespace soft::driver {

WakingMutex::WakingMutex() {
#ifdef __GLIBC__
    // The lock is held for less than a microsecond at a time, and the thread that submits work should not
    // sleep because a pool thread looks for some at that moment: a contended lock spins before it sleeps.
    pthread_mutexattr_t adaptive;
    pthread_mutexattr_init(&adaptive);
    pthread_mutexattr_settype(&adaptive, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(mutex_.native_handle(), &adaptive);
    pthread_mutexattr_destroy(&adaptive);
#endif
}

void WakingMutex::unlock() {
    if (call_count_ == 0) return mutex_.unlock();
    const std::array<Call, kMostCalls> calls = calls_;
    const std::size_t count = std::exchange(call_count_, 0);
    mutex_.unlock();
    for (std::size_t at = 0; at < count; ++at) wake(calls[at]);
}

void WakingMutex::wake(const Call& call) {
    if (call.all) {
        call.condition->notify_all();
    } else {
        call.condition->notify_one();
    }
}

void WakingMutex::call(std::condition_variable& condition, bool all) {
    for (std::size_t at = 0; at < call_count_; ++at) {
        Call& other = calls_[at];
        if (other.condition == &condition && (all || other.all)) {
            other.all = true;
            return;
        }
    }
    if (call_count_ == kMostCalls) return wake({&condition, all});  // who wakes waits a little, that is all
    calls_[call_count_++] = {&condition, all};
}

void WakingMutex::sleep(std::condition_variable& condition) {
    if (call_count_ != 0) {
        unlock();
        return lock();
    }
    std::unique_lock<std::mutex> held(mutex_, std::adopt_lock);
    condition.wait(held);
    held.release();
}

void WakingMutex::sleep(std::condition_variable& condition, std::chrono::microseconds time) {
    if (call_count_ != 0) {
        unlock();
        return lock();
    }
    std::unique_lock<std::mutex> held(mutex_, std::adopt_lock);
    condition.wait_for(held, time);
    held.release();
}

}  // namespace soft::driver
