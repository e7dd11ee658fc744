// Scheduler, second half: threads. Who wakes, who waits, who helps; the rules are at the head of scheduler.h.
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>

#include "soft/stream/scheduler.h"

namespace soft::driver {
namespace {

constexpr std::uint64_t kYoung_ns = 50'000;  // a launcher that is going to wait has begun to by then
constexpr std::uint64_t kSpin_ns = 50'000;
constexpr auto kDoze = std::chrono::microseconds(100);

thread_local bool inside_host_function = false;

}  // namespace

// The program's signals are for the program's threads; faults stay deliverable, the engine may rely on them.
bool Scheduler::start_detached(void (Scheduler::*body)()) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    try {
        std::thread(body, this).detach();
    } catch (const std::system_error&) {
        started = false;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

Scheduler::Scheduler(unsigned threads) : thread_count_(threads) {}

bool in_host_function() { return inside_host_function; }

// False when there are enough, or when the system gives no more: those that wait do the work then.
bool Scheduler::start_thread() {
    if (thread_total_ == thread_count_) return false;
    if (!start_detached(&Scheduler::pool_main)) return false;
    ++thread_total_;
    return true;
}

void Scheduler::start_callback_thread() {
    if (callback_started_) return;
    callback_started_ = start_detached(&Scheduler::callback_main);
}

void Scheduler::call(PoolThread& thread, Wake where) {
    if (where == Wake::apart) thread.berth.steer();
    mutex_.call_one(thread.called);
}

// Sees to it that somebody looks at the work that lies around: soon, or at once when `now`.
void Scheduler::rouse(bool now, Wake where) {
    if (ready_.empty() && active_.empty()) return;
    if (now) impatient_ = true;
    epoch_.fetch_add(1, std::memory_order_relaxed);
    if (tokens_ + lookers_ != 0) return;
    if (dozer_ != nullptr) {
        if (now) call(*dozer_, where);
        return;
    }
    if (!parked_.empty()) {
        ++tokens_;
        PoolThread* const last = parked_.back();
        parked_.pop_back();
        return call(*last, where);
    }
    if (!start_thread() && sleepers_ != 0) mutex_.call_all(progress_);
}

// What a pool thread should do next; null when nothing, or when it is better left to a thread that will wait.
CommandRef Scheduler::pick() {
    for (const CommandRef& command : active_) {
        if (busy_ < thread_count_ && command->grid->has_unstarted()) return command;
    }
    if (ready_.empty()) return nullptr;
    const CommandRef& first = ready_.front();
    const bool alone = first->single_block && ready_.size() == 1 && !impatient_;
    if (alone && now_ns() - first->ready_ns < kYoung_ns) return nullptr;
    impatient_ = false;
    return first;
}

// How many threads the kernels can use that follow those which run, in their streams.
std::size_t Scheduler::due_threads() const {
    constexpr std::size_t kMarkers = 4;  // that may stand between
    std::size_t due = 0;
    for (const Command* command : running_) {
        const std::deque<CommandRef>& queue = command->stream->queue;
        for (std::size_t at = 1; at < queue.size() && at <= kMarkers + 1; ++at) {
            if (queue[at]->kind == CommandKind::marker) continue;
            if (queue[at]->grid != nullptr) due += queue[at]->grid->unstarted_blocks();
            break;
        }
    }
    return std::min<std::size_t>(due, thread_count_);
}

// A moment in which this thread waits awake for a kernel that will begin when the one before is over, which
// other threads are about to end: to be woken for it takes longer than it does. False: it had better sleep.
bool Scheduler::look_on(std::uint64_t until_ns, Lock& lock) {
    if (busy_ + lookers_ >= due_threads() || now_ns() >= until_ns) return false;
    const std::uint64_t before = epoch_.load(std::memory_order_relaxed);
    ++lookers_;
    lock.unlock();
    while (epoch_.load(std::memory_order_relaxed) == before && now_ns() < until_ns) sched_yield();
    lock.lock();
    --lookers_;
    return true;
}

void Scheduler::rest(PoolThread& self) {
    self.berth.lie_down();
    // Work that pick() left to a launcher is looked at again: the launcher may be asleep already.
    if (dozer_ == nullptr && (now_ns() < hot_until_ns_ || !ready_.empty())) {
        dozer_ = &self;
        mutex_.sleep(self.called, kDoze);
        dozer_ = nullptr;
    } else {
        parked_.push_back(&self);
        mutex_.sleep(self.called);
        if (std::erase(parked_, &self) == 0) --tokens_;
    }
    self.berth.get_up();
}

void Scheduler::pool_main() {
    pthread_setname_np(pthread_self(), "ferry-soft");
    const std::unique_ptr<Worker> worker = Worker::make();
    Lock lock(mutex_);
    PoolThread& self = *pool_.emplace_back(std::make_unique<PoolThread>());
    std::uint64_t look_until_ns = 0;
    while (!stopping_) {
        if (const CommandRef next = pick()) {
            run(next, worker.get(), lock);
            look_until_ns = now_ns() + kSpin_ns;
        } else if (!look_on(look_until_ns, lock)) {
            rest(self);
        }
    }
}

void Scheduler::callback_main() {
    pthread_setname_np(pthread_self(), "ferry-callback");
    Lock lock(mutex_);
    while (!stopping_) {
        if (callbacks_.empty()) {
            mutex_.sleep(callback_);
            continue;
        }
        const CommandRef command = callbacks_.front();
        callbacks_.pop_front();
        command->started = true;
        lock.unlock();
        inside_host_function = true;
        command->work();
        inside_host_function = false;
        lock.lock();
        finish(command);
        retire_markers();
        rouse(true);
    }
}

// The first command that can be worked on now and that must be before the stream's last one is.
CommandRef Scheduler::needed_by(Stream& stream, std::uint64_t visit) {
    if (stream.queue.empty() || stream.visit == visit) return nullptr;
    stream.visit = visit;
    const CommandRef& head = stream.queue.front();
    if (head->kind == CommandKind::host || head->kind == CommandKind::values) {
        if (head->waiting == 0) return nullptr;
    } else if (head->parked) {
        return head;
    } else if (head->started) {
        if (head->kind != CommandKind::kernel || head->single_block || head->grid == nullptr) return nullptr;
        // One thread more than there are cores would only take turns with those that are at work.
        const bool crowded = busy_ + lookers_ >= thread_count_ && head->visitors != 0;
        return !crowded && head->grid->has_unstarted() ? head : nullptr;
    } else if (head->waiting == 0) {
        return head;
    }
    return needed_before(*head, visit);
}

// The same for what `command` waits for in other streams, and for what stands before it in its own: a lane's
// first command may be under way while a later one needs something that nobody has begun.
CommandRef Scheduler::needed_before(Command& command, std::uint64_t visit) {
    if (command.visit == visit) return nullptr;
    command.visit = visit;
    for (const CommandRef& on : command.after) {
        if (on->done.load(std::memory_order_relaxed)) continue;
        if (CommandRef found = needed_by(*on->stream, visit)) return found;
        if (!on->stream->is_lane) continue;
        for (const CommandRef& earlier : on->stream->queue) {
            if (earlier->after.size() < 2) continue;  // waits for nothing but its own lane
            if (CommandRef found = needed_before(*earlier, visit)) return found;
            if (earlier == on) break;
        }
    }
    return nullptr;
}

// One step of work towards the end of `stream`. False, the lock held throughout, when there is nothing that
// this thread can do; otherwise the caller looks again at what it waits for.
bool Scheduler::help(Stream& stream, Lock& lock) {
    if (spare_workers_.empty()) {
        lock.unlock();
        auto made = Worker::make();
        lock.lock();
        spare_workers_.push_back(std::move(made));
        return true;  // the lock was given up: what is waited for may have happened meanwhile
    }
    const CommandRef next = needed_by(stream, ++visits_);
    if (!next) return false;
    std::unique_ptr<Worker> worker = std::move(spare_workers_.back());
    spare_workers_.pop_back();
    run(next, worker.get(), lock);
    spare_workers_.push_back(std::move(worker));
    return true;
}

// As help(), with what is probably over soon. True also when the lock was given up for nothing.
bool Scheduler::help_quickly(Stream& stream, Lock& lock) {
    const CommandRef next = needed_by(stream, ++visits_);
    if (!next) return false;
    if (next->kind != CommandKind::kernel) return help(stream, lock);
    if (!next->single_block || next->started) return false;
    const std::uint32_t last_ns = next->times->lone_block_ns.load(std::memory_order_relaxed);
    if (last_ns == 0 || last_ns > kQuick_ns) return false;
    if (spare_workers_.empty()) return help(stream, lock);
    run_quickly(next, lock);
    return true;
}

bool Scheduler::finished_with_help(Stream& stream) {
    Lock lock(mutex_);
    const std::uint64_t until_ns = now_ns() + kQuick_ns;
    while (!stream.queue.empty() && now_ns() < until_ns && help_quickly(stream, lock)) {
    }
    if (stream.queue.empty()) return true;
    rouse(true);
    return false;
}

bool Scheduler::finished_with_help(const EventPoint& point) {
    if (point.done.load(std::memory_order_acquire)) return true;
    Lock lock(mutex_);
    const std::uint64_t until_ns = now_ns() + kQuick_ns;
    while (!point.done.load(std::memory_order_relaxed) && now_ns() < until_ns) {
        const CommandRef command = point.command;  // keeps its stream while the lock is given up
        if (!command || !help_quickly(*command->stream, lock)) break;
    }
    if (point.done.load(std::memory_order_relaxed)) return true;
    rouse(true);
    return false;
}

void Scheduler::pause(const CommandRef& command, std::uint64_t spin_until_ns, Lock& lock) {
    const std::uint64_t before = epoch_.load(std::memory_order_relaxed);
    if (now_ns() < spin_until_ns) {
        lock.unlock();
        while (epoch_.load(std::memory_order_relaxed) == before && now_ns() < spin_until_ns) sched_yield();
        lock.lock();
        return;
    }
    ++command->awaited;
    ++sleepers_;
    mutex_.sleep(progress_);
    --sleepers_;
    --command->awaited;
}

void Scheduler::wait(const CommandRef& command, bool spin) {
    if (command->done.load(std::memory_order_acquire)) return;
    Lock lock(mutex_);
    std::uint64_t spin_until_ns = spin ? now_ns() + kSpin_ns : 0;
    while (!command->done.load(std::memory_order_relaxed) && !stopping_) {
        if (help(*command->stream, lock)) {
            // Another thread is probably at the last block of the same grid.
            if (spin) spin_until_ns = now_ns() + kSpin_ns;
        } else {
            pause(command, spin_until_ns, lock);
        }
    }
    rouse(false);
}

void Scheduler::wait_stream(Stream& stream, bool spin) {
    CommandRef last;
    {
        const Lock lock(mutex_);
        if (stream.queue.empty()) return;
        last = stream.queue.back();
    }
    wait(last, spin);
}

void Scheduler::wait_point(const EventPoint& point, bool spin) {
    CommandRef command;
    {
        const Lock lock(mutex_);
        command = point.command;
    }
    if (command) wait(command, spin);
}

void Scheduler::wait_group(StreamGroup& group, bool spin) {
    std::vector<CommandRef> tails;
    {
        const Lock lock(mutex_);
        for (const Stream* stream : group.all) {
            if (!stream->queue.empty()) tails.push_back(stream->queue.back());
        }
    }
    for (const CommandRef& tail : tails) wait(tail, spin);
}

bool Scheduler::finished(Stream& stream) {
    const Lock lock(mutex_);
    if (stream.queue.empty()) return true;
    rouse(true);
    return false;
}

bool Scheduler::finished(const EventPoint& point) {
    if (point.done.load(std::memory_order_acquire)) return true;
    const Lock lock(mutex_);
    rouse(true);
    return point.done.load(std::memory_order_relaxed);
}

void Scheduler::stop() {
    const Lock lock(mutex_);
    stopping_ = true;
    for (const Command* command : running_) command->grid->cancel();
    for (const auto& thread : pool_) mutex_.call_one(thread->called);
    mutex_.call_all(progress_);
    mutex_.call_all(callback_);
    mutex_.call_all(watch_);
}

}  // namespace soft::driver
