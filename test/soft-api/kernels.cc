// The kernels the claims run, as PTX text. Written by hand; small enough to be read.
#include "soft-api/claim.h"

namespace claims {

// add_one(p, n): p[i] += 1 for i < n. crowd(p): p[1] = the most blocks inside at once. store(p, v): *p
// = v. await(p): until *p is not 0. follow(p, q): *q =
// *p. burn(p, n): n turns of a loop, then *p = n. null_store(): writes to address 0. give_up(): traps.
// reverse(p): through dynamic shared memory. narrow, exact, wide: launch bounds and many parameters. say(n):
// printf.
const char* const kernel_text = R"(
.version 7.0
.target sm_70
.address_size 64

.visible .global .align 4 .u32 counter = 7;
.visible .const .align 4 .u32 table[4] = {1, 2, 3, 4};
.global .align 1 .b8 format[4] = {37, 100, 10, 0};
.extern .shared .align 4 .b8 scratch[];
.extern .func (.param .b32 status) vprintf (.param .b64 text, .param .b64 values);

.visible .entry add_one(.param .u64 p, .param .u32 n)
{
    .reg .pred %q;
    .reg .b32 %r<6>;
    .reg .b64 %d<4>;
    ld.param.u64 %d0, [p];
    ld.param.u32 %r0, [n];
    mov.u32 %r1, %ctaid.x;
    mov.u32 %r2, %ntid.x;
    mov.u32 %r3, %tid.x;
    mad.lo.s32 %r4, %r1, %r2, %r3;
    setp.ge.u32 %q, %r4, %r0;
    @%q ret;
    mul.wide.u32 %d1, %r4, 4;
    add.s64 %d2, %d0, %d1;
    ld.global.u32 %r5, [%d2];
    add.s32 %r5, %r5, 1;
    st.global.u32 [%d2], %r5;
    ret;
}

.visible .entry crowd(.param .u64 p)
{
    .reg .pred %q;
    .reg .b32 %r<3>;
    .reg .b64 %d0;
    ld.param.u64 %d0, [p];
    atom.global.add.u32 %r0, [%d0], 1;
    add.u32 %r0, %r0, 1;
    red.global.max.u32 [%d0+4], %r0;
    mov.u32 %r1, 0;
turn:
    add.u32 %r1, %r1, 1;
    setp.lt.u32 %q, %r1, 20000;
    @%q bra turn;
    red.global.add.u32 [%d0], -1;
    ret;
}

.visible .entry store(.param .u64 p, .param .u32 v)
{
    .reg .b32 %r0;
    .reg .b64 %d0;
    ld.param.u64 %d0, [p];
    ld.param.u32 %r0, [v];
    st.global.u32 [%d0], %r0;
    ret;
}

.visible .entry await(.param .u64 p)
{
    .reg .pred %q;
    .reg .b32 %r0;
    .reg .b64 %d0;
    ld.param.u64 %d0, [p];
again:
    ld.volatile.global.u32 %r0, [%d0];
    setp.eq.u32 %q, %r0, 0;
    @%q bra again;
    ret;
}

.visible .entry follow(.param .u64 p, .param .u64 q)
{
    .reg .b32 %r0;
    .reg .b64 %d<2>;
    ld.param.u64 %d0, [p];
    ld.param.u64 %d1, [q];
    ld.global.u32 %r0, [%d0];
    st.global.u32 [%d1], %r0;
    ret;
}

.visible .entry burn(.param .u64 p, .param .u32 n)
{
    .reg .pred %q;
    .reg .b32 %r<2>;
    .reg .b64 %d0;
    ld.param.u64 %d0, [p];
    ld.param.u32 %r0, [n];
    mov.u32 %r1, 0;
again:
    add.u32 %r1, %r1, 1;
    setp.lt.u32 %q, %r1, %r0;
    @%q bra again;
    st.global.u32 [%d0], %r1;
    ret;
}

.visible .entry null_store()
{
    .reg .b64 %d0;
    mov.u64 %d0, 0;
    st.global.u32 [%d0], 1;
    ret;
}

.visible .entry give_up()
{
    trap;
}

.visible .entry reverse(.param .u64 p)
{
    .reg .b32 %r<7>;
    .reg .b64 %d<4>;
    ld.param.u64 %d0, [p];
    mov.u32 %r0, %tid.x;
    mov.u32 %r1, %ntid.x;
    shl.b32 %r2, %r0, 2;
    mov.u32 %r3, scratch;
    add.s32 %r4, %r3, %r2;
    mul.wide.u32 %d1, %r0, 4;
    add.s64 %d2, %d0, %d1;
    ld.global.u32 %r5, [%d2];
    st.shared.u32 [%r4], %r5;
    bar.sync 0;
    sub.s32 %r6, %r1, %r0;
    add.s32 %r6, %r6, -1;
    shl.b32 %r6, %r6, 2;
    add.s32 %r4, %r3, %r6;
    ld.shared.u32 %r5, [%r4];
    st.global.u32 [%d2], %r5;
    ret;
}

.visible .entry narrow() .maxntid 64, 1, 1
{
    ret;
}

.visible .entry exact() .reqntid 32, 2, 1
{
    ret;
}

.visible .entry wide(.param .u8 a, .param .align 8 .b8 b[24], .param .u16 c, .param .u64 p)
{
    .reg .b32 %r<4>;
    .reg .b64 %d<2>;
    ld.param.u64 %d0, [p];
    ld.param.u8 %r0, [a];
    ld.param.u32 %r1, [b+16];
    ld.param.u16 %r2, [c];
    add.u32 %r3, %r0, %r1;
    add.u32 %r3, %r3, %r2;
    st.global.u32 [%d0], %r3;
    ret;
}

.visible .entry say(.param .u32 n)
{
    .local .align 8 .b8 depot[8];
    .reg .b32 %r<2>;
    .reg .b64 %d<3>;
    mov.u64 %d0, depot;
    cvta.local.u64 %d0, %d0;
    ld.param.u32 %r0, [n];
    st.u32 [%d0], %r0;
    mov.u64 %d1, format;
    cvta.global.u64 %d2, %d1;
    {
        .param .b64 text;
        .param .b64 values;
        .param .b32 status;
        st.param.b64 [text], %d2;
        st.param.b64 [values], %d0;
        call.uni (status), vprintf, (text, values);
        ld.param.b32 %r1, [status];
    }
    ret;
}

.visible .entry count_up()
{
    .reg .b32 %r<2>;
    .reg .b64 %d0;
    mov.u64 %d0, counter;
    ld.global.u32 %r0, [%d0];
    add.u32 %r1, %r0, 1;
    st.global.u32 [%d0], %r1;
    ret;
}
)";

const char* const broken_text = R"(
.version 7.0
.target sm_70
.address_size 64
.visible .entry broken()
{
    this is no instruction;
}
)";

}  // namespace claims
