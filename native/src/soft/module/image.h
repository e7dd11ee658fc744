// From a code image as CUDA takes it (fatbin wrapper, fatbin, ELF, PTX text) to the PTX texts that will be
// loaded. Used by Module and Library. Copies what it returns: the image is the caller's and may go away.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "cudart/abi.h"

namespace soft::driver {

inline constexpr unsigned kDeviceArch =
    80;  // what the device claims to be, and the newest PTX target it takes

struct CodeUnits {
    abi::CUresult error = abi::CUDA_SUCCESS;
    std::string log;                 // why, for people; set when error is
    std::vector<std::string> texts;  // one PTX text per translation unit
};

// Errors: CUDA_ERROR_INVALID_IMAGE for what is no image or does not decompress, CUDA_ERROR_NO_BINARY_FOR_GPU
// for machine code without PTX and for PTX that is all too new, CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
// CUDA_ERROR_INVALID_PTX.
CodeUnits read_units(const void* image);

// One fatbin of texts that belong together and were linked: read_units() finds all of them in it.
std::vector<std::byte> linked_image(const std::vector<std::string>& texts);

}  // namespace soft::driver
