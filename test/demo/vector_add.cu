// Demo: adds two vectors a hundred times over. Many small launches and one wait: what batching is for.
// Run by `npm run demo`; links the static CUDA runtime as nvcc does by default.
#include <vector>

#include "demo.h"

__global__ void add(float* sum, const float* term, int count) {
    const int index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index < count) {
        sum[index] += term[index];
    }
}

int main() {
    const int count = 1 << 16;
    const int launch_count = 100;
    const int block_size = 256;
    const std::size_t size = count * sizeof(float);
    std::vector<float> term(count), sum(count, 1.0f);
    for (int index = 0; index < count; ++index) {
        term[index] = static_cast<float>(index % 1000);
    }
    float *device_term = nullptr, *device_sum = nullptr;
    demo::check(cudaMalloc(&device_term, size), "cudaMalloc");
    demo::check(cudaMalloc(&device_sum, size), "cudaMalloc");
    demo::check(cudaMemcpy(device_term, term.data(), size, cudaMemcpyHostToDevice), "copy to device");
    demo::check(cudaMemcpy(device_sum, sum.data(), size, cudaMemcpyHostToDevice), "copy to device");
    for (int launch = 0; launch < launch_count; ++launch) {
        add<<<(count + block_size - 1) / block_size, block_size>>>(device_sum, device_term, count);
    }
    demo::check(cudaGetLastError(), "launch");
    demo::check(cudaMemcpy(sum.data(), device_sum, size, cudaMemcpyDeviceToHost), "copy to host");
    // Every value is a whole number below 2^24, so the sums are exact in f32.
    int wrong_count = 0;
    for (int index = 0; index < count; ++index) {
        wrong_count += sum[index] != 1.0f + static_cast<float>(launch_count) * term[index];
    }
    demo::check(cudaFree(device_term), "cudaFree");
    demo::check(cudaFree(device_sum), "cudaFree");
    return demo::verdict(wrong_count == 0, "%d sums of %d floats, %d wrong", launch_count, count,
                         wrong_count);
}
