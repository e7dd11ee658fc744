// Vector addition, tiled matrix product, Mandelbrot, reduction, transposition, printf: what every first
// program does.
#include <cassert>
#include <cstdio>
__global__ void vadd(const float* a, const float* b, float* c, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) c[i] = a[i] + b[i];
}
#define T 16
__global__ void sgemm(const float* A, const float* B, float* C, int n) {
    __shared__ float a[T][T], b[T][T];
    int x = threadIdx.x, y = threadIdx.y;
    int r = blockIdx.y * T + y, c = blockIdx.x * T + x;
    float s = 0;
    for (int k = 0; k < n; k += T) {
        a[y][x] = A[r * n + k + x];
        b[y][x] = B[(k + y) * n + c];
        __syncthreads();
        for (int i = 0; i < T; i++) s += a[y][i] * b[i][x];
        __syncthreads();
    }
    C[r * n + c] = s;
}
__global__ void mandel(int* out, int w, int h, int it) {
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= w || y >= h) return;
    float cx = -2 + 3.f * x / w, cy = -1 + 2.f * y / h, zx = 0, zy = 0;
    int i = 0;
    while (i < it && zx * zx + zy * zy < 4) {
        float t = zx * zx - zy * zy + cx;
        zy = 2 * zx * zy + cy;
        zx = t;
        i++;
    }
    out[y * w + x] = i;
}
__global__ void reduce(const float* in, float* out, int n) {
    __shared__ float s[256];
    int t = threadIdx.x;
    float v = 0;
    for (int i = blockIdx.x * 256 + t; i < n; i += gridDim.x * 256) v += in[i];
    s[t] = v;
    __syncthreads();
    for (int k = 128; k > 0; k >>= 1) {
        if (t < k) s[t] += s[t + k];
        __syncthreads();
    }
    if (t == 0) out[blockIdx.x] = s[0];
}
__global__ void transpose(const float* in, float* out, int w, int h) {
    __shared__ float t[32][33];
    int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
    for (int j = 0; j < 32; j += 8)
        if (x < w && y + j < h) t[threadIdx.y + j][threadIdx.x] = in[(y + j) * w + x];
    __syncthreads();
    x = blockIdx.y * 32 + threadIdx.x;
    y = blockIdx.x * 32 + threadIdx.y;
    for (int j = 0; j < 32; j += 8)
        if (x < h && y + j < w) out[(y + j) * h + x] = t[threadIdx.x][threadIdx.y + j];
}
__global__ void pr(int x) {
    printf("hi %d %s %f\n", x, "s", 1.5 * x);
    assert(x < 10);
}
