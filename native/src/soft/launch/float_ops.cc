// f32 and f64 arithmetic with modifiers: directed rounding, .ftz, .sat, and min/max with .NaN, .xorsign.abs
// or three operands. The plain forms are in hot_float.h. Used through the registry.
#include "soft/launch/cold.h"
#include "soft/launch/modifiers.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/rounding.h"

namespace soft {
namespace {

namespace n = numerics;
using u32 = std::uint32_t;

n::Round round_of(std::uint8_t variant) {
    switch (variant & kRoundBits) {
        case kRoundZero:
            return n::Round::rz;
        case kRoundDown:
            return n::Round::rm;
        case kRoundUp:
            return n::Round::rp;
        default:
            return n::Round::rn;
    }
}

// Which operation; each has a form that flushes in full (see rounding.h).
struct Add {
    template <n::Round R, class T>
    static T plain(T a, T b, T) {
        return n::add<R>(a, b);
    }
    template <n::Round R>
    static float flushed(float a, float b, float) {
        return n::ftz(n::add<R>(n::ftz(a), n::ftz(b)));
    }
};
struct Sub {
    template <n::Round R, class T>
    static T plain(T a, T b, T) {
        return n::sub<R>(a, b);
    }
    template <n::Round R>
    static float flushed(float a, float b, float) {
        return n::ftz(n::sub<R>(n::ftz(a), n::ftz(b)));
    }
};
struct Mul {
    template <n::Round R, class T>
    static T plain(T a, T b, T) {
        return n::mul<R>(a, b);
    }
    template <n::Round R>
    static float flushed(float a, float b, float) {
        return n::mul_ftz<R>(a, b);
    }
};
struct Fma {
    template <n::Round R, class T>
    static T plain(T a, T b, T c) {
        return n::fma<R>(a, b, c);
    }
    template <n::Round R>
    static float flushed(float a, float b, float c) {
        return n::fma_ftz<R>(a, b, c);
    }
};
struct Div {
    template <n::Round R, class T>
    static T plain(T a, T b, T) {
        return n::div<R>(a, b);
    }
    template <n::Round R>
    static float flushed(float a, float b, float) {
        return n::div_ftz<R>(a, b);
    }
};
struct Sqrt {
    template <n::Round R, class T>
    static T plain(T a, T, T) {
        return n::sqrt<R>(a);
    }
    template <n::Round R>
    static float flushed(float a, float, float) {
        return n::sqrt<R>(n::ftz(a));
    }
};
struct Rcp {
    template <n::Round R, class T>
    static T plain(T a, T, T) {
        return n::rcp<R>(a);
    }
    template <n::Round R>
    static float flushed(float a, float, float) {
        return n::rcp_ftz<R>(a);
    }
};

template <class Op, n::Round R, class T>
T compute(bool flushes, T a, T b, T c) {
    if constexpr (sizeof(T) == 4) {
        if (flushes) return Op::template flushed<R>(a, b, c);
    }
    return Op::template plain<R, T>(a, b, c);
}

// mod[0]: the variant, see modifiers.h.
template <class Op, class T>
const Insn* arithmetic(Warp& w, const Insn* i) {
    using Word = LaneOf<T>;
    const Word* a = slot<Word>(w, i->a);
    const Word* b = slot<Word>(w, i->b);
    const Word* c = slot<Word>(w, i->c);
    const bool flushes = (i->mod[0] & kFtz) != 0;
    const bool saturates = (i->mod[0] & kSat) != 0;
    n::with_rounding(round_of(i->mod[0]), [&](auto mode) {
        write_lanes<Word>(w, i->d, [&](u32 l) {
            const T result = compute<Op, decltype(mode)::value, T>(flushes, from_lane<T>(a[l]),
                                                                   from_lane<T>(b[l]), from_lane<T>(c[l]));
            return to_lane<T>(saturates ? n::sat(result) : result);
        });
    });
    return i + 1;
}

template <bool Nan, class T>
T extreme(bool is_max, bool xors, T a, T b) {
    if constexpr (sizeof(T) == 4) {
        if (xors) return is_max ? n::max_xorsign_abs<Nan>(a, b) : n::min_xorsign_abs<Nan>(a, b);
    }
    return is_max ? n::max<Nan>(a, b) : n::min<Nan>(a, b);
}

// mod[0]: kFtz; mod[1]: kMinNan, kMinXorSign, kMinThree.
template <bool IsMax, class T>
const Insn* min_max(Warp& w, const Insn* i) {
    using Word = LaneOf<T>;
    const bool flushes = (i->mod[0] & kFtz) != 0;
    const std::uint8_t how = i->mod[1];
    const auto operand = [&](u32 offset, u32 l) {
        const T v = from_lane<T>(slot<Word>(w, offset)[l]);
        return flushes ? n::ftz(v) : v;
    };
    write_lanes<Word>(w, i->d, [&](u32 l) {
        const bool xors = (how & kMinXorSign) != 0;
        T result = operand(i->a, l);
        const auto merge = [&](T other) {
            return (how & kMinNan) != 0 ? extreme<true>(IsMax, xors, result, other)
                                        : extreme<false>(IsMax, xors, result, other);
        };
        result = merge(operand(i->b, l));
        if ((how & kMinThree) != 0) result = merge(operand(i->c, l));
        return to_lane<T>(result);
    });
    return i + 1;
}

#define FERRY_ARITHMETIC(family, op)                                \
    FERRY_PLAIN(family, f32, kAnyVariant, (arithmetic<op, float>)), \
        FERRY_PLAIN(family, f64, kAnyVariant, (arithmetic<op, double>))

const OpEntry kEntries[] = {
    FERRY_ARITHMETIC(add, Add),
    FERRY_ARITHMETIC(sub, Sub),
    FERRY_ARITHMETIC(mul_lo, Mul),
    FERRY_ARITHMETIC(fma, Fma),
    FERRY_ARITHMETIC(div, Div),
    FERRY_ARITHMETIC(sqrt, Sqrt),
    FERRY_ARITHMETIC(rcp, Rcp),
    FERRY_PLAIN(min, f32, kAnyVariant, (min_max<false, float>)),
    FERRY_PLAIN(max, f32, kAnyVariant, (min_max<true, float>)),
    FERRY_PLAIN(min, f64, kAnyVariant, (min_max<false, double>)),
    FERRY_PLAIN(max, f64, kAnyVariant, (min_max<true, double>)),
    FERRY_OP(copysign, f32, 0, static_cast<float (*)(float, float)>(n::copysign)),
    FERRY_OP(copysign, f64, 0, static_cast<double (*)(double, double)>(n::copysign)),
};

}  // namespace

std::span<const OpEntry> float_general_entries() { return kEntries; }

}  // namespace soft
