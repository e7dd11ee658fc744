// What streams are made of: commands in order, events that mark places, and the groups (one per context) that
// share a legacy stream and a fate. Plain records; every field but the atomics is guarded by the Scheduler's
// lock.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "soft/launch/grid.h"
#include "soft/recycled.h"
#include "soft/stream/kernel_times.h"

namespace soft::driver {

inline constexpr int kGreatestPriority = -5;  // of streams and kernels; 0 is the least

struct Command;
struct Stream;
using CommandRef = std::shared_ptr<Command>;
using StreamRef = std::shared_ptr<Stream>;

// All streams of one context.
struct StreamGroup {
    std::atomic<int> error{0};  // CUresult of the fault that ended the context; 0 while it lives
    bool ending = false;        // nobody will write what is waited for any more
    StreamRef legacy;           // waits for the blocking streams, and they wait for it
    std::vector<Stream*>
        blocking;              // without the legacy stream; a destroyed stream leaves with its last command
    std::vector<Stream*> all;  // the same with the legacy and the non-blocking ones
};

struct Stream : std::enable_shared_from_this<Stream> {
    std::shared_ptr<StreamGroup> group;
    std::uint64_t context = 0;  // handle of the context, for cuStreamGetCtx
    std::uint64_t handle = 0;
    std::uint64_t id = 0;
    std::uint32_t flags = 0;  // CU_STREAM_*
    int priority = 0;         // lower runs first
    std::map<int, std::array<std::byte, 64>> attributes;  // api/entry_attributes.cc's, under its lock
    bool is_legacy = false;
    bool is_lane = false;          // a branch of a graph: nobody waits for it but through other streams
    bool destroyed = false;        // leaves its group with its last command
    std::deque<CommandRef> queue;  // unfinished, oldest first
    std::uint64_t visit = 0;       // mark of the last search that came by
};

// One recording of an event.
struct EventPoint {
    std::atomic<bool> done{false};
    std::uint64_t time_ns = 0;  // monotonic clock; valid once done
    CommandRef command;         // null once done
};

enum class CommandKind : std::uint8_t {
    marker,    // an event's recording, a wait, a barrier: takes no time
    transfer,  // `work` runs on one thread
    kernel,    // `grid` runs on several
    host,      // `work` is the program's own code: runs on the callback thread only
    values,    // `try_on` is asked until it says that it is done: waits for values in memory
};

struct Command {
    CommandKind kind = CommandKind::marker;
    bool started = false;
    bool runs_after_fault = false;  // stream callbacks are told of the error; everything else is dropped
    std::optional<int> priority;    // of its own, in place of the stream's
    bool single_block = false;      // of a kernel: nothing to share between threads
    std::atomic<bool> done{false};
    int awaited = 0;  // sleeping threads that wait for exactly this
    std::uint64_t visit = 0;  // mark of the last search that came by
    std::uint32_t visitors =
        0;  // threads on their way into or out of `grid`: it may not go before they have left
    std::uint32_t waiting = 0;   // unfinished commands in `after`
    std::uint64_t ready_ns = 0;  // when it was submitted, if it could start then; 0 when it had to wait first
    StreamRef stream;
    std::vector<CommandRef> after;   // must finish first
    std::vector<CommandRef> before;  // wait for this
    std::function<void()> work;
    std::function<bool()> try_on;  // takes no time; under the scheduler's lock: must not call back
    std::unique_ptr<Grid> grid;
    std::unique_ptr<Worker> parked;  // of a grid of one block that was interrupted: where its block stands
    std::shared_ptr<const void> code;  // keeps the grid's Program
    std::shared_ptr<KernelTimes> times;  // of the kernel; null for other commands
    std::shared_ptr<EventPoint> point;
    std::shared_ptr<EventPoint> behind;  // a recording that must be over first, if it is not already
};

inline CommandRef new_command() { return std::allocate_shared<Command>(RecyclingAllocator<Command>()); }

}  // namespace soft::driver
