// Builders of wmma, mma, ldmatrix, stmatrix and movmatrix. Operands of these are vectors of registers,
// which go into a MatrixSite. Sparse and block-scaled products and the shapes of sm_100 are left to fail
// when executed. See builders.h.
#include <algorithm>

#include "soft/launch/access.h"
#include "soft/launch/matrix_site.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

using numerics::Element;

struct ShapeRow {
    Mod mod;
    std::uint16_t m, n, k;
};

constexpr ShapeRow kShapes[] = {
    {Mod::m8n8k4, 8, 8, 4},       {Mod::m8n8k16, 8, 8, 16},     {Mod::m8n8k32, 8, 8, 32},
    {Mod::m8n8k128, 8, 8, 128},   {Mod::m16n8k4, 16, 8, 4},     {Mod::m16n8k8, 16, 8, 8},
    {Mod::m16n8k16, 16, 8, 16},   {Mod::m16n8k32, 16, 8, 32},   {Mod::m16n8k64, 16, 8, 64},
    {Mod::m16n8k128, 16, 8, 128}, {Mod::m16n8k256, 16, 8, 256}, {Mod::m16n16k16, 16, 16, 16},
    {Mod::m16n16k8, 16, 16, 8},   {Mod::m32n8k16, 32, 8, 16},   {Mod::m8n32k16, 8, 32, 16},
};

Element element_of(Type type) {
    constexpr std::pair<Type, Element> kElements[] = {
        {Type::f16, Element::f16},   {Type::bf16, Element::bf16}, {Type::tf32, Element::tf32},
        {Type::f32, Element::f32},   {Type::f64, Element::f64},   {Type::e4m3, Element::e4m3},
        {Type::e5m2, Element::e5m2}, {Type::s8, Element::s8},     {Type::u8, Element::u8},
        {Type::s4, Element::s4},     {Type::u4, Element::u4},     {Type::s32, Element::s32},
        {Type::b1, Element::b1},
    };
    const auto found = std::ranges::find(kElements, type, &std::pair<Type, Element>::first);
    return found == std::end(kElements) ? Element::none : found->second;
}

bool find_shape(const Decoder& d, numerics::MatrixShape& shape) {
    for (const ShapeRow& row : kShapes) {
        if (!d.has(row.mod)) continue;
        shape = {row.m, row.n, row.k};
        return true;
    }
    return false;
}

// Lays out an operand of `rows` x `columns`; false when the shape does not exist for its elements. An
// input of wmma in f16 has eight registers whatever its size.
bool lay_out(MatrixFragment& f, Type type, std::uint32_t rows, std::uint32_t columns, bool is_input,
             bool is_wmma) {
    f.element = element_of(type);
    if (f.element == Element::none) return false;
    const std::uint32_t bits = numerics::element_bits(f.element);
    f.per_slot = static_cast<std::uint8_t>(std::max(1u, 32 / bits));
    f.across = is_input ? f.per_slot : std::uint8_t{2};
    f.rows = static_cast<std::uint16_t>(rows);
    f.columns = static_cast<std::uint16_t>(columns);
    if (columns % (4u * f.across) != 0) return false;
    const bool is_padded = is_wmma && is_input && f.element == Element::f16;
    f.count = is_padded ? std::uint8_t{8} : static_cast<std::uint8_t>(held_by_lane(f) / f.per_slot);
    return f.count <= kMaxMatrixSlots && held_by_lane(f) <= std::uint32_t{f.count} * f.per_slot;
}

bool take_slots(Decoder& d, const Operand& operand, MatrixFragment& f, bool is_target) {
    const bool is_vector = operand.kind == OperandKind::vector;
    if ((is_vector ? operand.count : 1) != f.count)
        return d.fail("a fragment of this shape has " + std::to_string(f.count) + " registers");
    const bool is_f64 = f.element == Element::f64;
    const Type as = is_f64 ? Type::f64 : f.element == Element::f32 ? Type::f32 : Type::b32;
    for (std::uint32_t k = 0; k < f.count; ++k) {
        const Operand& part = is_vector ? d.child(operand, k) : operand;
        f.slots[k] = is_target ? d.target(part, as) : d.source(part, as);
    }
    return true;
}

// The lanes meet at `insn`, all of the warp.
void emit_site(Decoder& d, const MatrixSite& site, const MemoryOperand* address) {
    const std::uint32_t everyone = d.constant(kFullMask, 4);
    d.code().matrices.push_back(std::make_shared<MatrixSite>(site));
    Insn& insn = d.emit(Family::matrix, Type::none);
    insn.e = everyone;
    insn.side = d.code().matrices.back().get();
    if (address == nullptr) return;
    insn.a = address->slot;
    insn.imm = address->offset;
    insn.mod[kModSpace] = static_cast<std::uint8_t>(address->space);
    insn.mod[kModAddressWidth] = static_cast<std::uint8_t>(address->width);
    d.use_cache(insn);
}

Space matrix_space(const Decoder& d) {
    const Mod space = d.one_of({Mod::global, Mod::shared});
    return space == Mod::global ? Space::global : space == Mod::shared ? Space::shared : Space::generic;
}

// wmma.load.{a,b,c} d, [p]{, stride} and wmma.store.d [p], d{, stride}
bool build_wmma_memory(Decoder& d, bool is_load) {
    if (!d.need(2, 3)) return false;
    MatrixSite site;
    site.op = is_load ? MatrixOp::load : MatrixOp::store;
    const Mod which = is_load ? d.one_of({Mod::a, Mod::b, Mod::c}) : Mod::d;
    if (which == Mod::none || !find_shape(d, site.shape)) return d.fail("missing matrix or shape");
    const bool is_b = which == Mod::b;
    const bool is_input = which == Mod::a || is_b;
    const std::uint32_t rows = is_b ? site.shape.n : site.shape.m;
    const std::uint32_t columns = is_input ? site.shape.k : site.shape.n;
    if (!lay_out(site.d, d.type(), rows, columns, is_input, true)) return d.fail("no such shape");
    site.is_row_major = d.has(Mod::row) != is_b;  // a row of B is a column of its fragment
    if (numerics::element_bits(site.d.element) < 8 && !site.is_row_major)
        return d.fail("elements of less than a byte must be contiguous along k");
    MemoryOperand address;
    if (!d.memory_operand(d.operand(is_load ? 1 : 0), matrix_space(d), address)) return false;
    const std::uint32_t leading = site.is_row_major ? columns : rows;
    site.stride = d.count() > 2 ? d.source(2, Type::u32) : d.constant(leading, 4);
    if (!take_slots(d, d.operand(is_load ? 0 : 1), site.d, is_load)) return false;
    emit_site(d, site, &address);
    return true;
}

// The layouts of A and B in m8n8k4 of f16, which the registers follow.
void quad_layouts(const Decoder& d, MatrixSite& site) {
    bool is_first = true;
    for (std::uint32_t k = 0; k < d.statement().mod_count; ++k) {
        const Mod mod = d.syntax().mods[d.statement().first_mod + k];
        if (mod != Mod::row && mod != Mod::col) continue;
        (is_first ? site.a_by_row : site.b_by_row) = mod == Mod::row;
        is_first = false;
    }
}

numerics::Round rounding_of(const Decoder& d) {
    switch (d.one_of({Mod::rz, Mod::rm, Mod::rp})) {
        case Mod::rz:
            return numerics::Round::rz;
        case Mod::rm:
            return numerics::Round::rm;
        case Mod::rp:
            return numerics::Round::rp;
        default:
            return numerics::Round::rn;
    }
}

bool is_accumulator(Type type) {
    return type == Type::f16 || type == Type::f32 || type == Type::f64 || type == Type::s32;
}

bool lay_out_product(MatrixSite& site, const Type (&types)[4], bool is_wmma) {
    const numerics::MatrixShape& shape = site.shape;
    return lay_out(site.d, types[0], shape.m, shape.n, false, is_wmma) &&
           lay_out(site.a, types[1], shape.m, shape.k, true, is_wmma) &&
           lay_out(site.b, types[2], shape.n, shape.k, true, is_wmma) &&
           lay_out(site.c, types[3], shape.m, shape.n, false, is_wmma);
}

// Four small products at once: registers are those of 8x8x4 for eight lanes each.
void lay_out_quad(const Decoder& d, MatrixSite& site) {
    site.is_quad = true;
    quad_layouts(d, site);
    site.a.count = site.b.count = 2;
    site.c.count = site.c.element == Element::f32 ? 8 : 4;
    site.d.count = site.d.element == Element::f32 ? 8 : 4;
}

// {w}mma d, a, b, c. With two types they are those of D and C, and A and B are f16.
bool build_product(Decoder& d, bool is_wmma) {
    if (!d.need(4, 4)) return false;
    const bool is_short = d.type(2) == Type::none;
    const Type types[4] = {d.type(0), is_short ? Type::f16 : d.type(1), is_short ? Type::f16 : d.type(2),
                           is_short ? d.type(1) : d.type(3)};
    MatrixSite site;
    if (!find_shape(d, site.shape)) return d.fail("missing shape");
    if (!is_accumulator(types[0]) || !is_accumulator(types[3])) return d.fail("bad types");
    const bool is_quad = !is_wmma && types[1] == Type::f16 && d.has(Mod::m8n8k4);
    if (is_quad) {
        site.a.element = site.b.element = Element::f16;
        site.a.per_slot = site.b.per_slot = 2;
        site.c.element = element_of(types[3]);
        site.d.element = element_of(types[0]);
        site.c.per_slot = site.c.element == Element::f32 ? 1 : 2;
        site.d.per_slot = site.d.element == Element::f32 ? 1 : 2;
        lay_out_quad(d, site);
    } else if (!lay_out_product(site, types, is_wmma)) {
        return d.fail("no such shape");
    }
    site.saturates = d.has(Mod::satfinite);
    site.counts_xor = d.has(Mod::xor_);
    site.rounding = rounding_of(d);
    if (!take_slots(d, d.operand(0), site.d, true) || !take_slots(d, d.operand(1), site.a, false) ||
        !take_slots(d, d.operand(2), site.b, false) || !take_slots(d, d.operand(3), site.c, false))
        return false;
    site.multiply = find_op(Family::matrix, Type::none, 1)->full;
    emit_site(d, site, nullptr);
    return true;
}

bool is_beyond(const Decoder& d) { return d.is_unknown_modifier() || d.has(Mod::ignored) || d.has(Mod::sp); }

}  // namespace

bool build_wmma(Decoder& d) {
    if (is_beyond(d)) return d.emit_unsupported(), true;
    if (d.has(Mod::load)) return build_wmma_memory(d, true);
    return d.has(Mod::store) ? build_wmma_memory(d, false) : build_product(d, true);
}

bool build_mma(Decoder& d) {
    if (is_beyond(d)) return d.emit_unsupported(), true;
    return build_product(d, false);
}

// ldmatrix.sync.aligned.m8n8.x{1,2,4}{.trans}.shared.b16 d, [p] and stmatrix [p], d
bool build_matrix_rows(Decoder& d) {
    if (is_beyond(d) || !d.has(Mod::m8n8) || d.type() != Type::b16) return d.emit_unsupported(), true;
    if (!d.need(2, 2)) return false;
    const bool is_load = d.statement().opcode == "ldmatrix";
    MatrixSite site;
    site.op = is_load ? MatrixOp::load_rows : MatrixOp::store_rows;
    site.is_transposed = d.has(Mod::trans);
    site.d.count = d.has(Mod::x4) ? 4 : d.has(Mod::x2) ? 2 : 1;
    MemoryOperand address;
    if (!d.memory_operand(d.operand(is_load ? 1 : 0), matrix_space(d), address)) return false;
    if (!take_slots(d, d.operand(is_load ? 0 : 1), site.d, is_load)) return false;
    emit_site(d, site, &address);
    return true;
}

// movmatrix.sync.aligned.m8n8.trans.b16 d, a
bool build_movmatrix(Decoder& d) {
    if (!d.need(2, 2)) return false;
    MatrixSite site;
    site.op = MatrixOp::transpose;
    site.d.count = site.a.count = 1;
    if (!take_slots(d, d.operand(0), site.d, true) || !take_slots(d, d.operand(1), site.a, false))
        return false;
    emit_site(d, site, nullptr);
    return true;
}

}  // namespace soft::ptx
