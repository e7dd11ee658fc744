// What a function or kernel handle stands for, whichever it is: CUDA takes a CUkernel wherever it takes a
// CUfunction. Attributes, occupancy and launches read functions through this.
#pragma once
#include <cstddef>

#include "cudart/abi.h"
#include "cudart/occupancy.h"
#include "soft/api/device.h"

namespace soft::driver {

struct FunctionView {
    const FunctionInfo* declared = nullptr;
    FunctionSettings* settings = nullptr;
};

// False when `handle` (a CUfunction or a CUkernel, as a number) is neither.
bool view_function(const Device& device, std::uint64_t handle, FunctionView& view);

// Registers per thread, within what lets the function's largest block run at all.
int registers_of(const FunctionInfo& declared);

abi::CUresult get_attribute(const FunctionView& view, abi::CUfunction_attribute attribute, int& value);
// CUDA_ERROR_INVALID_VALUE for what cannot be set and for what is out of range.
abi::CUresult set_attribute(const FunctionView& view, abi::CUfunction_attribute attribute, int value);
abi::CUresult get_parameter(const FunctionView& view, std::size_t index, std::size_t* offset,
                            std::size_t* size);

cudart::OccupancyKernel occupancy_of(const FunctionView& view);
// Blocks of `threads` threads and `dynamic_shared` bytes that one multiprocessor holds at a time; 0 when none
// fits.
int resident_blocks(const FunctionView& view, int threads, std::size_t dynamic_shared);

}  // namespace soft::driver
