// What surrounds the instructions: reserved shared memory, aliases, the stack, conversions to exponents,
// forms that only later hardware has.
#include <cmath>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using u64 = std::uint64_t;

TEST("reserved shared memory lies apart from the program's own and is there only for who asks") {
    HeapDevice device;
    const std::string own = ".shared .align 4 .b8 own[100]; .extern .shared .align 16 .b8 more[];\n";
    const std::string reads = R"(
        mov.u32 %r0, %reserved_smem_offset_begin; mov.u32 %r1, %reserved_smem_offset_end;
        mov.u32 %r2, %reserved_smem_offset_1; mov.u32 %r3, %total_smem_size; mov.u32 %r4, own;
        st.shared.u32 [own], 5; st.shared.u32 [%r2], 7; st.shared.u32 [%r2+284], 8; ld.shared.u32 %r5, [own];
        sub.u32 %r6, %r1, %r0; setp.ge.u32 %q0, %r2, %r0; add.u32 %r7, %r2, 288;
        setp.le.and.u32 %q0, %r7, %r1, %q0;
        setp.ge.and.u32 %q0, %r0, %r3, %q0; selp.u32 %r8, 1, 0, %q0;
        mad.lo.u32 %r9, %r6, 1000, %r3; mad.lo.u32 %r9, %r9, 10, %r5; mad.lo.u32 %r9, %r9, 10, %r8;
        cvt.u64.u32 %d0, %r9; st.global.u64 [%p], %d0;)";
    Kernels kernels(device, plain_kernel(reads, own));
    CHECK_EQ(kernels.log, std::string());
    Buffer<u64> out(device, 1);
    CHECK_EQ(kernels.launch("k", {{1, 1, 1}, {1, 1, 1}, 300}, Arguments().add(out.address())).text,
             std::string());
    CHECK_EQ(out[0], u64{((1024 * 1000 + 112 + 300) * 10 + 5) * 10 + 1});
    CHECK_EQ(kernels.find("k")->static_shared, 100u);
    Kernels plain(device, plain_kernel("st.shared.u32 [own+412], 1;", own));
    CHECK_EQ(plain.launch("k", {{1, 1, 1}, {1, 1, 1}, 300}, Arguments().add(out.address())).error, 700);
}

TEST("braces that leave out more memory than there is are an error of the module") {
    HeapDevice device;
    const std::string far = ".global .b8 t[2][17179869170] = {{0}, {0, 2}};\n";
    const Kernels kernels(device, plain_kernel("", far));
    CHECK_EQ(kernels.error, 218);
    CHECK(kernels.log.find("an initialiser has values for too much memory") != std::string::npos);
}

TEST("a function that asks for reserved shared memory gets it in every kernel that may call it") {
    HeapDevice device;
    Kernels kernels(device, plain_kernel("call f, (); st.global.u64 [%p], 3;",
                                         ".func f() { .reg .u32 %r; mov.u32 %r, %reserved_smem_offset_0; "
                                         "st.shared.u32 [%r], 1; ret; }\n"));
    Buffer<u64> out(device, 1);
    CHECK_EQ(kernels.launch("k", {}, Arguments().add(out.address())).text, std::string());
    CHECK_EQ(out[0], u64{3});
}

TEST("an alias is another name of a function, in its own unit and for others") {
    const std::string function =
        ".visible .func (.param .b32 r) f(.param .b32 a) { .reg .b32 %a; ld.param.b32 "
        "%a, [a]; add.u32 %a, %a, 40; st.param.b32 [r], %a; ret; }\n";
    const std::string head = ".visible .func (.param .b32 r) g(.param .b32 a);\n";
    const std::string call =
        "{ .param .b32 x; .param .b32 y; st.param.b32 [x], %t; call (y), g, (x); "
        "ld.param.b32 %r0, [y]; } cvt.u64.u32 %d0, %r0; st.global.u64 [%p], %d0;";
    HeapDevice device;
    Buffer<u64> out(device, 4);
    const std::string own[] = {plain_kernel(call, function + head + ".alias g, f;\n")};
    const std::string apart[] = {plain_kernel(call, ".extern .func (.param .b32 r) g(.param .b32 a);\n"),
                                 std::string(ptx_head()) + function + head + ".alias g, f;\n"};
    for (const std::span<const std::string> units :
         {std::span<const std::string>(own), std::span<const std::string>(apart)}) {
        Kernels kernels(device, units);
        CHECK_EQ(kernels.log, std::string());
        out[3] = 0;
        CHECK_EQ(kernels.launch("k", {{1, 1, 1}, {4, 1, 1}}, Arguments().add(out.address())).text,
                 std::string());
        CHECK_EQ(out[3], u64{43});
    }
    CHECK_EQ(Kernels(device, plain_kernel("", head + ".alias g, nothing;\n")).error, 218);
}

// Every level adds its argument; depth is the number of them.
const char* const kRecursive = R"(
.func (.param .b32 r) f(.param .b32 n) {
    .local .align 8 .b8 frame[200]; .reg .b32 %n, %m; .reg .pred %q;
    ld.param.b32 %n, [n]; mov.b32 %m, 0; st.local.b32 [frame+16], %n; setp.eq.u32 %q, %n, 0; @%q bra END;
    sub.u32 %m, %n, 1; { .param .b32 x; .param .b32 y; st.param.b32 [x], %m; call (y), f, (x);
      ld.param.b32 %m, [y]; }
    ld.local.b32 %n, [frame+16]; add.u32 %m, %m, %n;
    END: st.param.b32 [r], %m; ret; }
)";

TEST("recursion goes as deep as the stack limit lets it, and past that is error 719") {
    HeapDevice device;
    Kernels kernels(device,
                    plain_kernel("{ .param .b32 x; .param .b32 y; ld.global.u32 %r1, [%out]; st.param.b32 "
                                 "[x], %r1; call (y), f, (x); ld.param.b32 %r0, [y]; } "
                                 "cvt.u64.u32 %d0, %r0; st.global.u64 [%p], %d0;",
                                 kRecursive));
    CHECK_EQ(kernels.log, std::string());
    Buffer<u64> out(device, 32);
    const auto run = [&](u64 depth, u64 stack) {
        out[0] = depth;
        return kernels.launch("k", {{1, 1, 1}, {32, 1, 1}, 0, false, 1, stack},
                              Arguments().add(out.address()));
    };
    CHECK_EQ(run(100, 1024).error, 0);
    CHECK_EQ(out[7], u64{5050});
    const auto fault = run(3000, 1024);
    CHECK_EQ(fault.error, 719);
    CHECK(fault.text.find("stack overflow") == 0);
    CHECK_EQ(run(3000, u64{1} << 20).error, 0);
    CHECK_EQ(out[7], u64{3000 * 3001 / 2});
}

TEST("a version that is none is an error of the text") {
    for (const char* version : {"555555555.5", "8.10", "100.0", "8"}) {
        HeapDevice device;
        Kernels kernels(device, std::string(".version ") + version + "\n.target sm_80\n.address_size 64\n");
        CHECK_EQ(kernels.error, 218);
        CHECK(kernels.log.find(".version") != std::string::npos);
    }
}

// The exponent of a power of two, by the definition: 2^(e - 127), next to |v| downwards or upwards.
unsigned exponent_of(float v, bool is_up, bool is_finite) {
    if (std::isnan(v)) return 255;
    if (std::isinf(v)) return is_finite ? 254 : 255;
    const double size = std::fabs(static_cast<double>(v));
    unsigned e = 0;
    while (std::ldexp(1.0, static_cast<int>(e) - 126) <= size) ++e;  // 2^(e-127) <= size < 2^(e-126)
    if (is_up && std::ldexp(1.0, static_cast<int>(e) - 127) < size) ++e;
    return is_finite && e > 254 ? 254 : e;
}

TEST("conversions to ue8m0x2 keep exponents, and those back give powers of two") {
    for (const bool is_up : {false, true}) {
        for (const bool is_finite : {false, true}) {
            HeapDevice device;
            const std::string form =
                std::string("cvt") + (is_up ? ".rp" : ".rz") + (is_finite ? ".satfinite" : "");
            Kernels kernels(device, elementwise(form + ".ue8m0x2.f32 %h0, %a, %b; cvt.u32.u16 %w0, %h0; "
                                                       "cvt.rn.bf16x2.ue8m0x2 %w1, %h0; mov.b32 %w2, {0, 0}; "
                                                       "mov.b64 %d, {%w0, %w1};",
                                                32, 64));
            CHECK_EQ(kernels.log, std::string());
            const std::vector<float> values = {
                1.f,         -1.f, 1.5f,     3.99f,      0x1p-126f, 0x1.8p-126f, 0x1p-127f, 0x1.2p-127f,
                0x1.8p-127f, 0.f,  0x1p127f, 0x1.8p127f, INFINITY,  NAN,         2.f,       1e-3f};
            Buffer<float> a(device, 64), b(device, 64), c(device, 64);
            Buffer<u64> out(device, 64);
            for (std::size_t k = 0; k < 64; ++k)
                a[k] = values[k % values.size()], b[k] = values[k * 7 % values.size()];
            CHECK_EQ(
                kernels
                    .launch("k", {{1, 1, 1}, {64, 1, 1}},
                            Arguments().add(a.address()).add(b.address()).add(c.address()).add(out.address()))
                    .text,
                std::string());
            for (std::size_t k = 0; k < 64; ++k) {
                const unsigned high = exponent_of(a[k], is_up, is_finite);
                const unsigned low = exponent_of(b[k], is_up, is_finite);
                CHECK_EQ(out[k] & 0xffffffffu, u64{high << 8 | low});
                const auto bf16 = static_cast<std::uint32_t>(out[k] >> 32 & 0xffffu) << 16;
                const float back = std::bit_cast<float>(bf16);
                CHECK(low == 255 ? std::isnan(back) : back == std::ldexp(1.f, static_cast<int>(low) - 127));
            }
        }
    }
}

TEST("a count of registers that would wrap is refused") {
    HeapDevice device;
    const Kernels kernels(device, ptx_head() + std::string(".visible .entry k()\n{\n.reg .u32 %a;\n"
                                                           ".reg .u32 %b<18446744073709551615>;\nret;\n}\n"));
    CHECK_EQ(kernels.error, 218);
}

TEST("forms that only later hardware has load, and say so when they are reached") {
    for (const char* form :
         {"cp.async.bulk.prefetch.tensor.2d.L2.global.tile [%d0, {%r0, %r1}];",
          "mma.sp::ordered_metadata.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%r0, %r1, %r2, %r3}, "
          "{%r4, %r5}, {%r6, %r7}, {%r0, %r1, %r2, %r3}, %r8, 0x0;",
          "ldmatrix.sync.aligned.m16n16.x1.trans.shared.b8 {%r0, %r1}, [%r2];",
          "multimem.red.relaxed.sys.global.add.u32 [%d0], %r0;", "wgmma.fence.sync.aligned;",
          "cvt.rs.f16x2.f32 %r0, %r0, %r1, %r2;", "add.rn.f32x2 %d0, %d0, %d1;"}) {
        HeapDevice device;
        Buffer<u64> out(device, 1);
        Kernels kernels(
            device,
            plain_kernel(std::string("ld.global.u32 %r0, [%out]; setp.eq.u32 %q0, %r0, 0; @%q0 ret;\n") +
                         form));
        CHECK_EQ(kernels.log, std::string());
        CHECK_EQ(kernels.launch("k", {}, Arguments().add(out.address())).error, 0);
        out[0] = 1;
        CHECK_EQ(kernels.launch("k", {}, Arguments().add(out.address())).error, 715);
    }
    HeapDevice device;
    Buffer<u64> out(device, 1);
    Kernels kernels(device, plain_kernel("griddepcontrol.wait; griddepcontrol.launch_dependents; "
                                         "fence.mbarrier_init.release.cluster; st.global.u64 [%p], 1;"));
    CHECK_EQ(kernels.log, std::string());
    CHECK_EQ(kernels.launch("k", {}, Arguments().add(out.address())).error, 0);
}

TEST("a barrier's number in a register stays there across the loop that uses it") {
    HeapDevice device;
    Buffer<u64> out(device, 64);
    Kernels kernels(device, plain_kernel(R"(
        ld.global.u32 %r0, [%out]; mov.u32 %r1, 0; mov.u32 %r3, 0;
        LOOP: bar.sync %r0; add.u32 %r2, %r1, 17; mul.lo.u32 %r4, %r2, 3; add.u32 %r3, %r3, %r4;
        add.u32 %r1, %r1, 1; setp.lt.u32 %q0, %r1, 5; @%q0 bra LOOP;
        cvt.u64.u32 %d0, %r3; st.global.u64 [%p], %d0;)"));
    out[0] = 2;
    CHECK_EQ(kernels.launch("k", {{1, 1, 1}, {64, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    CHECK_EQ(out[63], u64{3 * (17 * 5 + 10)});
}

}  // namespace
}  // namespace soft_test
