// half.h: each operation's exact result in quad precision, rounded by searching the format's table. Unary
// forms for all 65,536 operands, the others for random ones.
#include "soft/numerics/half.h"

#include <cmath>

#include "check.h"
#include "reference.h"

namespace numerics_test {
namespace {

using namespace soft::numerics;

struct F16 {
    using Format = FormatF16;
    static const Table& table() { return f16_table(); }
    static constexpr int kPrecision = 11;
};
struct Bf16 {
    using Format = FormatBf16;
    static const Table& table() { return bf16_table(); }
    static constexpr int kPrecision = 8;
};

template <class K>
double value_of(std::uint16_t h) {
    const std::uint32_t magnitude = h & 0x7fffu;
    constexpr std::uint32_t kInfinity = K::Format::infinity;
    if (magnitude > kInfinity) return NAN;
    const double size = magnitude == kInfinity ? INFINITY : K::table().value(magnitude);
    return h > 0x7fff ? -size : size;
}

// The expected bits of an exact result; `plain` is the same in doubles, for what IEEE says of zeros and
// infinities.
template <class K>
std::uint16_t expected(Exact exact, double plain) {
    if (std::isnan(plain)) return 0x7fff;
    const std::uint32_t sign = std::signbit(plain) ? 0x8000 : 0;
    if (std::isinf(plain)) return static_cast<std::uint16_t>(sign | K::Format::infinity);
    bool negative = false;
    const std::uint32_t code = K::table().round(exact, Round::rn, negative);
    return static_cast<std::uint16_t>(code == 0 ? sign : (negative ? 0x8000u : 0u) | code);
}

template <class K>
void binary(Context& context, Random& random) {
    using F = typename K::Format;
    for (std::uint64_t i = 0; i < context.rounds / 2; ++i) {
        const auto a = static_cast<std::uint16_t>(random.float_bits(16, K::kPrecision));
        const auto b = static_cast<std::uint16_t>(random.float_bits(16, K::kPrecision));
        auto c = static_cast<std::uint16_t>(random.float_bits(16, K::kPrecision));
        if (i % 3 == 0) c = static_cast<std::uint16_t>((half_mul<F>(a, b) ^ 0x8000u) + random.below(3) - 1);
        const double x = value_of<K>(a);
        const double y = value_of<K>(b);
        const double z = value_of<K>(c);
        const Quad product = Quad{x} * y;
        expect_bits(context, "add", half_add<F>(a, b), expected<K>(exact_sum(x, y), x + y), a, b);
        expect_bits(context, "sub", half_sub<F>(a, b), expected<K>(exact_sum(x, -y), x - y), a, b);
        expect_bits(context, "mul", half_mul<F>(a, b), expected<K>({product}, x * y), a, b);
        expect_bits(context, "fma", half_fma<F>(a, b, c), expected<K>(exact_sum(product, z), x * y + z), a, b,
                    c);
        const auto fused = [](auto p, auto q, auto r) { return half_fma<F>(p, q, r); };
        const std::uint32_t packed = halves(pack_halves(a, b), pack_halves(b, c), pack_halves(c, a), fused);
        expect_bits(context, "fma x2", packed, pack_halves(half_fma<F>(a, b, c), half_fma<F>(b, c, a)), a, b,
                    c);
        for (int compare = 0; compare < 14; ++compare) {
            const auto code = static_cast<Compare>(compare);
            expect_bits(context, "setp", half_holds<F>(code, a, b), holds(code, x, y), a, b);
        }
    }
}

// .ftz as devices do it: tiny after rounding with an unbounded exponent. 2^20 up, nothing is subnormal.
void flushed(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds / 2; ++i) {
        const auto a = static_cast<std::uint16_t>(random.float_bits(16, 11));
        const auto b = static_cast<std::uint16_t>(random.float_bits(16, 11));
        const auto flush = [](std::uint16_t h) { return (h & 0x7c00u) == 0 ? h & 0x8000u : h; };
        const double x = value_of<F16>(static_cast<std::uint16_t>(flush(a)));
        const double y = value_of<F16>(static_cast<std::uint16_t>(flush(b)));
        const double product = x * y;
        std::uint32_t wanted = expected<F16>({product}, product);
        bool negative = false;
        const bool small = std::fabs(product) < 1.0;
        if (small && f16_table().value(f16_table().round({product * 0x1p14}, Round::rn, negative)) < 1.0)
            wanted &= 0x8000u;
        expect_bits(context, "mul.ftz", half_mul<FormatF16, true>(a, b), wanted, a, b);
    }
}

template <class K>
void unary(Context& context) {
    using F = typename K::Format;
    for (std::uint32_t code = 0; code < 0x10000; ++code) {
        const auto h = static_cast<std::uint16_t>(code);
        const double x = value_of<K>(h);
        const bool nan = std::isnan(x);
        expect_bits(context, "neg", half_neg<F>(h), nan ? 0x7fff : code ^ 0x8000u, code);
        expect_bits(context, "abs", half_abs<F>(h), nan ? 0x7fff : code & 0x7fffu, code);
        // long double carries 64 bits; a tie it cannot see does not occur (the exact ties are integers and
        // zeros).
        const long double power = std::exp2(static_cast<long double>(x));
        const long double tangent = std::tanh(static_cast<long double>(x));
        const auto round = [](long double v) {
            return expected<K>({static_cast<Quad>(v)}, static_cast<double>(v));
        };
        expect_bits(context, "ex2", half_ex2<F>(h), std::isinf(power) ? F::infinity : round(power), code);
        expect_bits(context, "tanh", half_tanh<F>(h), round(tangent), code);
    }
    const auto nan = std::uint16_t{0x7fff};
    const auto one = half_narrow<F>(1.0f);
    expect_bits(context, "min nan", half_min<F>(nan, one), one);
    expect_bits(context, "max.NaN", half_max<F, true>(nan, one), 0x7fff);
    expect_bits(context, "min -0", half_min<F>(0, 0x8000), 0x8000);
    expect_bits(context, "max -0", half_max<F>(0x8000, 0), 0);
    expect_bits(context, "max.xorsign.abs", half_max_xorsign_abs<F>(one, 0x8000), one | 0x8000u);
    expect_bits(context, "min.xorsign.abs NaN", half_min_xorsign_abs<F>(0xffff, one), one | 0x8000u);
}

}  // namespace

void test_half(Context& context) {
    Random random(context.seed);
    unary<F16>(context);
    unary<Bf16>(context);
    binary<F16>(context, random);
    binary<Bf16>(context, random);
    flushed(context, random);
}

}  // namespace numerics_test
