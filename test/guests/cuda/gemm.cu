// C = alpha A B + beta C in f32 and f64 against a CPU product; sizes that are no multiple of the block.
// Run by test/e2e as `gemm SEED [M] [N] [K]`.
#include "../common.h"

template <class T>
__global__ void multiply_add(const T* a, const T* b, T* c, int m, int n, int k, T alpha, T beta) {
    const int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= m || column >= n) return;
    T sum = 0;
    for (int i = 0; i < k; ++i) sum += a[row * k + i] * b[i * n + column];
    c[row * n + column] = alpha * sum + beta * c[row * n + column];
}

template <class T>
void check(guest::Run& run, const char* what, int m, int n, int k, double tolerance) {
    const T alpha = T(1.5), beta = T(-0.25);
    std::vector<T> a(m * k), b(k * n), c(m * n);
    for (T& value : a) value = T(run.random.unit());
    for (T& value : b) value = T(run.random.unit());
    for (T& value : c) value = T(run.random.unit());
    guest::DeviceArray<T> device_a(a), device_b(b), device_c(c);
    const dim3 block(32, 8), grid((n + block.x - 1) / block.x, (m + block.y - 1) / block.y);
    multiply_add<T><<<grid, block>>>(device_a.data(), device_b.data(), device_c.data(), m, n, k, alpha, beta);
    CUDA_OK(cudaGetLastError());
    const std::vector<T> got = device_c.download();
    for (int i = 0; i < m * n; ++i) {
        double sum = 0;
        for (int j = 0; j < k; ++j) sum += double(a[i / n * k + j]) * b[j * n + i % n];
        run.compare_close(what, i, alpha * sum + beta * c[i], got[i], tolerance);
    }
}

int main(int argc, char** argv) {
    guest::Run run("gemm", argc, argv);
    const int m = int(run.size(0, 65)), n = int(run.size(1, 70)), k = int(run.size(2, 72));
    check<float>(run, "f32", m, n, k, 1e-5);
    check<double>(run, "f64", m, n, k, 1e-13);
    return run.finish();
}
