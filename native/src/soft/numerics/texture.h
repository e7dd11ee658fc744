// The arithmetic of texture fetching: where a coordinate falls, with which weights texels are blended.
// Follows the appendix on texture fetching of the CUDA C++ Programming Guide. Called per lane by
// launch/texture.cc.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "soft/numerics/isa.h"
#include "soft/texture.h"

namespace soft::numerics {

// The two texels that a coordinate lies between along one axis; -1 is the border. A nearest fetch has the
// first only.
struct Span {
    std::int32_t first = 0;
    std::int32_t second = 0;
    float weight = 0;  // of the second: a multiple of 1/256
};

struct CubePlace {
    std::uint32_t face = 0;  // +x -x +y -y +z -z
    float s = 0;             // in [0, 1]
    float t = 0;
};

inline namespace FERRY_ISA {

inline constexpr float kFarthestTexel = 1 << 30;
inline constexpr float kBelowOne = 0x1.fffffep-1F;

// Nine bits of which eight are the fraction, so that 1 has a value of its own. `fraction` is in [0, 1].
inline float filter_weight(float fraction) {
    return static_cast<float>(static_cast<std::int32_t>(fraction * 256.0F + 0.5F)) / 256.0F;
}

// By conversion: the oldest x86-64 has no instruction that rounds down, and a call costs more than the rest.
inline std::int32_t texel_floor(float x) {
    if (!(x == x)) return 0;
    const float near = std::clamp(x, -kFarthestTexel, kFarthestTexel);
    const auto whole = static_cast<std::int32_t>(near);
    return static_cast<float>(whole) > near ? whole - 1 : whole;
}

// Wrapping and mirroring exist for normalised coordinates only; without them they mean clamping.
inline AddressMode effective_mode(AddressMode mode, bool is_normalised) {
    const bool folds = mode == AddressMode::wrap || mode == AddressMode::mirror;
    return folds && !is_normalised ? AddressMode::clamp : mode;
}

// A normalised coordinate in units of texels, folded into the image where the mode says so.
inline float scale_coordinate(float x, std::uint32_t size, AddressMode mode) {
    if (mode == AddressMode::wrap || mode == AddressMode::mirror) {
        const float whole = std::floor(x);
        x -= whole;
        if (mode == AddressMode::mirror && std::fmod(whole, 2.0F) != 0) x = 1.0F - x;
        x = std::min(x, kBelowOne);
    }
    return x * static_cast<float>(size);
}

inline std::int32_t texel_index(std::int32_t i, std::uint32_t size, AddressMode mode) {
    const auto count = static_cast<std::int32_t>(size);
    if (mode == AddressMode::border) return i < 0 || i >= count ? -1 : i;
    if (mode == AddressMode::wrap) return i < 0 ? (i % count + count) % count : i % count;
    return std::clamp(i, 0, count - 1);
}

// `x` in texels, `mode` effective.
inline Span nearest_span(float x, std::uint32_t size, AddressMode mode) {
    const std::int32_t at = texel_index(texel_floor(x), size, mode);
    return {at, at, 0.0F};
}

inline Span linear_span(float x, std::uint32_t size, AddressMode mode) {
    const float shifted = x - 0.5F;
    const std::int32_t at = texel_floor(shifted);
    const bool is_near = std::fabs(shifted) < kFarthestTexel;  // false for NaN too
    const float weight = is_near ? filter_weight(shifted - static_cast<float>(at)) : 0.0F;
    return {texel_index(at, size, mode), texel_index(at + 1, size, mode), weight};
}

// The face that a direction points at and where on it.
inline CubePlace cube_place(float x, float y, float z) {
    const float ax = std::fabs(x);
    const float ay = std::fabs(y);
    const float az = std::fabs(z);
    CubePlace place;
    float m = az;
    float s = z < 0 ? -x : x;
    float t = -y;
    place.face = z < 0 ? 5 : 4;
    if (ax >= ay && ax >= az) {
        m = ax;
        s = x < 0 ? z : -z;
        place.face = x < 0 ? 1 : 0;
    } else if (ay >= az) {
        m = ay;
        s = x;
        t = y < 0 ? -z : z;
        place.face = y < 0 ? 3 : 2;
    }
    place.s = m == 0 ? 0.5F : (s / m + 1.0F) / 2.0F;
    place.t = m == 0 ? 0.5F : (t / m + 1.0F) / 2.0F;
    return place;
}

// The level of detail of a footprint: the longer side's length in texels.
inline float level_of_footprint(float length_x, float length_y) {
    const float length = std::max(length_x, length_y);
    return length > 0 ? std::log2(length) : -kFarthestTexel;
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
