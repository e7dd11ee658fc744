// Demo: multiplies two matrices by tiles in shared memory and checks every element on the CPU.
// Run by `npm run demo`.
#include <cmath>
#include <vector>

#include "demo.h"

constexpr int kTile = 16;

// C[rows][columns] = A * B, all of size n by n, row-major; n is a multiple of kTile.
__global__ void multiply(const float* a, const float* b, float* c, int n) {
    __shared__ float tile_a[kTile][kTile];
    __shared__ float tile_b[kTile][kTile];
    const int row = blockIdx.y * kTile + threadIdx.y;
    const int column = blockIdx.x * kTile + threadIdx.x;
    float sum = 0.0f;
    for (int start = 0; start < n; start += kTile) {
        tile_a[threadIdx.y][threadIdx.x] = a[row * n + start + threadIdx.x];
        tile_b[threadIdx.y][threadIdx.x] = b[(start + threadIdx.y) * n + column];
        __syncthreads();
        for (int step = 0; step < kTile; ++step) {
            sum += tile_a[threadIdx.y][step] * tile_b[step][threadIdx.x];
        }
        __syncthreads();
    }
    c[row * n + column] = sum;
}

using Matrix = std::vector<float>;

static double largest_error(const Matrix& a, const Matrix& b, const Matrix& c, int n) {
    double largest = 0.0;
    std::vector<double> line(n);
    for (int row = 0; row < n; ++row) {
        line.assign(n, 0.0);
        for (int step = 0; step < n; ++step) {
            for (int column = 0; column < n; ++column) {
                line[column] += double{a[row * n + step]} * b[step * n + column];
            }
        }
        for (int column = 0; column < n; ++column) {
            largest = std::fmax(largest, std::fabs(line[column] - c[row * n + column]));
        }
    }
    return largest;
}

int main() {
    const int n = 256;
    const std::size_t count = std::size_t{n} * n;
    const std::size_t size = count * sizeof(float);
    Matrix a(count), b(count), c(count);
    for (std::size_t index = 0; index < count; ++index) {
        a[index] = static_cast<float>(index % 17) / 17.0f;
        b[index] = static_cast<float>(index % 13) / 13.0f - 0.5f;
    }
    float *device_a = nullptr, *device_b = nullptr, *device_c = nullptr;
    demo::check(cudaMalloc(&device_a, size), "cudaMalloc");
    demo::check(cudaMalloc(&device_b, size), "cudaMalloc");
    demo::check(cudaMalloc(&device_c, size), "cudaMalloc");
    demo::check(cudaMemcpy(device_a, a.data(), size, cudaMemcpyHostToDevice), "copy to device");
    demo::check(cudaMemcpy(device_b, b.data(), size, cudaMemcpyHostToDevice), "copy to device");
    multiply<<<dim3(n / kTile, n / kTile), dim3(kTile, kTile)>>>(device_a, device_b, device_c, n);
    demo::check(cudaGetLastError(), "launch");
    demo::check(cudaMemcpy(c.data(), device_c, size, cudaMemcpyDeviceToHost), "copy to host");
    for (float* pointer : {device_a, device_b, device_c}) {
        demo::check(cudaFree(pointer), "cudaFree");
    }
    const double error = largest_error(a, b, c, n);
    return demo::verdict(error < 1e-3, "%d x %d matrices, largest error %.1e", n, n, error);
}
