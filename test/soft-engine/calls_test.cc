// Calls, recursion, function pointers, virtual functions, printf, assert, the device heap, local memory.
#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

TEST("device functions recurse, each lane as deep as it likes") {
    const std::string text = compiled("calls");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    CHECK_EQ(kernels.log, std::string());
    Buffer<int> out(device, 96);
    CHECK_EQ(kernels.launch("recursion", {{1, 1, 1}, {96, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (int k = 0; k < 96; ++k) CHECK_EQ(out[static_cast<std::size_t>(k)], fib(k % 12));
}

TEST("calls go through tables of function pointers that differ by lane") {
    const std::string text = compiled("calls");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> out(device, 64);
    CHECK_EQ(kernels.launch("indirect", {{1, 1, 1}, {64, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (int k = 0; k < 64; ++k) {
        CHECK_EQ(out[static_cast<std::size_t>(k)], k % 3 == 0 ? k + 7 : k % 3 == 1 ? k * 7 : k - 7);
    }
    CHECK_EQ(kernels.launch("virtuals", {{2, 1, 1}, {64, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (int k = 0; k < 64; ++k) CHECK_EQ(out[static_cast<std::size_t>(k)], k % 2 == 1 ? k * k : k * 3);
}

struct Big {
    int v[10];
    double d;
};

TEST("structures go into kernels and functions by value and come back") {
    const std::string text = compiled("calls");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Big big{};
    int sum = 0;
    for (int k = 0; k < 10; ++k) sum += big.v[k] = k * k;
    big.d = 1.25;
    Buffer<int> out(device, 40);
    Buffer<double> d(device, 40);
    const auto fault = kernels.launch("structs", {{1, 1, 1}, {40, 1, 1}},
                                      Arguments().add(big).add(out.address()).add(d.address()));
    CHECK_EQ(fault.text, std::string());
    for (int k = 0; k < 40; ++k) {
        CHECK_EQ(out[static_cast<std::size_t>(k)], sum + 45 * k);
        CHECK_EQ(d[static_cast<std::size_t>(k)], 2.5);
    }
}

TEST("printf prints lanes in order; a failed assert gives CUDA's text and error 710") {
    const std::string text = compiled("calls");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    CHECK_EQ(kernels.launch("prints", {{1, 1, 1}, {32, 1, 1}}, Arguments().add(3)).text, std::string());
    CHECK_EQ(device.output, "t0 str  4.50 1234567890123 z\nt1 str  4.50 1234567890123 z\n");
    CHECK_EQ(kernels.launch("asserts", {{1, 1, 1}, {2, 1, 1}}, Arguments().add(2)).error, 0);
    const auto fault = kernels.launch("asserts", {{2, 1, 1}, {2, 1, 1}}, Arguments().add(3));
    CHECK_EQ(fault.error, 710);
    CHECK(device.errors.find("calls.cu:41: void asserts(int): block: [1,0,0], thread: [1,0,0] Assertion "
                             "`threadIdx.x + blockIdx.x * 2 < x` failed.") != std::string::npos);
}

TEST("the device heap and local arrays are memory like any other") {
    const std::string text = compiled("calls");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> in(device, 64), out(device, 64);
    for (int k = 0; k < 64; ++k) in[static_cast<std::size_t>(k)] = k * 5 % 23;
    CHECK_EQ(kernels.launch("heap", {{1, 1, 1}, {64, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (int k = 0; k < 64; ++k) CHECK_EQ(out[static_cast<std::size_t>(k)], 120 * k);
    const auto fault = kernels.launch("local_array", {{1, 1, 1}, {64, 1, 1}},
                                      Arguments().add(in.address()).add(out.address()).add(32));
    CHECK_EQ(fault.text, std::string());
    for (int t = 0; t < 64; ++t) {
        int sum = 0;
        for (int k = 0; k < 32; ++k) {
            const int at = (in[static_cast<std::size_t>(k)] + t) & 31;
            sum += in[static_cast<std::size_t>(at)] * (t + 1);
        }
        CHECK_EQ(out[static_cast<std::size_t>(t)], sum);
    }
}

int deep(int n, int lane) {
    if (n == 0) return lane;
    return deep(n - 1, lane) + ((lane + n) % 2 == 1 ? 1 : 2);
}

TEST("lanes that call from different places return to their own") {
    const std::string text = compiled("calls");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> in(device, 64), out(device, 64);
    CHECK_EQ(kernels.launch("divergent_calls", {{1, 1, 1}, {64, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (int k = 0; k < 64; ++k) CHECK_EQ(out[static_cast<std::size_t>(k)], deep(k % 7 + 1, k));
    for (int k = 0; k < 64; ++k) in[static_cast<std::size_t>(k)] = 3 * k + 1;
    const auto fault =
        kernels.launch("switches", {{1, 1, 1}, {64, 1, 1}}, Arguments().add(in.address()).add(out.address()));
    CHECK_EQ(fault.text, std::string());
    for (int k = 0; k < 64; ++k) {
        const int x = 3 * k + 1;
        const int expected[8] = {x * 3, x + 11, x ^ 0x55, -x, x * 4, x - 100, x / 3, 7};
        CHECK_EQ(out[static_cast<std::size_t>(k)], expected[x % 8]);
    }
}

TEST("parameters without a name take their places among the others") {
    const std::string text =
        std::string(ptx_head()) +
        ".func (.param .b32 r) minus(.param .b32 a, .param .b32 _, .reg .b32 _, .param .b32 b) { .reg .b32 "
        "%a, %b; ld.param.b32 %a, [a]; ld.param.b32 %b, [b]; sub.s32 %a, %a, %b; st.param.b32 [r], %a; ret; "
        "}\n.visible .entry k(.param .u64 out, .param .u32 _, .param .u64 _, .param .u32 last)\n"
        "{ .reg .b32 %r<4>; .reg .b64 %p; .param .b32 x, y, z, w; ld.param.u64 %p, [out]; mov.b32 %r2, 9; "
        "ld.param.u32 %r0, [last]; st.param.b32 [w], 5; st.param.b32 [x], %r0; st.param.b32 [y], 1000; "
        "call (z), minus, (x, y, %r2, w); ld.param.b32 %r1, [z]; st.global.b32 [%p], %r1; ret; }\n";
    HeapDevice device;
    Kernels kernels(device, text);
    CHECK_EQ(kernels.log, std::string());
    Buffer<std::uint32_t> out(device, 1);
    auto arguments = Arguments().add(out.address()).add(std::uint32_t{1}).add(std::uint64_t{2});
    arguments.add(std::uint32_t{47});
    CHECK_EQ(kernels.launch("k", {}, arguments).text, std::string());
    CHECK_EQ(out[0], std::uint32_t{42});
    const std::string alone = std::string(ptx_head()) + ".visible .entry k(.param .u64 _)\n{ ret; }\n";
    CHECK_EQ(Kernels(device, alone).log, std::string());
}

}  // namespace
}  // namespace soft_test
