// Adds two vectors: allocation, blocking copies, one launch with a partial last block, free.
// Run by test/e2e as `vector_add SEED [ELEMENTS]`.
#include "../common.h"

__global__ void add(const float* left, const float* right, float* sum, int count) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) sum[i] = left[i] + right[i];
}

int main(int argc, char** argv) {
    guest::Run run("vector_add", argc, argv);
    const int count = int(run.size(0, 50001));
    const std::vector<float> left = run.floats(count), right = run.floats(count);
    std::vector<float> sum(count);

    float *device_left = nullptr, *device_right = nullptr, *device_sum = nullptr;
    const std::size_t size = count * sizeof(float);
    CUDA_OK(cudaMalloc(&device_left, size));
    CUDA_OK(cudaMalloc(&device_right, size));
    CUDA_OK(cudaMalloc(&device_sum, size));
    CUDA_OK(cudaMemcpy(device_left, left.data(), size, cudaMemcpyHostToDevice));
    CUDA_OK(cudaMemcpy(device_right, right.data(), size, cudaMemcpyHostToDevice));
    add<<<(count + 255) / 256, 256>>>(device_left, device_right, device_sum, count);
    CUDA_OK(cudaGetLastError());
    CUDA_OK(cudaMemcpy(sum.data(), device_sum, size, cudaMemcpyDeviceToHost));
    for (int i = 0; i < count; ++i) run.compare("sum", i, left[i] + right[i], sum[i]);

    CUDA_OK(cudaFree(device_left));
    CUDA_OK(cudaFree(device_right));
    CUDA_OK(cudaFree(device_sum));
    CUDA_OK(cudaFree(nullptr));
    return run.finish();
}
