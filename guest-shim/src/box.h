// Copies of boxes: rows of rows, each side host memory, device memory or an array. Bytes of the program
// travel packed, a piece of the box in each record; pinned memory of the arena is named. Used by the
// entry_copy*.cc files.
#pragma once
#include <cstddef>
#include <cstdint>

#include "copy.h"
#include "cudart/abi.h"

namespace guest {

// One side; x in bytes.
struct BoxSide {
    abi::CUmemorytype type{};
    const void* host = nullptr;
    abi::CUdeviceptr device = 0;
    abi::CUarray array = nullptr;
    std::uint64_t x = 0, y = 0, z = 0;
    std::uint64_t pitch = 0;   // bytes; 0: rows follow each other
    std::uint64_t height = 0;  // rows of a slice; 0: as many as are copied
};

struct BoxExtent {
    std::uint64_t width = 0;  // bytes
    std::uint64_t rows = 0;
    std::uint64_t slices = 0;
};

// CUDA_ERROR_INVALID_VALUE for what is wide of an array or an allocation, CUDA_ERROR_INVALID_HANDLE for an
// array or a stream that is none.
abi::CUresult copy_box(Session& session, const BoxSide& target, const BoxSide& source,
                       const BoxExtent& extent, abi::CUstream stream, Form form);

// Bytes of a row of the array and of all its rows in one slice; false for formats whose texels have no size.
bool array_extent(Session& session, abi::CUarray array, std::uint64_t& row, std::uint64_t& slice);

}  // namespace guest
