// Arrays: texels in device memory that programs reach by copies, textures and surfaces only. A mipmapped
// array is several of them in one block. Made by entry_array.cc, kept by ImageStore.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "cudart/abi.h"
#include "soft/texture.h"

namespace soft::driver {

class Mipmap;

class Array {
  public:
    abi::CUDA_ARRAY3D_DESCRIPTOR description{};
    Image image;
    std::uint64_t handle = 0;
    std::uint64_t memory = 0;  // the block that is its own; 0 of a level
    const Mipmap* whole = nullptr;

    std::uint64_t row_bytes() const { return std::uint64_t{image.width} * image.texel_bytes(); }
    // Layers, or faces; 0 when the array has none.
    std::uint32_t array_size() const;
};

class Mipmap {
  public:
    abi::CUDA_ARRAY3D_DESCRIPTOR description{};
    std::vector<std::unique_ptr<Array>> levels;
    std::uint64_t handle = 0;
    std::uint64_t memory = 0;
    std::uint64_t size = 0;  // bytes
};

// The texel type of a format; false for formats of several planes and compressed ones.
bool find_texel_type(abi::CUarray_format format, TexelType& type);

// Lays out what `description` asks for, at address 0. CUDA_ERROR_INVALID_VALUE when it makes no sense,
// CUDA_ERROR_NOT_SUPPORTED for formats and flags that are not there.
abi::CUresult lay_out(const abi::CUDA_ARRAY3D_DESCRIPTOR& description, Image& image);
// Bytes that the image takes.
std::uint64_t image_bytes(const Image& image);
// The description of the level below.
abi::CUDA_ARRAY3D_DESCRIPTOR next_level(const abi::CUDA_ARRAY3D_DESCRIPTOR& description);

}  // namespace soft::driver
