// Arrays: what their descriptions mean and how they lie in memory. See array.h.
#include "soft/api/array.h"

#include <algorithm>

#include "soft/api/texture_limits.h"

namespace soft::driver {
namespace {

constexpr std::uint64_t kRowAlignment = 32;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 47;

constexpr unsigned kKnownFlags = abi::CUDA_ARRAY3D_LAYERED | abi::CUDA_ARRAY3D_SURFACE_LDST |
                                 abi::CUDA_ARRAY3D_CUBEMAP | abi::CUDA_ARRAY3D_TEXTURE_GATHER |
                                 abi::CUDA_ARRAY3D_DEPTH_TEXTURE | abi::CUDA_ARRAY3D_COLOR_ATTACHMENT |
                                 abi::CUDA_ARRAY3D_SPARSE | abi::CUDA_ARRAY3D_DEFERRED_MAPPING;
constexpr unsigned kMissingFlags =
    abi::CUDA_ARRAY3D_DEPTH_TEXTURE | abi::CUDA_ARRAY3D_SPARSE | abi::CUDA_ARRAY3D_DEFERRED_MAPPING;

bool within(const abi::CUDA_ARRAY3D_DESCRIPTOR& asked, const ImageLimit& limit) {
    return asked.Width <= limit.width && asked.Height <= limit.height && asked.Depth <= limit.depth;
}

bool is_cube(const abi::CUDA_ARRAY3D_DESCRIPTOR& asked) {
    const bool layered = (asked.Flags & abi::CUDA_ARRAY3D_LAYERED) != 0;
    const bool whole = layered ? asked.Depth != 0 && asked.Depth % 6 == 0 : asked.Depth == 6;
    return whole && asked.Width == asked.Height && within(asked, layered ? kLayeredCube : kCube);
}

bool has_shape(const abi::CUDA_ARRAY3D_DESCRIPTOR& asked) {
    if (asked.Width == 0) return false;
    const bool stored = (asked.Flags & abi::CUDA_ARRAY3D_SURFACE_LDST) != 0;
    const bool gathers = (asked.Flags & abi::CUDA_ARRAY3D_TEXTURE_GATHER) != 0;
    if (gathers && (asked.Height == 0 || !within(asked, kGatherPlane))) return false;
    if ((asked.Flags & abi::CUDA_ARRAY3D_CUBEMAP) != 0) return is_cube(asked);
    if ((asked.Flags & abi::CUDA_ARRAY3D_LAYERED) != 0)
        return asked.Depth != 0 && within(asked, asked.Height == 0 ? kLayeredLine : kLayeredPlane);
    if (asked.Depth != 0) return asked.Height != 0 && (within(asked, kBox) || within(asked, kDeepBox));
    return within(asked, asked.Height != 0 ? kPlane : stored ? kStoredLine : kLine);
}

}  // namespace

std::uint32_t Array::array_size() const {
    const bool sliced = (description.Flags & (abi::CUDA_ARRAY3D_LAYERED | abi::CUDA_ARRAY3D_CUBEMAP)) != 0;
    return sliced ? image.depth : 0;
}

bool find_texel_type(abi::CUarray_format format, TexelType& type) {
    switch (format) {
        case abi::CU_AD_FORMAT_UNSIGNED_INT8:
            type = TexelType::u8;
            return true;
        case abi::CU_AD_FORMAT_UNSIGNED_INT16:
            type = TexelType::u16;
            return true;
        case abi::CU_AD_FORMAT_UNSIGNED_INT32:
            type = TexelType::u32;
            return true;
        case abi::CU_AD_FORMAT_SIGNED_INT8:
            type = TexelType::s8;
            return true;
        case abi::CU_AD_FORMAT_SIGNED_INT16:
            type = TexelType::s16;
            return true;
        case abi::CU_AD_FORMAT_SIGNED_INT32:
            type = TexelType::s32;
            return true;
        case abi::CU_AD_FORMAT_HALF:
            type = TexelType::f16;
            return true;
        case abi::CU_AD_FORMAT_FLOAT:
            type = TexelType::f32;
            return true;
        default:
            return false;
    }
}

abi::CUresult lay_out(const abi::CUDA_ARRAY3D_DESCRIPTOR& asked, Image& image) {
    const unsigned channels = asked.NumChannels;
    const bool counts = channels == 1 || channels == 2 || channels == 4;
    if (!counts || (asked.Flags & ~kKnownFlags) != 0 || !has_shape(asked))
        return abi::CUDA_ERROR_INVALID_VALUE;
    if ((asked.Flags & kMissingFlags) != 0 || !find_texel_type(asked.Format, image.type))
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    image.channels = static_cast<std::uint8_t>(channels);
    image.width = static_cast<std::uint32_t>(asked.Width);
    image.height = static_cast<std::uint32_t>(std::max<std::size_t>(asked.Height, 1));
    image.depth = static_cast<std::uint32_t>(std::max<std::size_t>(asked.Depth, 1));
    const std::uint64_t row = std::uint64_t{image.width} * image.texel_bytes();
    image.pitch = (row + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
    image.slice = image.pitch * image.height;
    const bool fits = image.slice <= kLargest && image_bytes(image) <= kLargest;
    return fits ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

std::uint64_t image_bytes(const Image& image) { return image.slice * image.depth; }

abi::CUDA_ARRAY3D_DESCRIPTOR next_level(const abi::CUDA_ARRAY3D_DESCRIPTOR& description) {
    const auto half = [](std::size_t n) { return n == 0 ? n : std::max<std::size_t>(n / 2, 1); };
    abi::CUDA_ARRAY3D_DESCRIPTOR next = description;
    next.Width = half(description.Width);
    next.Height = half(description.Height);
    const bool sliced = (description.Flags & (abi::CUDA_ARRAY3D_LAYERED | abi::CUDA_ARRAY3D_CUBEMAP)) != 0;
    if (!sliced) next.Depth = half(description.Depth);
    return next;
}

}  // namespace soft::driver
