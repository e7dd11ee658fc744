// Functions on the device: recursion, pointers, virtual functions, structures by value, printf, assert, the
// heap.
#include <cassert>
#include <cstdio>
#include <cstdlib>

__device__ __noinline__ int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
extern "C" __global__ void recursion(int* out) { out[threadIdx.x] = fib(threadIdx.x % 12); }

typedef int (*Op)(int, int);
__device__ __noinline__ int op_add(int a, int b) { return a + b; }
__device__ __noinline__ int op_mul(int a, int b) { return a * b; }
__device__ __noinline__ int op_sub(int a, int b) { return a - b; }
__device__ Op table[3] = {op_add, op_mul, op_sub};
extern "C" __global__ void indirect(int* out) {
    const int t = threadIdx.x;
    out[t] = table[t % 3](t, 7);
}

struct Big {
    int v[10];
    double d;
};
__device__ __noinline__ Big make_big(Big in, int k) {
    Big r = in;
    for (int i = 0; i < 10; i++) r.v[i] += k * i;
    r.d *= 2;
    return r;
}
extern "C" __global__ void structs(Big arg, int* out, double* d) {
    Big r = make_big(arg, threadIdx.x);
    int s = 0;
    for (int i = 0; i < 10; i++) s += r.v[(i + threadIdx.x) % 10];
    out[threadIdx.x] = s;
    d[threadIdx.x] = r.d;
}

extern "C" __global__ void prints(int x) {
    if (threadIdx.x < 2) printf("t%d %s %5.2f %lld %c\n", threadIdx.x, "str", 1.5 * x, 1234567890123LL, 'z');
}
extern "C" __global__ void asserts(int x) { assert(threadIdx.x + blockIdx.x * 2 < x); }

extern "C" __global__ void heap(int* out) {
    int* p = (int*)malloc(16 * sizeof(int));
    for (int i = 0; i < 16; i++) p[i] = i * threadIdx.x;
    int s = 0;
    for (int i = 0; i < 16; i++) s += p[i];
    out[threadIdx.x] = s;
    free(p);
}

struct Shape {
    __device__ virtual int area() const = 0;
    __device__ virtual ~Shape() {}
};
struct Square : Shape {
    int a;
    __device__ Square(int x) : a(x) {}
    __device__ int area() const override { return a * a; }
};
struct Rect : Shape {
    int a, b;
    __device__ Rect(int x, int y) : a(x), b(y) {}
    __device__ int area() const override { return a * b; }
};
extern "C" __global__ void virtuals(int* out) {
    Shape* s;
    if (threadIdx.x & 1)
        s = new Square(threadIdx.x);
    else
        s = new Rect(threadIdx.x, 3);
    out[threadIdx.x] = s->area();
    delete s;
}

extern "C" __global__ void local_array(const int* in, int* out, int n) {
    int a[32];
    for (int i = 0; i < 32; i++) a[i] = in[i] * (threadIdx.x + 1);
    int s = 0;
    for (int i = 0; i < n; i++) s += a[(in[i] + threadIdx.x) & 31];
    out[threadIdx.x] = s;
}

__device__ __noinline__ int deep(int n, int lane) {
    if (n == 0) return lane;
    if ((lane + n) & 1) return deep(n - 1, lane) + 1;
    return deep(n - 1, lane) + 2;
}
extern "C" __global__ void divergent_calls(int* out) {
    out[threadIdx.x] = deep(threadIdx.x % 7 + 1, threadIdx.x);
}

extern "C" __global__ void switches(const int* in, int* out) {
    int x = in[threadIdx.x];
    switch (x % 8) {
        case 0:
            x *= 3;
            break;
        case 1:
            x += 11;
            break;
        case 2:
            x ^= 0x55;
            break;
        case 3:
            x = -x;
            break;
        case 4:
            x <<= 2;
            break;
        case 5:
            x -= 100;
            break;
        case 6:
            x /= 3;
            break;
        default:
            x = 7;
            break;
    }
    out[threadIdx.x] = x;
}
