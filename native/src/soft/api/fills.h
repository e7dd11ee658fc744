// Whether a fill may run: entry_fill.cc implements it, graphs use it too.
#pragma once
#include "soft/api/device.h"
#include "soft/memory/transfer.h"

namespace soft::driver {

// CUDA_ERROR_INVALID_VALUE for a target that is misaligned, or not in one live block; a node of a graph may
// also fill what the graph allocates.
abi::CUresult check_fill(const Device& device, const Fill& fill, bool in_graph = false);

}  // namespace soft::driver
