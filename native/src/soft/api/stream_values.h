// Values in memory that streams write and wait for: what one batch of them is as a command. Used by
// entry_values.cc and by nodes of graphs.
#pragma once
#include <span>

#include "soft/api/device.h"

namespace soft::driver {

inline constexpr unsigned kMostValues = 256;  // of one batch, as CUDA has it

// CUDA_ERROR_INVALID_VALUE for addresses that are misaligned or no memory of the device's, and unknown flags;
// CUDA_ERROR_NOT_SUPPORTED for flushes of remote writes. A node may also name what its graph allocates.
abi::CUresult check_values(const Device& device, std::span<const abi::CUstreamBatchMemOpParams> operations,
                           unsigned flags, bool in_graph = false);

// Makes `command` do them in order, each as soon as those before it are done. No thread waits meanwhile.
void fill_values(std::vector<abi::CUstreamBatchMemOpParams> operations, Command& command);

}  // namespace soft::driver
