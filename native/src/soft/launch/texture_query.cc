// txq and suq: what a texture or a surface is.
#include <algorithm>
#include <bit>

#include "soft/launch/access.h"
#include "soft/launch/cold.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/launch/texture_lookup.h"
#include "soft/launch/texture_site.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// The numbers that PTX gives channel types and orders are OpenCL's.
u32 channel_type_number(TexelType type, bool as_unit) {
    switch (type) {
        case TexelType::u8:
            return as_unit ? 0x10d2 : 0x10da;
        case TexelType::u16:
            return as_unit ? 0x10d3 : 0x10db;
        case TexelType::s8:
            return as_unit ? 0x10d0 : 0x10d7;
        case TexelType::s16:
            return as_unit ? 0x10d1 : 0x10d8;
        case TexelType::u32:
            return 0x10dc;
        case TexelType::s32:
            return 0x10d9;
        case TexelType::f16:
            return 0x10dd;
        default:
            return 0x10de;
    }
}

u32 image_answer(const Image& image, TextureQuery query, bool as_unit) {
    switch (query) {
        case TextureQuery::width:
            return image.width;
        case TextureQuery::height:
            return image.height;
        case TextureQuery::depth:
            return image.depth;
        case TextureQuery::channel_data_type:
            return channel_type_number(image.type, as_unit);
        case TextureQuery::channel_order:
            return image.channels == 1 ? 0x10b0 : image.channels == 2 ? 0x10b2 : 0x10b5;
        default:
            return query == TextureQuery::num_samples ? 1 : 0;
    }
}

u32 texture_answer(const Texture& texture, TextureQuery query, u32 level) {
    const Sampler& sampler = texture.sampler;
    switch (query) {
        case TextureQuery::normalized_coords:
            return sampler.is_normalised ? 1 : 0;
        case TextureQuery::array_size:
            return texture.array_size;
        case TextureQuery::num_mipmap_levels:
            return static_cast<u32>(texture.levels.size());
        case TextureQuery::filter_mode:
            return sampler.is_linear ? 1 : 0;
        case TextureQuery::addr_mode_0:
            return static_cast<u32>(sampler.modes[0]);
        case TextureQuery::addr_mode_1:
            return static_cast<u32>(sampler.modes[1]);
        case TextureQuery::addr_mode_2:
            return static_cast<u32>(sampler.modes[2]);
        default:
            return image_answer(texture.levels[std::min<std::size_t>(level, texture.levels.size() - 1)],
                                query, sampler.reads_unit);
    }
}

const Insn* query(Warp& w, const Insn* i) {
    const auto kind = static_cast<TextureQuery>(i->mod[kQueryKind]);
    Lookup<Texture> textures(w.block->grid->services);
    Lookup<Surface> surfaces(w.block->grid->services);
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        const u64 handle = read_lane(w, i->a, 8, lane);
        const Texture* texture = i->mod[kQuerySurface] != 0 ? nullptr : textures.find(handle);
        const Surface* surface = i->mod[kQuerySurface] != 0 ? surfaces.find(handle) : nullptr;
        if (texture == nullptr && surface == nullptr)
            return raise_address(w, i, 700, lane, "no texture or surface is bound to", handle);
        const u32 level = i->mod[kQueryHasLevel] != 0 ? slot<u32>(w, i->b)[lane] : 0;
        u32 answer = 0;
        if (texture != nullptr)
            answer = texture_answer(*texture, kind, level);
        else
            answer = kind == TextureQuery::array_size ? surface->array_size
                                                      : image_answer(surface->image, kind, false);
        slot<u32>(w, i->d)[lane] = answer;
    }
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(texture_query, none, 0, query),
};

}  // namespace

std::span<const OpEntry> texture_query_entries() { return kEntries; }

}  // namespace soft
