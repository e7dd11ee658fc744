// What the three demo programs share: checking a runtime call, and the one result line that the demo's
// driver shows. Plain CUDA C++: nothing here knows of Ferry, because the programs stand for ones that do
// not.
#pragma once
#include <cuda_runtime.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace demo {

// Ends the program with the runtime's own words when a call failed.
inline void check(cudaError_t error, const char* what) {
    if (error != cudaSuccess) {
        std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
        std::exit(1);
    }
}

// `PASS text` or `FAIL text` on standard output; answers the exit status.
inline int verdict(bool passed, const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    std::printf(passed ? "PASS " : "FAIL ");
    std::vprintf(format, arguments);
    std::printf("\n");
    va_end(arguments);
    return passed ? 0 : 1;
}

}  // namespace demo
