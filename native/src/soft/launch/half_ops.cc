// f16 and bf16 arithmetic, single and packed. Used through the registry: the type of the entry is the format,
// the variant is 1 for packed. Insn::mod says which operation and how (modifiers.h).
#include "soft/launch/cold.h"
#include "soft/launch/modifiers.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/half.h"

namespace soft {
namespace {

namespace n = numerics;
using u16 = std::uint16_t;
using u32 = std::uint32_t;

template <class F>
u16 saturate(u16 h) {
    if constexpr (n::kIsF16<F>)
        return n::sat_f16(h);
    else
        return n::sat_bf16(h);
}
template <class F>
u16 rectify(u16 h) {
    if constexpr (n::kIsF16<F>)
        return n::relu_f16(h);
    else
        return n::relu_bf16(h);
}

template <class F, bool Ftz>
u16 arithmetic(std::uint8_t op, u16 a, u16 b, u16 c) {
    switch (op) {
        case kHalfAdd:
            return n::half_add<F, Ftz>(a, b);
        case kHalfSub:
            return n::half_sub<F, Ftz>(a, b);
        case kHalfMul:
            return n::half_mul<F, Ftz>(a, b);
        default:
            return n::half_fma<F, Ftz>(a, b, c);
    }
}

template <class F, bool Nan>
u16 extreme(std::uint8_t op, bool xors, u16 a, u16 b) {
    if (xors)
        return op == kHalfMin ? n::half_min_xorsign_abs<F, Nan>(a, b) : n::half_max_xorsign_abs<F, Nan>(a, b);
    return op == kHalfMin ? n::half_min<F, Nan>(a, b) : n::half_max<F, Nan>(a, b);
}

template <class F>
u16 flushed(u16 h, bool flushes) {
    return flushes ? n::half_ftz<F>(h) : h;
}

template <class F>
u16 compute(std::uint8_t op, std::uint8_t how, u16 a, u16 b, u16 c) {
    const bool flushes = (how & kHalfFtz) != 0;
    switch (op) {
        case kHalfMin:
        case kHalfMax: {
            const bool xors = (how & kHalfXorSign) != 0;
            const u16 x = flushed<F>(a, flushes);
            const u16 y = flushed<F>(b, flushes);
            return (how & kHalfNan) != 0 ? extreme<F, true>(op, xors, x, y)
                                         : extreme<F, false>(op, xors, x, y);
        }
        case kHalfNeg:
            return n::half_neg<F>(flushed<F>(a, flushes));
        case kHalfAbs:
            return n::half_abs<F>(flushed<F>(a, flushes));
        case kHalfEx2:
            return flushed<F>(n::half_ex2<F>(flushed<F>(a, flushes)), flushes);
        case kHalfTanh:
            return n::half_tanh<F>(a);
        default:
            break;
    }
    if constexpr (n::kIsF16<F>) {
        if (flushes) return arithmetic<F, true>(op, a, b, c);
    }
    return arithmetic<F, false>(op, a, b, c);
}

template <class F, bool Packed>
const Insn* half(Warp& w, const Insn* i) {
    const u32* a = slot<u32>(w, i->a);
    const u32* b = slot<u32>(w, i->b);
    const u32* c = slot<u32>(w, i->c);
    const std::uint8_t op = i->mod[0];
    const std::uint8_t how = i->mod[1];
    const auto scalar = [=](u16 x, u16 y, u16 z) {
        u16 result = compute<F>(op, how, x, y, z);
        if ((how & kHalfSat) != 0) result = saturate<F>(result);
        return (how & kHalfRelu) != 0 ? rectify<F>(result) : result;
    };
    write_lanes<u32>(w, i->d, [&](u32 l) {
        if (Packed) return n::halves(a[l], b[l], c[l], scalar);
        return static_cast<u32>(
            scalar(static_cast<u16>(a[l]), static_cast<u16>(b[l]), static_cast<u16>(c[l])));
    });
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(half, f16, 0, (half<n::FormatF16, false>)),
    FERRY_PLAIN(half, f16, 1, (half<n::FormatF16, true>)),
    FERRY_PLAIN(half, bf16, 0, (half<n::FormatBf16, false>)),
    FERRY_PLAIN(half, bf16, 1, (half<n::FormatBf16, true>)),
};

}  // namespace

std::span<const OpEntry> half_entries() { return kEntries; }

}  // namespace soft
