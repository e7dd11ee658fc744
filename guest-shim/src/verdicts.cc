// See verdicts.h.
#include "verdicts.h"

namespace guest {

abi::CUresult check_fill(Session& session, std::uint64_t address, std::uint64_t elements,
                         std::size_t element_size) {
    std::uint64_t size = 0;
    if (__builtin_mul_overflow(elements, element_size, &size)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (address % element_size != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    return size == 0 ? abi::CUDA_SUCCESS : check_device_range(session, address, size);
}

abi::CUresult check_fill_2d(Session& session, std::uint64_t address, std::uint64_t pitch, std::uint64_t width,
                            std::uint64_t height, std::size_t element_size) {
    std::uint64_t row = 0;
    std::uint64_t extent = 0;
    if (__builtin_mul_overflow(width, element_size, &row)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (address % element_size != 0 || pitch % element_size != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    if (row == 0 || height == 0) return abi::CUDA_SUCCESS;
    if (height > 1 && pitch < row) return abi::CUDA_ERROR_INVALID_VALUE;
    const bool wraps =
        __builtin_mul_overflow(height - 1, pitch, &extent) || __builtin_add_overflow(extent, row, &extent);
    return wraps ? abi::CUDA_ERROR_INVALID_VALUE : check_device_range(session, address, extent);
}

}  // namespace guest
