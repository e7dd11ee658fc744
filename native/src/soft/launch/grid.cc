// A launch in flight: hands out blocks to the threads inside, counts them, and keeps the first fault. See
// grid.h.
#include "soft/launch/grid.h"

#include <algorithm>
#include <utility>

#include "soft/clock.h"
#include "soft/launch/fault_signal.h"
#include "soft/launch/runtime.h"

namespace soft {
namespace {

// How many blocks one worker keeps in flight when the running ones only spin. An ordinary launch starts
// another one late, for programs that wait between blocks without saying so.
constexpr std::size_t kOrdinaryResident = 64;
constexpr std::uint32_t kSpinsBeforeAnother = 4096;
// Turns of a block's warps before its worker looks around; one when the worker is in a hurry.
constexpr std::uint32_t kSliceRounds = 64;

// A worker takes as many blocks at once as it runs in this time, so that short ones cost little to hand out,
// but no more than a part of what is left, so that all workers end together.
constexpr std::uint64_t kShare_ns = 5'000;
constexpr std::uint64_t kMostShare = 16;
constexpr std::uint64_t kSharesLeft = 4;  // for each worker

constexpr std::size_t kWorkspaceSize = 256;

std::uint64_t next_serial() {
    static std::atomic<std::uint64_t> serial{0};
    return ++serial;
}

}  // namespace

std::unique_ptr<Worker> Worker::make() {
    static std::atomic<std::uint32_t> number{0};
    auto worker = std::make_unique<WorkerState>();
    worker->number = number++ % 128;
    return worker;
}

std::unique_ptr<Grid> Grid::make(LaunchConfig config, DeviceServices& services) {
    return std::make_unique<GridState>(std::move(config), services);
}

GridState::GridState(LaunchConfig launch, DeviceServices& device, std::uint32_t depth_)
    : config(std::move(launch)),
      services(device),
      function(config.function),
      code(function->code),
      serial(next_serial()),
      block_count(static_cast<std::uint64_t>(config.grid[0]) * config.grid[1] * config.grid[2]),
      thread_count(config.block[0] * config.block[1] * config.block[2]),
      depth(depth_) {
    function->make_ready();
    if (config.cooperative) workspace = services.allocate_image(kWorkspaceSize);
}

GridState::GridState(ChildLaunch child, std::vector<ChildLaunch> waiting, DeviceServices& device)
    : GridState(std::move(child.config), device, child.depth) {
    waiting_ = std::move(waiting);
}

std::unique_ptr<Grid> GridState::take_next() {
    if (stop.load()) return nullptr;
    children.move_to(waiting_);
    if (waiting_.empty()) return nullptr;
    ChildLaunch next = std::move(waiting_.back());
    waiting_.pop_back();
    return std::make_unique<GridState>(std::move(next), std::move(waiting_), services);
}

GridState::~GridState() {
    for (const std::uint64_t buffer : children.take_buffers()) services.device_free(buffer);
    if (workspace != 0) services.free_image(workspace);
}

bool GridState::done() const {
    const bool over = finished_.load() >= block_count || stop.load();
    return over && inside_.load() == 0;
}

std::uint64_t GridState::unstarted_blocks() const {
    const std::uint64_t next = next_block_.load(std::memory_order_relaxed);
    return stop.load(std::memory_order_relaxed) || next >= block_count ? 0 : block_count - next;
}

void GridState::fail(int error, std::string text) {
    const std::lock_guard<std::mutex> lock(fault_mutex_);
    if (fault_.error == 0) {
        fault_.error = error;
        fault_.text = std::move(text);
    }
    stop.store(true);
}

// False when no block is left.
bool GridState::take_share(WorkerState& worker) {
    const std::uint64_t left = unstarted_blocks();
    if (left == 0) return false;
    const std::uint64_t now = now_ns();
    std::uint64_t share = 1;
    if (worker.share != 0) {
        const std::uint64_t block_ns = (now - worker.dealt_ns) / worker.share;
        const auto workers = static_cast<std::uint64_t>(std::max(1, inside_.load(std::memory_order_relaxed)));
        const std::uint64_t most = std::clamp<std::uint64_t>(left / (workers * kSharesLeft), 1, kMostShare);
        share = std::clamp<std::uint64_t>(kShare_ns / (block_ns + 1), 1, most);
    }
    worker.next_block = next_block_.fetch_add(share);
    worker.last_block = std::min(worker.next_block + share, block_count);
    worker.dealt_ns = now;
    worker.share = share;
    return worker.next_block < worker.last_block;
}

bool GridState::take_block(WorkerState& worker, std::vector<BlockContext*>& resident) {
    if (worker.next_block >= worker.last_block && !take_share(worker)) return false;
    const std::uint64_t linear = worker.next_block++;
    const auto is_free = [](const auto& context) { return !context->resident; };
    auto found = std::ranges::find_if(worker.contexts, is_free);
    if (found == worker.contexts.end()) {
        worker.contexts.push_back(std::make_unique<BlockContext>());
        found = worker.contexts.end() - 1;
    }
    BlockContext& context = **found;
    if (!context.prepare(*this, worker)) {
        fail(2, "out of memory for the registers of a block");
        return false;
    }
    context.start(linear);
    context.resident = true;
    resident.push_back(&context);
    return true;
}

// A kernel that runs too long ends as it would on a device that also draws a screen.
void GridState::check_limit() {
    const std::uint64_t limit = services.kernel_limit_ns();
    if (limit == 0) return;
    const std::uint64_t now = now_ns();
    std::uint64_t started = 0;
    if (started_ns_.compare_exchange_strong(started, now) || now - started <= limit) return;
    fail(702, "the kernel " + code->name + " ran longer than kernels may");
}

// True: interrupted.
bool GridState::work_inside(WorkerState& worker, std::uint64_t until_ns) {
    std::vector<BlockContext*> resident;
    for (const auto& context : worker.contexts) {
        if (context->resident) resident.push_back(context.get());  // from before an interruption
    }
    const std::uint32_t rounds = until_ns == 0 ? kSliceRounds : 1;
    std::uint32_t spins = 0;
    while (!stop.load(std::memory_order_relaxed)) {
        check_limit();
        const bool wants_more =
            config.cooperative || (spins > kSpinsBeforeAnother && resident.size() < kOrdinaryResident);
        if (resident.empty() || wants_more) {
            const bool taken = take_block(worker, resident);
            if (!taken && resident.empty()) break;
            spins = 0;
        }
        for (std::size_t k = 0; k < resident.size();) {
            const BlockStatus status = resident[k]->run(rounds);
            if (status == BlockStatus::stopped) break;
            spins += status == BlockStatus::spinning;
            if (status != BlockStatus::finished) {
                ++k;
                continue;
            }
            resident[k]->resident = false;
            resident.erase(resident.begin() + static_cast<std::ptrdiff_t>(k));
            ++worker.finished;
        }
        if (until_ns != 0 && !resident.empty() && now_ns() >= until_ns) return true;
    }
    for (BlockContext* context : resident) context->resident = false;
    return false;
}

bool GridState::work(Worker& scratch, std::uint64_t until_ns) {
    auto& worker = static_cast<WorkerState&>(scratch);
    inside_.fetch_add(1);
    if (worker.caches_for != serial) {
        worker.next_block = worker.last_block = worker.share = 0;
        worker.caches.assign(function->cache_count + 1, RangeCache{});
        if (worker.memos.size() < worker.caches.size()) worker.memos.resize(worker.caches.size());
        worker.caches_for = serial;
    }
    bool interrupted = false;
    if (block_count > 1) worker.seat.take();  // a block alone is mostly too short for it
    const bool survived = run_protected([&] { interrupted = work_inside(worker, until_ns); });
    if (!survived) {
        for (const auto& context : worker.contexts) context->resident = false;
        fail(700, "a kernel touched memory that went away while it ran");
    }
    finished_.fetch_add(std::exchange(worker.finished, 0));
    inside_.fetch_sub(1);
    worker.seat.leave();
    return survived && interrupted;
}

}  // namespace soft
