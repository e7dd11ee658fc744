// The driver as the benchmark guests see it: libcuda.so.1 loaded by name, as any program may, so that the
// same binary runs on NVIDIA's driver, on the software device and through Ferry. Its build needs no toolkit.
#pragma once
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "cudart/abi.h"

namespace bench {

struct Driver {
#define DRIVER_CALL(name, parameters) abi::CUresult(*name) parameters = nullptr;
#include "driver.inc"
#undef DRIVER_CALL
};

extern Driver driver;

// Ends the process with a line on stderr when the call failed: a benchmark of failing calls measures nothing.
inline void check(abi::CUresult result, const char* call, int line) {
    if (result == abi::CUDA_SUCCESS) return;
    std::fprintf(stderr, "%s (line %d) answered %d\n", call, line, static_cast<int>(result));
    std::exit(1);
}
#define CU(call) bench::check(bench::driver.call, #call, __LINE__)

// An initialised driver with the primary context current and PTX loaded: the benchmarks' kernels unless said.
struct Session {
    Session();
    explicit Session(const char* ptx);
    abi::CUfunction function(const char* name) const;

    abi::CUdevice device = -1;
    abi::CUcontext context = nullptr;
    abi::CUmodule module = nullptr;
    char device_name[128] = "";
};

// A one-dimensional launch on the null stream with the arguments by address.
template <class... Arguments>
void launch(abi::CUfunction function, unsigned blocks, unsigned threads, abi::CUstream stream,
            Arguments... arguments) {
    void* parameters[] = {&arguments..., nullptr};
    CU(cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr));
}

}  // namespace bench
