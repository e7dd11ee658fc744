// Builder of suld, sust and sured. See builders.h.
#include "soft/launch/access.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

SurfaceOp operation(const Decoder& d) {
    if (d.statement().opcode == "suld") return SurfaceOp::load;
    if (d.statement().opcode == "sust") return SurfaceOp::store;
    switch (d.one_of({Mod::add, Mod::min, Mod::max, Mod::and_, Mod::or_})) {
        case Mod::min:
            return SurfaceOp::min;
        case Mod::max:
            return SurfaceOp::max;
        case Mod::and_:
            return SurfaceOp::and_;
        case Mod::or_:
            return SurfaceOp::or_;
        default:
            return SurfaceOp::add;
    }
}

Outside outside(const Decoder& d) {
    switch (d.one_of({Mod::trap, Mod::clamp, Mod::zero})) {
        case Mod::clamp:
            return Outside::clamp;
        case Mod::zero:
            return Outside::zero;
        default:
            return Outside::trap;
    }
}

bool value_operands(Decoder& d, const Operand& values, SurfaceSite& site) {
    const bool is_vector = values.kind == OperandKind::vector;
    const std::uint32_t count = is_vector ? values.count : 1;
    if (count != site.count) return d.fail("the value has the wrong number of elements");
    site.width = static_cast<std::uint8_t>(slot_width(site.type));
    const Type as = site.width == 8 ? Type::b64 : Type::b32;
    for (std::uint32_t k = 0; k < count; ++k) {
        const Operand& value = is_vector ? d.child(values, k) : values;
        site.values[k] = site.op == SurfaceOp::load ? d.target(value, as) : d.source(value, as);
    }
    return true;
}

}  // namespace

// suld.b.geom.vec.type.outside d, [a, c]; sust.{b,p}... [a, c], d; sured.{b,p}.op.geom.type.outside [a, c],
// d.
bool build_surface(Decoder& d) {
    if (!d.need(2, 2)) return false;
    SurfaceSite site;
    site.op = operation(d);
    site.outside = outside(d);
    site.is_formatted = d.has(Mod::p);
    site.type = d.type(0);
    site.size = static_cast<std::uint8_t>(type_size(site.type));
    site.count = d.has(Mod::v4) ? 4 : d.has(Mod::v2) ? 2 : 1;
    if (!find_geometry(d, site.geometry) || is_cube(site.geometry)) return d.fail("unknown geometry");
    if (site.size == 0 || site.size > 8) return d.fail("missing type");
    const bool is_load = site.op == SurfaceOp::load;
    const bool is_reduction = !is_load && site.op != SurfaceOp::store;
    if (is_reduction && (site.count != 1 || site.size < 4)) return d.fail("reductions take one word");
    const Operand& address = d.operand(is_load ? 1 : 0);
    std::uint32_t handle = 0;
    if (!handle_operand(d, address, handle) || !value_operands(d, d.operand(is_load ? 0 : 1), site) ||
        !coordinate_operands(d, address, site.geometry, site.layer, site.coordinates)) {
        return false;
    }
    Insn& insn = d.emit(Family::surface, Type::none);
    insn.a = handle;
    d.code().surfaces.push_back(std::make_unique<SurfaceSite>(site));
    insn.side = d.code().surfaces.back().get();
    return true;
}

}  // namespace soft::ptx
