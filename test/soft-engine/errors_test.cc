// The errors CUDA has names for beyond bad addresses: wrong address spaces, time limits, the stack,
// alignment of asynchronous copies, and the device runtime that is not there.
#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using u64 = std::uint64_t;

soft::Fault run(HeapDevice& device, const std::string& body, const std::string& module = "",
                unsigned threads = 32) {
    Kernels kernels(device, plain_kernel(body, module));
    CHECK_EQ(kernels.log, std::string());
    if (kernels.error != 0) return {};
    Buffer<u64> out(device, 64);
    out[0] = 0;
    return kernels.launch("k", {{1, 1, 1}, {threads, 1, 1}}, Arguments().add(out.address()), 20'000);
}

const std::string kLocal = ".local .align 8 .b8 l[64]; mov.u64 %d0, l; cvta.local.u64 %d0, %d0;\n";

TEST("atomics and matrix rows outside their address spaces give error 717") {
    HeapDevice device;
    for (const char* body : {"atom.add.u32 %r0, [%d0], 1;", "red.add.u64 [%d0], 1;",
                             "atom.cas.b64 %d1, [%d0], 1, 2;", "red.add.f32 [%d0+4], 0f3f800000;"}) {
        const auto fault = run(device, kLocal + body);
        CHECK_EQ(fault.error, 717);
        CHECK(fault.text.find("atomic operation outside global and shared memory at 0x8001") == 0);
    }
    CHECK_EQ(run(device, kLocal + "ldmatrix.sync.aligned.m8n8.x1.b16 {%r0}, [%d0];").error, 717);
    CHECK_EQ(run(device, "mov.u64 %d0, s; cvta.shared.u64 %d0, %d0; atom.add.u32 %r0, [%d0], 1;",
                 ".shared .b8 s[16];\n")
                 .error,
             0);
    CHECK_EQ(run(device, "atom.add.u32 %r0, [%out], 1;").error, 0);
}

TEST("a kernel that runs longer than the limit ends with error 702, and none does without one") {
    HeapDevice device;
    const std::string kTurn = "ld.volatile.global.u32 %r0, [%out]; setp.eq.u32 %q0, %r0, 0; @%q0 bra L;";
    device.kernel_limit = 20'000'000;
    const auto fault = run(device, "L: " + kTurn);
    CHECK_EQ(fault.error, 702);
    CHECK(fault.text.find("ran longer than kernels may") != std::string::npos);
    CHECK_EQ(run(device, "L: bar.sync 0; " + kTurn, "", 64).error, 702);
    device.kernel_limit = 60'000'000'000;
    const std::string kCounted =
        "mov.u32 %r0, 0; L: add.u32 %r0, %r0, 1; setp.lt.u32 %q0, %r0, 5000; @%q0 bra L;";
    CHECK_EQ(run(device, kCounted).error, 0);
}

TEST("a call of the device runtime gives error 715 and says on stderr what is missing") {
    HeapDevice device;
    const char* const kDeclared = ".extern .func (.param .b32 r) cudaLaunchDeviceV2_ptsz (.param .b64 a, "
                                  ".param .b64 b);\n";
    const auto fault =
        run(device,
            "{ .param .b32 r; .param .b64 a; .param .b64 b; st.param.b64 [a], %out; st.param.b64 [b], %out;\n"
            "call.uni (r), cudaLaunchDeviceV2_ptsz, (a, b); }",
            kDeclared, 256);
    CHECK_EQ(fault.error, 715);
    CHECK(fault.text.find("the software device has no cudaLaunchDeviceV2_ptsz") == 0);
    CHECK_EQ(device.errors,
             std::string("ferry-soft: kernel k: the software device has no cudaLaunchDeviceV2_ptsz of the "
                         "device runtime\n"));
}

TEST("misaligned asynchronous copies and alloca past the stack give errors 716 and 719") {
    HeapDevice device;
    const char* const kShared = ".shared .align 16 .b8 s[64];\n";
    for (const std::string copy :
         {".cg.shared.global [%r0], [%out+8], 16;", ".ca.shared.global [%r0+2], [%out], 4;"})
        CHECK_EQ(run(device, "mov.u32 %r0, s; cp.async" + copy, kShared).error, 716);
    CHECK_EQ(run(device, "mov.u64 %d0, 1000000000; alloca.u64 %d1, %d0;").error, 719);
}

}  // namespace
}  // namespace soft_test
