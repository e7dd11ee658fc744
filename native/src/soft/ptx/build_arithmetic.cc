// Builders of add, sub, mul, mad, fma, div, rem, neg, abs, min, max, sqrt, rcp. See builders.h.
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

// Bits of an arithmetic variant; launch/ tables use the same numbers.
constexpr std::uint8_t kFtz = 1;
constexpr std::uint8_t kSat = 2;

std::uint8_t rounding_bits(const Decoder& d) {
    switch (d.one_of({Mod::rn, Mod::rz, Mod::rm, Mod::rp})) {
        case Mod::rz: return 4;
        case Mod::rm: return 8;
        case Mod::rp: return 12;
        default: return 0;
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

bool build_sum(Decoder& d, Family family) {
    return build_simple(d, family, is_integer(d.type()) ? sum_type(d) : d.type(), variant_of(d));
}

Type wider(Type type) {
    switch (type) {
        case Type::u16: return Type::u32;
        case Type::s16: return Type::s32;
        case Type::u32: return Type::u64;
        default: return Type::s64;
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
        case Type::s8: case Type::b8: return Type::u8;
        case Type::s16: case Type::b16: return Type::u16;
        case Type::s32: case Type::b32: return Type::u32;
        case Type::s64: case Type::b64: return Type::u64;
        default: return type;
    }
}

Type bit_type(Type type) {
    if (type == Type::pred || type == Type::b128) return type;
    switch (type_size(type)) {
        case 1: return Type::b8;
        case 2: return Type::b16;
        case 4: return Type::b32;
        default: return Type::b64;
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
    if (!is_integer(d.type())) return build_simple(d, Family::mul_lo, d.type(), variant_of(d));
    if (d.has(Mod::wide)) return build_wide(d, Family::mul_wide);
    if (d.has(Mod::hi)) return build_simple(d, Family::mul_hi, d.type());
    return build_simple(d, Family::mul_lo, unsigned_type(d.type()));
}

bool build_mad(Decoder& d) {
    if (!d.need(4, 4)) return false;
    if (!is_integer(d.type())) return build_fma(d);
    if (d.has(Mod::wide)) return build_wide(d, Family::mad_wide);
    if (d.has(Mod::hi)) return build_simple(d, Family::mad_hi, d.type(), variant_of(d));
    return build_simple(d, Family::mad_lo, unsigned_type(d.type()));
}

bool build_fma(Decoder& d) { return d.need(4, 4) && build_simple(d, Family::fma, d.type(), variant_of(d)); }
bool build_div(Decoder& d) { return d.need(3, 3) && build_simple(d, Family::div, d.type(), variant_of(d)); }
bool build_rem(Decoder& d) { return d.need(3, 3) && build_simple(d, Family::rem, d.type()); }

bool build_neg(Decoder& d) {
    return d.need(2, 2) && build_simple(d, Family::neg, unsigned_type(d.type()), variant_of(d));
}

bool build_abs(Decoder& d) { return d.need(2, 2) && build_simple(d, Family::abs, d.type(), variant_of(d)); }

bool build_min(Decoder& d) {
    return d.need(3, 4) && build_simple(d, Family::min, d.type(), variant_of(d));
}

bool build_max(Decoder& d) {
    return d.need(3, 4) && build_simple(d, Family::max, d.type(), variant_of(d));
}

bool build_root(Decoder& d) {
    const bool is_sqrt = d.statement().opcode == "sqrt";
    const Mod which = is_sqrt ? Mod::sc : Mod::x;
    return d.need(2, 2) && build_simple(d, Family::float_general, d.type(), static_cast<std::uint8_t>(which));
}

}  // namespace soft::ptx
