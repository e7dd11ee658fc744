// Instructions that ask the machine: clocks, sleep, exit, cache operators, named barriers and their
// reductions. PTX text, no toolkit.
#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

constexpr std::size_t kThreads = 64;

// Runs `body` over a[k] = k, b[k] = 2k, c[k] = 3k and answers d.
std::vector<unsigned> run(const std::string& body) {
    HeapDevice device;
    Kernels kernels(device, elementwise(body, 32, 32));
    CHECK_EQ(kernels.log, std::string());
    Buffer<unsigned> a(device, kThreads), b(device, kThreads), c(device, kThreads), d(device, kThreads);
    for (unsigned k = 0; k < kThreads; ++k) a[k] = k, b[k] = 2 * k, c[k] = 3 * k;
    const auto fault =
        kernels.launch("k", {{1, 1, 1}, {kThreads, 1, 1}},
                       Arguments().add(a.address()).add(b.address()).add(c.address()).add(d.address()));
    CHECK_EQ(fault.text, std::string());
    return {d.data(), d.data() + kThreads};
}

void check_each(const std::string& body, unsigned (*expected)(unsigned)) {
    const std::vector<unsigned> d = run(body);
    for (unsigned k = 0; k < kThreads; ++k) CHECK_EQ(d[k], expected(k));
}

TEST("clocks and the global timer go forward, across a sleep too") {
    check_each(
        "mov.u64 %x0, %clock64; mov.u64 %x2, %globaltimer; nanosleep.u32 1000; mov.u64 %x1, %clock64;"
        " mov.u64 %x3, %globaltimer; setp.ge.u64 %q, %x1, %x0; setp.ge.u64 %q2, %x3, %x2;"
        " and.pred %q, %q, %q2; selp.u32 %d, 1, 0, %q;",
        [](unsigned) { return 1u; });
}

TEST("threads that exit write nothing and are not waited for") {
    check_each("and.b32 %w0, %a, 1; setp.eq.u32 %q, %w0, 1; @%q exit; bar.sync 0; add.u32 %d, %a, 5;",
               [](unsigned k) { return k % 2 == 1 ? 0u : k + 5; });
}

TEST("cache operators and prefetches change no value") {
    check_each(
        "ld.param.u64 %x0, [k_a]; mad.wide.u32 %x0, %t, 4, %x0; ld.param.u64 %x1, [k_d];"
        " mad.wide.u32 %x1, %t, 4, %x1; prefetch.global.L2 [%x0]; ld.global.cs.u32 %w0, [%x0];"
        " ld.global.cg.u32 %w1, [%x0]; ld.global.ca.u32 %w2, [%x0]; ld.global.nc.u32 %w3, [%x0];"
        " st.global.cs.u32 [%x1], %w0; ld.global.cv.u32 %w4, [%x1]; st.global.wt.u32 [%x1], %w4;"
        " add.u32 %d, %w1, %w2; add.u32 %d, %d, %w3; add.u32 %d, %d, %w4;",
        [](unsigned k) { return 4 * k; });
}

TEST("named barriers count their own threads and reduce among them") {
    check_each(
        "setp.lt.u32 %q, %a, 32; @%q barrier.sync 3, 32; @!%q barrier.sync 4, 32; setp.gt.u32 %q, %a, 9;"
        " bar.red.popc.u32 %d, 0, %q; bar.red.or.pred %q2, 0, %q; selp.u32 %w0, 100, 0, %q2;"
        " bar.red.and.pred %q2, 0, %q; selp.u32 %w1, 1000, 0, %q2; add.u32 %d, %d, %w0; add.u32 %d, %d, %w1;",
        [](unsigned) { return 154u; });
}

TEST("a kernel that calls what the device runtime lacks loads, and says so where it calls") {
    const std::string text = ptx_head() + std::string(R"(
.extern .func (.param .b32 r) __cudaCDP2EventRecord(.param .b64 p, .param .b64 s);
.visible .entry k(.param .u64 out)
{
    .reg .b64 %x<2>;
    .reg .b32 %r;
    ld.param.u64 %x0, [out];
    {
        .param .b64 p;
        .param .b64 s;
        .param .b32 result;
        st.param.b64 [p], %x0;
        st.param.b64 [s], 0;
        call.uni (result), __cudaCDP2EventRecord, (p, s);
        ld.param.b32 %r, [result];
    }
    ret;
}
)");
    HeapDevice device;
    Kernels kernels(device, text);
    CHECK_EQ(kernels.log, std::string());
    Buffer<unsigned> out(device, 4);
    const auto fault = kernels.launch("k", {}, Arguments().add(out.address()));
    CHECK_EQ(fault.error, 715);
    CHECK(fault.text.find("call") != std::string::npos);
}

}  // namespace
}  // namespace soft_test
