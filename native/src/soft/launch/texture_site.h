// The operands of one texture or surface instruction: more than an Insn has room for. Written by
// ptx/build_texture.cc and ptx/build_surface.cc, read by texture.cc and surface.cc; owned by its Code.
#pragma once
#include <cstdint>

#include "soft/ptx/types.h"

namespace soft {

enum class Geometry : std::uint8_t { d1, d2, d3, a1d, a2d, cube, acube };

constexpr bool has_layer(Geometry g) {
    return g == Geometry::a1d || g == Geometry::a2d || g == Geometry::acube;
}
constexpr bool is_cube(Geometry g) { return g == Geometry::cube || g == Geometry::acube; }
// Coordinates besides the layer.
constexpr std::uint32_t coordinate_count(Geometry g) {
    if (g == Geometry::d1 || g == Geometry::a1d) return 1;
    return g == Geometry::d2 || g == Geometry::a2d ? 2 : 3;
}

enum class LevelSource : std::uint8_t { implicit, base, given, gradient };

// Slots hold 32-bit words.
struct TextureSite {
    Geometry geometry = Geometry::d1;
    LevelSource level_source = LevelSource::implicit;
    bool is_gather = false;  // tld4
    bool has_integers = false;
    bool has_offsets = false;
    bool packs_halves = false;  // results are pairs of f16
    bool has_resident = false;
    std::uint8_t component = 0;     // of tld4
    std::uint8_t result_count = 4;  // slots
    std::uint32_t results[4] = {};
    std::uint32_t layer = 0;
    std::uint32_t coordinates[3] = {};
    std::uint32_t offsets[3] = {};
    std::uint32_t level = 0;
    std::uint32_t gradients[2][3] = {};
    std::uint32_t resident = 0;  // predicate
};

enum class SurfaceOp : std::uint8_t { load, store, add, min, max, and_, or_ };
enum class Outside : std::uint8_t { trap, clamp, zero };

struct SurfaceSite {
    Geometry geometry = Geometry::d1;
    SurfaceOp op = SurfaceOp::load;
    Outside outside = Outside::trap;
    bool is_formatted = false;  // .p: x counts texels and values are converted
    ptx::Type type = ptx::Type::b32;
    std::uint8_t size = 4;   // bytes of one element in memory
    std::uint8_t width = 4;  // bytes of a lane of its slot
    std::uint8_t count = 1;  // elements
    std::uint32_t values[4] = {};
    std::uint32_t layer = 0;
    std::uint32_t coordinates[3] = {};
};

enum class TextureQuery : std::uint8_t {
    width,
    height,
    depth,
    channel_data_type,
    channel_order,
    normalized_coords,
    array_size,
    num_mipmap_levels,
    num_samples,
    force_unnormalized_coords,
    filter_mode,
    addr_mode_0,
    addr_mode_1,
    addr_mode_2,
    memory_layout,
};

// Insn::mod of a query.
enum QueryMod : std::uint8_t { kQueryKind = 0, kQuerySurface = 1, kQueryHasLevel = 2 };

}  // namespace soft
