// The work of kernels.cu as plain C++ loops, the baseline of bench/soft: compiled twice, by g++ -O3 and by
// g++ -O3 -march=native. Arrays as the kernels have them.
#pragma once

namespace bench_soft {

// Each works on the units from `first` to before `last`, which are elements, rows or bodies: a loop over all
// is one part, and two threads share it in parts.
struct Reference {
    void (*vadd)(const float* a, const float* b, float* out, int first, int last);
    void (*sgemm)(const float* a, const float* b, float* c, int n, int first, int last);
    float (*reduce)(const float* in, int first, int last);
    void (*mandelbrot)(int* rounds, int wide, int high, int limit, int first, int last);
    void (*nbody)(const float* bodies, float* accelerations, int count, int first, int last);
    void (*histogram)(const unsigned* values, unsigned* bins, int first, int last);
    void (*scan)(const int* in, int* out, int first, int last);
    void (*stencil)(const float* in, float* out, int n, int first, int last);
};

extern const Reference kPlain;   // -O3
extern const Reference kNative;  // -O3 -march=native

}  // namespace bench_soft
