// Builders of mov, cvta and cvt. See builders.h.
#include "soft/launch/warp.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

bool copy_slot(Decoder& d, std::uint32_t to, std::uint32_t from, std::uint32_t width) {
    Insn& insn = width == 0 ? d.emit(Family::pred_mov, Type::pred)
                            : d.emit(Family::mov, width == 8 ? Type::b64 : Type::b32);
    insn.d = to;
    insn.a = from;
    return true;
}

// mov.b64 {%r1, %r2}, %rd1: element k is the next bits of the register.
bool build_unpack(Decoder& d) {
    const Operand& to = d.operand(0);
    const Type type = d.type();
    if (to.count == 0 || type_size(type) % to.count != 0) return d.fail("the vector does not fit the type");
    const std::uint32_t size = type_size(type) / to.count;
    std::uint32_t from = d.source(1, type);
    if (type == Type::b128) {
        for (std::uint32_t k = 0; k < to.count; ++k) {
            copy_slot(d, d.target(d.child(to, k), Type::b64), from + k * 8 * kLanes, 8);
        }
        return to.count == 2 || d.fail("b128 unpacks into two b64");
    }
    if (to.count > 1 && slot_width(type) == 4) {  // the source may be one of the destinations
        const std::uint32_t kept = d.temporary(4);
        copy_slot(d, kept, from, 4);
        from = kept;
    }
    for (std::uint32_t k = 0; k < to.count; ++k) {
        if (d.child(to, k).kind == OperandKind::sink) continue;
        const std::uint32_t slot = d.target(d.child(to, k), Type::b32);
        Insn& insn = d.emit(Family::unpack, Type::none);
        insn.d = slot;
        insn.a = from;
        insn.imm = 8 * size * k;
        insn.mod[0] = static_cast<std::uint8_t>(size);
        insn.mod[1] = static_cast<std::uint8_t>(slot_width(type));
    }
    return true;
}

bool build_pack(Decoder& d) {
    const Operand& from = d.operand(1);
    const Type type = d.type();
    if (from.count == 0 || type_size(type) % from.count != 0)
        return d.fail("the vector does not fit the type");
    const std::uint32_t size = type_size(type) / from.count;
    const std::uint32_t to = d.target(0, type);
    if (type == Type::b128) {
        const std::uint32_t lo = d.source(d.child(from, 0), Type::b64);
        const std::uint32_t hi = d.source(d.child(from, from.count - 1), Type::b64);
        const std::uint32_t kept = d.temporary(8);
        return copy_slot(d, kept, hi, 8) && copy_slot(d, to, lo, 8) && copy_slot(d, to + 8 * kLanes, kept, 8);
    }
    if (from.count == 2) {
        const std::uint32_t a = d.source(d.child(from, 0), Type::b32);
        const std::uint32_t b = d.source(d.child(from, 1), Type::b32);
        Insn& insn = d.emit(Family::pack, bit_type(type), 2);
        insn.d = to;
        insn.a = a;
        insn.b = b;
        return true;
    }
    const std::uint32_t built = d.temporary(slot_width(type));
    for (std::uint32_t k = 0; k < from.count; ++k) {
        const std::uint32_t a = d.source(d.child(from, k), Type::b32);
        Insn& insn = d.emit(Family::pack, Type::none);
        insn.d = built;
        insn.a = a;
        insn.imm = 8 * size * k;
        insn.mod[0] = static_cast<std::uint8_t>(size);
        insn.mod[1] = static_cast<std::uint8_t>(slot_width(type));
    }
    return copy_slot(d, to, built, slot_width(type));
}

// mov.v4.u16 a, b with vectors on both sides: all are read before any is written.
bool build_vector_mov(Decoder& d) {
    const Operand& to = d.operand(0);
    const Operand& from = d.operand(1);
    const Type type = d.type();
    if (to.count != from.count || type == Type::pred || type == Type::b128)
        return d.fail("the vectors differ");
    std::vector<std::uint32_t> kept;
    for (std::uint32_t k = 0; k < from.count; ++k) {
        kept.push_back(d.temporary(slot_width(type)));
        copy_slot(d, kept[k], d.source(d.child(from, k), type), slot_width(type));
    }
    for (std::uint32_t k = 0; k < to.count; ++k) {
        if (d.child(to, k).kind == OperandKind::sink) continue;
        copy_slot(d, d.target(d.child(to, k), type), kept[k], slot_width(type));
    }
    return true;
}

bool is_clock(const Operand& operand) {
    return operand.kind == OperandKind::special &&
           (operand.name.starts_with("%clock") || operand.name.starts_with("%globaltimer") ||
            operand.name.starts_with("%pm"));
}

// Adds the base of a window to an offset, or takes it away.
bool build_window(Decoder& d, std::uint64_t base, bool removes) {
    const std::uint32_t from = d.source(1, d.type());
    const std::uint32_t to = d.target(0, d.type());
    if (slot_width(d.type()) == 4) return copy_slot(d, to, from, 4);
    const std::uint32_t constant = d.constant(base, 8);
    Insn& insn = d.emit(removes ? Family::sub : Family::add, Type::u64);
    insn.d = to;
    insn.a = from;
    insn.b = constant;
    return true;
}

bool is_integer(Type type) { return type >= Type::u8 && type <= Type::s64; }

bool build_general_cvt(Decoder& d, Type to, Type from, std::uint32_t slot_to, std::uint32_t slot_from) {
    const std::uint32_t second = d.count() > 2 ? d.source(2, from) : slot_from;
    Insn& insn = d.emit(Family::cvt_general, Type::none);
    insn.d = slot_to;
    insn.a = slot_from;
    const Mod rounding =
        d.one_of({Mod::rn, Mod::rz, Mod::rm, Mod::rp, Mod::rna, Mod::rni, Mod::rzi, Mod::rmi, Mod::rpi});
    insn.mod[0] = static_cast<std::uint8_t>(to);
    insn.mod[1] = static_cast<std::uint8_t>(from);
    insn.mod[2] = static_cast<std::uint8_t>(rounding);
    insn.mod[3] = static_cast<std::uint8_t>((d.has(Mod::ftz) ? 1 : 0) | (d.has(Mod::sat) ? 2 : 0) |
                                            (d.has(Mod::relu) ? 4 : 0) | (d.has(Mod::satfinite) ? 8 : 0));
    insn.mod[4] = static_cast<std::uint8_t>(d.operand_width(d.operand(0), to));
    insn.mod[5] = static_cast<std::uint8_t>(d.operand_width(d.operand(1), from));
    insn.b = second;
    return true;
}

// Conversions with a handler of their own: default rounding, full-width registers.
bool has_fast_path(const Decoder& d, Type to, Type from) {
    if (d.has(Mod::sat) || d.has(Mod::ftz) || d.has(Mod::relu) || d.has(Mod::satfinite) || d.count() != 2)
        return false;
    const Mod rounding =
        d.one_of({Mod::rn, Mod::rz, Mod::rm, Mod::rp, Mod::rni, Mod::rzi, Mod::rmi, Mod::rpi});
    const bool to_int = is_integer(to) && is_float(from);
    const bool wanted = to_int ? rounding == Mod::rzi : rounding == Mod::none || rounding == Mod::rn;
    return wanted && find_op(Family::cvt, to, static_cast<std::uint8_t>(from)) != nullptr;
}

// floorf and its kin, and conversions to s32 in directed modes.
bool build_rounding_cvt(Decoder& d, Type to, Type from, std::uint32_t slot_to, std::uint32_t slot_from) {
    const Mod rounding = d.one_of({Mod::rni, Mod::rzi, Mod::rmi, Mod::rpi});
    if (from != Type::f32 || rounding == Mod::none || d.count() != 2 || d.has(Mod::sat) || d.has(Mod::ftz))
        return false;
    const auto variant = static_cast<std::uint8_t>(rounding);
    if ((to != Type::f32 && to != Type::s32) || find_op(Family::cvt_general, to, variant) == nullptr)
        return false;
    Insn& insn = d.emit(Family::cvt_general, to, variant);
    insn.d = slot_to;
    insn.a = slot_from;
    return true;
}

bool is_pair_of_halves(Type type) { return type == Type::f16x2 || type == Type::bf16x2; }
bool is_pair_of_eights(Type type) { return type == Type::e4m3x2 || type == Type::e5m2x2; }
bool is_pair_of_narrow(Type type) {
    return type == Type::e2m1x2 || type == Type::e2m3x2 || type == Type::e3m2x2;
}

// Whether cvt has this pair of types, where one of them is packed.
bool is_pair_form(Type to, Type from) {
    const bool is_small = is_pair_of_eights(to) || is_pair_of_narrow(to);
    if (from == Type::f32 || from == Type::bf16x2)
        return is_small || to == Type::ue8m0x2 || (from == Type::f32 && is_pair_of_halves(to));
    if (from == Type::f16x2) return is_small;
    if (from == Type::ue8m0x2) return to == Type::bf16x2;
    return to == Type::f16x2 && (is_pair_of_eights(from) || is_pair_of_narrow(from));
}

bool is_pair(Type type) {
    return is_pair_of_halves(type) || is_pair_of_eights(type) || is_pair_of_narrow(type) ||
           type == Type::ue8m0x2;
}

// cvt.pack.sat.s8.s32.b32 d, a, b{, c}
bool build_pack_cvt(Decoder& d) {
    const Type type = d.type(0);
    const std::uint32_t width = type == Type::u2 || type == Type::s2   ? 2
                                : type == Type::u4 || type == Type::s4 ? 4
                                                                       : 8 * type_size(type);
    if (width == 0 || width > 16 || !d.need(3, 4)) return d.fail("bad cvt.pack");
    const std::uint32_t to = d.target(0, Type::b32);
    const std::uint32_t a = d.source(1, Type::b32);
    const std::uint32_t b = d.source(2, Type::b32);
    const std::uint32_t c = d.count() > 3 ? d.source(3, Type::b32) : d.constant(0, 4);
    Insn& insn = d.emit(Family::cvt_general, Type::none, 1);
    insn.d = to;
    insn.a = a;
    insn.b = b;
    insn.c = c;
    insn.mod[0] = static_cast<std::uint8_t>(width);
    insn.mod[1] = is_signed(type) || type == Type::s4 || type == Type::s2 ? 1 : 0;
    return true;
}

}  // namespace

bool build_mov(Decoder& d) {
    if (!d.need(2, 2)) return false;
    if (d.is_alias()) return true;
    const Type type = d.type();
    if (type == Type::none) return d.fail("missing type");
    const bool both = d.operand(0).kind == OperandKind::vector && d.operand(1).kind == OperandKind::vector;
    if (both) return build_vector_mov(d);
    if (d.operand(0).kind == OperandKind::vector && d.operand(1).kind != OperandKind::vector)
        return build_unpack(d);
    if (d.operand(1).kind == OperandKind::vector && d.operand(0).kind != OperandKind::vector)
        return build_pack(d);
    if (type == Type::pred) {
        const PredicateSource from = d.predicate(d.operand(1));
        const std::uint32_t to = d.predicate_target(d.operand(0));
        Insn& insn = d.emit(Family::pred_mov, Type::pred);
        insn.d = to;
        insn.a = from.slot;
        insn.imm = from.flip;
        return true;
    }
    const std::uint32_t to = d.target(0, type);
    if (is_clock(d.operand(1))) {
        const bool is_timer = d.operand(1).name.starts_with("%global");
        const bool is_high = d.operand(1).name.ends_with("_hi");
        Insn& insn = d.emit(Family::clock, Type::none);
        insn.d = to;
        insn.mod[0] = is_timer ? 1 : 0;
        insn.mod[1] = static_cast<std::uint8_t>(slot_width(type));
        insn.mod[2] = is_high ? 1 : 0;
        return true;
    }
    const std::uint32_t from = d.source(1, type);
    if (type == Type::b128)
        return copy_slot(d, to, from, 8) && copy_slot(d, to + 8 * kLanes, from + 8 * kLanes, 8);
    return copy_slot(d, to, from, slot_width(type));
}

bool build_cvta(Decoder& d) {
    if (!d.need(2, 2)) return false;
    if (d.is_alias()) return true;
    const bool removes = d.has(Mod::to);
    switch (d.one_of({Mod::global, Mod::const_, Mod::shared, Mod::local, Mod::param})) {
        case Mod::shared:
            return build_window(d, kSharedWindow, removes);
        case Mod::local:
            return build_window(d, kLocalWindow, removes);
        case Mod::param:
            return build_window(d, d.is_entry() ? kParamWindow : kLocalWindow, removes);
        case Mod::none:
            return d.fail("missing state space");
        default:
            break;
    }
    const std::uint32_t from = d.source(1, d.type());
    const std::uint32_t to = d.target(0, d.type());
    return copy_slot(d, to, from, slot_width(d.type()));
}

bool build_cvt(Decoder& d) {
    if (d.has(Mod::pack)) return build_pack_cvt(d);
    if (d.has(Mod::foreign)) {
        d.emit_unsupported();
        return true;
    }
    if (!d.need(2, 3)) return false;
    const Type to = d.type(0);
    const Type from = d.type(1);
    if (to == Type::none || from == Type::none) return d.fail("cvt needs two types");
    if ((is_pair(to) || is_pair(from)) && !is_pair_form(to, from)) return d.emit_unsupported(), true;
    // Registers may be wider than the types here, so slots go by the register.
    const Operand& source = d.operand(1);
    const Type source_type = source.kind == OperandKind::reg ? d.register_type(source.index) : from;
    const std::uint32_t slot_from = d.source(1, source_type);
    const Operand& target = d.operand(0);
    const Type target_type = target.kind == OperandKind::reg ? d.register_type(target.index) : to;
    const std::uint32_t slot_to = d.target(0, target_type);
    const bool exact =
        slot_width(target_type) == slot_width(to) && slot_width(source_type) == slot_width(from);
    if (exact && has_fast_path(d, to, from)) {
        Insn& insn = d.emit(Family::cvt, to, static_cast<std::uint8_t>(from));
        insn.d = slot_to;
        insn.a = slot_from;
        return true;
    }
    if (exact && build_rounding_cvt(d, to, from, slot_to, slot_from)) return true;
    return build_general_cvt(d, to, from, slot_to, slot_from);
}

}  // namespace soft::ptx
