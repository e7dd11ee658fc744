// Sizes of texels, for those formats whose texels have one. Used by the shim and by the engine, where arrays
// are checked and counted.
#pragma once
#include <cstddef>

#include "cudart/abi.h"

namespace cudart {

// Bytes of one channel; 0 of a format of several planes or a compressed one.
inline std::size_t bytes_per_channel(abi::CUarray_format format) {
    switch (format) {
        case abi::CU_AD_FORMAT_UNSIGNED_INT8:
        case abi::CU_AD_FORMAT_SIGNED_INT8:
            return 1;
        case abi::CU_AD_FORMAT_UNSIGNED_INT16:
        case abi::CU_AD_FORMAT_SIGNED_INT16:
        case abi::CU_AD_FORMAT_HALF:
            return 2;
        case abi::CU_AD_FORMAT_UNSIGNED_INT32:
        case abi::CU_AD_FORMAT_SIGNED_INT32:
        case abi::CU_AD_FORMAT_FLOAT:
            return 4;
        default:
            return 0;
    }
}

}  // namespace cudart
