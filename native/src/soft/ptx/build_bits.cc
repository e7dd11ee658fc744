// Builders of bit fields, permutations, dot products, and selections by comparison. See builders.h.
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

struct Fields {
    std::uint32_t d, a, b, c, e;
};

// d, then operands of the given types.
Fields take(Decoder& d, Type to, std::initializer_list<Type> from) {
    Fields f{d.target(0, to), 0, 0, 0, 0};
    std::uint32_t* const places[4] = {&f.a, &f.b, &f.c, &f.e};
    std::uint32_t n = 0;
    for (const Type type : from) {
        *places[n] = d.source(n + 1, type);
        ++n;
    }
    return f;
}

Insn& emit(Decoder& d, Family family, Type key, std::uint8_t variant, const Fields& f) {
    Insn& insn = d.emit(family, key, variant);
    insn.d = f.d;
    insn.a = f.a;
    insn.b = f.b;
    insn.c = f.c;
    insn.e = f.e;
    return insn;
}

// lop3.{and,or}.b32 d|p, a, b, c, table, q: p is whether d has a bit set, combined with q.
bool build_lop3_predicate(Decoder& d) {
    if (!d.need(6, 6)) return false;
    if (d.operand(4).kind != OperandKind::integer) return d.fail("the table must be a constant");
    const Operand& both = d.operand(0);
    const Fields f{d.target(d.child(both, 0), Type::b32), d.source(1, Type::b32), d.source(2, Type::b32),
                   d.source(3, Type::b32), 0};
    const std::uint32_t p = d.predicate_target(d.child(both, 1));
    const PredicateSource q = d.predicate(d.operand(5));
    const std::uint32_t found = d.temporary(0);
    const std::uint32_t zero = d.constant(0, 4);
    emit(d, Family::lop3, Type::b32, 0, f).imm = static_cast<std::int64_t>(d.operand(4).value & 0xff);
    Insn& compare = d.emit(Family::setp, Type::u32, static_cast<std::uint8_t>(Mod::ne));
    compare.d = found;
    compare.a = f.d;
    compare.b = zero;
    Insn& combine = d.emit(d.has(Mod::or_) ? Family::pred_or : Family::pred_and, Type::pred);
    combine.d = p;
    combine.a = found;
    combine.b = q.slot;
    combine.e = q.flip;
    return true;
}

}  // namespace

// popc, clz, brev: d is 32 bits wide but for brev.
bool build_count(Decoder& d) {
    if (!d.need(2, 2)) return false;
    const std::string_view opcode = d.statement().opcode;
    const Family family = opcode == "popc" ? Family::popc : opcode == "clz" ? Family::clz : Family::brev;
    const Fields f = take(d, opcode == "brev" ? d.type() : Type::u32, {d.type()});
    emit(d, family, bit_type(d.type()), 0, f);
    return true;
}

bool build_bfind(Decoder& d) {
    if (!d.need(2, 2)) return false;
    const Fields f = take(d, Type::u32, {d.type()});
    const Type key = is_signed(d.type()) ? d.type() : unsigned_type(d.type());
    emit(d, Family::bfind, key, d.has(Mod::shiftamt) ? 1 : 0, f);
    return true;
}

bool build_bfe(Decoder& d) {
    if (!d.need(4, 4)) return false;
    const Fields f = take(d, d.type(), {d.type(), Type::u32, Type::u32});
    emit(d, Family::bfe, is_signed(d.type()) ? d.type() : unsigned_type(d.type()), 0, f);
    return true;
}

bool build_bfi(Decoder& d) {
    if (!d.need(5, 5)) return false;
    const Fields f = take(d, d.type(), {d.type(), d.type(), Type::u32, Type::u32});
    emit(d, Family::bfi, bit_type(d.type()), 0, f);
    return true;
}

bool build_prmt(Decoder& d) {
    if (!d.need(4, 4)) return false;
    constexpr Mod kModes[] = {Mod::f4e, Mod::b4e, Mod::rc8, Mod::ecl, Mod::ecr, Mod::rc16};
    std::uint8_t mode = 0;
    for (std::uint8_t k = 0; k < 6; ++k) {
        if (d.has(kModes[k])) mode = static_cast<std::uint8_t>(k + 1);
    }
    const Fields f = take(d, Type::b32, {Type::b32, Type::b32, Type::b32});
    emit(d, Family::prmt, Type::b32, 0, f).mod[0] = mode;
    return true;
}

bool build_shf(Decoder& d) {
    if (!d.need(4, 4)) return false;
    const Fields f = take(d, Type::b32, {Type::b32, Type::b32, Type::u32});
    emit(d, d.has(Mod::l) ? Family::shf_l : Family::shf_r, Type::b32, 0, f).mod[0] =
        d.has(Mod::clamp) ? 1 : 0;
    return true;
}

bool build_lop3(Decoder& d) {
    if (d.operand(0).kind == OperandKind::pair) return build_lop3_predicate(d);
    if (!d.need(5, 5)) return false;
    if (d.operand(4).kind != OperandKind::integer) return d.fail("the table must be a constant");
    const Fields f = take(d, Type::b32, {Type::b32, Type::b32, Type::b32});
    emit(d, Family::lop3, Type::b32, 0, f).imm = static_cast<std::int64_t>(d.operand(4).value & 0xff);
    return true;
}

bool build_sad(Decoder& d) { return d.need(4, 4) && build_simple(d, Family::sad, d.type()); }

bool build_mul24(Decoder& d) {
    const bool adds = d.statement().opcode == "mad24";
    if (!d.need(adds ? 4 : 3, adds ? 4 : 3)) return false;
    const auto variant = static_cast<std::uint8_t>((d.has(Mod::hi) ? 1 : 0) | (d.has(Mod::sat) ? 2 : 0));
    return build_simple(d, adds ? Family::mad24 : Family::mul24, d.type(), variant);
}

bool build_dot(Decoder& d) {
    if (!d.need(4, 4)) return false;
    const Fields f = take(d, Type::b32, {Type::b32, Type::b32, Type::b32});
    Insn& insn = emit(d, d.statement().opcode == "dp4a" ? Family::dp4a : Family::dp2a, Type::u32, 0, f);
    insn.mod[0] = is_signed(d.type(0)) ? 1 : 0;
    insn.mod[1] = is_signed(d.type(1)) ? 1 : 0;
    insn.mod[2] = d.has(Mod::hi) ? 1 : 0;
    return true;
}

bool build_fns(Decoder& d) {
    if (!d.need(4, 4)) return false;
    const Fields f = take(d, Type::b32, {Type::b32, Type::b32, Type::b32});
    emit(d, Family::fns, Type::b32, 0, f);
    return true;
}

// bmsk and szext, which differ only in what they compute.
bool build_bmsk(Decoder& d) {
    if (!d.need(3, 3)) return false;
    const bool masks = d.statement().opcode == "bmsk";
    const Fields f = take(d, Type::b32, {Type::b32, Type::b32});
    emit(d, masks ? Family::bmsk : Family::szext, masks ? Type::b32 : d.type(), 0, f).mod[0] =
        d.has(Mod::clamp) ? 1 : 0;
    return true;
}

bool build_copysign(Decoder& d) { return d.need(3, 3) && build_simple(d, Family::copysign, d.type()); }

bool build_testp(Decoder& d) {
    if (!d.need(2, 2)) return false;
    constexpr Mod kProperties[] = {Mod::finite,     Mod::infinite, Mod::number,
                                   Mod::notanumber, Mod::normal,   Mod::subnormal};
    std::uint8_t which = 0xfe;
    for (std::uint8_t k = 0; k < 6; ++k) {
        if (d.has(kProperties[k])) which = k;
    }
    const std::uint32_t to = d.predicate_target(d.operand(0));
    const std::uint32_t from = d.source(1, d.type());
    Insn& insn = d.emit(Family::testp, d.type(), which);
    insn.d = to;
    insn.a = from;
    return true;
}

namespace {

// What set writes where the comparison holds.
std::uint64_t set_value(Type to) {
    switch (to) {
        case Type::f32:
            return 0x3f800000u;
        case Type::f16:
            return 0x3c00u;
        case Type::bf16:
            return 0x3f80u;
        case Type::u16:
        case Type::s16:
            return 0xffffu;
        default:
            return 0xffffffffu;
    }
}

void select_value(Decoder& d, std::uint32_t to, std::uint32_t holds, std::uint64_t value) {
    const std::uint32_t one = d.constant(value, 4);
    const std::uint32_t zero = d.constant(0, 4);
    Insn& insn = d.emit(Family::selp, Type::b32);
    insn.d = to;
    insn.a = one;
    insn.b = zero;
    insn.c = holds;
}

// The predicate of one comparison, combined with the fourth operand when there is one.
bool set_predicate(Decoder& d, std::uint32_t holds, std::uint32_t a, std::uint32_t b, Type from) {
    if (!emit_comparison(d, holds, a, b, from)) return false;
    if (d.count() != 4) return true;
    const PredicateSource c = d.predicate(d.operand(3));
    const Mod with = d.one_of({Mod::and_, Mod::or_, Mod::xor_});
    const Family family = with == Mod::or_    ? Family::pred_or
                          : with == Mod::xor_ ? Family::pred_xor
                                              : Family::pred_and;
    Insn& both = d.emit(family, Type::pred);
    both.d = holds;
    both.a = holds;
    both.b = c.slot;
    both.e = c.flip;
    return true;
}

std::uint32_t half_of(Decoder& d, std::uint32_t from, std::uint32_t k) {
    const std::uint32_t to = d.temporary(4);
    Insn& insn = d.emit(Family::unpack, Type::none);
    insn.d = to;
    insn.a = from;
    insn.imm = 16 * k;
    insn.mod[0] = 2;
    insn.mod[1] = 4;
    return to;
}

// Both halves are compared; each half of the result is 1.0, or all ones for an integer.
bool build_packed_set(Decoder& d, Type to, Type half) {
    const std::uint32_t slot = d.target(0, Type::b32);
    const std::uint32_t a = d.source(1, Type::b32);
    const std::uint32_t b = d.source(2, Type::b32);
    const Type result = to == Type::f16x2 ? Type::f16 : to == Type::bf16x2 ? Type::bf16 : Type::u16;
    std::uint32_t parts[2] = {0, 0};
    for (std::uint32_t k = 0; k < 2; ++k) {
        const std::uint32_t holds = d.temporary(0);
        if (!set_predicate(d, holds, half_of(d, a, k), half_of(d, b, k), half)) return false;
        parts[k] = d.temporary(4);
        select_value(d, parts[k], holds, set_value(result));
    }
    Insn& insn = d.emit(Family::pack, Type::b32, 2);
    insn.d = slot;
    insn.a = parts[0];
    insn.b = parts[1];
    return true;
}

}  // namespace

// set.cmp{.bool}.dtype.stype d, a, b{, c}: all ones or 1.0 where the comparison holds.
bool build_set(Decoder& d) {
    if (!d.need(3, 4)) return false;
    const Type to = d.type(0);
    const Type from = d.type(1);
    if (to == Type::none || from == Type::none) return d.fail("set needs two types");
    if (from == Type::f16x2) return build_packed_set(d, to, Type::f16);
    if (from == Type::bf16x2) return build_packed_set(d, to, Type::bf16);
    if (slot_width(to) != 4) return d.fail("set writes 16 or 32 bits");
    const std::uint32_t slot = d.target(0, to);
    const std::uint32_t holds = d.temporary(0);
    if (!set_predicate(d, holds, d.source(1, from), d.source(2, from), from)) return false;
    select_value(d, slot, holds, set_value(to));
    return true;
}

// slct d, a, b, c: a where c >= 0, else b.
bool build_slct(Decoder& d) {
    if (!d.need(4, 4)) return false;
    const Type type = d.type(0);
    const Type by = d.type(1);
    const std::uint32_t to = d.target(0, type);
    const std::uint32_t a = d.source(1, type);
    const std::uint32_t b = d.source(2, type);
    std::uint32_t c = d.source(3, by);
    if (d.has(Mod::ftz) && by == Type::f32) c = emit_flush(d, c);
    const std::uint32_t holds = d.temporary(0);
    const std::uint32_t zero = d.constant(0, slot_width(by));
    Insn& compare = d.emit(Family::setp, by, static_cast<std::uint8_t>(Mod::ge));
    compare.d = holds;
    compare.a = c;
    compare.b = zero;
    Insn& insn = d.emit(Family::selp, slot_width(type) == 8 ? Type::b64 : Type::b32);
    insn.d = to;
    insn.a = a;
    insn.b = b;
    insn.c = holds;
    return true;
}

}  // namespace soft::ptx
