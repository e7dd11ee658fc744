// Atomic additions of halves, many lanes to one word: every lane's part arrives. PTX text, no toolkit.
#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

// What 64 additions of `one` (as bits) to the zeroed first word of a leave there.
unsigned sum_of_64(const std::string& instruction, const std::string& setup) {
    HeapDevice device;
    Kernels kernels(
        device, elementwise(setup + " ld.param.u64 %x0, [k_a]; " + instruction + " mov.u32 %d, 0;", 32, 32));
    CHECK_EQ(kernels.log, std::string());
    Buffer<unsigned> a(device, 64), b(device, 64), c(device, 64), d(device, 64);
    const auto fault =
        kernels.launch("k", {{1, 1, 1}, {64, 1, 1}},
                       Arguments().add(a.address()).add(b.address()).add(c.address()).add(d.address()));
    CHECK_EQ(fault.text, std::string());
    return a[0];
}

TEST("atomic additions of f16 and bf16, single and in pairs, add every lane's part") {
    const std::string f16 = "mov.b16 %h0, 0x3c00;", bf16 = "mov.b16 %h0, 0x3f80;";
    CHECK_EQ(sum_of_64("atom.global.add.noftz.f16 %h1, [%x0], %h0;", f16), 0x5400u);
    CHECK_EQ(sum_of_64("atom.global.add.noftz.bf16 %h1, [%x0], %h0;", bf16), 0x4280u);
    CHECK_EQ(sum_of_64("atom.global.add.noftz.f16x2 %w1, [%x0], %w0;", "mov.b32 %w0, 0x40003c00;"),
             0x58005400u);
    CHECK_EQ(sum_of_64("red.global.add.noftz.bf16x2 [%x0], %w0;", "mov.b32 %w0, 0x3f803f80;"), 0x42804280u);
}

}  // namespace
}  // namespace soft_test
