// What a handler may answer besides a CUresult, and which results end a context for good.
#pragma once
#include "cudart/abi.h"

namespace engine {

// The record has been taken over by a watch or a landing, which will answer it.
inline constexpr auto kPending = static_cast<abi::CUresult>(-1);
// Staging memory is full: the executor stays at this record and runs it again once some is free.
inline constexpr auto kRetry = static_cast<abi::CUresult>(-2);

// Errors after which the driver refuses everything until the process ends; CUDA's documentation says of each
// that the process must be terminated. Answered for ever from then on.
constexpr bool is_sticky(abi::CUresult result) {
    switch (result) {
        case abi::CUDA_ERROR_ECC_UNCORRECTABLE:
        case abi::CUDA_ERROR_NVLINK_UNCORRECTABLE:
        case abi::CUDA_ERROR_ILLEGAL_ADDRESS:
        case abi::CUDA_ERROR_LAUNCH_TIMEOUT:
        case abi::CUDA_ERROR_ASSERT:
        case abi::CUDA_ERROR_HARDWARE_STACK_ERROR:
        case abi::CUDA_ERROR_ILLEGAL_INSTRUCTION:
        case abi::CUDA_ERROR_MISALIGNED_ADDRESS:
        case abi::CUDA_ERROR_INVALID_ADDRESS_SPACE:
        case abi::CUDA_ERROR_INVALID_PC:
        case abi::CUDA_ERROR_LAUNCH_FAILED:
        case abi::CUDA_ERROR_CONTAINED:
        case abi::CUDA_ERROR_TENSOR_MEMORY_LEAK:
            return true;
        default:
            return false;
    }
}

}  // namespace engine
