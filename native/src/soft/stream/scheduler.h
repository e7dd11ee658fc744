// Runs commands in the order CUDA promises, on the pool's threads and on any thread that waits.
// Used by api/ (submit, wait, query). Knows streams and grids, no handles and no memory.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "soft/clock.h"
#include "soft/launch/cores.h"
#include "soft/stream/command.h"
#include "soft/stream/waking_mutex.h"

namespace soft::driver {

// What finished_with_help() may take: less than it costs to wake a thread on another core.
inline constexpr std::uint64_t kQuick_ns = 20'000;

// True on the thread that runs host functions while it runs one: CUDA forbids most calls there.
bool in_host_function();

// Who runs what, and when threads are woken (a wake costs a sleeper's core ~45 us on virtual machines):
// - A transfer whose turn has come runs on the submitting thread; markers cost nothing.
// - A grid of several blocks wakes one pool thread, which wakes the next while blocks are left to start. One
//   that finds none left looks on for 50 us where another grid stands behind this one.
// - A grid of one block wakes nobody when a pool thread dozes: the launcher probably waits for it in a moment
//   and then runs it itself. The dozing thread looks every 100 us for 2 ms after the last submission, so
//   nothing is late by more than that if nobody waits. A fourth command in a stream, or a query that answers
//   "not ready", wakes at once; the former on another core than the launcher's.
// - Host functions run on one thread of their own, never on a waiting thread: they may block on what that one
//   holds.
// - Waits for values in memory are looked at by one thread of their own, often at first, every 50 us later:
//   whoever writes such a value tells nobody.
class Scheduler {
  public:
    // At most `threads` pool threads, started when there is work for one more.
    explicit Scheduler(unsigned threads);

    // Puts `command` (stream set) behind everything CUDA says it must wait for, and behind `after` if given.
    // A transfer that need not wait has run when this returns. `will_wait`: the caller waits for it next, so
    // wake nobody.
    void submit(const CommandRef& command, const EventPoint* after = nullptr, bool will_wait = false);

    // The same with several commands at once, so that no other thread's work comes between them. Each also
    // waits for those that its `after` names, which are finished or come before it here. `join`, which was
    // submitted before and still waits for something, waits for the last of them, too.
    void submit_all(std::span<const CommandRef> commands, const CommandRef& join = nullptr);

    // Returns when the command is finished or the process exits; meanwhile helps with what it waits for.
    // `spin` false sleeps at once when there is nothing to help with.
    void wait(const CommandRef& command, bool spin);
    void wait_stream(Stream& stream, bool spin);
    void wait_point(const EventPoint& point, bool spin);
    void wait_group(StreamGroup& group, bool spin);

    // Whether all that was submitted so far is finished. "No" wakes a thread if work lies around.
    bool finished(Stream& stream);
    bool finished(const EventPoint& point);

    // The same for a thread that has other things to do than to wait: before it answers it does what is left
    // itself, as long as that is quick (transfers, kernels of one block that took little time when they last
    // ran). So a short kernel costs no wake of a pool thread.
    bool finished_with_help(Stream& stream);
    bool finished_with_help(const EventPoint& point);

    // Whether a transfer submitted now would run at once (another thread may still get in first).
    bool idle(Stream& stream);

    // Whether work submitted to `stream` now is sure to run behind `point`, because of what it already waits
    // for.
    bool comes_behind(const Stream& stream, const EventPoint& point);

    // The group's context ends: what still waits for a value in memory, or comes to do so, ends the group
    // instead, so that nothing waits for ever.
    void end_values(StreamGroup& group);

    // Names the stream to its group; after leave_stream() what it has left still counts until it is done.
    void enter_stream(const StreamRef& stream);
    void leave_stream(Stream& stream);

    // Of commands that are not ready yet; lower runs first.
    void set_priority(Stream& stream, int priority);

    // The process exits: cancels grids and stops taking work. Pool threads are left to the exit.
    void stop();

    unsigned thread_count() const { return thread_count_; }
    // Told of the first fault of each group, under the scheduler's lock: must not call back.
    std::function<void(StreamGroup&, const Fault&)> on_fault;

  private:
    using Lock = std::unique_lock<WakingMutex>;

    struct PoolThread {
        std::condition_variable called;
        Berth berth;
    };

    void link(const CommandRef& command, const EventPoint* after);
    static void depend(Command& command, const CommandRef& on);
    void make_ready(const CommandRef& command, std::uint64_t ready_ns);
    void finish(const CommandRef& command);
    void retire_markers();
    void run(CommandRef command, Worker* worker, Lock& lock);
    void run_grid(const CommandRef& command, Worker& worker, Lock& lock);
    void run_parked(const CommandRef& command, Lock& lock);
    void run_quickly(const CommandRef& command, Lock& lock);
    bool leaves_queue(const CommandRef& command);
    bool visit(const CommandRef& command, Worker& worker, Lock& lock, std::uint64_t until_ns);
    void run_work(const CommandRef& command, Lock& lock);
    void close_grid(const CommandRef& command);
    void go_on_with(const CommandRef& command, std::unique_ptr<Grid> next);
    static void forget(Stream& stream);

    bool help(Stream& stream, Lock& lock);
    bool help_quickly(Stream& stream, Lock& lock);
    CommandRef needed_by(Stream& stream, std::uint64_t visit);
    CommandRef needed_before(Command& command, std::uint64_t visit);
    // Where a called thread is to begin: apart from a caller that will keep its core for long.
    enum class Wake { anywhere, apart };
    static Wake where_for(const Command& command);
    void rouse(bool now, Wake where = Wake::anywhere);
    void call(PoolThread& thread, Wake where);
    void pause(const CommandRef& command, std::uint64_t spin_until_ns, Lock& lock);
    CommandRef pick();
    std::size_t due_threads() const;
    bool look_on(std::uint64_t until_ns, Lock& lock);
    void rest(PoolThread& self);
    bool start_detached(void (Scheduler::*body)());
    bool start_thread();
    void start_callback_thread();
    void pool_main();
    bool is_over(const CommandRef& command);
    void start_watch_thread();
    void watch_main();
    void callback_main();

    const unsigned thread_count_;
    WakingMutex mutex_;
    std::list<CommandRef> ready_;      // may start; by priority, then age
    std::vector<CommandRef> active_;   // grids with blocks left to start
    std::vector<Command*> running_;    // all grids that threads may be inside
    std::vector<CommandRef> markers_;  // may finish at once
    std::list<CommandRef> callbacks_;  // host functions that may start
    std::list<CommandRef> values_;     // whose turn has come and that are not over yet
    std::vector<std::unique_ptr<Worker>> spare_workers_;
    std::vector<std::unique_ptr<PoolThread>> pool_;  // for ever: they are called without the lock
    std::vector<PoolThread*> parked_;      // without a reason to look, and not called yet
    PoolThread* dozer_ = nullptr;          // the one that looks again soon
    std::condition_variable progress_;     // threads in wait()
    std::condition_variable callback_;     // the callback thread
    std::condition_variable watch_;        // the thread that looks at values
    std::atomic<std::uint64_t> epoch_{0};  // moves whenever somebody who spins should look again
    unsigned tokens_ = 0;    // parked threads that have been called and are not here yet
    unsigned lookers_ = 0;   // pool threads that look for a moment before they rest
    unsigned busy_ = 0;      // threads inside a grid or a transfer, waiting threads that help included
    unsigned sleepers_ = 0;  // threads asleep in wait()
    bool impatient_ = false;     // youth is no reason to leave work alone
    unsigned thread_total_ = 0;  // pool threads that exist
    bool callback_started_ = false;
    bool watch_started_ = false;
    bool stopping_ = false;
    std::uint64_t hot_until_ns_ = 0;
    std::uint64_t visits_ = 0;
};

}  // namespace soft::driver
