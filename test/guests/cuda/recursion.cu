// Device code that calls: recursion, mutual recursion, function pointers chosen by data, virtual methods,
// noinline functions with structs by value. Run by test/e2e as `recursion SEED [THREADS]`.
#include "../common.h"

__host__ __device__ __noinline__ unsigned ackermann(unsigned m, unsigned n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}
__host__ __device__ __noinline__ bool is_odd(unsigned n);
__host__ __device__ __noinline__ bool is_even(unsigned n) { return n == 0 || is_odd(n - 1); }
__host__ __device__ __noinline__ bool is_odd(unsigned n) { return n != 0 && is_even(n - 1); }

__host__ __device__ __noinline__ int twice(int x) { return 2 * x; }
__host__ __device__ __noinline__ int square(int x) { return x * x; }
__host__ __device__ __noinline__ int negate(int x) { return -x; }
typedef int (*Operation)(int);
__device__ Operation operations[3] = {twice, square, negate};

struct Pair {
    long long sum;
    int count;
    char tag;
};
__host__ __device__ __noinline__ Pair extend(Pair pair, int value) {
    pair.sum += value;
    pair.count += 1;
    pair.tag = char(value);
    return pair;
}

struct Shape {
    __device__ virtual ~Shape() {}
    __device__ virtual int area() const = 0;
};
struct Square : Shape {
    int side;
    __device__ explicit Square(int s) : side(s) {}
    __device__ int area() const override { return side * side; }
};
struct Strip : Shape {
    int length;
    __device__ explicit Strip(int l) : length(l) {}
    __device__ int area() const override { return length; }
};

__global__ void call_all(const int* input, long long* output) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x, value = input[i];
    Pair pair = {0, 0, 0};
    for (int k = 0; k < value % 7; ++k) pair = extend(pair, value + k);
    Square square_shape(value);
    Strip strip_shape(value);
    const Shape* shape = value % 2 ? static_cast<const Shape*>(&square_shape) : &strip_shape;
    long long* out = output + 5 * i;
    out[0] = ackermann(2, value % 5);
    out[1] = is_even(value % 40);
    out[2] = operations[value % 3](value);
    out[3] = pair.sum * 1000 + pair.count * 10 + pair.tag % 10;
    out[4] = shape->area();
}

int main(int argc, char** argv) {
    guest::Run run("recursion", argc, argv);
    const int count = int(run.size(0, 64)) / 32 * 32;
    std::vector<int> input(count);
    std::vector<long long> expected(5 * count);
    const Operation host_operations[3] = {twice, square, negate};
    for (int i = 0; i < count; ++i) {
        const int value = input[i] = int(run.random.below(100)) + 1;
        Pair pair = {0, 0, 0};
        for (int k = 0; k < value % 7; ++k) pair = extend(pair, value + k);
        expected[5 * i] = ackermann(2, value % 5);
        expected[5 * i + 1] = value % 40 % 2 == 0;
        expected[5 * i + 2] = host_operations[value % 3](value);
        expected[5 * i + 3] = pair.sum * 1000 + pair.count * 10 + pair.tag % 10;
        expected[5 * i + 4] = value % 2 ? value * value : value;
    }
    guest::DeviceArray<int> device_input(input);
    guest::DeviceArray<long long> output(expected.size());
    CUDA_OK(cudaDeviceSetLimit(cudaLimitStackSize, 16 * 1024));
    call_all<<<count / 32, 32>>>(device_input.data(), output.data());
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("call", expected, output.download());
    return run.finish();
}
