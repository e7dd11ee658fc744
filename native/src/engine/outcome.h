// What a handler may answer besides a CUresult.
#pragma once
#include "cudart/abi.h"

namespace engine {

// The record has been taken over by a watch or a landing, which will answer it.
inline constexpr auto kPending = static_cast<abi::CUresult>(-1);
// Staging memory is full: the executor stays at this record and runs it again once some is free.
inline constexpr auto kRetry = static_cast<abi::CUresult>(-2);

}  // namespace engine
