// The state of a grid in flight: the grid shared by all workers, a worker's scratch, a resident block. Used
// by the files of launch/ only; handlers reach it through Warp::block.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "soft/launch/children.h"
#include "soft/launch/cores.h"
#include "soft/launch/grid.h"
#include "soft/launch/pages.h"
#include "soft/launch/warp.h"
#include "soft/recycled.h"

namespace soft {

class FunctionTable;

// What Function (ptx/program.h) is to the engine.
class Function {
  public:
    const Code* code = nullptr;
    const FunctionTable* functions = nullptr;  // device functions by address
    std::uint32_t dynamic_align = 16;          // where `extern __shared__` starts, after the static part
    std::uint32_t cache_count = 0;  // inline caches of the kernel and of every function it may call
    const FunctionInfo* declared = nullptr;
    // What is left for the first launch to do: its code has not run before.
    std::function<void()> prepare;

    // Before a grid of it starts; any thread.
    void make_ready() const { std::call_once(prepared_, prepare); }

  private:
    mutable std::once_flag prepared_;
};

// Resolves the addresses of device functions that data and registers hold.
class FunctionTable {
  public:
    std::vector<const Code*> codes;
    std::vector<const Function*> kernels;  // parallel to it; null where no kernel is
    // Null when `address` is not that of a function.
    const Code* find(std::uint64_t address) const {
        const std::uint64_t index = (address - kFunctionWindow) / 16;
        return address >= kFunctionWindow && address % 16 == 0 && index < codes.size() ? codes[index]
                                                                                       : nullptr;
    }
    // Null when `address` is not that of a kernel.
    const Function* find_kernel(std::uint64_t address) const {
        return find(address) == nullptr ? nullptr : kernels[(address - kFunctionWindow) / 16];
    }
    static std::uint64_t address_of(std::size_t index) { return kFunctionWindow + index * 16; }
};

struct Barrier {
    std::uint32_t arrived = 0;      // threads
    std::uint32_t rounded = 0;      // the same with every complete warp counted as 32
    std::uint32_t expected = 0;     // 0: all threads of the block
    std::uint32_t count_true = 0;   // bar.red: threads whose predicate held
    std::uint32_t result_true = 0;  // of the phase that completed last
    std::uint32_t result_arrived = 0;
};

// Bytes of shared memory that %reserved_smem_offset_begin and _end enclose, as on sm_80 and later.
constexpr std::uint64_t kReservedShared = 1024;

class GridState;
struct WorkerState;

enum class BlockStatus : std::uint8_t { finished, spinning, stopped };

struct BlockContext {
    GridState* grid = nullptr;
    WorkerState* worker = nullptr;
    std::uint64_t prepared_for = 0;  // GridState::serial its slots were filled for
    std::uint32_t index[3] = {0, 0, 0};
    std::uint32_t live_threads = 0;
    std::uint32_t warp_count = 0;
    bool resident = false;
    std::uint32_t pending_barriers = 0;  // one bit for each barrier somebody has arrived at
    std::unique_ptr<Warp[]> warps;
    std::uint32_t warp_capacity = 0;
    Pages registers;
    Pages shared;
    Pages local;
    std::array<Barrier, 16> barriers{};
    std::vector<std::unique_ptr<Frame>> frames;  // all ever made; free ones are in free_frames
    std::vector<Frame*> free_frames;

    [[nodiscard]] bool prepare(GridState& grid, WorkerState& worker);
    void start(std::uint64_t linear);
    BlockStatus run(std::uint32_t rounds);
    Frame* take_frame();
    void drop_frame(Frame* frame);  // one reference less; frees the chain it held
};

struct WorkerState final : Worker {
    std::vector<std::unique_ptr<BlockContext>> contexts;
    std::uint64_t next_block = 0;  // those up to last_block are this worker's to start
    std::uint64_t last_block = 0;
    std::uint64_t finished = 0;  // not yet told to the grid
    std::uint64_t dealt_ns = 0;  // when it took the last share, and how large that was
    std::uint64_t share = 0;
    std::vector<RangeCache> caches;
    std::vector<AddressMemo> memos;
    std::uint64_t caches_for = 0;  // GridState::serial
    std::uint32_t number = 0;      // %smid
    Seat seat;                     // while inside a grid
};

class GridState final : public Grid {
  public:
    GridState(LaunchConfig config, DeviceServices& device, std::uint32_t depth = 0);
    // One that a kernel has launched; `waiting`: what is to run behind it, the next last.
    GridState(ChildLaunch child, std::vector<ChildLaunch> waiting, DeviceServices& device);
    ~GridState() override;
    // Made where the launch is submitted, ended where its last block was.
    static void* operator new(std::size_t) { return Recycled<GridState>::take(); }
    static void operator delete(void* room) { Recycled<GridState>::give(room); }
    bool work(Worker& worker, std::uint64_t until_ns) override;
    bool done() const override;
    bool has_unstarted() const override { return unstarted_blocks() > 0; }
    std::uint64_t unstarted_blocks() const override;
    const Fault& fault() const override { return fault_; }
    void cancel() override { stop.store(true); }
    std::unique_ptr<Grid> take_next() override;

    std::uint64_t dynamic_shared_base() const {
        const std::uint64_t align = function->dynamic_align;
        return (code->shared_bytes + align - 1) / align * align;
    }

    // Static and dynamic shared memory, which is all that %total_smem_size counts.
    std::uint64_t own_shared_size() const { return dynamic_shared_base() + config.dynamic_shared; }
    // What the toolkit's own code may use unasked (cooperative groups do) lies behind what the program has,
    // and only where the kernel asks where it is, so that accesses past the end fault in all others.
    std::uint64_t reserved_shared_base() const { return (own_shared_size() + 127) / 128 * 128; }
    std::uint64_t shared_size() const {
        return code->reads_reserved ? reserved_shared_base() + kReservedShared : own_shared_size();
    }

    // The first fault wins; later ones are dropped.
    void fail(int error, std::string text);

    const LaunchConfig config;
    DeviceServices& services;
    const Function* function;
    const Code* code;
    const std::uint64_t serial;  // unique in the process
    std::uint64_t block_count;
    std::uint32_t thread_count;
    std::uint64_t workspace = 0;  // what a cooperative kernel's grid barrier lives in; %envreg1 and 2 name it
    std::atomic<bool> stop{false};
    const std::uint32_t depth;  // of launches by kernels
    Children children;
    // Launches that wait, in all.
    std::size_t pending() { return children.count() + waiting_.size(); }

  private:
    bool take_share(WorkerState& worker);
    bool take_block(WorkerState& worker, std::vector<BlockContext*>& resident);
    bool work_inside(WorkerState& worker, std::uint64_t until_ns);
    void check_limit();

    // Lines of their own: all workers read what is before them after every warp, and write these.
    alignas(64) std::atomic<std::uint64_t> next_block_{0};
    alignas(64) std::atomic<std::uint64_t> finished_{0};
    std::atomic<int> inside_{0};
    std::atomic<std::uint64_t> started_ns_{0};  // kept only where kernels have a limit
    std::mutex fault_mutex_;
    Fault fault_;
    std::vector<ChildLaunch> waiting_;
};

// scheduler.cc
// Runs `w` until it is finished, waits for others, used up its budget, or the grid stops.
void run_warp(Warp& w);
// Loads the best ready fragment; null when there is none.
const Insn* resume(Warp& w);
// Puts lanes aside at `pc`, merged with those already there.
void push_fragment(Warp& w, const Insn* pc, std::uint32_t mask, std::uint32_t turn, Frame* frame);
// Splits the running fragment in two and answers where the first continues.
const Insn* diverge(Warp& w, const Insn* pc, std::uint32_t mask, const Insn* other_pc,
                    std::uint32_t other_mask);
// Ends the running lanes in `mask`.
void retire_lanes(Warp& w, std::uint32_t mask);
bool any_ready(const Warp& w);

// barrier.cc
// Releases the barriers that an arrival or an exit completed.
void complete_barriers(BlockContext& block);

// sync.cc
// After lanes exited: sync operations may now be complete.
void recheck_sync(Warp& w);

// slots.cc
void fill_fixed_slots(Warp& w, const Code& code, std::byte* regs, std::uint32_t mask);
void fill_block_slots(Warp& w, const Code& code, std::byte* regs, std::uint32_t mask);

constexpr std::int32_t kPollInterval = 1024;

}  // namespace soft
