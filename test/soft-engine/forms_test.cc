// Single instructions that nvcc seldom emits: video, pairs of 16 bits, cache policies, wide and vector
// accesses and atomics, clusters of one block, narrow floats.
#include <algorithm>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// What each of `threads` threads stores at %p, which held its number.
std::vector<u64> run(const std::string& body, unsigned threads = 1, std::string* text = nullptr) {
    HeapDevice device;
    const std::string module =
        ".shared .align 16 .b8 s[1024];\n.shared .align 8 .b64 bar;\n.global .align 32 .b8 g[4096];\n";
    Kernels kernels(device, plain_kernel(body, module));
    CHECK_EQ(kernels.log, std::string());
    if (kernels.error != 0) return std::vector<u64>(2 * threads);
    Buffer<u64> out(device, 2 * threads);
    for (unsigned k = 0; k < 2 * threads; ++k) out[k] = k;
    const auto fault =
        kernels.launch("k", {{1, 1, 1}, {threads, 1, 1}}, Arguments().add(out.address()), 20'000);
    if (text != nullptr)
        *text = std::to_string(fault.error) + " " + fault.text;
    else
        CHECK_EQ(fault.text, std::string());
    return {out.data(), out.data() + 2 * threads};
}

// The 32-bit result of one instruction, whose destination is %r0, on three constants in %r1, %r2, %r3.
u32 result(const std::string& instruction, u32 a, u32 b, u32 c) {
    const auto set = [](const char* reg, u32 v) {
        return "mov.b32 " + std::string(reg) + ", " + std::to_string(v) + ";\n";
    };
    const auto out = run(set("%r1", a) + set("%r2", b) + set("%r3", c) + instruction +
                         "\ncvt.u64.u32 %d0, %r0; st.global.u64 [%p], %d0;");
    return static_cast<u32>(out[0]);
}

TEST("scalar video instructions take parts, saturate, merge and accumulate") {
    CHECK_EQ(result("vadd.s32.u32.u32 %r0, %r1.b1, %r2.h1;", 0x1234, 0x00050000, 0), 0x17u);
    CHECK_EQ(result("vadd.u32.u32.u32.sat %r0.b1, %r1.b0, %r2.b0, %r3;", 200, 100, 0x11223344), 0x1122ff44u);
    CHECK_EQ(result("vsub.s32.s32.s32 %r0, %r1.b0, %r2.b0;", 0x80, 1, 0), 0xffffff7fu);
    CHECK_EQ(result("vsub.u32.u32.u32.sat %r0, %r1, %r2;", 1, 2, 0), 0u);
    CHECK_EQ(result("vabsdiff.s32.s32.s32.add %r0, %r1, %r2, %r3;", 5, 0xfffffffb, 7), 17u);
    CHECK_EQ(result("vmin.s32.s32.s32 %r0, %r1.h0, %r2;", 0xffff, 3, 0), 0xffffffffu);
    CHECK_EQ(result("vmax.u32.u32.u32.min %r0, %r1, %r2, %r3;", 9, 4, 6), 6u);
    CHECK_EQ(result("vshl.u32.u32.u32.clamp %r0, %r1, %r2;", 1, 40, 0), 0u);
    CHECK_EQ(result("vshl.u32.u32.u32.wrap %r0, %r1, %r2;", 1, 40, 0), 0x100u);
    CHECK_EQ(result("vshr.u32.u32.u32.clamp.add %r0, %r1, %r2, %r3;", 0x80000000, 4, 3), 0x08000003u);
    CHECK_EQ(result("vset.s32.u32.lt %r0, %r1, %r2;", 0xffffffff, 0, 0), 1u);
    CHECK_EQ(result("vset.u32.u32.ge.add %r0, %r1, %r2, %r3;", 3, 3, 41), 42u);
    CHECK_EQ(result("vmad.s32.s32.s32 %r0, %r1.b0, %r2, %r3;", 0xfd, 5, 100), 85u);
    CHECK_EQ(result("vmad.s32.s32.s32 %r0, -%r1, %r2, %r3;", 3, 5, 100), 85u);
    CHECK_EQ(result("vmad.s32.s32.s32 %r0, %r1, %r2, -%r3;", 3, 5, 10), 5u);
    CHECK_EQ(result("vmad.u32.u32.u32.po.shr7 %r0, %r1, %r2, %r3;", 127, 1, 0), 1u);
}

TEST("SIMD video instructions select, mask, saturate and accumulate their lanes") {
    CHECK_EQ(result("vadd2.u32.u32.u32 %r0, %r1, %r2, %r3;", 0x0001ffff, 0x00020003, 0), 0x00030002u);
    CHECK_EQ(result("vadd2.u32.u32.u32.sat %r0, %r1, %r2, %r3;", 0x0001ffff, 0x00020003, 0), 0x0003ffffu);
    CHECK_EQ(result("vsub2.s32.s32.s32.sat %r0.h1, %r1, %r2, %r3;", 0x80000000, 0x00010001, 0x1234),
             0x80001234u);
    CHECK_EQ(result("vadd2.s32.s32.s32.add %r0, %r1, %r2, %r3;", 0x0001ffff, 0x0001fffe, 100), 99u);
    CHECK_EQ(result("vmax2.u32.u32.u32 %r0, %r1.h23, %r2.h01, %r3;", 0x00010002, 0x00030004, 0), 0x00040003u);
    CHECK_EQ(result("vavrg2.s32.s32.s32 %r0, %r1, %r2, %r3;", 0x0001ffff, 0x0002fffe, 0), 0x0002fffeu);
    CHECK_EQ(result("vset2.u32.u32.eq %r0, %r1, %r2, %r3;", 0x00010002, 0x00010003, 0), 0x00010000u);
    CHECK_EQ(result("vadd4.u32.u32.u32.sat %r0, %r1, %r2, %r3;", 0x01fe80ff, 0x01030180, 0), 0x02ff81ffu);
    CHECK_EQ(result("vabsdiff4.u32.u32.u32.add %r0, %r1, %r2, %r3;", 0x10203040, 0x11213141, 6), 10u);
    CHECK_EQ(result("vmin4.s32.s32.s32 %r0.b20, %r1, %r2, %r3;", 0x7f80007f, 0x01010101, 0xaabbccdd),
             0xaa80cc01u);
    CHECK_EQ(result("vset4.s32.s32.lt.add %r0, %r1, %r2, %r3;", 0xffff0101, 0, 5), 7u);
    CHECK_EQ(result("vsub4.u32.u32.u32 %r0, %r1.b7654, %r2.b0000, %r3;", 5, 0x01020304, 0), 0xfcfdfeffu);
}

TEST("pairs of 16-bit integers, .relu, lop3 with a predicate and redux of floats") {
    CHECK_EQ(result("add.u16x2 %r0, %r1, %r2;", 0x0001ffff, 0x00020002, 0), 0x00030001u);
    CHECK_EQ(result("min.s16x2 %r0, %r1, %r2;", 0x8000ffff, 0x00010001, 0), 0x8000ffffu);
    CHECK_EQ(result("min.u16x2 %r0, %r1, %r2;", 0x8000ffff, 0x00010001, 0), 0x00010001u);
    CHECK_EQ(result("max.s16x2.relu %r0, %r1, %r2;", 0x8000ffff, 0x8001fffe, 0), 0u);
    CHECK_EQ(result("min.relu.s32 %r0, %r1, %r2;", 5, 0xfffffffe, 0), 0u);
    const char* const lop =
        "setp.eq.u32 %q0, %r3, 1; lop3.or.b32 %r4|%q1, %r1, %r2, 0, 0xc0, %q0;\n"
        "lop3.and.b32 _|%q2, %r1, %r2, 0, 0xc0, !%q0;\n"
        "selp.u32 %r0, 1, 0, %q1; @%q2 add.u32 %r0, %r0, 2; shl.b32 %r4, %r4, 4;\n"
        "or.b32 %r0, %r0, %r4;";
    CHECK_EQ(result(lop, 6, 3, 0), 0x23u);
    CHECK_EQ(result(lop, 4, 3, 0), 0u);
    CHECK_EQ(result(lop, 4, 3, 1), 1u);
    const auto out = run(R"(
        cvt.rn.f32.u32 %r0, %t; sub.f32 %r0, %r0, 0f41200000; setp.eq.u32 %q0, %t, 3;
        @%q0 mov.b32 %r0, 0x7fc00000;
        redux.sync.min.f32 %r1, %r0, 0xffffffff; redux.sync.max.abs.f32 %r2, %r0, 0xffffffff;
        redux.sync.max.NaN.f32 %r3, %r0, 0xffffffff;
        mov.b64 %d0, {%r1, %r2}; st.global.u64 [%p], %d0; cvt.u64.u32 %d1, %r3;
        st.global.u64 [%p+256], %d1;)",
                         32);
    CHECK_EQ(out[5], u64{0x41a80000c1200000});
    CHECK_EQ(out[32 + 5], u64{0x7fffffff});
}

TEST("loads and stores of eight elements, cache policies and 128-bit and vector atomics") {
    const auto out = run(R"(
        mov.b64 %d9, g; createpolicy.fractional.L2::evict_last.b64 %d8, 1.0;
        createpolicy.range.L2::evict_last.L2::evict_first.b64 %d8, [%d9], 256, 512;
        mov.b32 %r0, 10; mov.b32 %r1, 11; mov.b32 %r2, 12; mov.b32 %r3, 13;
        mov.b32 %r4, 14; mov.b32 %r5, 15; mov.b32 %r6, 16; mov.b32 %r7, 17;
        st.global.v8.b32 [%d9+32], {%r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7};
        ld.global.L2::cache_hint.v8.b32 {%r10, %r11, %r12, %r13, %r14, %r15, %r16, %r17}, [%d9+32], %d8;
        mad.lo.u32 %r20, %r17, 100, %r12; mad.lo.u32 %r20, %r20, 100, %r10;
        red.global.add.v4.f32 [%d9+64], {0f3f800000, 0f40000000, 0f40400000, 0f40800000};
        atom.global.v2.f32.add {%r21, %r22}, [%d9+64], {0f3f800000, 0f40000000};
        atom.global.add.noftz.v2.f16x2 {%r23, %r24}, [%d9+80], {%r0, %r0};
        atom.global.add.noftz.v2.f16x2 {%r23, %r24}, [%d9+80], {%r0, %r0};
        ld.global.b32 %r25, [%d9+68]; mad.lo.u32 %r20, %r24, 1000000, %r20;
        cvt.u64.u32 %d0, %r20; mov.b64 %d1, {%r22, %r25};
        st.global.u64 [%p], %d0; st.global.u64 [%p+8], %d1;)");
    CHECK_EQ(out[0], u64{10 * 1000000 + 171210});
    CHECK_EQ(out[1], u64{0x4080000040000000});
    const auto wide = run(R"(
        .reg .b128 %a, %b, %c; mov.b64 %d9, g; add.u64 %d9, %d9, 128;
        mov.b64 %d0, 5; mov.b64 %d1, 6; mov.b128 %a, {%d0, %d1};
        atom.global.exch.b128 %b, [%d9], %a;
        mov.b64 %d2, 7; mov.b128 %c, {%d2, %d2};
        atom.global.cas.b128 %b, [%d9], %c, %c;
        atom.global.cas.b128 %b, [%d9], %a, %c;
        mov.b128 {%d3, %d4}, %b; ld.global.b128 %a, [%d9]; mov.b128 {%d5, %d6}, %a;
        mad.lo.u64 %d3, %d3, 10, %d4; mad.lo.u64 %d5, %d5, 10, %d6;
        st.global.u64 [%p], %d3; st.global.u64 [%p+8], %d5;)");
    CHECK_EQ(wide[0], u64{56});
    CHECK_EQ(wide[1], u64{77});
    std::string text;
    run("mov.b64 %d9, g; ld.global.v8.b32 {%r0,%r1,%r2,%r3,%r4,%r5,%r6,%r7}, [%d9+16];", 1, &text);
    CHECK(text.find("716 misaligned address") == 0);
}

TEST("bulk copies, st.async and red.async complete their bytes on an mbarrier") {
    const auto out = run(R"(
        mov.b64 %d9, g; mov.u32 %r0, s; mov.u32 %r1, bar; st.global.u64 [%d9+8], 42; st.global.u64 [%d9], 1;
        mbarrier.init.shared.b64 [%r1], 1;
        mbarrier.arrive.expect_tx.shared.b64 %d0, [%r1], 44;
        mbarrier.test_wait.shared.b64 %q0, [%r1], %d0;
        cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r0], [%d9], 32, [%r1];
        st.async.shared::cluster.mbarrier::complete_tx::bytes.b64 [%r0+32], 5, [%r1];
        red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes.add.u32 [%r0+32], 2, [%r1];
        mbarrier.test_wait.shared.b64 %q1, [%r1], %d0;
        fence.proxy.async.shared::cta;
        cp.reduce.async.bulk.global.shared::cta.bulk_group.add.u64 [%d9], [%r0], 16;
        cp.async.bulk.global.shared::cta.bulk_group [%d9+16], [%r0+32], 16;
        cp.async.bulk.commit_group; cp.async.bulk.wait_group.read 0;
        cp.async.bulk.prefetch.L2.global [%d9], 32;
        ld.global.u64 %d1, [%d9+8]; ld.global.u64 %d2, [%d9+16];
        selp.b64 %d3, 1000, 0, %q0; selp.b64 %d4, 2000, 0, %q1;
        add.u64 %d1, %d1, %d3; add.u64 %d1, %d1, %d4; st.global.u64 [%p], %d1; st.global.u64 [%p+8], %d2;)");
    CHECK_EQ(out[0], u64{2084});
    CHECK_EQ(out[1], u64{7});
    std::string text;
    run("mov.b64 %d9, g; mov.u32 %r0, s; cp.async.bulk.global.shared::cta.bulk_group [%d9+8], [%r0], 16;", 1,
        &text);
    CHECK(text.find("716 misaligned address or size") == 0);
    run("mov.b64 %d9, g; cp.async.bulk.tensor.1d.shared::cluster.global.mbarrier::complete_tx::bytes [s], "
        "[%d9, {%r0}], [bar];",
        1, &text);
    CHECK(text.find("715 the software device does not execute this instruction: in k, cp.async.bulk.t") == 0);
}

TEST("a cluster is one block: its barrier, its addresses and its ranks") {
    const auto out = run(R"(
        mov.u32 %r1, s; mad.lo.u32 %r2, %t, 4, %r1; mov.u32 %r9, 0; mov.u32 %r8, 0;
        L: mapa.shared::cluster.u32 %r3, %r2, 0; add.u32 %r4, %t, %r8; st.shared::cluster.u32 [%r3], %r4;
        barrier.cluster.arrive.release.aligned; add.u32 %r8, %r8, 1; barrier.cluster.wait.acquire.aligned;
        xor.b32 %r5, %t, 65; mad.lo.u32 %r6, %r5, 4, %r1; ld.shared.u32 %r7, [%r6]; add.u32 %r9, %r9, %r7;
        barrier.cluster.arrive; barrier.cluster.wait;
        setp.lt.u32 %q0, %r8, 5; @%q0 bra L;
        mov.b64 %d0, s; cvta.shared.u64 %d0, %d0; getctarank.u64 %r10, %d0; mapa.u64 %d1, %d0, %r10;
        sub.u64 %d1, %d1, %d0; isspacep.shared::cluster %q1, %d0; selp.b64 %d2, 1, 0, %q1;
        cvt.u64.u32 %d3, %r9; mad.lo.u64 %d3, %d3, 2, %d2; add.u64 %d3, %d3, %d1; st.global.u64 [%p], %d3;
        griddepcontrol.wait; griddepcontrol.launch_dependents; setmaxnreg.inc.sync.aligned.u32 96;
        fence.mbarrier_init.release.cluster;)",
                         128);
    for (unsigned t = 0; t < 128; ++t) CHECK_EQ(out[t], u64{2 * (5 * (t ^ 65u) + 10) + 1});
}

TEST("conversions to and from fp4 and fp6 round to nearest and saturate") {
    const auto narrow = [](const std::string& type, float high, float low) {
        return result("cvt.rn.satfinite." + type + ".f32 %h0, %r1, %r2; cvt.u32.u16 %r0, %h0;",
                      std::bit_cast<u32>(high), std::bit_cast<u32>(low), 0);
    };
    CHECK_EQ(narrow("e2m1x2", 6.0f, -0.5f), 0x79u);
    CHECK_EQ(narrow("e2m1x2", -100.0f, 2.5f), 0xf4u);
    CHECK_EQ(narrow("e2m3x2", 7.5f, 0.0625f), 0x1f00u);
    CHECK_EQ(narrow("e2m3x2", -1.125f, 0.1875f), 0x2902u);
    CHECK_EQ(narrow("e3m2x2", 28.0f, -0.0625f), 0x1f21u);
    CHECK_EQ(result("cvt.u16.u32 %h0, %r1; cvt.rn.f16x2.e2m1x2 %r0, %h0;", 0x79, 0, 0), 0x4600b800u);
    CHECK_EQ(result("cvt.u16.u32 %h0, %r1; cvt.rn.f16x2.e3m2x2 %r0, %h0;", 0x1f21, 0, 0), 0x4f00ac00u);
    CHECK_EQ(result("cvt.u16.u32 %h0, %r1; cvt.rn.relu.f16x2.e2m3x2 %r0, %h0;", 0x2902, 0, 0), 0x00003400u);
}

TEST("conversions to small floats take pairs of f16 and of bf16 too, and no other pairs of types") {
    const auto from_pair = [](const std::string& types, u32 pair) {
        return result("cvt.rn.satfinite." + types + " %h0, %r1; cvt.u32.u16 %r0, %h0;", pair, 0, 0);
    };
    CHECK_EQ(from_pair("e2m1x2.f16x2", 0x4600b800), 0x79u);  // 6, -0.5
    CHECK_EQ(from_pair("e2m1x2.bf16x2", 0x40c0bf00), 0x79u);
    CHECK_EQ(from_pair("e2m3x2.bf16x2", 0x40f03d80), 0x1f00u);  // 7.5, 0.0625
    CHECK_EQ(from_pair("e3m2x2.f16x2", 0x4f00ac00), 0x1f21u);   // 28, -0.0625
    CHECK_EQ(from_pair("e4m3x2.bf16x2", 0x3f80c000), 0x38c0u);  // 1, -2
    CHECK_EQ(from_pair("e5m2x2.bf16x2", 0x7f80c000), 0x7bc0u);  // infinity, -2
    HeapDevice device;
    Kernels kernels(device, plain_kernel("cvt.rn.bf16x2.e4m3x2 %r0, %h0;"));
    CHECK_EQ(kernels.launch("k", {{1, 1, 1}, {1, 1, 1}}, Arguments().add(u64{0})).error, 715);
}

TEST("cvt.pack takes fields from two bits up") {
    CHECK_EQ(result("cvt.pack.sat.u2.s32.b32 %r0, %r1, %r2, %r3;", 7, ~0u, 0x123), 0x123cu);
    CHECK_EQ(result("cvt.pack.sat.s2.s32.b32 %r0, %r1, %r2, %r3;", ~8u, 7, 0x123), 0x1239u);
    CHECK_EQ(result("cvt.pack.sat.s4.s32.b32 %r0, %r1, %r2, %r3;", ~8u, 9, 0x123), 0x12387u);
    CHECK_EQ(result("cvt.pack.sat.s16.s32 %r0, %r1, %r2;", 40000, ~0u, 0), 0x7fffffffu);
}

}  // namespace
}  // namespace soft_test
