// Operands that compilers hardly write and people do: vector registers and predicates across calls, sums as
// values, members without the lane itself, tables of functions. PTX text, no toolkit.
#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

const char* const kFunctions = R"(
.func (.reg .v2 .u32 swapped, .reg .pred larger) swap(.reg .v2 .u32 pair, .reg .pred twice)
{
    mov.u32 swapped.x, pair.y;
    mov.u32 swapped.y, pair.x;
    @twice mov.v2.u32 swapped, pair;
    setp.gt.u32 larger, swapped.x, swapped.y;
    ret;
}
.visible .entry k(.param .u64 k_out)
{
    .reg .u64 %out, %p0;
    .reg .u32 %t, %d;
    .reg .pred %odd, %larger;
    .reg .v2 .u32 pair;
    .reg .v2 .u32 both<2>;
    mov.u32 %t, %tid.x;
    mov.u32 both1.y, 20;
    mov.u32 both0.y, 30;
    mov.u32 pair.x, %t;
    mov.u32 pair.y, both1.y;
    and.b32 %d, %t, 1;
    setp.eq.u32 %odd, %d, 1;
    call (pair, %larger), swap, (pair, %odd);
    selp.u32 %d, 1000, 0, %larger;
    mad.lo.u32 %d, pair.x, 100, %d;
    ld.param.u64 %out, [k_out];
    mad.wide.u32 %p0, %t, 4, %out;
    st.global.u32 [%p0], %d + 7;
    ret;
}
)";

TEST("vector registers and predicates cross calls, and a sum is a value") {
    HeapDevice device;
    Kernels kernels(device, ptx_head() + std::string(kFunctions));
    CHECK_EQ(kernels.log, std::string());
    Buffer<unsigned> out(device, 40);
    const auto fault = kernels.launch("k", {{1, 1, 1}, {40, 1, 1}}, Arguments().add(out.address()));
    CHECK_EQ(fault.text, std::string());
    for (unsigned k = 0; k < 40; ++k) {
        const unsigned first = k % 2 == 1 ? k : 20, second = k % 2 == 1 ? 20 : k;
        CHECK_EQ(out[k], first * 100 + (first > second ? 1000 : 0) + 7);
    }
}

TEST("a vote among members that a lane does not belong to answers when they are all there") {
    HeapDevice device;
    const std::string body =
        "mov.u32 %w0, %lanemask_lt; setp.ne.u32 %q, %a, 0;"
        " vote.sync.ballot.b32 %d, %q, %w0;";
    Kernels kernels(device, elementwise(body, 32, 32));
    CHECK_EQ(kernels.log, std::string());
    Buffer<unsigned> a(device, 64), d(device, 64);
    for (unsigned k = 0; k < 64; ++k) a[k] = k % 3;
    const auto fault =
        kernels.launch("k", {{1, 1, 1}, {64, 1, 1}},
                       Arguments().add(a.address()).add(a.address()).add(a.address()).add(d.address()));
    CHECK_EQ(fault.text, std::string());
    for (unsigned k = 0; k < 64; ++k) {
        unsigned expected = 0;
        for (unsigned l = 0; l < k % 32; ++l) expected |= (a[k / 32 * 32 + l] != 0 ? 1u : 0u) << l;
        CHECK_EQ(d[k], expected);
    }
}

const char* const kTable = R"(
.extern .func (.param .b32 r) first(.param .b32 n);
.func (.param .b32 r) second(.param .b32 n);
.global .u64 table[2] = {first, second};
.visible .func (.param .b32 r) first(.param .b32 n)
{
    .reg .b32 %r;
    ld.param.b32 %r, [n];
    add.u32 %r, %r, 100;
    st.param.b32 [r], %r;
    ret;
}
.func (.param .b32 r) second(.param .b32 n)
{
    .reg .b32 %r;
    ld.param.b32 %r, [n];
    mul.lo.u32 %r, %r, 3;
    st.param.b32 [r], %r;
    ret;
}
.visible .entry k(.param .u64 k_out)
{
    .reg .u64 %out, %f;
    .reg .u32 %t, %w;
    mov.u32 %t, %tid.x;
    and.b32 %w, %t, 1;
    mov.u64 %f, table;
    mad.wide.u32 %f, %w, 8, %f;
    ld.global.u64 %f, [%f];
    {
        .param .b32 n;
        .param .b32 r;
        st.param.b32 [n], %t;
        shape: .callprototype (.param .b32 _) _ (.param .b32 _);
        call (r), %f, (n), shape;
        ld.param.b32 %w, [r];
    }
    ld.param.u64 %out, [k_out];
    cvta.to.global.u64 %out, %out;
    mad.wide.u32 %out, %t, 4, %out;
    st.u32 [%out], %w;
    ret;
}
)";

TEST("a table of functions in data is called lane by lane, and a generic store writes what they give") {
    HeapDevice device;
    Kernels kernels(device, ptx_head() + std::string(kTable));
    CHECK_EQ(kernels.log, std::string());
    Buffer<unsigned> out(device, 40);
    const auto fault = kernels.launch("k", {{1, 1, 1}, {40, 1, 1}}, Arguments().add(out.address()));
    CHECK_EQ(fault.text, std::string());
    for (unsigned k = 0; k < 40; ++k) CHECK_EQ(out[k], k % 2 == 1 ? 3 * k : k + 100);
}

}  // namespace
}  // namespace soft_test
