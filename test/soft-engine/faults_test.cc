// What a kernel may do wrong: each gives its error and a line for people, never a crash, at any number of
// threads.
#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

std::string store_kernel(const std::string& space, const std::string& type) {
    return std::string(ptx_head()) +
           ".visible .entry k(.param .u64 k_p)\n{ .reg .u64 %p; .reg .b32 %v; .reg .b64 %w; .reg .u32 %t; "
           ".reg .u64 %o;\n"
           "ld.param.u64 %p, [k_p]; mov.u32 %t, %tid.x; mul.wide.u32 %o, %t, 4; add.u64 %p, %p, %o; mov.b32 "
           "%v, 7; mov.b64 %w, 7;\n"
           "st" +
           space + "." + type + " [%p], " + (type == "b64" ? "%w" : "%v") + ";\nret; }\n";
}

TEST("seven kinds of bad pointer give error 700") {
    HeapDevice device;
    Kernels kernels(device, store_kernel(".global", "b32"));
    CHECK_EQ(kernels.log, std::string());
    Buffer<int> good(device, 64);
    const std::uint64_t code = std::bit_cast<std::uint64_t>(&ptx_head);
    const std::uint64_t bad[] = {0,
                                 0x1000,
                                 code & ~std::uint64_t{3},
                                 good.address() + 256 - 64,
                                 good.address() - 4,
                                 0xdead'0000'0000'0000u,
                                 ~std::uint64_t{3},
                                 0x0000'8000'0000'0000u - 4};
    for (const std::uint64_t pointer : bad) {
        for (const unsigned threads : {1u, 2u}) {
            const auto fault =
                kernels.launch("k", {{2, 1, 1}, {64, 1, 1}, 0, false, threads}, Arguments().add(pointer));
            CHECK_EQ(fault.error, 700);
            CHECK(fault.text.find("st.global.b32 at PTX line") != std::string::npos);
        }
    }
    CHECK_EQ(kernels.launch("k", {{2, 1, 1}, {64, 1, 1}}, Arguments().add(good.address())).error, 0);
}

TEST("a misaligned access gives error 716 and generic windows are checked") {
    HeapDevice device;
    Buffer<std::uint64_t> good(device, 64);
    Kernels wide(device, store_kernel(".global", "b64"));
    CHECK_EQ(wide.launch("k", {{1, 1, 1}, {4, 1, 1}}, Arguments().add(good.address())).error, 716);
    Kernels narrow(device, store_kernel("", "b32"));
    CHECK_EQ(narrow.launch("k", {{1, 1, 1}, {4, 1, 1}}, Arguments().add(good.address() + 2)).error, 716);
    const std::uint64_t shared = 0x0000'8000'0000'0000u;
    CHECK_EQ(narrow.launch("k", {{1, 1, 1}, {4, 1, 1}, 16}, Arguments().add(shared)).error, 0);
    CHECK_EQ(narrow.launch("k", {{1, 1, 1}, {5, 1, 1}, 16}, Arguments().add(shared)).error, 700);
    Kernels in_shared(device, store_kernel(".shared", "b32"));
    CHECK_EQ(in_shared.launch("k", {{1, 1, 1}, {32, 1, 1}, 128}, Arguments().add(std::uint64_t{0})).error, 0);
    CHECK_EQ(in_shared.launch("k", {{1, 1, 1}, {32, 1, 1}, 124}, Arguments().add(std::uint64_t{0})).error,
             700);
    CHECK_EQ(
        in_shared.launch("k", {{1, 1, 1}, {32, 1, 1}, 124}, Arguments().add(std::uint64_t{0x1'0000'0000}))
            .error,
        700);
}

int launch_body(const std::string& body, std::string* text = nullptr) {
    HeapDevice device;
    Kernels kernels(device, std::string(ptx_head()) +
                                ".visible .entry k()\n{ .reg .pred %p; .reg .b32 %r<4>; .reg .b64 %d<4>;\n" +
                                body + "\n}\n");
    if (kernels.error != 0) {
        if (text != nullptr) *text = kernels.log;
        return kernels.error;
    }
    const auto fault = kernels.launch("k", {{1, 1, 1}, {64, 1, 1}}, Arguments());
    if (text != nullptr) *text = fault.text;
    return fault.error;
}

TEST("trap, deadlock and instructions that are not executed end the grid with their own error") {
    std::string text;
    CHECK_EQ(launch_body("trap;"), 719);
    CHECK_EQ(
        launch_body("mov.u32 %r0, %tid.x; setp.lt.u32 %p, %r0, 8; @%p bar.sync 0; @!%p bar.sync 1; ret;"),
        702);
    CHECK_EQ(launch_body("wgmma.fence.sync.aligned; ret;", &text), 715);
    CHECK(text.find("wgmma.fence.sync.aligned") != std::string::npos);
    CHECK_EQ(launch_body("ret; wgmma.fence.sync.aligned;"), 0);
    CHECK_EQ(launch_body("mov.b64 %d0, 16; { .param .b32 x; prototype: .callprototype _ (.param .b32 _); "
                         "call %d0, (x), prototype; } ret;"),
             718);
}

TEST("text that is not PTX gives 218 and the line") {
    const char* const bad[] = {
        "add.s32 %r0, %r1;",
        "add.s32 %r0, %r1, %d0;",
        "add.s33 %r0, %r1, %r2;",
        "frobnicate.s32 %r0, %r1;",
        "bra nowhere;",
        "mov.u32 %r9, 1;",
        "mov.u32 %r0, $undeclared;",
        "@%r0 mov.u32 %r1, 1;",
        "ld.global.u32 %r0, [%r1];",
        "ld.u32 %r0, 5;",
        "st.param.u32 [nothing], %r0;",
        "setp.xx.s32 %p, %r0, %r1;",
        "mov.u32 %r0, 0x;",
        "mov.u32 %r0 %r1;",
        "{ ret;",
        "call nothing;",
        "shfl.sync.idx.b32 %r0, %r1;",
        "mov.b64 {%r0, %r1, %r2}, %d0;",
        "bar.sync 0, 1, 2;",
        ".reg .b33 %z;",
        "mov.u32 %r0, 99999999999999999999;",
        "atom.global.cas.b32 %r0, [%d0], %r1;",
        "L: L: ret;",
        "wmma.load.a.sync.aligned.row.m16n8k256.f16 {%r0,%r1,%r2,%r3,%r0,%r1,%r2,%r3}, [%d0];",
        "mma.sync.aligned.m16n8k8.row.col.s8.s8.s8.s8 {%r0}, {%r0}, {%r0}, {%r0};",
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%r0}, {%r0}, {%r0}, {%r0};",
        "vadd.s32.s32.s32 %r0, %r1.b7, %r2;",
        "vadd2.s32.s32.s32 %r0.h7, %r1, %r2, %r3;",
        "add.s32 %r0, %r1.b0, %r2;",
    };
    for (const char* body : bad) {
        std::string text;
        const int error = launch_body(std::string("\n\n") + body, &text);
        if (error != 218 || text.find("line ") != 0)
            report_failure(__FILE__, __LINE__,
                           std::string(body) + " gives " + std::to_string(error) + " " + text);
    }
    HeapDevice device;
    for (const char* text : {"", "garbage", ".version 8.0", ".version 8.0\n.target sm_80\n.address_size 32\n",
                             ".version 8.0 .target sm_80\n.global .b8 x[99999999999999999];"}) {
        Kernels kernels(device, std::string(text));
        CHECK(kernels.error == 218 || std::string(text) == ".version 8.0" || kernels.error == 2);
    }
}

}  // namespace
}  // namespace soft_test
