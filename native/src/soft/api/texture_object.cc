// Resources, readings and views of textures. See texture_object.h.
#include "soft/api/texture_object.h"

#include <algorithm>

#include "soft/api/texture_limits.h"

namespace soft::driver {
namespace {

constexpr unsigned kKnownReading = abi::CU_TRSF_READ_AS_INTEGER | abi::CU_TRSF_NORMALIZED_COORDINATES |
                                   abi::CU_TRSF_SRGB | abi::CU_TRSF_DISABLE_TRILINEAR_OPTIMIZATION |
                                   abi::CU_TRSF_SEAMLESS_CUBEMAP;

abi::CUresult set_texel(abi::CUarray_format format, unsigned channels, Image& image) {
    if (channels != 1 && channels != 2 && channels != 4) return abi::CUDA_ERROR_INVALID_VALUE;
    if (!find_texel_type(format, image.type)) return abi::CUDA_ERROR_NOT_SUPPORTED;
    image.channels = static_cast<std::uint8_t>(channels);
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_linear(const Device& device, const abi::CUDA_RESOURCE_DESC& resource, Texture& texture) {
    const auto& linear = resource.res.linear;
    Image image;
    const auto result = set_texel(linear.format, linear.numChannels, image);
    if (result != abi::CUDA_SUCCESS) return result;
    const std::size_t texels = linear.sizeInBytes / image.texel_bytes();
    const bool fits = texels != 0 && texels <= kLongestBuffer && linear.devPtr % kTextureAlignment == 0 &&
                      device.memory.spans(linear.devPtr, linear.sizeInBytes);
    if (!fits) return abi::CUDA_ERROR_INVALID_VALUE;
    image.address = linear.devPtr;
    image.width = static_cast<std::uint32_t>(texels);
    image.pitch = image.slice = linear.sizeInBytes;
    texture.levels = {image};
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_plane(const Device& device, const abi::CUDA_RESOURCE_DESC& resource, Texture& texture) {
    const auto& plane = resource.res.pitch2D;
    Image image;
    const auto result = set_texel(plane.format, plane.numChannels, image);
    if (result != abi::CUDA_SUCCESS) return result;
    const bool sized = plane.width != 0 && plane.width <= kPitchPlane.width && plane.height != 0 &&
                       plane.height <= kPitchPlane.height && plane.pitchInBytes <= kWidestPitch &&
                       plane.pitchInBytes >= plane.width * image.texel_bytes();
    if (!sized || plane.devPtr % kTextureAlignment != 0 || plane.pitchInBytes % kTexturePitchAlignment != 0)
        return abi::CUDA_ERROR_INVALID_VALUE;
    const std::size_t extent = (plane.height - 1) * plane.pitchInBytes + plane.width * image.texel_bytes();
    if (!device.memory.spans(plane.devPtr, extent)) return abi::CUDA_ERROR_INVALID_VALUE;
    image.address = plane.devPtr;
    image.width = static_cast<std::uint32_t>(plane.width);
    image.height = static_cast<std::uint32_t>(plane.height);
    image.pitch = plane.pitchInBytes;
    image.slice = image.pitch * image.height;
    texture.levels = {image};
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_resource(const Device& device, const abi::CUDA_RESOURCE_DESC& resource, Texture& texture) {
    if (resource.flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    switch (resource.resType) {
        case abi::CU_RESOURCE_TYPE_ARRAY: {
            const Array* array = device.handles.find<Array>(resource.res.array.hArray);
            if (array == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
            texture.levels = {array->image};
            texture.array_size = array->array_size();
            return abi::CUDA_SUCCESS;
        }
        case abi::CU_RESOURCE_TYPE_MIPMAPPED_ARRAY: {
            const Mipmap* mipmap = device.handles.find<Mipmap>(resource.res.mipmap.hMipmappedArray);
            if (mipmap == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
            for (const auto& level : mipmap->levels) texture.levels.push_back(level->image);
            texture.array_size = mipmap->levels.front()->array_size();
            return abi::CUDA_SUCCESS;
        }
        case abi::CU_RESOURCE_TYPE_LINEAR:
            return read_linear(device, resource, texture);
        case abi::CU_RESOURCE_TYPE_PITCH2D:
            return read_plane(device, resource, texture);
        default:
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
}

bool in_range(int value, int last) { return value >= 0 && value <= last; }

abi::CUresult read_sampler(const abi::CUDA_TEXTURE_DESC& asked, const Image& image, bool is_buffer,
                           Sampler& sampler) {
    bool known = (asked.flags & ~kKnownReading) == 0 &&
                 in_range(asked.filterMode, abi::CU_TR_FILTER_MODE_LINEAR) &&
                 in_range(asked.mipmapFilterMode, abi::CU_TR_FILTER_MODE_LINEAR);
    for (const abi::CUaddress_mode mode : asked.addressMode)
        known = known && in_range(mode, abi::CU_TR_ADDRESS_MODE_BORDER);
    if (!known) return abi::CUDA_ERROR_INVALID_VALUE;
    if ((asked.flags & abi::CU_TRSF_SRGB) != 0) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const bool is_float = image.type == TexelType::f16 || image.type == TexelType::f32;
    sampler.reads_unit =
        !is_float && texel_size(image.type) < 4 && (asked.flags & abi::CU_TRSF_READ_AS_INTEGER) == 0;
    sampler.is_linear = asked.filterMode == abi::CU_TR_FILTER_MODE_LINEAR && !is_buffer;
    if (sampler.is_linear && !is_float && !sampler.reads_unit) return abi::CUDA_ERROR_INVALID_VALUE;
    sampler.mips_linear = asked.mipmapFilterMode == abi::CU_TR_FILTER_MODE_LINEAR;
    sampler.is_normalised = (asked.flags & abi::CU_TRSF_NORMALIZED_COORDINATES) != 0 && !is_buffer;
    sampler.level_bias = asked.mipmapLevelBias;
    sampler.least_level = asked.minMipmapLevelClamp;
    sampler.greatest_level = asked.maxMipmapLevelClamp;
    for (int k = 0; k < 3; ++k) {
        // Outside linear memory there is nothing: it reads as zeros.
        sampler.modes[static_cast<std::size_t>(k)] =
            is_buffer ? AddressMode::border : static_cast<AddressMode>(asked.addressMode[k]);
    }
    if (!is_buffer) std::copy_n(asked.borderColor, 4, sampler.border.begin());
    return abi::CUDA_SUCCESS;
}

// A view's format: the type and the channels, in the order of the enumeration.
bool find_view_format(abi::CUresourceViewFormat format, Image& image) {
    constexpr TexelType kTypes[] = {TexelType::u8,  TexelType::s8,  TexelType::u16, TexelType::s16,
                                    TexelType::u32, TexelType::s32, TexelType::f16, TexelType::f32};
    const int index = format - abi::CU_RES_VIEW_FORMAT_UINT_1X8;
    if (index < 0 || index >= 24) return false;
    image.type = kTypes[index / 3];
    image.channels = static_cast<std::uint8_t>(1 << index % 3);
    return true;
}

abi::CUresult apply_view(const abi::CUDA_RESOURCE_VIEW_DESC& view, Texture& texture) {
    const bool levels_fit =
        view.firstMipmapLevel <= view.lastMipmapLevel && view.lastMipmapLevel < texture.levels.size();
    const bool layers_fit =
        view.firstLayer <= view.lastLayer && view.lastLayer < std::max(texture.array_size, 1u);
    if (!levels_fit || !layers_fit) return abi::CUDA_ERROR_INVALID_VALUE;
    texture.levels = {texture.levels.begin() + view.firstMipmapLevel,
                      texture.levels.begin() + view.lastMipmapLevel + 1};
    for (Image& image : texture.levels) {
        const std::uint32_t bytes = image.texel_bytes();
        const bool has_format = view.format != abi::CU_RES_VIEW_FORMAT_NONE;
        if (has_format && !find_view_format(view.format, image)) return abi::CUDA_ERROR_NOT_SUPPORTED;
        if (image.texel_bytes() != bytes) return abi::CUDA_ERROR_INVALID_VALUE;
        if (texture.array_size == 0) continue;
        image.address += view.firstLayer * image.slice;
        image.depth = view.lastLayer - view.firstLayer + 1;
    }
    if (texture.array_size != 0) texture.array_size = view.lastLayer - view.firstLayer + 1;
    return abi::CUDA_SUCCESS;
}

}  // namespace

abi::CUresult describe(const Device& device, TextureObject& object) {
    const auto result = read_resource(device, object.resource, object.texture);
    if (result != abi::CUDA_SUCCESS) return result;
    const bool is_buffer = object.resource.resType == abi::CU_RESOURCE_TYPE_LINEAR;
    if (object.has_view) {
        const bool is_memory = is_buffer || object.resource.resType == abi::CU_RESOURCE_TYPE_PITCH2D;
        if (is_memory) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto viewed = apply_view(object.view, object.texture);
        if (viewed != abi::CUDA_SUCCESS) return viewed;
    }
    return read_sampler(object.reading, object.texture.levels[0], is_buffer, object.texture.sampler);
}

abi::CUresult describe(const Device& device, SurfaceObject& object) {
    const bool is_array = object.resource.resType == abi::CU_RESOURCE_TYPE_ARRAY;
    if (!is_array || object.resource.flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const Array* array = device.handles.find<Array>(object.resource.res.array.hArray);
    if (array == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    if ((array->description.Flags & abi::CUDA_ARRAY3D_SURFACE_LDST) == 0)
        return abi::CUDA_ERROR_INVALID_VALUE;
    object.surface.image = array->image;
    object.surface.array_size = array->array_size();
    return abi::CUDA_SUCCESS;
}

}  // namespace soft::driver
