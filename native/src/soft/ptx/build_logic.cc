// Builders of bit logic, shifts, comparisons and selection. See builders.h.
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

bool build_predicate_logic(Decoder& d, Family family) {
    const std::uint32_t to = d.predicate_target(d.operand(0));
    const PredicateSource a = d.predicate(d.operand(1));
    const PredicateSource b = d.count() > 2 ? d.predicate(d.operand(2)) : PredicateSource{};
    Insn& insn = d.emit(family, Type::pred);
    insn.d = to;
    insn.a = a.slot;
    insn.imm = a.flip;
    insn.b = b.slot;
    insn.e = b.flip;
    return true;
}

bool build_bits(Decoder& d, Family family, Family on_predicates, std::uint32_t operands) {
    if (!d.need(operands, operands)) return false;
    if (d.type() == Type::pred) return build_predicate_logic(d, on_predicates);
    return build_simple(d, family, bit_type(d.type()));
}

bool build_shift(Decoder& d, Family family, Type key) {
    if (!d.need(3, 3)) return false;
    const std::uint32_t to = d.target(0, d.type());
    const std::uint32_t a = d.source(1, d.type());
    const std::uint32_t b = d.source(2, Type::u32);
    Insn& insn = d.emit(family, key);
    insn.d = to;
    insn.a = a;
    insn.b = b;
    return true;
}

// Unordered comparisons and their kin exist for floats only; the names lo, ls, hi, hs are the unsigned lt,
// le, gt, ge.
Mod comparison(const Decoder& d) {
    const Mod mod =
        d.one_of({Mod::eq, Mod::ne, Mod::lt, Mod::le, Mod::gt, Mod::ge, Mod::lo, Mod::ls, Mod::hi, Mod::hs,
                  Mod::equ, Mod::neu, Mod::ltu, Mod::leu, Mod::gtu, Mod::geu, Mod::num, Mod::nan});
    switch (mod) {
        case Mod::lo:
            return Mod::lt;
        case Mod::ls:
            return Mod::le;
        case Mod::hi:
            return Mod::gt;
        case Mod::hs:
            return Mod::ge;
        default:
            return mod;
    }
}

Type comparison_type(Type type, Mod mod) {
    const bool is_equality = mod == Mod::eq || mod == Mod::ne;
    const Type plain = unsigned_type(type);
    const bool is_bits = type == Type::b16 || type == Type::b32 || type == Type::b64;
    return is_equality || is_bits ? plain : type;
}

void combine(Decoder& d, Family family, std::uint32_t to, std::uint32_t from, std::uint32_t flip,
             PredicateSource with) {
    Insn& insn = d.emit(family, Type::pred);
    insn.d = to;
    insn.a = from;
    insn.imm = flip;
    insn.b = with.slot;
    insn.e = with.flip;
}

std::uint32_t flushed(Decoder& d, std::uint32_t from) {
    const std::uint32_t to = d.temporary(4);
    Insn& insn = d.emit(Family::mov, Type::f32, 1);
    insn.a = from;
    insn.d = to;
    return to;
}

std::uint32_t widened(Decoder& d, std::uint32_t from, Type type) {
    const std::uint32_t to = d.temporary(4);
    Insn& insn = d.emit(Family::cvt, Type::f32, static_cast<std::uint8_t>(type));
    insn.a = from;
    insn.d = to;
    return to;
}

// One half of each operand is compared for each predicate.
bool build_packed_setp(Decoder& d, Type half) {
    const Operand& to = d.operand(0);
    if (to.kind != OperandKind::pair || d.count() != 3) {
        d.emit_unsupported();
        return true;
    }
    for (std::uint32_t k = 0; k < 2; ++k) {
        const std::uint32_t p = d.predicate_target(d.child(to, k));
        std::uint32_t sides[2] = {d.source(1, Type::b32), d.source(2, Type::b32)};
        for (std::uint32_t& side : sides) {
            const std::uint32_t part = d.temporary(4);
            Insn& insn = d.emit(Family::unpack, Type::none);
            insn.d = part;
            insn.a = side;
            insn.imm = 16 * k;
            insn.mod[0] = 2;
            insn.mod[1] = 4;
            side = part;
        }
        if (!emit_comparison(d, p, sides[0], sides[1], half)) return false;
    }
    return true;
}

}  // namespace

// With `.ftz`, subnormal operands compare as zeros; halves compare as f32, which is exact.
bool emit_comparison(Decoder& d, std::uint32_t to, std::uint32_t a, std::uint32_t b, Type type) {
    const Mod mod = comparison(d);
    if (mod == Mod::none || type == Type::none) return d.fail("missing comparison or type");
    const bool is_half = type == Type::f16 || type == Type::bf16;
    if (is_half) a = widened(d, a, type);
    if (is_half) b = widened(d, b, type);
    if (d.has(Mod::ftz) && type == Type::f32) a = flushed(d, a);
    if (d.has(Mod::ftz) && type == Type::f32) b = flushed(d, b);
    Insn& compare = d.emit(Family::setp, is_half ? Type::f32 : comparison_type(type, mod),
                           static_cast<std::uint8_t>(mod));
    compare.d = to;
    compare.a = a;
    compare.b = b;
    return true;
}

std::uint32_t emit_flush(Decoder& d, std::uint32_t from) { return flushed(d, from); }

bool build_and(Decoder& d) { return build_bits(d, Family::and_, Family::pred_and, 3); }
bool build_or(Decoder& d) { return build_bits(d, Family::or_, Family::pred_or, 3); }
bool build_xor(Decoder& d) { return build_bits(d, Family::xor_, Family::pred_xor, 3); }
bool build_not(Decoder& d) { return build_bits(d, Family::not_, Family::pred_not, 2); }
bool build_cnot(Decoder& d) { return d.need(2, 2) && build_simple(d, Family::cnot, bit_type(d.type())); }

bool build_shl(Decoder& d) { return build_shift(d, Family::shl, bit_type(d.type())); }
bool build_shr(Decoder& d) {
    return build_shift(d, Family::shr, is_signed(d.type()) ? d.type() : unsigned_type(d.type()));
}

bool build_setp(Decoder& d) {
    if (!d.need(3, 4)) return false;
    const Type type = d.type();
    const Operand& to = d.operand(0);
    const bool is_pair = to.kind == OperandKind::pair;
    if (type == Type::f16x2 || type == Type::bf16x2)
        return build_packed_setp(d, type == Type::f16x2 ? Type::f16 : Type::bf16);
    const bool combines = d.count() == 4;
    const std::uint32_t first = d.predicate_target(is_pair ? d.child(to, 0) : to);
    const std::uint32_t second = is_pair ? d.predicate_target(d.child(to, 1)) : 0;
    const std::uint32_t result = is_pair || combines ? d.temporary(0) : first;
    if (!emit_comparison(d, result, d.source(1, type), d.source(2, type), type)) return false;
    if (!is_pair && !combines) return true;
    const Mod with = d.one_of({Mod::and_, Mod::or_, Mod::xor_});
    const PredicateSource c = combines ? d.predicate(d.operand(3)) : PredicateSource{d.constant(1, 0), 0};
    const Family family = with == Mod::or_    ? Family::pred_or
                          : with == Mod::xor_ ? Family::pred_xor
                                              : Family::pred_and;
    // The operand c may be one of the destinations, so both results are computed before either is written.
    const std::uint32_t kept = is_pair ? d.temporary(0) : first;
    combine(d, family, kept, result, 0, c);
    if (!is_pair) return true;
    combine(d, family, second, result, kFullMask, c);
    combine(d, Family::pred_and, first, kept, 0, PredicateSource{d.constant(1, 0), 0});
    return true;
}

bool build_selp(Decoder& d) {
    if (!d.need(4, 4)) return false;
    const Type type = d.type();
    const bool is_predicate = type == Type::pred;
    const std::uint32_t to = d.target(0, type);
    const std::uint32_t a = d.source(1, type);
    const std::uint32_t b = d.source(2, type);
    const PredicateSource p = d.predicate(d.operand(3));
    Insn& insn = d.emit(Family::selp, is_predicate ? type : slot_width(type) == 8 ? Type::b64 : Type::b32);
    insn.d = to;
    insn.a = p.flip != 0 ? b : a;
    insn.b = p.flip != 0 ? a : b;
    insn.c = p.slot;
    return true;
}

}  // namespace soft::ptx
