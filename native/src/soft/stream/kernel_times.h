// How long a kernel has lately taken, which says how to go about its next launch. Any thread.
#pragma once
#include <atomic>
#include <cstdint>

namespace soft::driver {

// Nanoseconds, 0 before the first time.
struct KernelTimes {
    std::atomic<std::uint32_t> lone_block_ns{0};  // of its last launch of one block
    std::atomic<std::uint32_t> visit_ns{0};  // of the thread that began its last launch of several blocks
};

}  // namespace soft::driver
