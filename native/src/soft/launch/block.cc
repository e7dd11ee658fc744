// A resident block: its warps, memory and barriers, and the loop that runs them in turn. Owned by one worker.
#include <algorithm>
#include <bit>

#include "soft/launch/runtime.h"

namespace soft {
namespace {

// What a kernel that calls functions has per thread of stack, and per warp of registers, which hardware keeps
// on the stack as well: so they grow with it. Untouched pages cost nothing.
constexpr std::uint64_t kLeastStack = std::uint64_t{64} << 10;
constexpr std::uint64_t kMostStack = std::uint64_t{16} << 20;
constexpr std::uint64_t kRegistersPerStackByte = 64;

std::uint64_t align_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

void prepare_warp(BlockContext& block, std::uint32_t index, std::uint64_t register_stride,
                  std::uint64_t local_stride) {
    GridState& grid = *block.grid;
    Warp& w = block.warps[index];
    w.index = index;
    w.block = &block;
    w.registers = block.registers.data() + index * register_stride;
    w.register_bytes = register_stride;
    w.regs = w.registers;
    w.caches = block.worker->caches.data();
    w.memos = block.worker->memos.data();
    w.shared = block.shared.data();
    w.shared_size = grid.shared_size();
    w.local = block.local.data() + index * kLanes * local_stride;
    w.local_stride = local_stride;
    w.params = grid.config.params.data();
    w.param_size = grid.config.params.size();
    fill_fixed_slots(w, *grid.code, w.registers, kFullMask);
}

}  // namespace

bool BlockContext::prepare(GridState& for_grid, WorkerState& for_worker) {
    if (prepared_for == for_grid.serial) return true;
    grid = &for_grid;
    worker = &for_worker;
    warp_count = (for_grid.thread_count + kLanes - 1) / kLanes;
    if (warp_capacity < warp_count) {
        warps = std::make_unique<Warp[]>(warp_count);
        warp_capacity = warp_count;
    }
    const Code& code = *for_grid.code;
    const std::uint64_t wanted = std::clamp(for_grid.config.stack_bytes, kLeastStack, kMostStack);
    const std::uint64_t stack = code.has_calls ? align_up(wanted, 64) : 0;
    const std::uint64_t registers_size = align_up(code.frame_bytes, 64) + stack * kRegistersPerStackByte;
    const std::uint64_t local_size = align_up(code.local_bytes, 16) + stack;
    const bool fits = registers.reserve(registers_size * warp_count + 64) &&
                      shared.reserve(for_grid.shared_size() + 64) &&
                      local.reserve(local_size * warp_count * kLanes + 64);
    if (!fits) return false;
    for (std::uint32_t k = 0; k < warp_count; ++k) prepare_warp(*this, k, registers_size, local_size);
    prepared_for = for_grid.serial;
    return true;
}

void BlockContext::start(std::uint64_t linear) {
    const auto& size = grid->config.grid;
    index[0] = static_cast<std::uint32_t>(linear % size[0]);
    index[1] = static_cast<std::uint32_t>(linear / size[0] % size[1]);
    index[2] = static_cast<std::uint32_t>(linear / size[0] / size[1]);
    live_threads = grid->thread_count;
    barriers.fill(Barrier{});
    pending_barriers = 0;
    for (std::uint32_t k = 0; k < warp_count; ++k) {
        Warp& w = warps[k];
        const std::uint32_t threads = grid->thread_count - k * kLanes;
        w.live = threads >= kLanes ? kFullMask : (1u << threads) - 1;
        w.bottom = Frame{};
        w.bottom.references = 2;  // never given back to the free list
        w.bottom.code = grid->code;
        w.bottom.local_top = grid->code->local_bytes;
        w.waiting = 0;
        w.turn = 0;
        w.cluster_arrived = 0;
        fill_block_slots(w, *grid->code, w.registers, kFullMask);
        push_fragment(w, grid->code->insns.data(), w.live, 0, &w.bottom);
    }
}

BlockStatus BlockContext::run(std::uint32_t rounds) {
    for (std::uint32_t round = 0; round < rounds; ++round) {
        if (round != 0) worker->seat.take();
        bool progress = false;
        bool alive = false;
        for (std::uint32_t k = 0; k < warp_count; ++k) {
            Warp& w = warps[k];
            if (w.live == 0) continue;
            if (any_ready(w)) {
                run_warp(w);
                progress = true;
                if (grid->stop.load(std::memory_order_relaxed)) return BlockStatus::stopped;
            }
            alive |= w.live != 0;
        }
        if (!alive) return BlockStatus::finished;
        if (!progress) {
            grid->fail(702, "deadlock: every thread of a block waits for a barrier that cannot complete");
            return BlockStatus::stopped;
        }
    }
    return BlockStatus::spinning;
}

Frame* BlockContext::take_frame() {
    if (free_frames.empty()) {
        frames.push_back(std::make_unique<Frame>());
        free_frames.push_back(frames.back().get());
    }
    Frame* frame = free_frames.back();
    free_frames.pop_back();
    *frame = Frame{};
    frame->references = 1;
    return frame;
}

void BlockContext::drop_frame(Frame* frame) {
    while (frame->parent != nullptr && --frame->references == 0) {
        Frame* parent = frame->parent;
        free_frames.push_back(frame);
        frame = parent;
    }
}

}  // namespace soft
