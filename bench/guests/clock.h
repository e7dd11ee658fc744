// The clock of everything that the benchmarks' native programs time.
#pragma once
#include <time.h>

namespace bench {

// Of CLOCK_MONOTONIC, in ns.
inline double now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

}  // namespace bench
