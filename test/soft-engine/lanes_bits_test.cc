// Every instruction on bits over random lanes: counts, fields, permutations, funnel shifts, dot products.
#include <bit>

#include "lanes.h"
#include "testing.h"

namespace soft_test {
namespace {

u32 low(u64 v) { return static_cast<u32>(v); }

void check32(const std::string& text, const std::function<u64(u32, u32, u32)>& body,
             const std::string& c = "u32") {
    check_typed(
        text, "u32", "u32", [&](u64 x, u64 y, u64 z) { return body(low(x), low(y), low(z)); }, c);
}

u64 reversed(u64 v, int width) {
    u64 r = 0;
    for (int k = 0; k < width; ++k) r |= ((v >> k) & 1) << (width - 1 - k);
    return r;
}

// The highest bit that differs from the sign; all ones where there is none.
u64 highest(u64 v, int width, bool is_signed, bool as_shift) {
    const u64 mask = width == 64 ? ~u64{0} : 0xffffffff;
    if (is_signed && ((v >> (width - 1)) & 1) != 0) v = ~v & mask;
    for (int k = width - 1; k >= 0; --k)
        if (((v >> k) & 1) != 0) return static_cast<u64>(as_shift ? width - 1 - k : k);
    return 0xffffffff;
}

TEST("lanes: counts and searches of bits agree with C++") {
    for (const int width : {32, 64}) {
        const std::string w = std::to_string(width), type = "u" + w;
        check_typed("popc.b" + w + " %d, %a;", "u32", type,
                    [](u64 a, u64, u64) { return static_cast<u64>(std::popcount(a)); });
        check_typed("clz.b" + w + " %d, %a;", "u32", type,
                    [=](u64 a, u64, u64) { return static_cast<u64>(std::countl_zero(a) - (64 - width)); });
        check_typed("brev.b" + w + " %d, %a;", type, type,
                    [=](u64 a, u64, u64) { return reversed(a, width); });
        for (const bool is_signed : {false, true}) {
            for (const bool shift : {false, true}) {
                check_typed(std::string("bfind") + (shift ? ".shiftamt" : "") + (is_signed ? ".s" : ".u") +
                                w + " %d, %a;",
                            "u32", type,
                            [=](u64 a, u64, u64) { return highest(a, width, is_signed, shift); });
            }
        }
    }
}

u64 extracted(u64 a, u32 at, u32 count, int width, bool is_signed) {
    const auto w = static_cast<u32>(width);
    at &= 255;
    count &= 255;
    u64 r = 0;
    for (u32 k = 0; k < count && k < w; ++k)
        if (at + k < w) r |= ((a >> (at + k)) & 1) << k;
    if (!is_signed || count == 0) return r;
    const u32 top = std::min(at + count - 1, w - 1);
    if (((a >> top) & 1) == 0) return r;
    // The sign fills what lies above the field.
    for (u32 k = 0; k < w; ++k)
        if (k >= count || at + k >= w) r |= u64{1} << k;
    return r;
}

TEST("lanes: bit fields agree with C++") {
    for (const int width : {32, 64}) {
        const std::string w = std::to_string(width);
        const Operand field = operand_of("u" + w), count = operand_of("count");
        for (const bool is_signed : {false, true}) {
            check_lanes(
                {"bfe." + std::string(is_signed ? "s" : "u") + w + " %d, %a, %b, %c;", field, field, count,
                 count, [=](u64 a, u64 b, u64 c) { return extracted(a, low(b), low(c), width, is_signed); }});
        }
        check_lanes({"shr.u32 %w1, %c, 4; and.b32 %w1, %w1, 255; bfi.b" + w + " %d, %a, %b, %c, %w1;", field,
                     field, field, count, [=](u64 a, u64 b, u64 c) {
                         const u32 at = low(c) & 255, n = (low(c) >> 4) & 255;
                         u64 r = b;
                         for (u32 k = 0; k < n && at + k < static_cast<u32>(width); ++k) {
                             r &= ~(u64{1} << (at + k));
                             r |= ((a >> k) & 1) << (at + k);
                         }
                         return r;
                     }});
    }
    check32("bmsk.wrap.b32 %d, %a, %b;", [](u32 a, u32 b, u32) {
        u64 r = 0;
        for (u32 k = 0; k < (b & 31); ++k)
            if ((a & 31) + k < 32) r |= u64{1} << ((a & 31) + k);
        return r;
    });
    check32("bmsk.clamp.b32 %d, %a, %b;", [](u32 a, u32 b, u32) {
        u64 r = 0;
        for (u64 k = 0; k < std::min<u32>(b, 32); ++k)
            if (u64{a} + k < 32) r |= u64{1} << (a + k);
        return r;
    });
}

TEST("lanes: sign extension agrees with C++") {
    for (const bool is_signed : {false, true}) {
        for (const bool clamp : {false, true}) {
            check32(
                std::string("szext.") + (clamp ? "clamp." : "wrap.") + (is_signed ? "s32" : "u32") +
                    " %d, %a, %c;",
                [=](u32 a, u32, u32 c) {
                    const u32 n = clamp ? std::min(c, 32u) : c & 31;
                    u64 r = 0;
                    for (u32 k = 0; k < 32; ++k) {
                        const u32 from = is_signed && n != 0 ? std::min(k, n - 1) : k;
                        if (k < n || (is_signed && n != 0)) r |= u64{(a >> from) & 1} << k;
                    }
                    return r;
                },
                "count");
        }
    }
}

u32 byte_of(u32 a, u32 b, u32 k) { return low((u64{b} << 32 | a) >> (8 * k)) & 255; }

TEST("lanes: permutations and funnel shifts agree with C++") {
    check32("prmt.b32 %d, %a, %b, %c;", [](u32 a, u32 b, u32 c) {
        u64 r = 0;
        for (u32 k = 0; k < 4; ++k) {
            const u32 choice = c >> (4 * k) & 15, byte = byte_of(a, b, choice & 7);
            r |= u64{choice < 8 ? byte : (byte & 128) != 0 ? 255u : 0u} << (8 * k);
        }
        return r;
    });
    const struct {
        const char* name;
        u32 (*source)(u32 place, u32 c);
    } kModes[] = {{"f4e", [](u32 k, u32 c) { return (c + k) & 7; }},
                  {"b4e", [](u32 k, u32 c) { return (c - k) & 7; }},
                  {"rc8", [](u32, u32 c) { return c; }},
                  {"ecl", [](u32 k, u32 c) { return std::max(k, c); }},
                  {"ecr", [](u32 k, u32 c) { return std::min(k, c); }},
                  {"rc16", [](u32 k, u32 c) { return (c & 1) * 2 + (k & 1); }}};
    for (const auto& mode : kModes) {
        check32(std::string("prmt.b32.") + mode.name + " %d, %a, %b, %c;", [&](u32 a, u32 b, u32 c) {
            u64 r = 0;
            for (u32 k = 0; k < 4; ++k) r |= u64{byte_of(a, b, mode.source(k, c & 3))} << (8 * k);
            return r;
        });
    }
    for (const bool clamp : {false, true}) {
        const std::string how = clamp ? ".clamp.b32 %d, %a, %b, %c;" : ".wrap.b32 %d, %a, %b, %c;";
        const auto by = [=](u32 c) { return clamp ? std::min(c, 32u) : c & 31; };
        check32(
            "shf.l" + how, [=](u32 a, u32 b, u32 c) { return (u64{b} << 32 | a) << by(c) >> 32; }, "count");
        check32(
            "shf.r" + how, [=](u32 a, u32 b, u32 c) { return (u64{b} << 32 | a) >> by(c); }, "count");
    }
    for (u32 k = 0; k < 256; k += 5) {
        check32("lop3.b32 %d, %a, %b, %c, " + std::to_string(k) + ";", [=](u32 a, u32 b, u32 c) {
            u64 r = 0;
            for (u32 bit = 0; bit < 32; ++bit) {
                const u32 index = (a >> bit & 1) * 4 + (b >> bit & 1) * 2 + (c >> bit & 1);
                r |= u64{k >> index & 1} << bit;
            }
            return r;
        });
    }
}

s64 part(u32 v, u32 k, u32 width, bool is_signed) {
    const u32 piece = v >> (k * width) & ((1u << width) - 1);
    return is_signed && (piece >> (width - 1)) != 0 ? s64{piece} - (s64{1} << width) : s64{piece};
}

TEST("lanes: dot products and the n-th set bit agree with C++") {
    for (int form = 0; form < 4; ++form) {
        const bool sa = (form & 1) != 0, sb = (form & 2) != 0;
        const std::string types =
            std::string(sa ? ".s32" : ".u32") + (sb ? ".s32" : ".u32") + " %d, %a, %b, %c;";
        check32("dp4a" + types, [=](u32 a, u32 b, u32 c) {
            s64 r = c;
            for (u32 k = 0; k < 4; ++k) r += part(a, k, 8, sa) * part(b, k, 8, sb);
            return static_cast<u64>(r);
        });
        for (const u32 half : {0u, 2u}) {
            check32(std::string("dp2a.") + (half == 0 ? "lo" : "hi") + types, [=](u32 a, u32 b, u32 c) {
                s64 r = c;
                for (u32 k = 0; k < 2; ++k) r += part(a, k, 16, sa) * part(b, half + k, 8, sb);
                return static_cast<u64>(r);
            });
        }
    }
    // The base is a bit's number; a distance of 0 asks for that bit itself.
    check32("and.b32 %w0, %b, 31; and.b32 %w1, %c, 15; sub.s32 %w1, %w1, 7; fns.b32 %d, %a, %w0, %w1;",
            [](u32 a, u32 b, u32 c) {
                const auto base = static_cast<int>(b & 31);
                int n = static_cast<int>(c & 15) - 7;
                if (n == 0) return u64{(a >> base & 1) != 0 ? static_cast<u32>(base) : 0xffffffffu};
                const int step = n > 0 ? 1 : -1;
                for (int k = base; k >= 0 && k < 32; k += step) {
                    if ((a >> k & 1) == 0) continue;
                    n -= step;
                    if (n == 0) return static_cast<u64>(k);
                }
                return u64{0xffffffff};
            });
}

}  // namespace
}  // namespace soft_test
