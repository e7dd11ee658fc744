// Builders of add, sub, mul, mad, fma, div, rem, neg, abs, min, max, sqrt, rcp. See builders.h.
#include "soft/launch/modifiers.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

std::uint8_t rounding_bits(const Decoder& d) {
    switch (d.one_of({Mod::rn, Mod::rz, Mod::rm, Mod::rp})) {
        case Mod::rz:
            return kRoundZero;
        case Mod::rm:
            return kRoundDown;
        case Mod::rp:
            return kRoundUp;
        default:
            return 0;
    }
}

std::uint8_t variant_of(const Decoder& d) {
    std::uint8_t variant = rounding_bits(d);
    if (d.has(Mod::ftz)) variant |= kFtz;
    if (d.has(Mod::sat)) variant |= kSat;
    return variant;
}

bool is_integer(Type type) { return type >= Type::u8 && type <= Type::s64; }

// Integer types lose their sign unless saturation needs it.
Type sum_type(const Decoder& d) { return d.has(Mod::sat) ? d.type() : unsigned_type(d.type()); }

bool is_half(Type type) {
    return type == Type::f16 || type == Type::f16x2 || type == Type::bf16 || type == Type::bf16x2;
}

bool build_half(Decoder& d, HalfOp op) {
    const bool is_f16 = d.type() == Type::f16 || d.type() == Type::f16x2;
    const bool is_packed = d.type() == Type::f16x2 || d.type() == Type::bf16x2;
    const std::uint32_t to = d.target(0, Type::b32);
    std::uint32_t from[3] = {0, 0, 0};
    for (std::uint32_t n = 1; n < d.count() && n < 4; ++n) from[n - 1] = d.source(n, Type::b32);
    Insn& insn = d.emit(Family::half, is_f16 ? Type::f16 : Type::bf16, is_packed ? 1 : 0);
    insn.d = to;
    insn.a = from[0];
    insn.b = from[1];
    insn.c = from[2];
    insn.mod[0] = op;
    insn.mod[1] =
        static_cast<std::uint8_t>((d.has(Mod::ftz) ? kHalfFtz : 0) | (d.has(Mod::sat) ? kHalfSat : 0) |
                                  (d.has(Mod::relu) ? kHalfRelu : 0) | (d.has(Mod::NaN) ? kHalfNan : 0) |
                                  (d.has(Mod::xorsign) ? kHalfXorSign : 0));
    return true;
}

// add.cc, addc, addc.cc and their kin.
bool build_carry(Decoder& d, Family family, bool takes_carry) {
    const Type type = d.type();
    if (slot_width(type) == 0 || type_size(type) < 4) return d.fail("carries need 32 or 64 bits");
    const bool multiplies = family == Family::mad_cc;
    if (!d.need(multiplies ? 4 : 3, multiplies ? 4 : 3)) return false;
    const std::uint32_t to = d.target(0, type);
    const std::uint32_t a = d.source(1, type);
    const std::uint32_t b = d.source(2, type);
    const std::uint32_t c = multiplies ? d.source(3, type) : a;
    Insn& insn = d.emit(family, multiplies ? type : unsigned_type(type));
    insn.d = to;
    insn.a = a;
    insn.b = b;
    insn.c = c;
    insn.mod[0] = takes_carry ? 1 : 0;
    insn.mod[1] = d.has(Mod::cc) ? 1 : 0;
    insn.mod[2] = d.has(Mod::hi) ? 1 : 0;
    return true;
}

bool is_pair(Type type) { return type == Type::u16x2 || type == Type::s16x2; }

bool build_pair(Decoder& d, PairOp op) {
    if (!d.need(3, 3)) return false;
    const std::uint32_t to = d.target(0, Type::b32);
    const std::uint32_t a = d.source(1, Type::b32);
    const std::uint32_t b = d.source(2, Type::b32);
    Insn& insn = d.emit(Family::pair, Type::none);
    insn.d = to;
    insn.a = a;
    insn.b = b;
    insn.mod[0] = op;
    insn.mod[1] = d.type() == Type::s16x2 ? 1 : 0;
    insn.mod[2] = d.has(Mod::relu) ? 1 : 0;
    return true;
}

bool build_sum(Decoder& d, Family family) {
    if (is_pair(d.type())) return build_pair(d, family == Family::add ? kPairAdd : kPairSub);
    if (is_half(d.type())) return build_half(d, family == Family::add ? kHalfAdd : kHalfSub);
    if (d.has(Mod::cc)) return build_carry(d, family == Family::add ? Family::add_cc : Family::sub_cc, false);
    return build_simple(d, family, is_integer(d.type()) ? sum_type(d) : d.type(), variant_of(d));
}

Type wider(Type type) {
    switch (type) {
        case Type::u16:
            return Type::u32;
        case Type::s16:
            return Type::s32;
        case Type::u32:
            return Type::u64;
        default:
            return Type::s64;
    }
}

bool build_wide(Decoder& d, Family family) {
    const Type type = d.type();
    if (type != Type::u16 && type != Type::s16 && type != Type::u32 && type != Type::s32) {
        return d.fail("no .wide form of this type");
    }
    const bool adds = family == Family::mad_wide;
    if (!d.need(adds ? 4 : 3, adds ? 4 : 3)) return false;
    const std::uint32_t to = d.target(0, wider(type));
    const std::uint32_t a = d.source(1, type);
    const std::uint32_t b = d.source(2, type);
    const std::uint32_t c = adds ? d.source(3, wider(type)) : 0;
    Insn& insn = d.emit(family, type);
    insn.d = to;
    insn.a = a;
    insn.b = b;
    insn.c = c;
    return true;
}

}  // namespace

Type unsigned_type(Type type) {
    switch (type) {
        case Type::s8:
        case Type::b8:
            return Type::u8;
        case Type::s16:
        case Type::b16:
            return Type::u16;
        case Type::s32:
        case Type::b32:
            return Type::u32;
        case Type::s64:
        case Type::b64:
            return Type::u64;
        default:
            return type;
    }
}

Type bit_type(Type type) {
    if (type == Type::pred || type == Type::b128) return type;
    switch (type_size(type)) {
        case 1:
            return Type::b8;
        case 2:
            return Type::b16;
        case 4:
            return Type::b32;
        default:
            return Type::b64;
    }
}

bool build_simple(Decoder& d, Family family, Type key, std::uint8_t variant) {
    const Type type = d.type();
    if (type == Type::none) return d.fail("missing type");
    if (!d.need(2, 4)) return false;
    const std::uint32_t to = d.target(0, type);
    std::uint32_t from[3] = {0, 0, 0};
    for (std::uint32_t n = 1; n < d.count(); ++n) from[n - 1] = d.source(n, type);
    Insn& insn = d.emit(family, key, variant);
    insn.d = to;
    insn.a = from[0];
    insn.b = from[1];
    insn.c = from[2];
    insn.mod[0] = variant;
    return true;
}

bool build_add(Decoder& d) { return d.need(3, 3) && build_sum(d, Family::add); }
bool build_sub(Decoder& d) { return d.need(3, 3) && build_sum(d, Family::sub); }

bool build_mul(Decoder& d) {
    if (!d.need(3, 3)) return false;
    if (is_half(d.type())) return build_half(d, kHalfMul);
    if (!is_integer(d.type())) return build_simple(d, Family::mul_lo, d.type(), variant_of(d));
    if (d.has(Mod::wide)) return build_wide(d, Family::mul_wide);
    if (d.has(Mod::hi)) return build_simple(d, Family::mul_hi, d.type());
    return build_simple(d, Family::mul_lo, unsigned_type(d.type()));
}

bool build_mad(Decoder& d) {
    if (!d.need(4, 4)) return false;
    if (!is_integer(d.type())) return build_fma(d);
    if (d.has(Mod::cc)) return build_carry(d, Family::mad_cc, false);
    if (d.has(Mod::wide)) return build_wide(d, Family::mad_wide);
    if (d.has(Mod::hi)) return build_simple(d, Family::mad_hi, d.type(), variant_of(d));
    return build_simple(d, Family::mad_lo, unsigned_type(d.type()));
}

bool build_madc(Decoder& d) { return build_carry(d, Family::mad_cc, true); }
bool build_addc(Decoder& d) { return build_carry(d, Family::add_cc, true); }
bool build_subc(Decoder& d) { return build_carry(d, Family::sub_cc, true); }

bool build_fma(Decoder& d) {
    if (!d.need(4, 4)) return false;
    if (is_half(d.type())) return build_half(d, kHalfFma);
    return build_simple(d, Family::fma, d.type(), variant_of(d));
}

bool build_div(Decoder& d) {
    if (!d.need(3, 3)) return false;
    const bool is_full = d.has(Mod::full);
    if (!is_full && !d.has(Mod::approx)) return build_simple(d, Family::div, d.type(), variant_of(d));
    const int variant = (is_full ? 2 : 0) | (d.has(Mod::ftz) ? 1 : 0);
    return build_simple(d, Family::div_approx, d.type(), static_cast<std::uint8_t>(variant));
}

bool build_rem(Decoder& d) { return d.need(3, 3) && build_simple(d, Family::rem, d.type()); }

bool build_neg(Decoder& d) {
    if (!d.need(2, 2)) return false;
    if (is_half(d.type())) return build_half(d, kHalfNeg);
    return build_simple(d, Family::neg, unsigned_type(d.type()), variant_of(d));
}

bool build_abs(Decoder& d) {
    if (!d.need(2, 2)) return false;
    if (is_half(d.type())) return build_half(d, kHalfAbs);
    return build_simple(d, Family::abs, d.type(), variant_of(d));
}

// min.relu.s32 and max.relu.s32: what is negative becomes zero.
bool build_rectified(Decoder& d, Family family) {
    if (d.type() != Type::s32) return d.fail("bad type for .relu");
    const std::uint32_t to = d.target(0, Type::s32);
    const std::uint32_t zero = d.constant(0, 4);
    if (!build_simple(d, family, Type::s32)) return false;
    Insn& insn = d.emit(Family::max, Type::s32);
    insn.d = to;
    insn.a = to;
    insn.b = zero;
    return true;
}

bool build_extreme(Decoder& d, Family family) {
    if (!d.need(3, 4)) return false;
    if (is_half(d.type())) return build_half(d, family == Family::min ? kHalfMin : kHalfMax);
    if (is_pair(d.type())) return build_pair(d, family == Family::min ? kPairMin : kPairMax);
    if (d.has(Mod::relu)) return build_rectified(d, family);
    const std::uint8_t how =
        static_cast<std::uint8_t>((d.has(Mod::NaN) ? kMinNan : 0) | (d.has(Mod::xorsign) ? kMinXorSign : 0) |
                                  (d.count() == 4 ? kMinThree : 0));
    // Any variant without a handler of its own reaches the one that reads mod[1].
    const auto variant = static_cast<std::uint8_t>(how != 0 ? kAnyVariant : variant_of(d));
    if (!build_simple(d, family, d.type(), variant)) return false;
    d.code().insns.back().mod[0] = variant_of(d);
    d.code().insns.back().mod[1] = how;
    return true;
}

bool build_min(Decoder& d) { return build_extreme(d, Family::min); }
bool build_max(Decoder& d) { return build_extreme(d, Family::max); }

// sqrt and rcp, exact or approximate.
bool build_root(Decoder& d) {
    if (!d.need(2, 2)) return false;
    const bool is_sqrt = d.statement().opcode == "sqrt";
    if (d.has(Mod::approx)) return build_approximate(d);
    return build_simple(d, is_sqrt ? Family::sqrt : Family::rcp, d.type(), variant_of(d));
}

bool build_approximate(Decoder& d) {
    if (!d.need(2, 2)) return false;
    const std::string_view opcode = d.statement().opcode;
    if (is_half(d.type())) return build_half(d, opcode == "ex2" ? kHalfEx2 : kHalfTanh);
    const Approximate which = opcode == "ex2"    ? kEx2
                              : opcode == "lg2"  ? kLg2
                              : opcode == "sin"  ? kSin
                              : opcode == "cos"  ? kCos
                              : opcode == "tanh" ? kTanh
                              : opcode == "rcp"  ? kRcp
                              : opcode == "sqrt" ? kSqrt
                                                 : kRsqrt;
    const bool is_double = d.type() == Type::f64;
    const bool flushes = (d.has(Mod::ftz) || is_double) && which != kTanh;
    return build_simple(d, Family::unary_approx, d.type(),
                        static_cast<std::uint8_t>(which + (flushes ? kFtz : 0)));
}

}  // namespace soft::ptx
