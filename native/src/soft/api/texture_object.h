// From the vendor's descriptions to what the engine reads. Called by entry_texture.cc.
#pragma once
#include "soft/api/device.h"
#include "soft/api/image_store.h"

namespace soft::driver {

// Fills in `object`, whose descriptions are set. CUDA_ERROR_INVALID_VALUE when they contradict each other or
// the memory is not there, CUDA_ERROR_INVALID_HANDLE for an array that is none, CUDA_ERROR_NOT_SUPPORTED for
// what the device does not do (sRGB, block compression).
abi::CUresult describe(const Device& device, TextureObject& object);
abi::CUresult describe(const Device& device, SurfaceObject& object);

}  // namespace soft::driver
