// The engine's face, part two: a launch in flight. stream/ creates one per kernel launch and lets the
// device's threads (and any thread that waits) work on it until it is done.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "soft/device_services.h"
#include "soft/ptx/program.h"

namespace soft {

struct LaunchConfig {
    const Function* function = nullptr;
    std::array<std::uint32_t, 3> grid{1, 1, 1};   // blocks
    std::array<std::uint32_t, 3> block{1, 1, 1};  // threads
    std::uint32_t dynamic_shared = 0;             // bytes
    std::vector<std::byte> params;                // FunctionInfo::param_bytes, taken at the call
    bool cooperative = false;                     // all blocks resident at once
    std::uint64_t stack_bytes = 0;                // a thread may use for calls; 0: what suits most programs
    std::uint64_t most_pending = 2048;            // launches by kernels that may wait at a time
};

// Why a grid ended early. `error` is the CUresult the context answers from then on.
struct Fault {
    int error = 0;     // 0, or 700 ILLEGAL_ADDRESS, 702, 710 ASSERT, 715..719
    std::string text;  // one line for people: instruction, block, thread, address
};

// Per-thread scratch (register files, shared memory, local stacks, inline caches); one per pool thread,
// reused.
class Worker {
  public:
    static std::unique_ptr<Worker> make();
    virtual ~Worker() = default;
};

class Grid {
  public:
    // The config must have been checked against FunctionInfo and device limits by the caller.
    static std::unique_ptr<Grid> make(LaunchConfig config, DeviceServices& services);
    virtual ~Grid() = default;

    // Executes blocks on the calling thread until no block is left to start. Any number of threads may be
    // inside at once, each with its own Worker. Returns when this thread has nothing more to do, not when the
    // grid is done. With `until_ns` (monotonic clock) it also returns some time after that, though blocks are
    // still under way in `worker`: true, and the same worker must come back, on any thread, to go on.
    virtual bool work(Worker& worker, std::uint64_t until_ns = 0) = 0;
    // True when every block has finished or the grid has faulted and no thread is inside any more.
    virtual bool done() const = 0;
    // True while blocks remain that no thread has started: worth waking another thread for.
    virtual bool has_unstarted() const = 0;
    virtual std::uint64_t unstarted_blocks() const = 0;
    // Valid once done().
    virtual const Fault& fault() const = 0;
    // Valid once done(): the grid that is to run in its place before its launch counts as complete, for it
    // has launched kernels, or some wait behind it. Null: nothing is left, or there was a fault.
    virtual std::unique_ptr<Grid> take_next() = 0;
    // Ends the grid soon: polled on back edges. For context destruction and process exit.
    virtual void cancel() = 0;
};

}  // namespace soft
