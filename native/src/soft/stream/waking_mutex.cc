// See waking_mutex.h.
#include "soft/stream/waking_mutex.h"

#include <utility>

namespace soft::driver {
namespace {

// The mutex is held for less than a microsecond at a time. A thread that slept for it would be away for
// forty, and so would the next one that finds it taken meanwhile. Some microseconds, therefore, then the
// holder has probably lost its core; and few attempts, for each takes the line from the holder.
constexpr unsigned kAttempts = 32;
constexpr unsigned kPauses = 8;

void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

void WakingMutex::lock() {
    for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
        if (mutex_.try_lock()) return;
        for (unsigned pause = 0; pause < kPauses; ++pause) relax();
    }
    mutex_.lock();
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
