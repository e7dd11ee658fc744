// tex and tld4, one lane at a time: the texture behind a handle, the place that the coordinates name, the
// texels there and their blend. The arithmetic is in numerics/texture.h.
#include "soft/numerics/texture.h"

#include <bit>
#include <cmath>

#include "soft/launch/access.h"
#include "soft/launch/cold.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/launch/texel.h"
#include "soft/launch/texture_lookup.h"
#include "soft/launch/texture_site.h"

namespace soft {
namespace {

using numerics::Span;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// Where one lane reads: in texels or normalised, as the sampler says; integers are texels always.
struct Place {
    float at[3] = {0, 0, 0};
    std::int32_t index[3] = {0, 0, 0};
    std::int32_t offset[3] = {0, 0, 0};
    u32 slice = 0;  // layer or face
    u32 axes = 1;   // 1, 2 or 3 that are filtered
    bool has_integers = false;
    bool is_face = false;  // coordinates are normalised and stay on the face
};

u32 word_of(Warp& w, u32 offset, u32 lane) { return slot<u32>(w, offset)[lane]; }
float float_of(Warp& w, u32 offset, u32 lane) { return std::bit_cast<float>(word_of(w, offset, lane)); }
std::int32_t int_of(Warp& w, u32 offset, u32 lane) {
    return static_cast<std::int32_t>(word_of(w, offset, lane));
}

u32 size_along(const Image& image, u32 axis) {
    return axis == 0 ? image.width : axis == 1 ? image.height : image.depth;
}

Place read_place(Warp& w, const TextureSite& site, u32 array_size, u32 lane) {
    Place place;
    const u32 count = coordinate_count(site.geometry);
    for (u32 k = 0; k < count; ++k) {
        if (site.has_offsets) place.offset[k] = int_of(w, site.offsets[k], lane);
        place.index[k] = int_of(w, site.coordinates[k], lane);
        place.at[k] = std::bit_cast<float>(place.index[k]);
    }
    const u32 layer = has_layer(site.geometry) ? word_of(w, site.layer, lane) : 0;
    place.axes = count;
    place.has_integers = site.has_integers;
    if (is_cube(site.geometry)) {
        const auto face = numerics::cube_place(place.at[0], place.at[1], place.at[2]);
        place.at[0] = face.s;
        place.at[1] = face.t;
        place.axes = 2;
        place.is_face = true;
        place.slice = std::min(layer, std::max(array_size / 6, 1u) - 1) * 6 + face.face;
    } else {
        place.slice = std::min(layer, std::max(array_size, 1u) - 1);
    }
    return place;
}

Span span_along(const Texture& texture, const Image& image, const Place& place, u32 axis, bool is_linear) {
    const Sampler& sampler = texture.sampler;
    const u32 size = size_along(image, axis);
    const bool is_normalised = (sampler.is_normalised || place.is_face) && !place.has_integers;
    const AddressMode asked = place.is_face ? AddressMode::clamp : sampler.modes[axis];
    const AddressMode mode = numerics::effective_mode(asked, is_normalised);
    if (place.has_integers) {
        const auto sum = std::int64_t{place.index[axis]} + place.offset[axis];
        const auto near = static_cast<std::int32_t>(std::clamp<std::int64_t>(sum, -1, size));
        const std::int32_t at = numerics::texel_index(near, size, mode);
        return {at, at, 0.0F};
    }
    float x = place.at[axis];
    if (is_normalised) x = numerics::scale_coordinate(x, size, mode);
    x += static_cast<float>(place.offset[axis]);
    return is_linear ? numerics::linear_span(x, size, mode) : numerics::nearest_span(x, size, mode);
}

struct Spans {
    Span axis[3];
};

Spans spans_of(const Texture& texture, const Image& image, const Place& place, bool is_linear) {
    Spans spans;
    for (u32 k = 0; k < place.axes; ++k) spans.axis[k] = span_along(texture, image, place, k, is_linear);
    if (place.axes < 3) {
        const auto slice = static_cast<std::int32_t>(std::min(place.slice, image.depth - 1));
        spans.axis[2] = {slice, slice, 0.0F};
    }
    return spans;
}

bool reads_floats(const Texture& texture, const Image& image) {
    return texture.sampler.reads_unit || is_float_texel(image.type);
}

Words border_words(const Texture& texture, const Image& image) {
    Words words{};
    for (u32 c = 0; c < 4; ++c) {
        const float v = texture.sampler.border[c];
        words[c] = reads_floats(texture, image) ? std::bit_cast<u32>(v)
                   : is_signed_texel(image.type)
                       ? static_cast<u32>(static_cast<std::int32_t>(std::clamp(v, -0x1p31F, 0x1.fffffep30F)))
                       : static_cast<u32>(std::clamp(v, 0.0F, 0x1.fffffep31F));
    }
    return words;
}

Words texel_words(const Texture& texture, const Image& image, std::int32_t x, std::int32_t y,
                  std::int32_t z) {
    if (x < 0 || y < 0 || z < 0) return border_words(texture, image);
    const std::byte* at = texel_at(image, static_cast<u32>(x), static_cast<u32>(y), static_cast<u32>(z));
    return read_words(image, at, texture.sampler.reads_unit);
}

// The blend of 2, 4 or 8 texels.
Words blend(const Texture& texture, const Image& image, const Spans& spans, u32 axes) {
    Floats sum{};
    for (u32 corner = 0; corner < 1u << axes; ++corner) {
        float weight = 1.0F;
        std::int32_t at[3];
        for (u32 k = 0; k < 3; ++k) {
            const Span& span = spans.axis[k];
            const bool is_second = (corner >> k & 1u) != 0;
            weight *= is_second ? span.weight : 1.0F - span.weight;
            at[k] = is_second ? span.second : span.first;
        }
        if (weight == 0) continue;
        const Words words = texel_words(texture, image, at[0], at[1], at[2]);
        for (u32 c = 0; c < 4; ++c) sum[c] += weight * std::bit_cast<float>(words[c]);
    }
    return std::bit_cast<Words>(sum);
}

Words sample_level(const Texture& texture, const Image& image, const Place& place) {
    const bool is_linear = texture.sampler.is_linear && !place.has_integers && reads_floats(texture, image);
    const Spans spans = spans_of(texture, image, place, is_linear);
    if (is_linear) return blend(texture, image, spans, place.axes);
    return texel_words(texture, image, spans.axis[0].first, spans.axis[1].first, spans.axis[2].first);
}

float gradient_level(Warp& w, const TextureSite& site, const Texture& texture, u32 lane) {
    const Image& image = texture.levels[0];
    float lengths[2] = {0, 0};
    for (u32 side = 0; side < 2; ++side) {
        for (u32 k = 0; k < coordinate_count(site.geometry); ++k) {
            const u32 size = is_cube(site.geometry) ? image.width : size_along(image, k);
            const float scale = texture.sampler.is_normalised ? static_cast<float>(size) : 1.0F;
            const float step = float_of(w, site.gradients[side][k], lane) * scale;
            lengths[side] += step * step;
        }
    }
    return numerics::level_of_footprint(std::sqrt(lengths[0]), std::sqrt(lengths[1]));
}

// The level of detail that a lane asks for, within what the texture has.
float level_of(Warp& w, const TextureSite& site, const Texture& texture, u32 lane) {
    const auto last = static_cast<float>(texture.levels.size() - 1);
    if (site.level_source == LevelSource::base || last == 0) return 0;
    const Sampler& sampler = texture.sampler;
    float level = 0;
    if (site.level_source == LevelSource::given) {
        level = site.has_integers ? static_cast<float>(int_of(w, site.level, lane))
                                  : float_of(w, site.level, lane);
    }
    if (site.level_source == LevelSource::gradient) level = gradient_level(w, site, texture, lane);
    if (!(level == level)) level = 0;
    level = std::max(sampler.least_level, std::min(level + sampler.level_bias, sampler.greatest_level));
    return std::max(0.0F, std::min(level, last));
}

Words sample(const Texture& texture, const Place& place, float level) {
    const auto lower = static_cast<std::size_t>(level);
    if (!texture.sampler.mips_linear || !reads_floats(texture, texture.levels[0])) {
        const auto nearest = std::min(static_cast<std::size_t>(level + 0.5F), texture.levels.size() - 1);
        return sample_level(texture, texture.levels[nearest], place);
    }
    const float weight = numerics::filter_weight(level - static_cast<float>(lower));
    const Words near = sample_level(texture, texture.levels[lower], place);
    if (weight == 0) return near;
    const Words far = sample_level(texture, texture.levels[lower + 1], place);
    Words words{};
    for (u32 c = 0; c < 4; ++c) {
        words[c] = std::bit_cast<u32>((1.0F - weight) * std::bit_cast<float>(near[c]) +
                                      weight * std::bit_cast<float>(far[c]));
    }
    return words;
}

// One component of the four texels that a bilinear fetch would blend: anticlockwise from (0, 1).
Words gather(const Texture& texture, const Place& place, u32 component) {
    const Image& image = texture.levels[0];
    const Spans spans = spans_of(texture, image, place, true);
    const Span& x = spans.axis[0];
    const Span& y = spans.axis[1];
    const std::int32_t z = spans.axis[2].first;
    const auto one = [&](std::int32_t i, std::int32_t j) {
        return texel_words(texture, image, i, j, z)[component];
    };
    return {one(x.first, y.second), one(x.second, y.second), one(x.second, y.first), one(x.first, y.first)};
}

void write_results(Warp& w, const TextureSite& site, const Words& words, u32 lane) {
    for (u32 k = 0; k < site.result_count; ++k) {
        u32 word = words[k];
        if (site.packs_halves) {
            const u32 low = numerics::f32_to_f16(std::bit_cast<float>(words[2 * k]));
            const u32 high = numerics::f32_to_f16(std::bit_cast<float>(words[2 * k + 1]));
            word = high << 16 | low;
        }
        slot<u32>(w, site.results[k])[lane] = word;
    }
}

// What most programs ask for, and so on a path of its own: the nearest texel of a line or a plane without
// levels, by plain coordinates. Answers what sample() would.
bool is_plain(const TextureSite& site, const Texture& texture) {
    const bool asks_plainly =
        !site.is_gather && !site.has_integers && !site.has_offsets && !site.packs_halves;
    const bool is_flat = site.geometry == Geometry::d1 || site.geometry == Geometry::d2;
    return asks_plainly && is_flat && texture.levels.size() == 1 && !texture.sampler.is_linear;
}

std::int32_t nearest_along(const Sampler& sampler, float x, u32 size, u32 axis) {
    const AddressMode mode = numerics::effective_mode(sampler.modes[axis], sampler.is_normalised);
    if (sampler.is_normalised) x = numerics::scale_coordinate(x, size, mode);
    return numerics::texel_index(numerics::texel_floor(x), size, mode);
}

Words nearest_texel(Warp& w, const TextureSite& site, const Texture& texture, u32 lane) {
    const Image& image = texture.levels[0];
    const float x = float_of(w, site.coordinates[0], lane);
    const std::int32_t column = nearest_along(texture.sampler, x, image.width, 0);
    if (site.geometry == Geometry::d1) return texel_words(texture, image, column, 0, 0);
    const float y = float_of(w, site.coordinates[1], lane);
    const std::int32_t row = nearest_along(texture.sampler, y, image.height, 1);
    return texel_words(texture, image, column, row, 0);
}

Words fetch_lane(Warp& w, const TextureSite& site, const Texture& texture, u32 lane) {
    if (is_plain(site, texture)) return nearest_texel(w, site, texture, lane);
    const Place place = read_place(w, site, texture.array_size, lane);
    if (site.is_gather) return gather(texture, place, site.component);
    return sample(texture, place, level_of(w, site, texture, lane));
}

const Insn* fetch(Warp& w, const Insn* i) {
    const auto& site = *static_cast<const TextureSite*>(i->side);
    Lookup<Texture> lookup(w.block->grid->services);
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        const u64 handle = read_lane(w, i->a, 8, lane);
        const Texture* texture = lookup.find(handle);
        if (texture == nullptr) return raise_address(w, i, 700, lane, "no texture is bound to", handle);
        write_results(w, site, fetch_lane(w, site, *texture, lane), lane);
    }
    if (site.has_resident) write_predicate(w, site.resident, w.active);
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(texture, none, 0, fetch),
};

}  // namespace

std::span<const OpEntry> texture_entries() { return kEntries; }

}  // namespace soft
