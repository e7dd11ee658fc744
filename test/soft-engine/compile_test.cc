// Compiled runs of arithmetic, loads and stores against the interpreter: random programs, run as they are and
// with every instruction kept apart from the next, for whole warps, parts of warps and both arms of a branch.
// Where nothing is compiled (FERRY_SOFT_COMPILE=0, no AVX2) both are the same.
#include <cstdlib>
#include <iostream>
#include <random>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

constexpr int kWords = 6;
constexpr int kFloats = 6;
constexpr int kWides = 5;
constexpr int kThreads = 64;
constexpr int kBytes = kWords * 4 + kFloats * 4 + kWides * 8;
// Of global and of shared memory that the programs load from and store to as they like.
constexpr int kPlayground = 2048;

using Random = std::mt19937;

int below(Random& random, int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); }

// An operation's text, with the kinds of register it wants: w 32 bits, f float, x 64 bits, p predicate, n a
// predicate that may be negated; and of addresses, in global and in shared memory: g and s of words, h of 16
// bytes, e and S of 8 bytes, v of shorter ones, d those that change. V: words of a vector that all differ.
constexpr const char* kOperations[] = {
    "mov.b32 w, w",
    "mov.b64 x, x",
    "add.f32 f, f, f",
    "sub.f32 f, f, f",
    "mul.f32 f, f, f",
    "div.rn.f32 f, f, f",
    "fma.rn.f32 f, f, f, f",
    "sqrt.rn.f32 f, f",
    "rcp.rn.f32 f, f",
    "sqrt.approx.f32 f, f",
    "rcp.approx.f32 f, f",
    "rsqrt.approx.f32 f, f",
    "div.full.f32 f, f, f",
    "neg.f32 f, f",
    "abs.f32 f, f",
    "min.f32 f, f, f",
    "max.f32 f, f, f",
    "mov.b32 w, f",
    "mov.b32 f, w",
    "add.u32 w, w, w",
    "sub.u32 w, w, w",
    "mul.lo.u32 w, w, w",
    "mad.lo.u32 w, w, w, w",
    "and.b32 w, w, w",
    "or.b32 w, w, w",
    "xor.b32 w, w, w",
    "not.b32 w, w",
    "neg.s32 w, w",
    "abs.s32 w, w",
    "shl.b32 w, w, w",
    "shr.u32 w, w, w",
    "shr.s32 w, w, w",
    "shl.b32 w, w, 7",
    "min.u32 w, w, w",
    "min.s32 w, w, w",
    "max.u32 w, w, w",
    "max.s32 w, w, w",
    "add.u64 x, x, x",
    "sub.u64 x, x, x",
    "and.b64 x, x, x",
    "or.b64 x, x, x",
    "xor.b64 x, x, x",
    "not.b64 x, x",
    "neg.s64 x, x",
    "shl.b64 x, x, w",
    "shr.u64 x, x, w",
    "shl.b64 x, x, 9",
    "mul.wide.s32 x, w, w",
    "mul.wide.u32 x, w, w",
    "mad.wide.s32 x, w, w, x",
    "mad.wide.u32 x, w, w, x",
    "cvt.s64.s32 x, w",
    "cvt.u64.u32 x, w",
    "cvt.u32.u64 w, x",
    "cvt.rn.f32.s32 f, w",
    "cvt.rzi.s32.f32 w, f",
    "selp.b32 w, w, w, p",
    "selp.f32 f, f, f, p",
    "selp.b64 x, x, x, p",
    "setp.eq.f32 p, f, f",
    "setp.ne.f32 p, f, f",
    "setp.lt.f32 p, f, f",
    "setp.le.f32 p, f, f",
    "setp.gt.f32 p, f, f",
    "setp.ge.f32 p, f, f",
    "setp.equ.f32 p, f, f",
    "setp.neu.f32 p, f, f",
    "setp.ltu.f32 p, f, f",
    "setp.leu.f32 p, f, f",
    "setp.gtu.f32 p, f, f",
    "setp.geu.f32 p, f, f",
    "setp.num.f32 p, f, f",
    "setp.nan.f32 p, f, f",
    "setp.eq.s32 p, w, w",
    "setp.ne.s32 p, w, w",
    "setp.lt.s32 p, w, w",
    "setp.le.s32 p, w, w",
    "setp.gt.s32 p, w, w",
    "setp.ge.s32 p, w, w",
    "setp.lt.u32 p, w, w",
    "setp.le.u32 p, w, w",
    "setp.gt.u32 p, w, w",
    "setp.ge.u32 p, w, w",
    "setp.lt.and.s32 p, w, w, n",
    "and.pred p, p, p",
    "or.pred p, p, p",
    "xor.pred p, p, p",
    "not.pred p, p",
    "mov.pred p, p",
    "setp.lt.s64 p, x, x",
    "setp.ge.s64 p, x, x",
    "setp.eq.u64 p, x, x",
    "setp.ne.u64 p, x, x",
    "setp.gt.u64 p, x, x",
    "setp.le.u64 p, x, x",
    "mul.lo.u64 x, x, x",
    "cvt.u8.u32 w, w",
    "cvt.u32.u8 w, w",
    "cvt.u32.u16 w, w",
    "cvt.s32.s8 w, w",
    "cvt.s32.s16 w, w",
    "cvt.rn.f32.u32 f, w",
    "cvt.rzi.u32.f32 w, f",
    "mul.hi.u32 w, w, w",
    "mul.hi.s32 w, w, w",
    "mad.hi.u32 w, w, w, w",
    "mad.hi.s32 w, w, w, w",
    "shf.l.wrap.b32 w, w, w, w",
    "shf.r.wrap.b32 w, w, w, w",
    "shf.l.clamp.b32 w, w, w, w",
    "shf.r.clamp.b32 w, w, w, w",
    "shf.l.wrap.b32 w, w, w, 7",
    "shr.s64 x, x, w",
    "min.u64 x, x, x",
    "min.s64 x, x, x",
    "max.u64 x, x, x",
    "max.s64 x, x, x",
    "clz.b32 w, w",
    "lop3.b32 w, w, w, w, 150",
    "lop3.b32 w, w, w, w, 228",
};

constexpr const char* kAccesses[] = {
    "ld.global.f32 f, [g]",
    "ld.global.b32 w, [g]",
    "ld.global.b64 x, [e]",
    "ld.global.u8 w, [v]",
    "ld.global.s8 w, [v]",
    "ld.global.u16 w, [v]",
    "ld.global.s16 w, [v]",
    "ld.global.v2.b32 {V2}, [h]",
    "ld.global.v4.b32 {V4}, [h]",
    "st.global.f32 [g], f",
    "st.global.b32 [g], w",
    "st.global.b64 [e], x",
    "st.global.u8 [v], w",
    "st.global.u16 [v], w",
    "st.global.v2.b32 [h], {V2}",
    "st.global.v4.b32 [h], {V4}",
    "ld.shared.f32 f, [s]",
    "ld.shared.b32 w, [s]",
    "ld.shared.v4.b32 {V4}, [s1]",
    "st.shared.f32 [s], f",
    "st.shared.b32 [s], w",
    "ld.shared.b64 x, [S]",
    "st.shared.b64 [S], x",
    "ld.shared.u8 w, [s]",
    "ld.shared.u16 w, [s]",
    "add.u64 d, g, 32",
    "add.u64 d, d, 4",
    "ld.global.v2.b64 {%x0, %x1}, [h]",
};

// The addresses: consecutive, all the same, 16 bytes apart, scattered; d starts as one of them.
constexpr const char* kAddresses = R"(
and.b32 %z, %t, 21; mul.lo.u32 %z, %z, 4; mad.wide.u32 %g0, %t, 4, %g1; mad.wide.u32 %g2, %t, 16, %g1;
cvt.u64.u32 %g3, %z; add.u64 %g3, %g3, %g1; mad.wide.u32 %g4, %t, 2, %g1; mov.b64 %d0, %g0; mov.b64 %d1, %g1;
mad.wide.u32 %g5, %t, 8, %g1; mov.u32 %s1, playground; mad.lo.u32 %s5, %t, 8, %s1;
 mad.lo.u32 %s0, %t, 4, %s1; mad.lo.u32 %s2, %t, 16, %s1; add.u32 %s3, %s1, %z;
)";

// Zeroes shared memory, and copies it to where the results go.
constexpr const char* kClearShared = R"(
mov.b32 %z, 0; st.shared.v4.b32 [%s2], {%z, %z, %z, %z}; st.shared.v4.b32 [%s2+512], {%z, %z, %z, %z};
st.shared.v4.b32 [%s2+1024], {%z, %z, %z, %z}; bar.sync 0;
)";
constexpr const char* kKeepShared = R"(
bar.sync 0; mov.u32 %t, %tid.x; mad.wide.u32 %g2, %t, 4, %g1; mad.lo.u32 %s2, %t, 4, %s1;
ld.shared.b32 %z, [%s2]; st.global.b32 [%g2+2048], %z;
ld.shared.b32 %z, [%s2+256]; st.global.b32 [%g2+2304], %z;
)";

std::string name_of(char kind, int number) { return "%" + std::string(1, kind) + std::to_string(number); }

// `reach`: how far behind the playground an access may start.
std::string random_access(Random& random, int reach) {
    std::string text;
    if (below(random, 8) == 0) text = "@%p0 ";
    const std::string access = kAccesses[below(random, static_cast<int>(std::size(kAccesses)))];
    const std::size_t operands = access.find(' ');
    text += access.substr(0, operands);
    const int first = below(random, 3);
    for (std::size_t k = operands; k < access.size(); ++k) {
        const char each = access[k];
        const bool is_named = access[k - 1] == '%' || (k + 1 < access.size() && access[k + 1] == '1');
        const std::string offset = "+" + std::to_string(16 * below(random, 5) + reach);
        if (each == 'V') {
            const int count = access[++k] - '0';
            for (int v = 0; v < count; ++v) text += (v == 0 ? "" : ", ") + name_of('w', first + v);
        } else if (is_named && each == 's') {
            text += "%s";
        } else if (each == 'w' || each == 'f' || (each == 'x' && !is_named)) {
            text += name_of(each, below(random, each == 'x' ? kWides : kWords));
        } else if (each == 'g') {
            const int number = below(random, 6);
            text += number < 4 ? name_of('g', number) : name_of('d', number - 4);
            if (access[k - 1] == '[') text += offset;
        } else if (each == 's') {
            text += name_of('s', below(random, 4)) + offset;
        } else if (each == 'e' || each == 'S') {
            const int number = 1 + below(random, 3);
            text += name_of(each == 'e' ? 'g' : 's', number == 3 ? 5 : number) + offset;
        } else if (each == 'h') {
            text += name_of('g', 1 + below(random, 2)) + offset;
        } else if (each == 'v') {
            text += name_of('g', below(random, 5)) + offset;
        } else if (each == 'd' && !is_named) {
            text += name_of('d', below(random, 2));
        } else {
            text += each;
        }
    }
    return text + ";";
}

std::string random_statement(Random& random) {
    if (below(random, 5) == 0) return random_access(random, below(random, 2000) == 0 ? 1 << 20 : 0);
    std::string text;
    if (below(random, 4) == 0) text = below(random, 2) == 0 ? "@%p0 " : "@!%p1 ";
    const std::string operation = kOperations[below(random, static_cast<int>(std::size(kOperations)))];
    const std::size_t operands = operation.find(' ');
    text += operation.substr(0, operands);
    for (const char each : operation.substr(operands)) {
        const int count = each == 'w' ? kWords : each == 'f' ? kFloats : each == 'x' ? kWides : 3;
        const bool negates = each == 'n' && below(random, 2) == 0;
        const bool is_register = std::string("wfxpn").find(each) != std::string::npos;
        if (is_register)
            text += (negates ? "!%" : "%") + std::string(1, each == 'n' ? 'p' : each) +
                    std::to_string(below(random, count));
        else
            text += each;
    }
    return text + ";";
}

// `apart` goes behind every statement, on its line.
std::string random_body(Random& random, const std::string& apart) {
    std::string text;
    const int count = 1 + below(random, 90);
    for (int k = 0; k < count; ++k) text += random_statement(random) + apart + "\n";
    return text;
}

// Loads all registers, or stores some: what nobody reads any more need not be kept.
std::string moves(Random& random, const char* operation, bool loads) {
    std::string text;
    int offset = 0;
    const auto each = [&](char kind, int count, int size) {
        for (int k = 0; k < count; ++k, offset += size) {
            if (!loads && below(random, 3) == 0) continue;
            const std::string reg = "%" + std::string(1, kind) + std::to_string(k);
            const std::string place = "[%a+" + std::to_string(offset) + "]";
            text += std::string(operation) + (size == 8 ? ".b64 " : ".b32 ");
            text += (loads ? reg + ", " + place : place + ", " + reg) + ";\n";
        }
    };
    each('x', kWides, 8);
    each('w', kWords, 4);
    each('f', kFloats, 4);
    return text;
}

std::string random_program(unsigned seed, const std::string& apart) {
    Random random(seed);
    std::string text = ptx_head();
    text +=
        ".visible .entry k(.param .u64 k_p)\n{ .reg .b32 %w<6>, %t, %z, %s<6>; .reg .f32 %f<6>; .reg .b64 "
        "%x<5>, %a, %g<6>, %d<2>; .reg .pred %p<3>, %q; .shared .align 16 .b8 playground[" +
        std::to_string(kPlayground) + "];\nld.param.u64 %a, [k_p]; mov.u32 %t, %tid.x;\nadd.u64 %g1, %a, " +
        std::to_string(kThreads * kBytes) + ";\nmad.wide.u32 %a, %t, " + std::to_string(kBytes) + ", %a;\n" +
        kAddresses + kClearShared;
    text += moves(random, "ld.global", true);
    text += "setp.lt.s32 %p0, %w0, %w1; setp.lt.s32 %p1, %w2, %w3; setp.ne.s32 %p2, %w4, 0;\n";
    text += "setp.lt.s32 %q, %w5, 0;\n";
    if (below(random, 2) == 0) {
        text +=
            "@%q bra ONE;\n" + random_body(random, apart) + "bra BOTH;\nONE:\n" + random_body(random, apart);
        text += "BOTH:\n";
    }
    text += random_body(random, apart);
    // Predicates are told by what they select.
    for (int k = 0; k < 3; ++k)
        text += "selp.b32 %t, 1, 2, %p" + std::to_string(k) + ";\nadd.u32 %w" + std::to_string(k) + ", %w" +
                std::to_string(k) + ", %t;\n";
    return text + moves(random, "st.global", false) + kKeepShared + "ret;\n}\n";
}

std::vector<std::uint32_t> random_input(unsigned seed) {
    constexpr std::uint32_t kOdd[] = {0,           0x80000000u, 0x7f800000u, 0xff800000u, 0x7fc00001u,
                                      0xffc12345u, 0x7f800001u, 1u,          0x807fffffu, 0x3f800000u,
                                      0x4f000000u, 0xcf000000u, 0x7f7fffffu, 31u,         32u,
                                      33u,         64u,         0xffffffffu};
    Random random(seed);
    std::vector<std::uint32_t> data((kThreads * kBytes + 2 * kPlayground) / 4);
    for (std::uint32_t& word : data) {
        const int sort = below(random, 4);
        word = sort == 0   ? kOdd[below(random, static_cast<int>(std::size(kOdd)))]
               : sort == 1 ? 0x3f000000u + (static_cast<std::uint32_t>(random()) & 0x80ffffffu)
                           : static_cast<std::uint32_t>(random());
    }
    return data;
}

// What memory holds afterwards and, if the program faults, how that is told.
using Results = std::pair<std::vector<std::uint32_t>, std::string>;

Results results(HeapDevice& device, const std::string& text, unsigned seed, std::uint32_t threads) {
    Kernels kernels(device, text);
    CHECK_EQ(kernels.log, std::string());
    const std::vector<std::uint32_t> input = random_input(seed);
    Buffer<std::uint32_t> memory(device, input);
    const auto fault = kernels.launch("k", {{1, 1, 1}, {threads, 1, 1}}, Arguments().add(memory.address()));
    CHECK(fault.error == 0 || fault.error == 700);
    // Where memory lies differs between runs.
    const std::string told = fault.error == 0 ? "" : fault.text.substr(fault.text.find(" in "));
    return {{memory.data(), memory.data() + memory.size()}, told};
}

TEST("compiled runs of arithmetic do what the interpreter does") {
    const char* wish = std::getenv("FERRY_TEST_SEED");
    const unsigned first = wish != nullptr ? static_cast<unsigned>(std::strtoul(wish, nullptr, 10)) : 1;
    const unsigned count = std::getenv("FERRY_TEST_LONG") != nullptr ? 20'000 : 300;
    HeapDevice device;
    for (unsigned seed = first; seed < first + count; ++seed) {
        for (const std::uint32_t threads : {64u, 37u}) {
            const auto together = results(device, random_program(seed, ""), seed, threads);
            const auto apart = results(device, random_program(seed, "activemask.b32 %z;"), seed, threads);
            if (together == apart) continue;
            std::cerr << random_program(seed, "");
            CHECK_EQ(seed, 0u);
            return;
        }
    }
}

}  // namespace
}  // namespace soft_test
