// Scheduler, third part: commands that wait for values in memory.
#include <pthread.h>
#include <sched.h>

#include <chrono>

#include "soft/stream/scheduler.h"

namespace soft::driver {
namespace {

constexpr unsigned kEager = 200;  // looks without a pause, after anything has happened
constexpr auto kPause = std::chrono::microseconds(50);

}  // namespace

// Whether a command of values whose turn has come is done, or nothing more may be done for it.
bool Scheduler::is_over(const CommandRef& command) {
    StreamGroup& group = *command->stream->group;
    if (group.error.load(std::memory_order_relaxed) != 0 || command->try_on()) return true;
    if (!group.ending) return false;
    // What comes behind it must not run as if the value had come.
    constexpr int kContextIsDestroyed = 709;
    int none = 0;
    group.error.compare_exchange_strong(none, kContextIsDestroyed);
    return true;
}

void Scheduler::end_values(StreamGroup& group) {
    const Lock lock(mutex_);
    group.ending = true;
    mutex_.call_one(watch_);
}

void Scheduler::start_watch_thread() {
    if (!watch_started_) watch_started_ = start_detached(&Scheduler::watch_main);
}

void Scheduler::watch_main() {
    pthread_setname_np(pthread_self(), "ferry-values");
    Lock lock(mutex_);
    unsigned looks = 0;
    while (!stopping_) {
        if (values_.empty()) {
            mutex_.sleep(watch_);
            looks = 0;
            continue;
        }
        for (auto at = values_.begin(); at != values_.end();) {
            const auto next = std::next(at);
            if (is_over(*at)) {
                markers_.push_back(*at);
                values_.erase(at);
                looks = 0;
            }
            at = next;
        }
        if (!markers_.empty()) {
            retire_markers();
            rouse(true);
        }
        if (++looks > kEager) {
            mutex_.sleep(watch_, kPause);
        } else {
            lock.unlock();
            sched_yield();
            lock.lock();
        }
    }
}

}  // namespace soft::driver
