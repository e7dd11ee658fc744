// A libcuda.so.1 to link against, and never to run on: every call answers CUDA_ERROR_STUB_LIBRARY, as the
// toolkit's own stub does. Built by test/e2e.
#include <cstddef>
#include <cstdint>

#include "cudart/abi.h"

using namespace abi;

#define DRIVER_CALL(name, parameters) \
    extern "C" CUresult name parameters { return CUDA_ERROR_STUB_LIBRARY; }
#include "calls.inc"
