// How many blocks of a kernel one multiprocessor holds at a time, by the published rules of compute
// capability 8.0 with the default split of shared memory. Two users, which must agree to the last block: the
// software device, and the shim, which so answers the occupancy calls without asking.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cudart {

struct OccupancyDevice {
    int threads;        // of one multiprocessor, as what follows
    int blocks;
    int registers;
    int shared;         // bytes
    int reserved;       // bytes of shared memory that each block costs besides its own
    int opt_in_shared;  // bytes that one block may have
};

struct OccupancyKernel {
    int max_threads;             // of a block
    int registers;               // of a thread
    std::size_t static_shared;   // bytes
};

namespace detail {

inline constexpr int kWarpSize = 32;
inline constexpr int kRegisterUnit = 256;  // registers are given to a warp in units of this
inline constexpr int kSharedUnit = 128;    // bytes
inline constexpr int kWarpUnit = 4;        // warps are spread over four schedulers

constexpr int round_up(int value, int unit) { return (value + unit - 1) / unit * unit; }

}  // namespace detail

// 0 when no block of `threads` threads and `dynamic_shared` bytes can run.
constexpr int resident_blocks(const OccupancyDevice& device, const OccupancyKernel& kernel, int threads,
                              std::size_t dynamic_shared) {
    if (threads <= 0 || threads > kernel.max_threads) return 0;
    const auto per_block = static_cast<std::size_t>(device.opt_in_shared);
    if (dynamic_shared > per_block || kernel.static_shared + dynamic_shared > per_block) return 0;
    const int warps = detail::round_up(threads, detail::kWarpSize) / detail::kWarpSize;
    const int warp_registers =
        detail::round_up(std::max(kernel.registers, 1) * detail::kWarpSize, detail::kRegisterUnit);
    const int warps_by_registers =
        device.registers / warp_registers / detail::kWarpUnit * detail::kWarpUnit;
    const int shared =
        detail::round_up(static_cast<int>(kernel.static_shared + dynamic_shared), detail::kSharedUnit);
    return std::min({device.blocks, device.threads / detail::kWarpSize / warps, warps_by_registers / warps,
                     device.shared / std::max(shared + device.reserved, 1)});
}

// Bytes of dynamic shared memory that each of `blocks` blocks can have. False when so many do not fit at all.
constexpr bool available_shared(const OccupancyDevice& device, const OccupancyKernel& kernel, int blocks,
                                int threads, std::size_t& bytes) {
    if (blocks <= 0 || threads <= 0 || resident_blocks(device, kernel, threads, 0) < blocks) return false;
    const int share =
        device.shared / blocks / detail::kSharedUnit * detail::kSharedUnit - device.reserved;
    const int room = std::min(share, device.opt_in_shared) - static_cast<int>(kernel.static_shared);
    bytes = static_cast<std::size_t>(std::max(room, 0));
    return true;
}

}  // namespace cudart
