// How large arrays, textures and surfaces may be: what a device of compute capability 8.0 says, and what
// array.cc and texture_object.cc hold programs to.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include "cudart/abi.h"

namespace soft::driver {

struct ImageLimit {
    std::size_t width;
    std::size_t height = 0;  // 0: has none
    std::size_t depth = 0;   // or layers, faces of cubes included
};

inline constexpr ImageLimit kLine{131072};
inline constexpr ImageLimit kStoredLine{32768};  // of surfaces
inline constexpr ImageLimit kLayeredLine{32768, 0, 2048};
inline constexpr ImageLimit kPlane{131072, 65536};
inline constexpr ImageLimit kGatherPlane{32768, 32768};
inline constexpr ImageLimit kLayeredPlane{32768, 32768, 2048};
inline constexpr ImageLimit kBox{16384, 16384, 16384};
inline constexpr ImageLimit kDeepBox{8192, 8192, 32768};
inline constexpr ImageLimit kCube{32768, 32768, 6};
inline constexpr ImageLimit kLayeredCube{32768, 32768, 2046};
inline constexpr ImageLimit kPitchPlane{131072, 65000};  // in plain device memory
inline constexpr std::size_t kWidestPitch = 2097120;     // bytes
inline constexpr std::size_t kLongestBuffer = std::size_t{1} << 28;  // texels of plain device memory
inline constexpr std::uint64_t kTextureAlignment = 512;       // of an address
inline constexpr std::uint64_t kTexturePitchAlignment = 32;

namespace texture_attributes {

using enum abi::CUdevice_attribute;

template <class Number>
constexpr int as_int(Number number) {
    return static_cast<int>(number);
}

inline constexpr std::pair<abi::CUdevice_attribute, int> kValues[] = {
    {CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT, as_int(kTextureAlignment)},
    {CU_DEVICE_ATTRIBUTE_SURFACE_ALIGNMENT, as_int(kTextureAlignment)},
    {CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT, as_int(kTexturePitchAlignment)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_WIDTH, as_int(kLine.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_MIPMAPPED_WIDTH, as_int(kLayeredLine.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH, as_int(kLongestBuffer)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LAYERED_WIDTH, as_int(kLayeredLine.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LAYERED_LAYERS, as_int(kLayeredLine.depth)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_WIDTH, as_int(kPlane.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_HEIGHT, as_int(kPlane.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LINEAR_WIDTH, as_int(kPitchPlane.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LINEAR_HEIGHT, as_int(kPitchPlane.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LINEAR_PITCH, as_int(kWidestPitch)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_MIPMAPPED_WIDTH, as_int(kGatherPlane.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_MIPMAPPED_HEIGHT, as_int(kGatherPlane.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_GATHER_WIDTH, as_int(kGatherPlane.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_GATHER_HEIGHT, as_int(kGatherPlane.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LAYERED_WIDTH, as_int(kLayeredPlane.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LAYERED_HEIGHT, as_int(kLayeredPlane.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE2D_LAYERED_LAYERS, as_int(kLayeredPlane.depth)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_WIDTH, as_int(kBox.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_HEIGHT, as_int(kBox.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_DEPTH, as_int(kBox.depth)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_WIDTH_ALTERNATE, as_int(kDeepBox.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_HEIGHT_ALTERNATE, as_int(kDeepBox.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE3D_DEPTH_ALTERNATE, as_int(kDeepBox.depth)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURECUBEMAP_WIDTH, as_int(kCube.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURECUBEMAP_LAYERED_WIDTH, as_int(kLayeredCube.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURECUBEMAP_LAYERED_LAYERS, as_int(kLayeredCube.depth)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE1D_WIDTH, as_int(kStoredLine.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE1D_LAYERED_WIDTH, as_int(kLayeredLine.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE1D_LAYERED_LAYERS, as_int(kLayeredLine.depth)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_WIDTH, as_int(kPlane.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_HEIGHT, as_int(kPlane.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_LAYERED_WIDTH, as_int(kLayeredPlane.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_LAYERED_HEIGHT, as_int(kLayeredPlane.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE2D_LAYERED_LAYERS, as_int(kLayeredPlane.depth)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE3D_WIDTH, as_int(kBox.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE3D_HEIGHT, as_int(kBox.height)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACE3D_DEPTH, as_int(kBox.depth)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACECUBEMAP_WIDTH, as_int(kCube.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACECUBEMAP_LAYERED_WIDTH, as_int(kLayeredCube.width)},
    {CU_DEVICE_ATTRIBUTE_MAXIMUM_SURFACECUBEMAP_LAYERED_LAYERS, as_int(kLayeredCube.depth)},
};

}  // namespace texture_attributes
}  // namespace soft::driver
