// Texels in memory as the 32-bit words that registers hold. Used by texture.cc and surface.cc.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "soft/numerics/convert.h"
#include "soft/texture.h"

namespace soft {
namespace {

using Words = std::array<std::uint32_t, 4>;
using Floats = std::array<float, 4>;

constexpr bool is_float_texel(TexelType type) { return type == TexelType::f16 || type == TexelType::f32; }
constexpr bool is_signed_texel(TexelType type) {
    return type == TexelType::s8 || type == TexelType::s16 || type == TexelType::s32;
}

// SAFETY: whoever made the image saw to it that its memory is readable; it may be gone by now, and then the
// backstop under the grid ends it.
inline const std::byte* texel_at(const Image& image, std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    const std::uint64_t address =
        image.address + z * image.slice + y * image.pitch + std::uint64_t{x} * image.texel_bytes();
    return static_cast<const std::byte*>(std::bit_cast<const void*>(address));
}

template <class T>
T read_channel(const std::byte* at, std::uint32_t channel) {
    T value;
    std::memcpy(&value, at + channel * sizeof(T), sizeof(T));
    return value;
}

// A channel's integer, extended as its type says; f32's bits, f16 widened to them.
inline std::uint32_t channel_word(TexelType type, const std::byte* at, std::uint32_t channel) {
    switch (type) {
        case TexelType::u8:
            return read_channel<std::uint8_t>(at, channel);
        case TexelType::u16:
            return read_channel<std::uint16_t>(at, channel);
        case TexelType::s8:
            return static_cast<std::uint32_t>(std::int32_t{read_channel<std::int8_t>(at, channel)});
        case TexelType::s16:
            return static_cast<std::uint32_t>(std::int32_t{read_channel<std::int16_t>(at, channel)});
        case TexelType::f16:
            return std::bit_cast<std::uint32_t>(
                numerics::f16_to_f32(read_channel<std::uint16_t>(at, channel)));
        default:
            return read_channel<std::uint32_t>(at, channel);
    }
}

// An integer of 8 or 16 bits as a number in [0, 1] or [-1, 1].
inline float unit_value(TexelType type, std::uint32_t word) {
    switch (type) {
        case TexelType::u8:
            return static_cast<float>(word) / 255.0F;
        case TexelType::u16:
            return static_cast<float>(word) / 65535.0F;
        case TexelType::s8:
            return std::max(-1.0F, static_cast<float>(static_cast<std::int32_t>(word)) / 127.0F);
        case TexelType::s16:
            return std::max(-1.0F, static_cast<float>(static_cast<std::int32_t>(word)) / 32767.0F);
        default:
            return std::bit_cast<float>(word);
    }
}

// All four channels; the missing ones are 0, 0 and 1.
inline Words read_words(const Image& image, const std::byte* at, bool as_unit) {
    if (image.type == TexelType::f32 && image.channels == 1) {
        return {read_channel<std::uint32_t>(at, 0), 0, 0, std::bit_cast<std::uint32_t>(1.0F)};
    }
    const std::uint32_t one = as_unit || is_float_texel(image.type) ? std::bit_cast<std::uint32_t>(1.0F) : 1u;
    Words words{0, 0, 0, one};
    for (std::uint32_t c = 0; c < image.channels; ++c) {
        words[c] = channel_word(image.type, at, c);
        if (as_unit) words[c] = std::bit_cast<std::uint32_t>(unit_value(image.type, words[c]));
    }
    return words;
}

}  // namespace
}  // namespace soft
