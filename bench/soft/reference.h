// The work of kernels.cu as plain C++ loops, the baseline of bench/soft: compiled twice, by g++ -O3 and by
// g++ -O3 -march=native. Arrays as the kernels have them.
#pragma once

namespace bench_soft {

struct Reference {
    void (*vadd)(const float* a, const float* b, float* out, int count);
    void (*sgemm)(const float* a, const float* b, float* c, int n);
    void (*reduce)(const float* in, float* sum, int count);
    void (*mandelbrot)(int* rounds, int wide, int high, int limit);
    void (*nbody)(const float* bodies, float* accelerations, int count);
    void (*histogram)(const unsigned* values, unsigned* bins, int count);
    void (*scan)(const int* in, int* out, int count);
    void (*stencil)(const float* in, float* out, int n);
};

extern const Reference kPlain;   // -O3
extern const Reference kNative;  // -O3 -march=native

}  // namespace bench_soft
