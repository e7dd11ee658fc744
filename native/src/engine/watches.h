// Watches: waits of guest threads that the engine thread keeps an eye on instead of blocking. A wait is
// first a query; then, for kSpin, a poll in a yielding loop; then a blocking call on a waiter thread, also
// while the engine is busy: where threads go on launching, a stream may never be found idle. Once it is over
// the driver's own synchronise is called as well: it returns at once and is what delivers device printf.
// Used by the executor, on the engine thread only.
#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "cudart/abi.h"
#include "engine/contexts.h"
#include "engine/waiters.h"
#include "host/driver_table.h"
#include "wire/record.h"

namespace engine {

class Executor;
struct Watch;

// Runs on the engine thread once the wait has ended without error: what the record was really about (freeing
// memory that nothing uses any more, ...). Its result is the record's.
using AfterWait = abi::CUresult (*)(Executor& executor, const Watch& watch);

struct Watch {
    Awaited awaited;
    wire::Handle context;       // whose context `awaited` belongs to
    wire::RecordHeader record;  // answered when the wait is over; call 0: nobody is (only progress is wanted)
    AfterWait after = nullptr;
    std::uint64_t argument = 0;  // of `after`
};

class WatchEvents {
public:
    virtual void watch_ended(const Watch& watch, abi::CUresult result) = 0;

protected:
    ~WatchEvents() = default;
};

class Watches {
public:
    Watches(const device::DriverTable& driver, Contexts& contexts, Waiters& waiters, WatchEvents& events)
        : driver_(driver), contexts_(contexts), waiters_(waiters), events_(events) {}

    // What the wait would answer now: success, NOT_READY, or an error.
    abi::CUresult query(const Watch& watch);
    void add(const Watch& watch) { pending_.push_back(Pending{watch, 0}); }
    // Ends whatever is over. Call after a poke, and while spinning.
    void poll();
    // Hands what is left to waiter threads. False: some could not be, so poll() again before long.
    bool hand_over();
    bool any() const { return !pending_.empty(); }
    // Watches that no waiter thread has yet.
    bool any_polled() const;
    // A job number for a wait of another part (its outcome is only a poke).
    std::uint64_t next_job() { return ++last_job_; }

private:
    struct Pending {
        Watch watch;
        std::uint64_t job;  // 0 while it is polled
        unsigned looks = 0;
        std::chrono::steady_clock::time_point since{};  // of one of the first looks
    };
    bool is_overdue(Pending& pending) const;
    abi::CUresult query_context(const Watch& watch);
    abi::CUresult confirm(const Watch& watch);

    const device::DriverTable& driver_;
    Contexts& contexts_;
    Waiters& waiters_;
    WatchEvents& events_;
    std::vector<Pending> pending_;
    std::vector<Waiters::Outcome> outcomes_;
    std::vector<abi::CUstream> streams_;
    std::uint64_t last_job_ = 0;
};

}  // namespace engine
