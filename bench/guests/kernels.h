// The device code of the benchmark guests, as PTX text of our own. Included by driver.cc only.
#pragma once

namespace bench {

// empty0, empty4, empty16: nothing, with that many 4- and 8-byte parameters.
// work: `rounds` dependent steps per thread, then one store: device time without memory traffic.
// add: values[i] += term, a thread per element: what the programs check their result with.
inline constexpr char kKernels[] = R"ptx(
.version 7.0
.target sm_75
.address_size 64

.visible .entry empty0()
{
    ret;
}

.visible .entry empty4(.param .u64 a, .param .u32 b, .param .u32 c, .param .u32 d)
{
    ret;
}

.visible .entry empty16(
    .param .u64 a0, .param .u64 a1, .param .u64 a2, .param .u64 a3,
    .param .u32 a4, .param .u32 a5, .param .u32 a6, .param .u32 a7,
    .param .u64 a8, .param .u64 a9, .param .u64 a10, .param .u64 a11,
    .param .u32 a12, .param .u32 a13, .param .u32 a14, .param .u32 a15)
{
    ret;
}

.visible .entry work(.param .u64 p_values, .param .u32 p_rounds)
{
    .reg .pred %p;
    .reg .u32 %r<8>;
    .reg .u64 %a<3>;
    mov.u32 %r0, %ctaid.x;
    mov.u32 %r1, %ntid.x;
    mov.u32 %r2, %tid.x;
    mad.lo.u32 %r3, %r0, %r1, %r2;
    ld.param.u64 %a0, [p_values];
    ld.param.u32 %r4, [p_rounds];
    cvta.to.global.u64 %a0, %a0;
    mul.wide.u32 %a1, %r3, 4;
    add.u64 %a0, %a0, %a1;
    ld.global.u32 %r5, [%a0];
again:
    mad.lo.u32 %r5, %r5, 1664525, 1013904223;
    sub.u32 %r4, %r4, 1;
    setp.ne.u32 %p, %r4, 0;
    @%p bra again;
    st.global.u32 [%a0], %r5;
    ret;
}

.visible .entry add(.param .u64 p_values, .param .u32 p_count, .param .u32 p_term)
{
    .reg .pred %p;
    .reg .u32 %r<7>;
    .reg .u64 %a<2>;
    mov.u32 %r0, %ctaid.x;
    mov.u32 %r1, %ntid.x;
    mov.u32 %r2, %tid.x;
    mad.lo.u32 %r3, %r0, %r1, %r2;
    ld.param.u32 %r4, [p_count];
    setp.ge.u32 %p, %r3, %r4;
    @%p ret;
    ld.param.u64 %a0, [p_values];
    cvta.to.global.u64 %a0, %a0;
    mul.wide.u32 %a1, %r3, 4;
    add.u64 %a0, %a0, %a1;
    ld.param.u32 %r5, [p_term];
    ld.global.u32 %r6, [%a0];
    add.u32 %r6, %r6, %r5;
    st.global.u32 [%a0], %r6;
    ret;
}
)ptx";

}  // namespace bench
