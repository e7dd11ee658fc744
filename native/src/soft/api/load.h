// Loading code: from an image to a module in a context or to a library. Used by entry_module.cc and
// entry_library.cc.
#pragma once
#include <memory>

#include "cudart/abi.h"
#include "soft/api/device.h"
#include "soft/api/jit_options.h"

namespace soft::driver {

// CUDA_SUCCESS and a module that `context` owns, or why not; the options' logs are filled either way.
abi::CUresult load_into(Context& context, const void* image, const JitOptions& options,
                        abi::CUmodule& module);

// The same for a library: loaded at once into the current context, or into the primary one when there is
// none.
abi::CUresult load_library(Device& device, const void* image, const JitOptions& options,
                           abi::CUlibrary& library);

// The bytes of a file and a NUL behind them; null when it cannot be read.
std::unique_ptr<std::vector<char>> read_file(const char* path);

}  // namespace soft::driver
