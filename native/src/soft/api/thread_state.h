// What the driver remembers of each thread: its stack of current contexts. Made at a thread's first call,
// freed when the thread ends (and, for the thread that ends the process, never: exit handlers still call in).
#pragma once
#include <cstdint>
#include <vector>

#include "cudart/abi.h"

namespace soft::driver {

struct ThreadState {
    std::uint64_t number = 0;  // unique for ever in this process
    std::vector<abi::CUcontext> stack;
    abi::CUstreamCaptureMode capture_mode = abi::CU_STREAM_CAPTURE_MODE_GLOBAL;
};

ThreadState& this_thread();

}  // namespace soft::driver
