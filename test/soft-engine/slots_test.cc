// Registers share slots of the window when their lives do not meet: lives that a guard or a loop makes
// longer. PTX text, no toolkit.
#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

TEST("what a guard did not overwrite is there in the next round of the loop") {
    HeapDevice device;
    // %r3 is written in the first round only, and %r4 is born behind its last reader.
    Kernels kernels(device, plain_kernel(R"(
        mov.u32 %r1, 0;
        mov.u32 %r2, 0;
    round:
        setp.eq.u32 %q0, %r2, 0;
        @%q0 add.u32 %r3, %t, 7;
        add.u32 %r1, %r1, %r3;
        mad.lo.u32 %r4, %r2, 1000, %t;
        add.u32 %r1, %r1, %r4;
        add.u32 %r2, %r2, 1;
        setp.lt.u32 %q1, %r2, 4;
        @%q1 bra round;
        cvt.u64.u32 %d0, %r1;
        st.global.u64 [%p], %d0;
    )"));
    CHECK_EQ(kernels.log, std::string());
    Buffer<unsigned long long> out(device, 32);
    const auto fault = kernels.launch("k", {{1, 1, 1}, {32, 1, 1}}, Arguments().add(out.address()));
    CHECK_EQ(fault.text, std::string());
    for (unsigned lane = 0; lane < 32; ++lane) CHECK_EQ(out[lane], 4 * (lane + 7) + 6000 + 4 * lane);
}

}  // namespace
}  // namespace soft_test
