// bits.h and integer.h against the ISA's pseudo-code, written out bit by bit, and against 128-bit arithmetic.
#include "soft/numerics/bits.h"

#include <vector>

#include "check.h"

namespace numerics_test {
namespace {

using namespace soft::numerics;

// A bit that may lie outside the register.
bool bit(std::uint64_t v, std::uint32_t at) { return at < 64 && ((v >> at) & 1u) != 0; }

std::uint64_t slow_bfe(std::uint64_t a, std::uint32_t b, std::uint32_t c, int width, bool is_signed) {
    const std::uint32_t msb = static_cast<std::uint32_t>(width - 1);
    const std::uint32_t pos = b & 0xffu;
    const std::uint32_t len = c & 0xffu;
    const bool fill = is_signed && len != 0 && bit(a, pos + len - 1 < msb ? pos + len - 1 : msb);
    std::uint64_t d = 0;
    for (std::uint32_t i = 0; i <= msb; ++i) {
        const bool one = i < len && pos + i <= msb ? bit(a, pos + i) : fill;
        d |= std::uint64_t{one} << i;
    }
    return d;
}

std::uint64_t slow_bfi(std::uint64_t a, std::uint64_t b, std::uint32_t c, std::uint32_t d, int width) {
    const std::uint32_t msb = static_cast<std::uint32_t>(width - 1);
    std::uint64_t f = b;
    for (std::uint32_t i = 0; i < (d & 0xffu) && (c & 0xffu) + i <= msb; ++i) {
        const std::uint32_t at = (c & 0xffu) + i;
        f = (f & ~(std::uint64_t{1} << at)) | (std::uint64_t{bit(a, i)} << at);
    }
    return f;
}

std::uint32_t slow_fns(std::uint32_t mask, std::uint32_t base, std::int32_t offset) {
    if (offset == 0) return bit(mask, base) ? base : ~0u;
    std::int64_t left = offset < 0 ? -std::int64_t{offset} : offset;
    for (auto pos = static_cast<std::int64_t>(base); pos >= 0 && pos < 32; pos += offset > 0 ? 1 : -1) {
        if (bit(mask, static_cast<std::uint32_t>(pos)) && --left == 0) return static_cast<std::uint32_t>(pos);
    }
    return ~0u;
}

std::uint32_t slow_bmsk(std::uint32_t a, std::uint32_t b, bool clamp) {
    const std::uint32_t from = a & 31u;
    std::uint32_t mask0 = ~0u << from;
    const std::uint32_t sum = from + (b & 31u);
    const bool position_overflow = clamp && a >= 32;
    std::uint32_t mask1 = sum >= 32 || position_overflow || (clamp && b >= 32) ? 0 : ~0u << sum;
    if (position_overflow) mask0 = 0;
    return mask0 & ~mask1;
}

std::uint32_t slow_szext(std::uint32_t a, std::uint32_t b, bool clamp, bool is_signed) {
    const std::uint32_t n = b & 31u;
    const bool too_large = b >= 32 && clamp;
    const std::uint32_t mask = too_large ? 0 : ~0u << n;
    const bool sign = n != 0 && !too_large && is_signed && bit(a, (n - 1) & 31u);
    return (a & ~mask) | (sign ? mask : 0);
}

void fields(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds; ++i) {
        const std::uint64_t a = random.next() >> random.below(64);
        const std::uint64_t b = random.next();
        const auto pos = static_cast<std::uint32_t>(random.below(3) == 0 ? random.next() : random.below(70));
        const auto len = static_cast<std::uint32_t>(random.below(3) == 0 ? random.next() : random.below(70));
        const auto a32 = static_cast<std::uint32_t>(a);
        const auto b32 = static_cast<std::uint32_t>(b);
        const auto s32 = static_cast<std::int32_t>(a32);
        const auto s64 = static_cast<std::int64_t>(a);
        expect_bits(context, "bfe.u32", bfe(a32, pos, len), slow_bfe(a32, pos, len, 32, false), a32, pos,
                    len);
        expect_bits(context, "bfe.s32", static_cast<std::uint32_t>(bfe(s32, pos, len)),
                    slow_bfe(a32, pos, len, 32, true), a32, pos, len);
        expect_bits(context, "bfe.u64", bfe(a, pos, len), slow_bfe(a, pos, len, 64, false), a, pos, len);
        expect_bits(context, "bfe.s64", static_cast<std::uint64_t>(bfe(s64, pos, len)),
                    slow_bfe(a, pos, len, 64, true), a, pos, len);
        expect_bits(context, "bfi.b32", bfi(a32, b32, pos, len), slow_bfi(a32, b32, pos, len, 32), a32, pos,
                    len);
        expect_bits(context, "bfi.b64", bfi(a, b, pos, len), slow_bfi(a, b, pos, len, 64), a, pos, len);
        for (const bool clamp : {false, true}) {
            const Overrun mode = clamp ? Overrun::clamp : Overrun::wrap;
            expect_bits(context, "bmsk", bmsk(pos, len, mode), slow_bmsk(pos, len, clamp), pos, len);
            expect_bits(context, "szext.u32", szext(a32, len, mode), slow_szext(a32, len, clamp, false), a32,
                        len);
            expect_bits(context, "szext.s32", static_cast<std::uint32_t>(szext(s32, len, mode)),
                        slow_szext(a32, len, clamp, true), a32, len);
        }
        const auto offset = static_cast<std::int32_t>(random.below(20)) - 10;
        const auto base = static_cast<std::uint32_t>(random.below(34));
        expect_bits(context, "fns", fns(a32, base, offset), slow_fns(a32, base, offset), a32, base);
    }
}

void shifts(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds; ++i) {
        const auto a = static_cast<std::uint32_t>(random.next());
        const auto b = static_cast<std::uint32_t>(random.next());
        const auto n = static_cast<std::uint32_t>(random.below(4) == 0 ? random.next() : random.below(70));
        for (const bool clamp : {false, true}) {
            const Overrun mode = clamp ? Overrun::clamp : Overrun::wrap;
            const std::uint32_t by = clamp ? (n < 32 ? n : 32) : n % 32;
            std::uint32_t left = 0;
            std::uint32_t right = 0;
            for (std::uint32_t k = 0; k < 32; ++k) {
                const std::uint64_t pair = (std::uint64_t{b} << 32) | a;
                left |= std::uint32_t{bit(pair, 32 + k - by)} << k;
                right |= std::uint32_t{bit(pair, k + by)} << k;
            }
            expect_bits(context, "shf.l", shf_l(a, b, n, mode), left, a, b, n);
            expect_bits(context, "shf.r", shf_r(a, b, n, mode), right, a, b, n);
        }
        std::uint32_t sign_right = 0;
        for (std::uint32_t k = 0; k < 32; ++k) {
            const std::uint64_t at = std::uint64_t{k} + n;
            sign_right |= std::uint32_t{bit(a, at < 31 ? static_cast<std::uint32_t>(at) : 31)} << k;
        }
        const auto shifted = shr(static_cast<std::int32_t>(a), n);
        expect_bits(context, "shr.s32", static_cast<std::uint32_t>(shifted), sign_right, a, n);
        expect_bits(context, "shl.b32", shl(a, n), n < 32 ? std::uint64_t{a << n} : 0, a, n);
        expect_bits(context, "shr.u32", shr(a, n), n < 32 ? std::uint64_t{a >> n} : 0, a, n);
        const auto table = static_cast<std::uint32_t>(random.below(256));
        std::uint32_t logic = 0;
        for (std::uint32_t k = 0; k < 32; ++k) {
            const std::uint32_t term = (bit(a, k) ? 4u : 0u) | (bit(b, k) ? 2u : 0u) | (bit(n, k) ? 1u : 0u);
            logic |= std::uint32_t{bit(table, term)} << k;
        }
        expect_bits(context, "lop3", lop3(a, b, n, table), logic, a, b, n);
        std::uint32_t reversed = 0;
        for (std::uint32_t k = 0; k < 32; ++k) reversed |= std::uint32_t{bit(a, 31 - k)} << k;
        expect_bits(context, "brev.b32", brev(a), reversed, a);
        expect_bits(context, "brev.b64", brev((std::uint64_t{b} << 32) | a) >> 32, reversed, a, b);
    }
}

// The rows of the ISA's table for prmt's modes, byte numbers from the result's top byte down.
void permutes(Context& context, Random& random) {
    struct Row {
        Permute mode;
        std::uint32_t bytes[4];
    };
    const Row rows[] = {
        {Permute::f4e, {0x3210, 0x4321, 0x5432, 0x6543}}, {Permute::b4e, {0x5670, 0x6701, 0x7012, 0x0123}},
        {Permute::rc8, {0x0000, 0x1111, 0x2222, 0x3333}}, {Permute::ecl, {0x3210, 0x3211, 0x3222, 0x3333}},
        {Permute::ecr, {0x0000, 0x1110, 0x2210, 0x3210}}, {Permute::rc16, {0x1010, 0x3232, 0x1010, 0x3232}}};
    for (std::uint64_t i = 0; i < context.rounds / 10; ++i) {
        const auto a = static_cast<std::uint32_t>(random.next());
        const auto b = static_cast<std::uint32_t>(random.next());
        const auto s = static_cast<std::uint32_t>(random.next());
        const std::uint64_t pair = (std::uint64_t{b} << 32) | a;
        const auto pick = [&](std::uint32_t nibbles) {
            std::uint32_t d = 0;
            for (std::uint32_t k = 0; k < 4; ++k) {
                const std::uint32_t nibble = (nibbles >> (4 * k)) & 15u;
                const auto byte = static_cast<std::uint8_t>(pair >> (8 * (nibble & 7u)));
                d |= (nibble < 8 ? std::uint32_t{byte} : byte > 127 ? 255u : 0u) << (8 * k);
            }
            return d;
        };
        expect_bits(context, "prmt", prmt(a, b, s), pick(s), a, b, s);
        for (const Row& row : rows) {
            expect_bits(context, "prmt mode", prmt(a, b, s, row.mode), pick(row.bytes[s & 3u]), a, b, s);
        }
    }
}

void products(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds; ++i) {
        const std::uint64_t a = random.next() >> random.below(64);
        const std::uint64_t b = random.next() >> random.below(64);
        const std::uint64_t c = random.next();
        const auto sa = static_cast<std::int64_t>(a);
        const auto sb = static_cast<std::int64_t>(b);
        // Schoolbook: 32-bit limbs, carries by hand.
        const std::uint64_t low = (a & 0xffffffffu) * (b & 0xffffffffu);
        const std::uint64_t mid1 = (a >> 32) * (b & 0xffffffffu) + (low >> 32);
        const std::uint64_t mid2 = (a & 0xffffffffu) * (b >> 32) + (mid1 & 0xffffffffu);
        const std::uint64_t high = (a >> 32) * (b >> 32) + (mid1 >> 32) + (mid2 >> 32);
        expect_bits(context, "mul.hi.u64", mul_hi(a, b), high, a, b);
        const std::uint64_t signed_high = high - (sa < 0 ? b : 0) - (sb < 0 ? a : 0);
        expect_bits(context, "mul.hi.s64", static_cast<std::uint64_t>(mul_hi(sa, sb)), signed_high, a, b);
        const bool carry = (c & 1) != 0;
        const Carried<std::uint64_t> sum = add_carry(a, c, carry);
        const Uint128 exact = Uint128{a} + c + (carry ? 1 : 0);
        expect_bits(context, "addc", sum.value, static_cast<std::uint64_t>(exact), a, c);
        expect_bits(context, "addc carry", sum.carry, static_cast<std::uint64_t>(exact >> 64), a, c);
        const Carried<std::uint64_t> difference = sub_borrow(a, b, carry);
        const Int128 below = Int128{a} - Int128{b} - (carry ? 1 : 0);
        expect_bits(context, "subc", difference.value, static_cast<std::uint64_t>(below), a, b);
        expect_bits(context, "subc borrow", difference.carry, below < 0, a, b);
        const Carried<std::uint64_t> mad = mad_hi_carry(a, b, c, carry);
        const Uint128 total = Uint128{high} + c + (carry ? 1 : 0);
        expect_bits(context, "madc.hi", mad.value, static_cast<std::uint64_t>(total), a, b, c);
        expect_bits(context, "madc.hi carry", mad.carry, static_cast<std::uint64_t>(total >> 64), a, b, c);
        const Carried<std::uint64_t> mad_low = mad_lo_carry(a, b, c, carry);
        expect_bits(context, "madc.lo", mad_low.value, a * b + c + (carry ? 1 : 0), a, b, c);
    }
}

void dots(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds / 4; ++i) {
        const auto a = static_cast<std::uint32_t>(random.next());
        const auto b = static_cast<std::uint32_t>(random.next());
        const auto c = static_cast<std::uint32_t>(random.next());
        for (unsigned kind = 0; kind < 4; ++kind) {
            const bool sa = (kind & 1) != 0;
            const bool sb = (kind & 2) != 0;
            const auto part = [](std::uint32_t v, unsigned at, unsigned width, bool is_signed) {
                std::int64_t x = (v >> at) & ((1u << width) - 1);
                return is_signed && (x >> (width - 1)) != 0 ? x - (std::int64_t{1} << width) : x;
            };
            std::int64_t four = c;
            for (unsigned k = 0; k < 4; ++k) four += part(a, 8 * k, 8, sa) * part(b, 8 * k, 8, sb);
            expect_bits(context, "dp4a", dp4a(a, sa, b, sb, c), static_cast<std::uint32_t>(four), a, b, c);
            for (unsigned high = 0; high < 2; ++high) {
                const std::int64_t two = c + part(a, 0, 16, sa) * part(b, 16 * high, 8, sb) +
                                         part(a, 16, 16, sa) * part(b, 16 * high + 8, 8, sb);
                expect_bits(context, "dp2a", dp2a(a, sa, b, sb, high != 0, c),
                            static_cast<std::uint32_t>(two), a, b);
            }
            const std::int64_t p24 = part(a, 0, 24, true) * part(b, 0, 24, true);
            const auto s32 = static_cast<std::int32_t>(a);
            const auto t32 = static_cast<std::int32_t>(b);
            expect_bits(context, "mul24.hi.s32", static_cast<std::uint32_t>(mul24_hi(s32, t32)),
                        static_cast<std::uint32_t>(static_cast<std::uint64_t>(p24) >> 16), a, b);
            const std::uint64_t u24 = std::uint64_t{a & 0xffffffu} * (b & 0xffffffu);
            expect_bits(context, "mul24.lo.u32", mul24_lo(a, b), static_cast<std::uint32_t>(u24), a, b);
            expect_bits(context, "mul24.hi.u32", mul24_hi(a, b), static_cast<std::uint32_t>(u24 >> 16), a, b);
        }
    }
}

void integer_rules(Context& context) {
    constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
    constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();
    const auto check = [&](const char* name, std::int64_t actual, std::int64_t expected) {
        expect_bits(context, name, static_cast<std::uint64_t>(actual), static_cast<std::uint64_t>(expected));
    };
    check("div by zero", div_int(7, 0), -1);
    check("div by zero u32", div_int(7u, 0u), 0xffffffffll);
    check("rem by zero", rem_int(7, 0), -1);
    check("MIN / -1", div_int(kMin, -1), kMin);
    check("MIN64 / -1", div_int(kMin64, std::int64_t{-1}), kMin64);
    check("MIN % -1", rem_int(kMin, -1), 0);
    check("-7 / 2", div_int(-7, 2), -3);
    check("-7 % 2", rem_int(-7, 2), -1);
    check("div s16", div_int(std::int16_t{-32768}, std::int16_t{-1}), -32768);
    check("abs MIN", abs_int(kMin), kMin);
    check("sad", sad(kMin, 1, 0), static_cast<std::int32_t>(0x80000001u));
    check("sad u16", sad(std::uint16_t{1}, std::uint16_t{3}, std::uint16_t{0xffff}), 1);
    check("add.sat", add_sat(kMin, -1), kMin);
    check("sub.sat", sub_sat(0x7fffffff, -1), 0x7fffffff);
    check("mad.hi.sat", mad_hi_sat(kMin, kMin, 0x7fffffff), 0x7fffffff);
    check("mul.lo u16", mul_lo(std::uint16_t{0xffff}, std::uint16_t{0xffff}), 1);
    check("mul.hi s16", mul_hi(std::int16_t{-32768}, std::int16_t{-32768}), 0x4000);
    check("bfind none", bfind(0u), 0xffffffffll);
    check("bfind -1", bfind(-1), 0xffffffffll);
    check("bfind s", bfind(-2), 0);
    check("bfind u64", bfind(std::uint64_t{1} << 40), 40);
    check("bfind.shiftamt", bfind_shiftamt(1u), 31);
    check("popc", popc(~std::uint64_t{0}), 64);
    check("clz", clz(1u), 31);
    check("clz 0", clz(std::uint64_t{0}), 64);
}

}  // namespace

void test_bits(Context& context) {
    Random random(context.seed);
    fields(context, random);
    shifts(context, random);
    permutes(context, random);
    products(context, random);
    dots(context, random);
    integer_rules(context);
}

}  // namespace numerics_test
