// suld, sust and sured, one lane at a time: the bytes that the coordinates name, with the three ways of being
// outside. Unformatted accesses (.b) move bytes, formatted ones (.p) convert 32-bit values to the texel's
// type.
#include <bit>
#include <limits>

#include "soft/launch/access.h"
#include "soft/launch/cold.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/launch/texel.h"
#include "soft/launch/texture_lookup.h"
#include "soft/launch/texture_site.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

enum class Found : std::uint8_t { inside, outside, misaligned };

// Brings `at` into [0, count); false when it was outside.
bool clamp_into(std::int64_t& at, std::int64_t count) {
    const std::int64_t asked = at;
    at = std::clamp<std::int64_t>(at, 0, std::max<std::int64_t>(count - 1, 0));
    return at == asked && count > 0;
}

// Where `bytes` bytes of one lane's access start, moved inside when they are outside.
Found find_place(Warp& w, const SurfaceSite& site, const Image& image, u32 lane, u32 bytes,
                 std::byte*& place) {
    std::int64_t at[3] = {0, 0, 0};
    for (u32 k = 0; k < coordinate_count(site.geometry); ++k)
        at[k] = static_cast<std::int32_t>(slot<u32>(w, site.coordinates[k])[lane]);
    if (has_layer(site.geometry)) at[2] = slot<u32>(w, site.layer)[lane];
    const u32 unit = site.is_formatted ? image.texel_bytes() : 1;
    const std::int64_t row = std::int64_t{image.width} * image.texel_bytes();
    at[0] *= unit;
    const bool is_misaligned = !site.is_formatted && (at[0] & (bytes - 1)) != 0;
    bool inside = clamp_into(at[0], row - bytes + 1);
    inside = clamp_into(at[1], image.height) && inside;
    inside = clamp_into(at[2], image.depth) && inside;
    if (!site.is_formatted) at[0] &= ~std::int64_t{bytes - 1};
    const u64 address = image.address + static_cast<u64>(at[2]) * image.slice +
                        static_cast<u64>(at[1]) * image.pitch + static_cast<u64>(at[0]);
    // SAFETY: the image's memory was checked when the surface was made; the grid's backstop covers what went
    // since.
    place = static_cast<std::byte*>(std::bit_cast<void*>(address));
    if (!inside) return row < bytes ? Found::misaligned : Found::outside;
    return is_misaligned ? Found::misaligned : Found::inside;
}

void write_value(Warp& w, const SurfaceSite& site, u32 element, u32 lane, u64 value) {
    if (site.width == 8)
        slot<u64>(w, site.values[element])[lane] = value;
    else
        slot<u32>(w, site.values[element])[lane] = static_cast<u32>(value);
}

void load(Warp& w, const SurfaceSite& site, u32 lane, const std::byte* from) {
    for (u32 k = 0; k < site.count; ++k) {
        u64 value = 0;
        if (from != nullptr) std::memcpy(&value, from + k * site.size, site.size);
        write_value(w, site, k, lane, value);
    }
}

// A word as the surface's own type: integers saturate.
u32 converted(TexelType type, u32 word) {
    const auto bounded = [&](std::int64_t value, std::int64_t least, std::int64_t most) {
        return static_cast<u32>(std::clamp(value, least, most));
    };
    switch (type) {
        case TexelType::u8:
            return bounded(word, 0, 0xff);
        case TexelType::u16:
            return bounded(word, 0, 0xffff);
        case TexelType::s8:
            return bounded(static_cast<std::int32_t>(word), -0x80, 0x7f);
        case TexelType::s16:
            return bounded(static_cast<std::int32_t>(word), -0x8000, 0x7fff);
        case TexelType::f16:
            return numerics::f32_to_f16(std::bit_cast<float>(word));
        default:
            return word;
    }
}

void store(Warp& w, const SurfaceSite& site, const Image& image, u32 lane, std::byte* to) {
    const u32 size = site.is_formatted ? texel_size(image.type) : site.size;
    const u32 count = site.is_formatted ? std::min<u32>(site.count, image.channels) : site.count;
    for (u32 k = 0; k < count; ++k) {
        u64 value = read_lane(w, site.values[k], site.width, lane);
        if (site.is_formatted) value = converted(image.type, static_cast<u32>(value));
        std::memcpy(to + k * size, &value, size);
    }
}

template <class T>
T combine(SurfaceOp op, T a, T b) {
    switch (op) {
        case SurfaceOp::add:
            return static_cast<T>(static_cast<u64>(a) + static_cast<u64>(b));
        case SurfaceOp::min:
            return std::min(a, b);
        case SurfaceOp::max:
            return std::max(a, b);
        case SurfaceOp::and_:
            return a & b;
        default:
            return a | b;
    }
}

template <class T>
void reduce_as(SurfaceOp op, std::byte* at, u64 value) {
    T* const to = static_cast<T*>(static_cast<void*>(at));
    T old = __atomic_load_n(to, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(to, &old, combine(op, old, static_cast<T>(value)), true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

void reduce(Warp& w, const SurfaceSite& site, u32 lane, std::byte* at) {
    const u64 value = read_lane(w, site.values[0], site.width, lane);
    const bool is_signed = ptx::is_signed(site.type);
    if (site.size == 8)
        return is_signed ? reduce_as<std::int64_t>(site.op, at, value) : reduce_as<u64>(site.op, at, value);
    return is_signed ? reduce_as<std::int32_t>(site.op, at, value) : reduce_as<u32>(site.op, at, value);
}

u32 access_bytes(const SurfaceSite& site, const Image& image) {
    if (!site.is_formatted) return u32{site.size} * site.count;
    return site.op == SurfaceOp::store ? image.texel_bytes() : site.size;
}

void perform(Warp& w, const SurfaceSite& site, const Image& image, u32 lane, std::byte* at) {
    if (site.op == SurfaceOp::load) return load(w, site, lane, at);
    if (site.op == SurfaceOp::store) return store(w, site, image, lane, at);
    reduce(w, site, lane, at);
}

const Insn* access_surface(Warp& w, const Insn* i) {
    const auto& site = *static_cast<const SurfaceSite*>(i->side);
    Lookup<Surface> lookup(w.block->grid->services);
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        const u64 handle = read_lane(w, i->a, 8, lane);
        const Surface* surface = lookup.find(handle);
        if (surface == nullptr) return raise_address(w, i, 700, lane, "no surface is bound to", handle);
        const Image& image = surface->image;
        std::byte* at = nullptr;
        const Found found = find_place(w, site, image, lane, access_bytes(site, image), at);
        if (found == Found::misaligned)
            return raise(w, i, 716, lane, "a surface access that does not fit the surface's elements");
        if (found == Found::outside && site.outside == Outside::trap)
            return raise(w, i, 719, lane, "outside the surface");
        if (found == Found::outside && site.outside == Outside::zero) {
            if (site.op == SurfaceOp::load) load(w, site, lane, nullptr);
            continue;
        }
        perform(w, site, image, lane, at);
    }
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(surface, none, 0, access_surface),
};

}  // namespace

std::span<const OpEntry> surface_entries() { return kEntries; }

}  // namespace soft
