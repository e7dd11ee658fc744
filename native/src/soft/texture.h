// What a kernel sees of a texture or a surface: images in memory and how to read them. Filled in by api/,
// read by the engine while grids run; plain data.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace soft {

enum class TexelType : std::uint8_t { u8, u16, u32, s8, s16, s32, f16, f32 };

constexpr std::uint32_t texel_size(TexelType type) {  // bytes of one channel
    switch (type) {
        case TexelType::u8:
        case TexelType::s8:
            return 1;
        case TexelType::u16:
        case TexelType::s16:
        case TexelType::f16:
            return 2;
        default:
            return 4;
    }
}

// One level of detail. Texel (x, y, z) is at address + z * slice + y * pitch + x * its size; a layer or a
// face of a cube is a slice.
struct Image {
    std::uint64_t address = 0;
    std::uint64_t pitch = 0;  // bytes
    std::uint64_t slice = 0;  // bytes
    std::uint32_t width = 0;  // texels
    std::uint32_t height = 1;
    std::uint32_t depth = 1;
    TexelType type = TexelType::u8;
    std::uint8_t channels = 1;  // 1, 2 or 4

    std::uint32_t texel_bytes() const { return texel_size(type) * channels; }
};

// In the order of CUaddress_mode.
enum class AddressMode : std::uint8_t { wrap, clamp, mirror, border };

struct Sampler {
    std::array<AddressMode, 3> modes{AddressMode::clamp, AddressMode::clamp, AddressMode::clamp};
    bool is_linear = false;      // else the nearest texel
    bool mips_linear = false;    // else the nearest level
    bool is_normalised = false;  // coordinates run from 0 to 1
    bool reads_unit = false;     // integers of 8 and 16 bits read as floats in [0, 1] or [-1, 1]
    float level_bias = 0;
    float least_level = 0;
    float greatest_level = 0;
    std::array<float, 4> border{};
};

struct Texture {
    Sampler sampler;
    bool is_buffer = false;        // linear memory: what is outside reads as 0
    std::uint32_t array_size = 0;  // layers, or six for every cube; 0 when it has none
    std::vector<Image> levels;     // never empty
};

struct Surface {
    Image image;
    std::uint32_t array_size = 0;
};

}  // namespace soft
