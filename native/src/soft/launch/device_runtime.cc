// Calls of CUDA's device runtime that the engine provides: kernels that launch kernels (see children.h).
#include <algorithm>
#include <bit>
#include <cstring>

#include "soft/launch/call.h"
#include "soft/launch/children.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

constexpr std::uint32_t kMostDepth = 24;  // of launches, as CUDA has it
constexpr std::uint32_t kMostBlock[3] = {1024, 1024, 64};
constexpr std::uint32_t kMostGrid[3] = {0x7fffffff, 65535, 65535};
constexpr std::uint64_t kMostShared = 163 << 10;  // bytes
constexpr std::uint64_t kNonBlocking = 1;

// Which thread of the grid a lane is.
std::uint64_t thread_of(const Warp& w, std::uint32_t lane) {
    const auto& size = w.block->grid->config.grid;
    const std::uint32_t* at = w.block->index;
    const std::uint64_t block = at[0] + std::uint64_t{size[0]} * (at[1] + std::uint64_t{size[1]} * at[2]);
    return block * w.block->grid->thread_count + w.index * kLanes + lane;
}

LaunchError note(const Warp& w, std::uint32_t lane, LaunchError error) {
    if (error != LaunchError::none) w.block->grid->children.note_error(thread_of(w, lane), error);
    return error;
}

template <class Body>
const Insn* each_lane(Warp& w, const Insn* i, Body body) {
    const auto& site = *static_cast<const CallSite*>(i->side);
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        write_result(w, site, lane, body(site, lane));
    }
    return i + 1;
}

template <class Body>
const Insn* each_lane_answering(Warp& w, const Insn* i, Body body) {
    return each_lane(w, i, [&](const CallSite& site, std::uint32_t lane) {
        return static_cast<std::uint64_t>(body(site, lane));
    });
}

LaunchError check(GridState& parent, const ChildLaunch& child) {
    const LaunchConfig& config = child.config;
    if (config.function == nullptr) return LaunchError::invalid_function;
    const FunctionInfo& declared = *config.function->declared;
    std::uint64_t threads = 1;
    bool good = true;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        good = good && config.block[axis] != 0 && config.block[axis] <= kMostBlock[axis] &&
               config.grid[axis] != 0 && config.grid[axis] <= kMostGrid[axis];
        const std::uint32_t required = declared.required_block[axis];
        good = good && (declared.required_block[0] == 0 || config.block[axis] == required);
        threads *= config.block[axis];
    }
    good = good && threads <= declared.max_threads &&
           std::uint64_t{declared.static_shared} + config.dynamic_shared <= kMostShared;
    if (!good) return LaunchError::invalid_configuration;
    if (child.depth > kMostDepth) return LaunchError::too_deep;
    return parent.pending() < parent.config.most_pending ? LaunchError::none : LaunchError::too_many;
}

// (kernel, blocks, threads, bytes of shared memory): where its arguments are to be written; 0 and an error.
const Insn* get_buffer(Warp& w, const Insn* i) {
    return each_lane(w, i, [&](const CallSite& site, std::uint32_t lane) {
        GridState& parent = *w.block->grid;
        ChildLaunch child;
        child.depth = parent.depth + 1;
        LaunchConfig& config = child.config;
        config.function = parent.function->functions->find_kernel(read_argument(w, site, 0, lane));
        read_argument_bytes(w, site, 1, lane, config.grid.data(), sizeof config.grid);
        read_argument_bytes(w, site, 2, lane, config.block.data(), sizeof config.block);
        config.dynamic_shared = static_cast<std::uint32_t>(read_argument(w, site, 3, lane));
        config.stack_bytes = parent.config.stack_bytes;
        config.most_pending = parent.config.most_pending;
        if (note(w, lane, check(parent, child)) != LaunchError::none) return std::uint64_t{0};
        config.params.resize(config.function->declared->param_bytes);
        const std::uint64_t buffer =
            parent.services.device_malloc(std::max<std::uint64_t>(config.params.size(), 16));
        if (buffer == 0) {
            note(w, lane, LaunchError::too_many);
        } else {
            parent.children.prepare(buffer, std::move(child));
        }
        return buffer;
    });
}

// (buffer, stream)
const Insn* launch_child(Warp& w, const Insn* i) {
    each_lane_answering(w, i, [&](const CallSite& site, std::uint32_t lane) {
        GridState& parent = *w.block->grid;
        const std::uint64_t buffer = read_argument(w, site, 0, lane);
        const std::uint64_t stream = read_argument(w, site, 1, lane);
        if (!parent.children.has_stream(stream)) return note(w, lane, LaunchError::invalid_stream);
        ChildLaunch child;
        if (!parent.children.take_prepared(buffer, child)) return note(w, lane, LaunchError::invalid_value);
        std::vector<std::byte>& params = child.config.params;
        const std::byte* from = find_generic(w, lane, buffer, params.size());
        // The program may have freed it, which was not its to free.
        if (from == nullptr && !params.empty()) return note(w, lane, LaunchError::invalid_value);
        if (!params.empty()) std::memcpy(params.data(), from, params.size());
        parent.services.device_free(buffer);
        parent.children.launch(std::move(child), stream == Children::kTailStream);
        return LaunchError::none;
    });
    // Other instructions may have cached the range that has just been freed.
    for (RangeCache& cache : w.block->worker->caches) cache = RangeCache{};
    return i + 1;
}

// (address of the stream, flags)
const Insn* create_stream(Warp& w, const Insn* i) {
    return each_lane_answering(w, i, [&](const CallSite& site, std::uint32_t lane) {
        std::uint64_t stream = 0;
        std::byte* to = find_generic(w, lane, read_argument(w, site, 0, lane), sizeof stream);
        const bool good = to != nullptr && (read_argument(w, site, 1, lane) & 0xffffffffU) == kNonBlocking;
        if (!good) return note(w, lane, LaunchError::invalid_value);
        stream = w.block->grid->children.create_stream();
        std::memcpy(to, &stream, sizeof stream);
        return LaunchError::none;
    });
}

const Insn* destroy_stream(Warp& w, const Insn* i) {
    return each_lane_answering(w, i, [&](const CallSite& site, std::uint32_t lane) {
        const bool known = w.block->grid->children.destroy_stream(read_argument(w, site, 0, lane));
        return note(w, lane, known ? LaunchError::none : LaunchError::invalid_stream);
    });
}

template <bool kForget>
const Insn* last_error(Warp& w, const Insn* i) {
    return each_lane_answering(w, i, [&](const CallSite&, std::uint32_t lane) {
        return w.block->grid->children.error_of(thread_of(w, lane), kForget);
    });
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(call, none, kCallGetBuffer, get_buffer),
    FERRY_PLAIN(call, none, kCallLaunch, launch_child),
    FERRY_PLAIN(call, none, kCallCreateStream, create_stream),
    FERRY_PLAIN(call, none, kCallDestroyStream, destroy_stream),
    FERRY_PLAIN(call, none, kCallLastError, last_error<true>),
    FERRY_PLAIN(call, none, kCallPeekError, last_error<false>),
};

}  // namespace

std::span<const OpEntry> device_runtime_entries() { return kEntries; }

}  // namespace soft
