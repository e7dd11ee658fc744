// Exported: occupancy and the profiler switches.
#include <algorithm>

#include "soft/api/entry.h"
#include "soft/api/function_view.h"

using namespace soft;
using namespace soft::driver;

namespace {

template <class Body>
CUresult on_function(abi::CUfunction handle, unsigned flags, Body&& body) {
    return enter_context([&](Device& device, Context&) -> CUresult {
        FunctionView view;
        if (!view_function(device, address_of(handle), view)) return abi::CUDA_ERROR_INVALID_HANDLE;
        if ((flags & ~unsigned{abi::CU_OCCUPANCY_DISABLE_CACHING_OVERRIDE}) != 0)
            return abi::CUDA_ERROR_INVALID_VALUE;
        return body(device, view);
    });
}

struct Best {
    int block = 0;
    int resident = 0;
};

// The largest block that keeps most threads resident.
Best best_block(const FunctionView& view, abi::CUoccupancyB2DSize shared_of, std::size_t shared, int limit) {
    const int largest = static_cast<int>(std::min(view.declared->max_threads, kMaxThreadsPerBlock));
    const int most = limit > 0 ? std::min(limit, largest) : largest;
    Best best;
    int rounded = (most + kWarpSize - 1) / kWarpSize * kWarpSize;
    for (; rounded > 0; rounded -= kWarpSize) {
        const int block = std::min(rounded, most);
        const std::size_t dynamic = shared_of == nullptr ? shared : shared_of(block);
        const int resident = resident_blocks(view, block, dynamic);
        if (resident * block > best.resident * best.block) best = {block, resident};
        if (best.resident * best.block == kThreadsPerMultiprocessor) break;
    }
    return best;
}

}  // namespace

SOFT_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* count, abi::CUfunction f,
                                                                          int block, std::size_t shared,
                                                                          unsigned int flags) {
    return on_function(f, flags, [&](const Device&, const FunctionView& view) {
        if (count == nullptr || block <= 0) return abi::CUDA_ERROR_INVALID_VALUE;
        *count = resident_blocks(view, block, shared);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* count, abi::CUfunction f, int block,
                                                                 std::size_t shared) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(count, f, block, shared, 0);
}

SOFT_EXPORT CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int* grid, int* block, abi::CUfunction f,
                                                               abi::CUoccupancyB2DSize shared_of,
                                                               std::size_t shared, int limit,
                                                               unsigned int flags) {
    return on_function(f, flags, [&](const Device& device, const FunctionView& view) {
        if (grid == nullptr || block == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const Best best = best_block(view, shared_of, shared, limit);
        *block = best.block;
        *grid = best.resident * device.profile(0).multiprocessors();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuOccupancyMaxPotentialBlockSize(int* grid, int* block, abi::CUfunction f,
                                                      abi::CUoccupancyB2DSize shared_of, std::size_t shared,
                                                      int limit) {
    return cuOccupancyMaxPotentialBlockSizeWithFlags(grid, block, f, shared_of, shared, limit, 0);
}

SOFT_EXPORT CUresult cuOccupancyAvailableDynamicSMemPerBlock(std::size_t* bytes, abi::CUfunction f,
                                                             int blocks, int block) {
    return on_function(f, 0, [&](const Device&, const FunctionView& view) {
        if (bytes == nullptr || blocks <= 0 || block <= 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const bool fits =
            cudart::available_shared(kOccupancyDevice, occupancy_of(view), blocks, block, *bytes);
        return fits ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    });
}

// No profiler listens; switching none on and off works.
SOFT_EXPORT CUresult cuProfilerStart() {
    return enter_context([](Device&, Context&) { return abi::CUDA_SUCCESS; });
}

SOFT_EXPORT CUresult cuProfilerStop() {
    return enter_context([](Device&, Context&) { return abi::CUDA_SUCCESS; });
}
