// Arrays: what describes one, and which face of a cube is which.
// Included by cudart/abi.h only.
#pragma once
#include <cstddef>

#include "cudart/abi/memory.h"

namespace abi {

enum CUarray_cubemap_face : int {
    CU_CUBEMAP_FACE_POSITIVE_X = 0x00,
    CU_CUBEMAP_FACE_NEGATIVE_X = 0x01,
    CU_CUBEMAP_FACE_POSITIVE_Y = 0x02,
    CU_CUBEMAP_FACE_NEGATIVE_Y = 0x03,
    CU_CUBEMAP_FACE_POSITIVE_Z = 0x04,
    CU_CUBEMAP_FACE_NEGATIVE_Z = 0x05,
};

struct CUDA_ARRAY_DESCRIPTOR {
    std::size_t Width;
    std::size_t Height;
    CUarray_format Format;
    unsigned int NumChannels;
};

struct CUDA_ARRAY3D_DESCRIPTOR {
    std::size_t Width;
    std::size_t Height;
    std::size_t Depth;
    CUarray_format Format;
    unsigned int NumChannels;
    unsigned int Flags;
};

struct CUDA_ARRAY_MEMORY_REQUIREMENTS {
    std::size_t size;
    std::size_t alignment;
    unsigned int reserved[4];
};

// The vendor's header has these as macros.
inline constexpr unsigned int CUDA_ARRAY3D_LAYERED = 0x01;
inline constexpr unsigned int CUDA_ARRAY3D_SURFACE_LDST = 0x02;
inline constexpr unsigned int CUDA_ARRAY3D_CUBEMAP = 0x04;
inline constexpr unsigned int CUDA_ARRAY3D_TEXTURE_GATHER = 0x08;
inline constexpr unsigned int CUDA_ARRAY3D_DEPTH_TEXTURE = 0x10;
inline constexpr unsigned int CUDA_ARRAY3D_COLOR_ATTACHMENT = 0x20;
inline constexpr unsigned int CUDA_ARRAY3D_SPARSE = 0x40;
inline constexpr unsigned int CUDA_ARRAY3D_DEFERRED_MAPPING = 0x80;

}  // namespace abi
