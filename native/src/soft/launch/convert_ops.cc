// cvt in all its forms, one lane at a time, from the types in Insn::mod. The common ones have handlers in
// hot_float.h and hot_integer.h. mod: [0] to, [1] from, [2] rounding (ptx::Mod), [3] flags (modifiers.h), [4]
// and [5] slot widths.
#include "soft/launch/cold.h"
#include "soft/launch/modifiers.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/convert.h"

namespace soft {
namespace {

namespace n = numerics;
using ptx::Mod;
using ptx::Type;
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

struct Form {
    Type to;
    Type from;
    Mod rounding;
    u8 flags;
    bool has(u8 flag) const { return (flags & flag) != 0; }
    n::Round round() const {
        switch (rounding) {
            case Mod::rz:
            case Mod::rzi:
                return n::Round::rz;
            case Mod::rm:
            case Mod::rmi:
                return n::Round::rm;
            case Mod::rp:
            case Mod::rpi:
                return n::Round::rp;
            case Mod::rna:
                return n::Round::rna;
            default:
                return n::Round::rn;
        }
    }
    bool to_integral() const { return rounding >= Mod::rni && rounding <= Mod::rpi; }
};

bool is_integer(Type type) { return type >= Type::u8 && type <= Type::s64; }

template <class Body>
u64 with_integer(Type type, Body body) {
    switch (type) {
        case Type::u8:
            return body(u8{});
        case Type::u16:
            return body(u16{});
        case Type::u32:
            return body(u32{});
        case Type::u64:
            return body(u64{});
        case Type::s8:
            return body(std::int8_t{});
        case Type::s16:
            return body(std::int16_t{});
        case Type::s32:
            return body(std::int32_t{});
        default:
            return body(std::int64_t{});
    }
}

// Results carry their sign into the rest of the register, as a wider destination wants.
template <class I>
u64 extended(I v) {
    if constexpr (std::is_signed_v<I>)
        return static_cast<u64>(static_cast<std::int64_t>(v));
    else
        return v;
}

u64 integer_to_integer(const Form& form, u64 bits) {
    return with_integer(form.from, [&](auto from) {
        using From = decltype(from);
        const From v = static_cast<From>(bits);
        return with_integer(form.to, [&](auto to) {
            using To = decltype(to);
            return extended(form.has(kCvtSat) ? n::int_to_int_sat<To>(v) : static_cast<To>(extended(v)));
        });
    });
}

template <n::Round R, class I>
u64 integer_to_float(Type to, I v) {
    switch (to) {
        case Type::f16:
            return n::int_to_f16<R>(v);
        case Type::bf16:
            return n::int_to_bf16<R>(v);
        case Type::f64:
            return n::bits_of(n::int_to_f64<R>(v));
        default:
            return n::bits_of(n::int_to_f32<R>(v));
    }
}

u64 from_integer(const Form& form, u64 bits) {
    const u64 result = with_integer(form.from, [&](auto from) {
        const auto v = static_cast<decltype(from)>(bits);
        return n::with_rounding(form.round(),
                                [&](auto r) { return integer_to_float<decltype(r)::value>(form.to, v); });
    });
    if (!form.has(kCvtSat)) return result;
    switch (form.to) {
        case Type::f16:
            return n::sat_f16(static_cast<u16>(result));
        case Type::bf16:
            return n::sat_bf16(static_cast<u16>(result));
        case Type::f64:
            return n::bits_of(n::sat(n::f64_from(result)));
        default:
            return n::bits_of(n::sat(n::f32_from(static_cast<u32>(result))));
    }
}

// f16, bf16 and f32 operands as f32; exact.
float as_f32(const Form& form, u64 bits) {
    switch (form.from) {
        case Type::f16:
            return n::f16_to_f32(static_cast<u16>(bits));
        case Type::bf16:
            return n::bf16_to_f32(static_cast<u16>(bits));
        default:
            break;
    }
    const float v = n::f32_from(static_cast<u32>(bits));
    return form.has(kCvtFtz) ? n::ftz(v) : v;
}

u64 to_integer(const Form& form, u64 bits) {
    return with_integer(form.to, [&](auto to) {
        using To = decltype(to);
        return n::with_rounding(form.round(), [&](auto r) {
            constexpr n::Round kRound = decltype(r)::value;
            return form.from == Type::f64 ? extended(n::float_to_int<To, kRound>(n::f64_from(bits)))
                                          : extended(n::float_to_int<To, kRound>(as_f32(form, bits)));
        });
    });
}

template <n::Round R>
u64 round_f32(const Form& form, float v) {
    float result = form.to_integral() ? n::round_integral<R>(v) : n::canonical(v);
    if (form.has(kCvtFtz)) result = n::ftz(result);
    if (form.has(kCvtSat)) result = n::sat(result);
    return n::bits_of(n::canonical(result));
}

template <n::Round R>
u64 to_f32(const Form& form, u64 bits) {
    if (form.from != Type::f64) return round_f32<R>(form, as_f32(form, bits));
    const double v = n::f64_from(bits);
    const float result = form.has(kCvtFtz) ? n::f64_to_f32_ftz<R>(v) : n::f64_to_f32<R>(v);
    return n::bits_of(form.has(kCvtSat) ? n::sat(result) : result);
}

template <n::Round R>
u64 to_f64(const Form& form, u64 bits) {
    double v = form.from == Type::f64 ? n::f64_from(bits) : n::f32_to_f64(as_f32(form, bits));
    if (form.to_integral()) v = n::round_integral<R>(v);
    return n::bits_of(form.has(kCvtSat) ? n::sat(v) : v);
}

template <n::Round R, bool Bf16>
u64 to_half(const Form& form, u64 bits) {
    u16 h = 0;
    if (form.to_integral() && form.to == form.from) {
        h = Bf16 ? n::round_integral_bf16<R>(static_cast<u16>(bits))
                 : n::round_integral_f16<R>(static_cast<u16>(bits));
    } else if (form.from == Type::f64) {
        h = Bf16 ? n::f64_to_bf16<R>(n::f64_from(bits)) : n::f64_to_f16<R>(n::f64_from(bits));
    } else {
        h = Bf16 ? n::f32_to_bf16<R>(as_f32(form, bits)) : n::f32_to_f16<R>(as_f32(form, bits));
    }
    if (form.has(kCvtSatFinite)) h = Bf16 ? n::satfinite_bf16(h) : n::satfinite_f16(h);
    if (form.has(kCvtRelu)) h = Bf16 ? n::relu_bf16(h) : n::relu_f16(h);
    if (form.has(kCvtSat)) h = Bf16 ? n::sat_bf16(h) : n::sat_f16(h);
    return h;
}

u64 to_tf32(const Form& form, u64 bits) {
    const float v = as_f32(form, bits);
    u32 result = form.round() == n::Round::rz   ? n::f32_to_tf32<n::Round::rz>(v)
                 : form.round() == n::Round::rn ? n::f32_to_tf32<n::Round::rn>(v)
                                                : n::f32_to_tf32<n::Round::rna>(v);
    if (form.has(kCvtSatFinite)) result = n::satfinite_tf32(result);
    return form.has(kCvtRelu) ? n::relu_tf32(result) : result;
}

u64 float_to_float(const Form& form, u64 bits) {
    if (form.to == Type::tf32) return to_tf32(form, bits);
    return n::with_rounding(form.round(), [&](auto r) {
        constexpr n::Round kRound = decltype(r)::value;
        switch (form.to) {
            case Type::f16:
                return to_half<kRound, false>(form, bits);
            case Type::bf16:
                return to_half<kRound, true>(form, bits);
            case Type::f64:
                return to_f64<kRound>(form, bits);
            default:
                return to_f32<kRound>(form, bits);
        }
    });
}

// The two floats that become a packed pair: a and b, or the halves of a. The first is the upper one.
struct Pair {
    float high;
    float low;
};
Pair pair_of(const Form& form, u64 a, u64 b) {
    const u32 v = static_cast<u32>(a);
    if (form.from == Type::f16x2) return {n::f16_to_f32(n::high_half(v)), n::f16_to_f32(n::low_half(v))};
    if (form.from == Type::bf16x2) return {n::bf16_to_f32(n::high_half(v)), n::bf16_to_f32(n::low_half(v))};
    return {n::f32_from(v), n::f32_from(static_cast<u32>(b))};
}

// cvt.rn.f16x2.f32 d, a, b and the fp8 forms.
u64 pack(const Form& form, u64 a, u64 b) {
    if (form.to == Type::f16x2 || form.to == Type::bf16x2) {
        Form half = form;
        half.to = form.to == Type::f16x2 ? Type::f16 : Type::bf16;
        return float_to_float(half, a) << 16 | float_to_float(half, b);
    }
    const bool relu = form.has(kCvtRelu);
    const Pair pair = pair_of(form, a, b);
    return form.to == Type::e4m3x2 ? n::f32_to_fp8x2<n::FormatE4m3>(pair.high, pair.low, relu)
                                   : n::f32_to_fp8x2<n::FormatE5m2>(pair.high, pair.low, relu);
}

// Powers of two as their exponents: cvt.{rz,rp}{.satfinite}.ue8m0x2.{f32, bf16x2}.
u64 to_exponents(const Form& form, u64 a, u64 b) {
    const bool is_up = form.rounding == Mod::rp;
    const bool is_finite = form.has(kCvtSatFinite);
    const u32 high = form.from == Type::bf16x2 ? static_cast<u32>(a) & 0xffff0000u : static_cast<u32>(a);
    const u32 low = form.from == Type::bf16x2 ? static_cast<u32>(a) << 16 : static_cast<u32>(b);
    return static_cast<u64>(n::f32_to_ue8m0(high, is_up, is_finite)) << 8 |
           n::f32_to_ue8m0(low, is_up, is_finite);
}

// fp6 and fp4: `Bits` apart in the register.
template <class F, int Bits>
u64 to_narrow(const Form& form, u64 a, u64 b) {
    const bool relu = form.has(kCvtRelu);
    const Pair pair = pair_of(form, a, b);
    return static_cast<u64>(n::f32_to_narrow<F>(pair.high, relu)) << Bits |
           n::f32_to_narrow<F>(pair.low, relu);
}
template <class F, int Bits>
u64 from_narrow(const Form& form, u64 a) {
    const u16 high = n::narrow_to_f16<F>(static_cast<u8>(a >> Bits));
    const u16 low = n::narrow_to_f16<F>(static_cast<u8>(a & ((1u << Bits) - 1)));
    const bool relu = form.has(kCvtRelu);
    return relu ? n::pack_halves(n::relu_f16(high), n::relu_f16(low)) : n::pack_halves(high, low);
}

u64 convert(const Form& form, u64 a, u64 b) {
    if (form.to == Type::e2m1x2) return to_narrow<n::FormatE2m1, 4>(form, a, b);
    if (form.to == Type::e2m3x2) return to_narrow<n::FormatE2m3, 8>(form, a, b);
    if (form.to == Type::e3m2x2) return to_narrow<n::FormatE3m2, 8>(form, a, b);
    if (form.from == Type::e2m1x2) return from_narrow<n::FormatE2m1, 4>(form, a);
    if (form.from == Type::e2m3x2) return from_narrow<n::FormatE2m3, 8>(form, a);
    if (form.from == Type::e3m2x2) return from_narrow<n::FormatE3m2, 8>(form, a);
    if (form.to == Type::ue8m0x2) return to_exponents(form, a, b);
    if (form.from == Type::ue8m0x2) {
        return n::pack_halves(n::ue8m0_to_bf16(static_cast<u8>(a >> 8)),
                              n::ue8m0_to_bf16(static_cast<u8>(a)));
    }
    if (form.from == Type::e4m3x2) return n::e4m3x2_to_f16x2(static_cast<u16>(a), form.has(kCvtRelu));
    if (form.from == Type::e5m2x2) return n::e5m2x2_to_f16x2(static_cast<u16>(a), form.has(kCvtRelu));
    if (form.to == Type::f16x2 || form.to == Type::bf16x2 || form.to == Type::e4m3x2 ||
        form.to == Type::e5m2x2) {
        return pack(form, a, b);
    }
    const bool to_int = is_integer(form.to);
    if (is_integer(form.from)) return to_int ? integer_to_integer(form, a) : from_integer(form, a);
    return to_int ? to_integer(form, a) : float_to_float(form, a);
}

const Insn* convert_general(Warp& w, const Insn* i) {
    const Form form{static_cast<Type>(i->mod[0]), static_cast<Type>(i->mod[1]), static_cast<Mod>(i->mod[2]),
                    i->mod[3]};
    const u32 width = i->mod[5];
    const auto value = [&](u32 l) {
        return convert(form, read_lane(w, i->a, width, l), read_lane(w, i->b, 4, l));
    };
    if (i->mod[4] == 8) {
        write_lanes<u64>(w, i->d, value);
    } else if (ptx::type_size(form.to) == 2 && !ptx::is_signed(form.to)) {
        write_lanes<u32>(w, i->d, [&](u32 l) { return value(l) & 0xffffu; });
    } else {
        write_lanes<u32>(w, i->d, value);
    }
    return i + 1;
}

// cvt.pack.sat.to.s32{.b32}: mod[0] width of a field, mod[1] whether it is signed, c the rest of the
// register.
const Insn* convert_pack(Warp& w, const Insn* i) {
    const u32* a = slot<u32>(w, i->a);
    const u32* b = slot<u32>(w, i->b);
    const u32* c = slot<u32>(w, i->c);
    write_lanes<u32>(w, i->d, [=](u32 l) {
        return n::pack_sat(i->mod[0], i->mod[1] != 0, static_cast<std::int32_t>(a[l]),
                           static_cast<std::int32_t>(b[l]), c[l]);
    });
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(cvt_general, none, 0, convert_general),
    FERRY_PLAIN(cvt_general, none, 1, convert_pack),
};

}  // namespace

std::span<const OpEntry> convert_general_entries() { return kEntries; }

}  // namespace soft
