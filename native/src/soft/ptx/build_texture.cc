// Builders of tex, tld4, txq and suq, and the operands that surfaces share with them. See builders.h.
#include "soft/launch/access.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

Type coordinate_type(bool has_integers) { return has_integers ? Type::s32 : Type::f32; }

// The elements of a vector, or the one value in its place.
std::uint32_t element_count(const Operand& operand) {
    return operand.kind == OperandKind::vector ? operand.count : 1;
}
const Operand& element(const Decoder& d, const Operand& operand, std::uint32_t n) {
    return operand.kind == OperandKind::vector ? d.child(operand, n) : operand;
}

bool take_vector(Decoder& d, const Operand& operand, Type type, std::uint32_t count,
                 std::uint32_t (&slots)[3]) {
    if (element_count(operand) < count) return d.fail("the vector has too few elements");
    for (std::uint32_t k = 0; k < count; ++k) slots[k] = d.source(element(d, operand, k), type);
    return true;
}

// d, or d|p.
bool result_operands(Decoder& d, TextureSite& site) {
    const Operand* results = &d.operand(0);
    if (results->kind == OperandKind::pair) {
        site.has_resident = true;
        site.resident = d.predicate_target(d.child(*results, 1));
        results = &d.child(*results, 0);
    }
    const std::uint32_t count = element_count(*results);
    if (count != site.result_count) return d.fail("the result has the wrong number of elements");
    for (std::uint32_t k = 0; k < count; ++k) site.results[k] = d.target(element(d, *results, k), Type::b32);
    return true;
}

LevelSource level_source(const Decoder& d) {
    switch (d.one_of({Mod::base, Mod::level, Mod::grad})) {
        case Mod::base:
            return LevelSource::base;
        case Mod::level:
            return LevelSource::given;
        case Mod::grad:
            return LevelSource::gradient;
        default:
            return LevelSource::implicit;
    }
}

// What follows the address: the level or the two gradients, then the offsets. A depth comparison comes last.
bool trailing_operands(Decoder& d, TextureSite& site, std::uint32_t count, bool& is_supported) {
    std::uint32_t next = 2;
    if (site.level_source == LevelSource::given) {
        if (count < 3) return d.fail("missing level of detail");
        site.level = d.source(next++, coordinate_type(site.has_integers));
    }
    if (site.level_source == LevelSource::gradient) {
        if (count < 4) return d.fail("missing gradients");
        const std::uint32_t wanted = coordinate_count(site.geometry);
        if (!take_vector(d, d.operand(next++), Type::f32, wanted, site.gradients[0])) return false;
        if (!take_vector(d, d.operand(next++), Type::f32, wanted, site.gradients[1])) return false;
    }
    // Cubes take no offsets: what comes next compares.
    const bool has_offsets =
        next < count && !is_cube(site.geometry) && d.operand(next).kind == OperandKind::vector;
    if (has_offsets) {
        site.has_offsets = true;
        if (!take_vector(d, d.operand(next++), Type::s32, coordinate_count(site.geometry), site.offsets))
            return false;
    }
    is_supported = next == count;
    return true;
}

std::uint8_t gathered_component(const Decoder& d) {
    switch (d.one_of({Mod::r, Mod::g, Mod::b, Mod::a})) {
        case Mod::g:
            return 1;
        case Mod::b:
            return 2;
        case Mod::a:
            return 3;
        default:
            return 0;
    }
}

struct QueryRow {
    Mod mod;
    TextureQuery query;
};

constexpr QueryRow kQueries[] = {
    {Mod::width, TextureQuery::width},
    {Mod::height, TextureQuery::height},
    {Mod::depth, TextureQuery::depth},
    {Mod::channel_data_type, TextureQuery::channel_data_type},
    {Mod::channel_order, TextureQuery::channel_order},
    {Mod::normalized_coords, TextureQuery::normalized_coords},
    {Mod::array_size, TextureQuery::array_size},
    {Mod::num_mipmap_levels, TextureQuery::num_mipmap_levels},
    {Mod::num_samples, TextureQuery::num_samples},
    {Mod::force_unnormalized_coords, TextureQuery::force_unnormalized_coords},
    {Mod::filter_mode, TextureQuery::filter_mode},
    {Mod::addr_mode_0, TextureQuery::addr_mode_0},
    {Mod::addr_mode_1, TextureQuery::addr_mode_1},
    {Mod::addr_mode_2, TextureQuery::addr_mode_2},
    {Mod::memory_layout, TextureQuery::memory_layout},
};

}  // namespace

bool handle_operand(Decoder& d, const Operand& address, std::uint32_t& slot) {
    if (address.kind != OperandKind::address || address.count == 0)
        return d.fail("expected a texture or a surface in brackets");
    const Operand& base = d.child(address, 0);
    if (base.kind == OperandKind::local_symbol) {
        const Variable& variable = d.syntax().locals[base.index];
        if (variable.space == Space::param && d.is_entry()) {
            slot = d.special(Special::param, 8, d.local_offset(base.index), 8);
            return true;
        }
    }
    slot = d.source(base, Type::b64);
    return true;
}

bool coordinate_operands(Decoder& d, const Operand& address, Geometry geometry, std::uint32_t& layer,
                         std::uint32_t (&coordinates)[3]) {
    if (address.count != 2) return d.fail("expected a handle and coordinates");
    const Operand& list = d.child(address, 1);
    const std::uint32_t first = has_layer(geometry) ? 1 : 0;
    const std::uint32_t count = coordinate_count(geometry);
    if (element_count(list) < first + count) return d.fail("too few coordinates");
    if (first != 0) layer = d.source(element(d, list, 0), Type::u32);
    // The registers are untyped words here; only a constant has to know.
    const bool has_floats = d.type(1) == Type::f32;
    for (std::uint32_t k = 0; k < count; ++k)
        coordinates[k] = d.source(element(d, list, first + k), coordinate_type(!has_floats));
    return true;
}

bool find_geometry(const Decoder& d, Geometry& geometry) {
    switch (d.one_of({Mod::k1d, Mod::k2d, Mod::k3d, Mod::a1d, Mod::a2d, Mod::cube, Mod::acube})) {
        case Mod::k1d:
            geometry = Geometry::d1;
            return true;
        case Mod::k2d:
            geometry = Geometry::d2;
            return true;
        case Mod::k3d:
            geometry = Geometry::d3;
            return true;
        case Mod::a1d:
            geometry = Geometry::a1d;
            return true;
        case Mod::a2d:
            geometry = Geometry::a2d;
            return true;
        case Mod::cube:
            geometry = Geometry::cube;
            return true;
        case Mod::acube:
            geometry = Geometry::acube;
            return true;
        default:
            return false;
    }
}

// tex{.level}.geom.v4.dtype.ctype d{|p}, [a, c]{, lod or gradients}{, offsets}, and tld4.comp, which reads
// the four texels of a footprint. Samplers of their own, multisampling and depth comparison are not executed.
bool build_tex(Decoder& d) {
    if (!d.need(2, 6)) return false;
    TextureSite site;
    const Operand& address = d.operand(1);
    const bool has_sampler = address.kind == OperandKind::address && address.count == 3;
    if (!find_geometry(d, site.geometry) || has_sampler) {
        d.emit_unsupported();
        return true;
    }
    site.is_gather = d.statement().opcode == "tld4";
    site.component = gathered_component(d);
    site.level_source = level_source(d);
    site.has_integers = d.type(1) == Type::s32;
    if (d.type(1) != Type::s32 && d.type(1) != Type::f32) return d.fail("coordinates are .s32 or .f32");
    site.packs_halves = d.type(0) == Type::f16x2;
    site.result_count = d.has(Mod::v4) ? 4 : d.has(Mod::v2) ? 2 : 1;
    std::uint32_t handle = 0;
    bool is_supported = true;
    if (!handle_operand(d, address, handle) || !result_operands(d, site) ||
        !coordinate_operands(d, address, site.geometry, site.layer, site.coordinates) ||
        !trailing_operands(d, site, d.count(), is_supported)) {
        return false;
    }
    if (!is_supported) {
        d.emit_unsupported();
        return true;
    }
    Insn& insn = d.emit(Family::texture, Type::none);
    insn.a = handle;
    d.code().textures.push_back(std::make_unique<TextureSite>(site));
    insn.side = d.code().textures.back().get();
    return true;
}

// txq.query d, [a]; txq.level.query d, [a], lod; suq.query d, [a].
bool build_texture_query(Decoder& d) {
    const bool has_level = d.has(Mod::level);
    if (!d.need(has_level ? 3 : 2, has_level ? 3 : 2)) return false;
    const QueryRow* found = nullptr;
    for (const QueryRow& row : kQueries) {
        if (d.has(row.mod)) found = &row;
    }
    if (found == nullptr) return d.fail("missing question");
    std::uint32_t handle = 0;
    if (!handle_operand(d, d.operand(1), handle)) return false;
    const std::uint32_t to = d.target(0, Type::b32);
    const std::uint32_t level = has_level ? d.source(2, Type::s32) : 0;
    Insn& insn = d.emit(Family::texture_query, Type::none);
    insn.d = to;
    insn.a = handle;
    insn.b = level;
    insn.mod[kQueryKind] = static_cast<std::uint8_t>(found->query);
    insn.mod[kQuerySurface] = d.statement().opcode == "suq" ? 1 : 0;
    insn.mod[kQueryHasLevel] = has_level ? 1 : 0;
    return true;
}

}  // namespace soft::ptx
