// The one clock of the device: monotonic, in nanoseconds. Used by stream/ and launch/.
#pragma once
#include <time.h>

#include <cstdint>

namespace soft {

inline std::uint64_t now_ns() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace soft
