// The demo's three kernels in PTX of our own, for machines without a CUDA compiler. Same parameters and
// same results as the kernels in vector_add.cu, matmul.cu and mandelbrot.cu. Used by driver_guest.cc only.
#pragma once

namespace demo {

inline constexpr char kKernels[] = R"ptx(
.version 7.0
.target sm_70
.address_size 64

.visible .entry add(.param .u64 sum, .param .u64 term, .param .u32 count)
{
    .reg .pred %p<2>;
    .reg .b32 %r<5>;
    .reg .f32 %f<4>;
    .reg .b64 %rd<6>;
    mov.u32 %r0, %ctaid.x;
    mov.u32 %r1, %ntid.x;
    mov.u32 %r2, %tid.x;
    mad.lo.s32 %r3, %r0, %r1, %r2;
    ld.param.u32 %r4, [count];
    setp.ge.s32 %p0, %r3, %r4;
    @%p0 bra done;
    ld.param.u64 %rd0, [sum];
    ld.param.u64 %rd1, [term];
    cvta.to.global.u64 %rd0, %rd0;
    cvta.to.global.u64 %rd1, %rd1;
    mul.wide.s32 %rd2, %r3, 4;
    add.s64 %rd3, %rd0, %rd2;
    add.s64 %rd4, %rd1, %rd2;
    ld.global.f32 %f0, [%rd3];
    ld.global.f32 %f1, [%rd4];
    add.f32 %f2, %f0, %f1;
    st.global.f32 [%rd3], %f2;
done:
    ret;
}

// r0 row, r1 column, r2 row in the tile, r3 column in the tile, r4 n, r5 start; tiles of 16 x 16.
.visible .entry multiply(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 n)
{
    .reg .pred %p<2>;
    .reg .b32 %r<20>;
    .reg .f32 %f<6>;
    .reg .b64 %rd<10>;
    .shared .align 4 .b8 tile_a[1024];
    .shared .align 4 .b8 tile_b[1024];
    mov.u32 %r2, %tid.y;
    mov.u32 %r3, %tid.x;
    mov.u32 %r6, %ctaid.y;
    mov.u32 %r7, %ctaid.x;
    mad.lo.s32 %r0, %r6, 16, %r2;
    mad.lo.s32 %r1, %r7, 16, %r3;
    ld.param.u32 %r4, [n];
    ld.param.u64 %rd0, [a];
    ld.param.u64 %rd1, [b];
    ld.param.u64 %rd2, [c];
    cvta.to.global.u64 %rd0, %rd0;
    cvta.to.global.u64 %rd1, %rd1;
    cvta.to.global.u64 %rd2, %rd2;
    mov.u32 %r8, tile_a;
    mov.u32 %r9, tile_b;
    mad.lo.s32 %r10, %r2, 16, %r3;
    shl.b32 %r10, %r10, 2;
    add.s32 %r11, %r8, %r10;
    add.s32 %r12, %r9, %r10;
    mov.f32 %f0, 0f00000000;
    mov.u32 %r5, 0;
next_tile:
    mad.lo.s32 %r13, %r0, %r4, %r5;
    add.s32 %r13, %r13, %r3;
    mul.wide.s32 %rd3, %r13, 4;
    add.s64 %rd4, %rd0, %rd3;
    ld.global.f32 %f1, [%rd4];
    st.shared.f32 [%r11], %f1;
    add.s32 %r14, %r5, %r2;
    mad.lo.s32 %r15, %r14, %r4, %r1;
    mul.wide.s32 %rd5, %r15, 4;
    add.s64 %rd6, %rd1, %rd5;
    ld.global.f32 %f2, [%rd6];
    st.shared.f32 [%r12], %f2;
    bar.sync 0;
    shl.b32 %r16, %r2, 6;
    add.s32 %r16, %r8, %r16;
    shl.b32 %r17, %r3, 2;
    add.s32 %r17, %r9, %r17;
    mov.u32 %r18, 0;
next_step:
    ld.shared.f32 %f3, [%r16];
    ld.shared.f32 %f4, [%r17];
    fma.rn.f32 %f0, %f3, %f4, %f0;
    add.s32 %r16, %r16, 4;
    add.s32 %r17, %r17, 64;
    add.s32 %r18, %r18, 1;
    setp.lt.s32 %p0, %r18, 16;
    @%p0 bra next_step;
    bar.sync 0;
    add.s32 %r5, %r5, 16;
    setp.lt.s32 %p1, %r5, %r4;
    @%p1 bra next_tile;
    mad.lo.s32 %r19, %r0, %r4, %r1;
    mul.wide.s32 %rd7, %r19, 4;
    add.s64 %rd8, %rd2, %rd7;
    st.global.f32 [%rd8], %f0;
    ret;
}

// f0 real, f1 imaginary, f2 u, f3 v, r6 steps so far; 640 x 400 pixels of 3 bytes.
.visible .entry mandelbrot(.param .u64 pixels)
{
    .reg .pred %p<4>;
    .reg .b32 %r<16>;
    .reg .f32 %f<12>;
    .reg .b64 %rd<4>;
    mov.u32 %r0, %ctaid.x;
    mov.u32 %r1, %tid.x;
    mad.lo.s32 %r2, %r0, 16, %r1;
    mov.u32 %r3, %ctaid.y;
    mov.u32 %r4, %tid.y;
    mad.lo.s32 %r5, %r3, 16, %r4;
    setp.ge.s32 %p0, %r2, 640;
    @%p0 bra done;
    setp.ge.s32 %p0, %r5, 400;
    @%p0 bra done;
    cvt.rn.f32.s32 %f4, %r2;
    cvt.rn.f32.s32 %f5, %r5;
    fma.rn.f32 %f0, %f4, 0f3BA3D70A, 0fC00CCCCD;
    fma.rn.f32 %f1, %f5, 0f3BA3D70A, 0fBF800000;
    mov.f32 %f2, 0f00000000;
    mov.f32 %f3, 0f00000000;
    mov.u32 %r6, 0;
next:
    mul.f32 %f6, %f2, %f2;
    mul.f32 %f7, %f3, %f3;
    add.f32 %f8, %f6, %f7;
    setp.geu.f32 %p1, %f8, 0f40800000;
    @%p1 bra colour;
    sub.f32 %f9, %f6, %f7;
    add.f32 %f9, %f9, %f0;
    add.f32 %f10, %f2, %f2;
    fma.rn.f32 %f3, %f10, %f3, %f1;
    mov.f32 %f2, %f9;
    add.s32 %r6, %r6, 1;
    setp.lt.s32 %p2, %r6, 256;
    @%p2 bra next;
colour:
    setp.eq.s32 %p3, %r6, 256;
    mul.lo.s32 %r7, %r6, 5;
    mul.lo.s32 %r8, %r6, 9;
    and.b32 %r9, %r6, 127;
    add.s32 %r9, %r9, 128;
    selp.b32 %r7, 0, %r7, %p3;
    selp.b32 %r8, 0, %r8, %p3;
    selp.b32 %r9, 0, %r9, %p3;
    mad.lo.s32 %r10, %r5, 640, %r2;
    mul.wide.s32 %rd0, %r10, 3;
    ld.param.u64 %rd1, [pixels];
    cvta.to.global.u64 %rd1, %rd1;
    add.s64 %rd2, %rd1, %rd0;
    st.global.u8 [%rd2], %r7;
    st.global.u8 [%rd2+1], %r8;
    st.global.u8 [%rd2+2], %r9;
done:
    ret;
}
)ptx";

}  // namespace demo
