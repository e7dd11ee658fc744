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

// Unordered comparisons and their kin exist for floats only; the names lo, ls, hi, hs are the unsigned lt, le, gt, ge.
Mod comparison(const Decoder& d) {
    const Mod mod = d.one_of({Mod::eq, Mod::ne, Mod::lt, Mod::le, Mod::gt, Mod::ge, Mod::lo, Mod::ls, Mod::hi, Mod::hs,
                              Mod::equ, Mod::neu, Mod::ltu, Mod::leu, Mod::gtu, Mod::geu, Mod::num, Mod::nan});
    switch (mod) {
        case Mod::lo: return Mod::lt;
        case Mod::ls: return Mod::le;
        case Mod::hi: return Mod::gt;
        case Mod::hs: return Mod::ge;
        default: return mod;
    }
}

Type comparison_type(Type type, Mod mod) {
    const bool is_equality = mod == Mod::eq || mod == Mod::ne;
    const Type plain = unsigned_type(type);
    const bool is_bits = type == Type::b16 || type == Type::b32 || type == Type::b64;
    return is_equality || is_bits ? plain : type;
}

// With `.ftz`, subnormal operands compare as zeros.
std::uint32_t flushed(Decoder& d, std::uint32_t from, Type type) {
    if (!d.has(Mod::ftz) || type != Type::f32) return from;
    Insn& insn = d.emit(Family::mov, Type::f32, 1);
    insn.a = from;
    insn.d = d.temporary(4);
    return insn.d;
}

void combine(Decoder& d, Family family, std::uint32_t to, std::uint32_t from, std::uint32_t flip, PredicateSource with) {
    Insn& insn = d.emit(family, Type::pred);
    insn.d = to;
    insn.a = from;
    insn.imm = flip;
    insn.b = with.slot;
    insn.e = with.flip;
}

}  // namespace

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
    const Mod mod = comparison(d);
    const Type type = d.type();
    if (mod == Mod::none || type == Type::none) return d.fail("missing comparison or type");
    const Operand& to = d.operand(0);
    const bool is_pair = to.kind == OperandKind::pair;
    const Mod with = d.one_of({Mod::and_, Mod::or_, Mod::xor_});
    const bool combines = with != Mod::none && d.count() == 4;
    const std::uint32_t first = d.predicate_target(is_pair ? d.child(to, 0) : to);
    const std::uint32_t second = is_pair ? d.predicate_target(d.child(to, 1)) : 0;
    const std::uint32_t result = is_pair || combines ? d.temporary(0) : first;
    const std::uint32_t a = flushed(d, d.source(1, type), type);
    const std::uint32_t b = flushed(d, d.source(2, type), type);
    Insn& compare = d.emit(Family::setp, comparison_type(type, mod), static_cast<std::uint8_t>(mod));
    compare.d = result;
    compare.a = a;
    compare.b = b;
    if (!is_pair && !combines) return true;
    const PredicateSource c = combines ? d.predicate(d.operand(3)) : PredicateSource{d.constant(1, 0), 0};
    const Family family = with == Mod::or_ ? Family::pred_or : with == Mod::xor_ ? Family::pred_xor : Family::pred_and;
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
