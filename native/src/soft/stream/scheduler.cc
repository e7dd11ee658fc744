// Scheduler, first half: the order of commands, and running them. The second half is pool.cc.
#include "soft/stream/scheduler.h"

#include <algorithm>
#include <utility>

namespace soft::driver {
namespace {

constexpr std::uint64_t kHot_ns = 2'000'000;
constexpr std::size_t kBacklog = 4;  // commands of one stream that show that nobody waits for each
constexpr std::size_t kBacklogLimit =
    16384;  // beyond it the launcher helps first, as a GPU's full queue blocks it

// A kernel that keeps a thread for so long is worth the system calls that have the next one wake elsewhere.
constexpr std::uint32_t kWorthSteering_ns = 100'000;

int priority_of(const Command& command) { return command.priority.value_or(command.stream->priority); }

bool blocks_with_legacy(const Stream& stream) { return !stream.is_legacy && (stream.flags & 1U) == 0; }

}  // namespace

void Scheduler::depend(Command& command, const CommandRef& on) {
    if (!on || on->done.load(std::memory_order_relaxed)) return;
    command.after.push_back(on);
    ++command.waiting;
}

void Scheduler::link(const CommandRef& command, const EventPoint* after) {
    Stream& stream = *command->stream;
    const bool known = !stream.queue.empty() &&
                       std::ranges::find(command->after, stream.queue.back()) != command->after.end();
    if (!stream.queue.empty() && !known) depend(*command, stream.queue.back());
    if (stream.is_legacy) {
        for (const Stream* other : stream.group->blocking) {
            if (!other->queue.empty()) depend(*command, other->queue.back());
        }
    } else if (blocks_with_legacy(stream) && stream.group->legacy && !stream.group->legacy->queue.empty()) {
        depend(*command, stream.group->legacy->queue.back());
    }
    if (after != nullptr) depend(*command, after->command);
    for (const CommandRef& on : command->after) on->before.push_back(command);
    stream.queue.push_back(command);
}

bool Scheduler::idle(Stream& stream) {
    const Lock lock(mutex_);
    const StreamGroup& group = *stream.group;
    const auto empty = [](const Stream* other) { return other->queue.empty(); };
    if (!stream.queue.empty()) return false;
    if (stream.is_legacy) return std::ranges::all_of(group.blocking, empty);
    return !blocks_with_legacy(stream) || !group.legacy || group.legacy->queue.empty();
}

bool Scheduler::comes_behind(const Stream& stream, const EventPoint& point) {
    constexpr std::size_t kFarEnough = 256;  // commands; who looks further would hold everybody up
    const Lock lock(mutex_);
    if (!point.command) return true;
    if (stream.queue.empty()) return false;
    std::vector<const Command*> seen{stream.queue.back().get()};
    for (std::size_t at = 0; at < seen.size() && seen.size() < kFarEnough; ++at) {
        if (seen[at] == point.command.get()) return true;
        for (const CommandRef& on : seen[at]->after) {
            const bool is_new = std::ranges::find(seen, on.get()) == seen.end();
            if (is_new && !on->done.load(std::memory_order_relaxed)) seen.push_back(on.get());
        }
    }
    return false;
}

// Sorts a command whose turn has come to where somebody will find it.
void Scheduler::make_ready(const CommandRef& command, std::uint64_t ready_ns) {
    const bool dropped = command->stream->group->error.load(std::memory_order_relaxed) != 0;
    if (command->kind == CommandKind::marker || (dropped && !command->runs_after_fault)) {
        markers_.push_back(command);
        return;
    }
    if (command->kind == CommandKind::host) {
        callbacks_.push_back(command);
        start_callback_thread();
        mutex_.call_one(callback_);
        return;
    }
    if (command->kind == CommandKind::values) {
        if (is_over(command)) {
            markers_.push_back(command);
        } else {
            values_.push_back(command);
            start_watch_thread();
            mutex_.call_one(watch_);
        }
        return;
    }
    command->ready_ns = ready_ns;
    const auto place = std::find_if(ready_.rbegin(), ready_.rend(), [&](const CommandRef& other) {
        return priority_of(*other) <= priority_of(*command);
    });
    ready_.insert(place.base(), command);
}

void Scheduler::forget(Stream& stream) {
    std::erase(stream.group->blocking, &stream);
    std::erase(stream.group->all, &stream);
}

void Scheduler::finish(const CommandRef& command) {
    Stream& stream = *command->stream;
    if (command->point) {
        command->point->time_ns = now_ns();
        command->point->command.reset();
        // SAFETY: release; time_ns is read without the lock by whoever has seen done.
        command->point->done.store(true, std::memory_order_release);
        command->point.reset();
    }
    command->work = nullptr;
    command->try_on = nullptr;
    command->code.reset();
    command->done.store(true, std::memory_order_release);
    command->after.clear();
    // Its turn had come, so everything before it in its stream is gone: it is the front.
    stream.queue.pop_front();
    if (stream.destroyed && stream.queue.empty()) forget(stream);
    for (const CommandRef& next : std::exchange(command->before, {})) {
        if (--next->waiting == 0) make_ready(next, 0);
    }
    epoch_.fetch_add(1, std::memory_order_relaxed);
    if (command->awaited != 0) mutex_.call_all(progress_);
}

void Scheduler::retire_markers() {
    while (!markers_.empty()) {
        const CommandRef marker = std::move(markers_.back());
        markers_.pop_back();
        marker->grid.reset();
        finish(marker);
    }
}

void Scheduler::submit(const CommandRef& command, const EventPoint* after, bool will_wait) {
    Stream& stream = *command->stream;
    Lock lock(mutex_);
    while (stream.queue.size() >= kBacklogLimit && !stopping_) {
        const CommandRef oldest = stream.queue.front();
        if (!help(stream, lock)) pause(oldest, 0, lock);
    }
    const bool others = !ready_.empty() || !active_.empty();
    link(command, after);
    const bool dropped = stream.group->error.load(std::memory_order_relaxed) != 0;
    if (command->waiting == 0) {
        if (command->kind == CommandKind::transfer && !dropped) {
            run_work(command, lock);
        } else {
            make_ready(command, now_ns());
        }
        retire_markers();
    }
    if (ready_.empty() && active_.empty()) return;
    hot_until_ns_ = now_ns() + kHot_ns;
    if (will_wait && !others) return;
    const bool plain_grid = command->kind == CommandKind::kernel && !command->single_block;
    // Who submits goes on as well, with what comes next or with the kernel itself. With a backlog there is
    // more to come: beside the one that submits, a thread would run what there is, sleep, and be woken again.
    const bool backlog = stream.queue.size() >= kBacklog;
    rouse(plain_grid || backlog, plain_grid ? where_for(*command) : Wake::apart);
}

void Scheduler::submit_all(std::span<const CommandRef> commands, const CommandRef& join) {
    const Lock lock(mutex_);
    std::vector<CommandRef> ready;
    for (const CommandRef& command : commands) {
        for (const CommandRef& on : std::exchange(command->after, {})) depend(*command, on);
        link(command, command->behind.get());
        command->behind.reset();
        if (command->waiting == 0) ready.push_back(command);
    }
    if (join != nullptr) {
        depend(*join, commands.back());
        commands.back()->before.push_back(join);
    }
    for (const CommandRef& command : ready) make_ready(command, now_ns());
    retire_markers();
    if (ready_.empty() && active_.empty()) return;
    hot_until_ns_ = now_ns() + kHot_ns;
    const bool alone = ready_.size() == 1 && ready_.front()->single_block;
    rouse(!alone);
}

void Scheduler::run_work(const CommandRef& command, Lock& lock) {
    command->started = true;
    ++busy_;
    lock.unlock();
    command->work();
    lock.lock();
    --busy_;
    finish(command);
    retire_markers();
}

// Where a thread is to wake that the calling one calls for this kernel of several blocks.
Scheduler::Wake Scheduler::where_for(const Command& command) {
    const auto last_ns = command.times->visit_ns.load(std::memory_order_relaxed);
    return last_ns >= kWorthSteering_ns ? Wake::apart : Wake::anywhere;
}

// One thread's time inside a grid. True: interrupted at `until_ns`, see Grid::work.
bool Scheduler::visit(const CommandRef& command, Worker& worker, Lock& lock, std::uint64_t until_ns) {
    ++busy_;
    ++command->visitors;
    std::atomic<std::uint32_t>& last_ns =
        command->single_block ? command->times->lone_block_ns : command->times->visit_ns;
    if (command->grid->unstarted_blocks() > 1 && busy_ < thread_count_) rouse(true, where_for(*command));
    const bool begins = command->visitors == 1;  // one that comes late may find nothing left
    lock.unlock();
    const std::uint64_t begun_ns = begins ? now_ns() : 0;
    const bool interrupted = command->grid->work(worker, until_ns);
    if (begins) {
        const std::uint64_t took_ns = std::clamp<std::uint64_t>(now_ns() - begun_ns, 1, UINT32_MAX);
        last_ns.store(static_cast<std::uint32_t>(took_ns), std::memory_order_relaxed);
    }
    lock.lock();
    --busy_;
    --command->visitors;
    return interrupted;
}

void Scheduler::run_grid(const CommandRef& command, Worker& worker, Lock& lock) {
    if (command->grid == nullptr) return;  // another thread has closed it since it was picked
    if (!command->started) {
        command->started = true;
        running_.push_back(command.get());
        if (!command->single_block) active_.push_back(command);
    }
    visit(command, worker, lock, 0);
    close_grid(command);
}

// A kernel of one block that is expected to be quick. When it is not, a pool thread goes on with it: the
// block may wait for something that only this thread's caller can bring about.
void Scheduler::run_quickly(const CommandRef& command, Lock& lock) {
    if (!leaves_queue(command)) return;
    std::unique_ptr<Worker> worker = std::move(spare_workers_.back());
    spare_workers_.pop_back();
    command->started = true;
    running_.push_back(command.get());
    if (visit(command, *worker, lock, now_ns() + kQuick_ns)) {
        command->parked = std::move(worker);
        command->ready_ns = 0;
        ready_.push_front(command);
        rouse(true);
        return;
    }
    spare_workers_.push_back(std::move(worker));
    close_grid(command);
}

void Scheduler::run_parked(const CommandRef& command, Lock& lock) {
    std::erase(ready_, command);
    std::unique_ptr<Worker> worker = std::move(command->parked);
    visit(command, *worker, lock, 0);
    spare_workers_.push_back(std::move(worker));
    close_grid(command);
}

// After each visit: the grid may be over, and another thread may have closed it already.
void Scheduler::close_grid(const CommandRef& command) {
    if (command->grid == nullptr) return;
    Grid& grid = *command->grid;
    if (grid.done() || !grid.has_unstarted()) std::erase(active_, command);
    // A thread that has not entered the grid yet does not count inside it, but it holds a reference.
    if (!grid.done() || command->visitors != 0) return;
    std::erase(running_, command.get());
    StreamGroup& group = *command->stream->group;
    if (const Fault& fault = grid.fault(); fault.error != 0 && !stopping_) {
        int none = 0;
        if (group.error.compare_exchange_strong(none, fault.error) && on_fault) on_fault(group, fault);
        // A fault ends everything its context runs.
        for (const Command* other : running_) {
            if (other->stream->group.get() == &group) other->grid->cancel();
        }
    } else if (std::unique_ptr<Grid> next = grid.take_next(); next != nullptr && !stopping_) {
        return go_on_with(command, std::move(next));
    }
    command->grid.reset();
    finish(command);
    retire_markers();
}

// Kernels that its kernel has launched run in its place.
void Scheduler::go_on_with(const CommandRef& command, std::unique_ptr<Grid> next) {
    command->grid = std::move(next);
    command->single_block = command->grid->unstarted_blocks() == 1;
    command->started = false;
    command->ready_ns = 0;
    ready_.push_front(command);
    rouse(true);
}

// Takes the command out of the ready ones. False: its context is dead, and it has been dropped.
bool Scheduler::leaves_queue(const CommandRef& command) {
    std::erase(ready_, command);
    if (command->stream->group->error.load(std::memory_order_relaxed) == 0) return true;
    command->started = true;
    markers_.push_back(command);
    retire_markers();
    return false;
}

void Scheduler::run(CommandRef command, Worker* worker, Lock& lock) {
    if (command->parked) return run_parked(command, lock);
    if (!command->started && !leaves_queue(command)) return;
    // Whoever woke this thread may have meant it for all that was ready then.
    if (busy_ + 1 < thread_count_) rouse(true);
    if (command->kind == CommandKind::transfer) return run_work(command, lock);
    run_grid(command, *worker, lock);
}

void Scheduler::enter_stream(const StreamRef& stream) {
    const Lock lock(mutex_);
    StreamGroup& group = *stream->group;
    group.all.push_back(stream.get());
    if (stream->is_legacy) group.legacy = stream;
    if (blocks_with_legacy(*stream)) group.blocking.push_back(stream.get());
}

void Scheduler::set_priority(Stream& stream, int priority) {
    const Lock lock(mutex_);
    stream.priority = std::clamp(priority, kGreatestPriority, 0);
}

void Scheduler::leave_stream(Stream& stream) {
    const Lock lock(mutex_);
    stream.destroyed = true;
    if (stream.queue.empty()) forget(stream);
}

}  // namespace soft::driver
