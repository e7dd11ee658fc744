// Softmax over rows: expf, reductions by warp shuffles, and a plain kernel that must agree with it.
// Run by test/e2e as `softmax SEED [ROWS] [COLUMNS]`.
#include "../common.h"

__device__ float warp_max(float value) {
    for (int offset = 16; offset > 0; offset /= 2) value = fmaxf(value, __shfl_xor_sync(~0u, value, offset));
    return value;
}
__device__ float warp_sum(float value) {
    for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(~0u, value, offset);
    return value;
}

// One warp a row.
__global__ void softmax_by_warp(const float* source, float* target, int rows, int columns) {
    const int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    const float* in = source + row * columns;
    float* out = target + row * columns;
    float largest = -INFINITY, sum = 0;
    for (int i = lane; i < columns; i += 32) largest = fmaxf(largest, in[i]);
    largest = warp_max(largest);
    for (int i = lane; i < columns; i += 32) sum += expf(in[i] - largest);
    sum = warp_sum(sum);
    for (int i = lane; i < columns; i += 32) out[i] = expf(in[i] - largest) / sum;
}

// One thread a row.
__global__ void softmax_by_thread(const float* source, float* target, int rows, int columns) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    float largest = -INFINITY, sum = 0;
    for (int i = 0; i < columns; ++i) largest = fmaxf(largest, source[row * columns + i]);
    for (int i = 0; i < columns; ++i) sum += __expf(source[row * columns + i] - largest);
    for (int i = 0; i < columns; ++i) {
        target[row * columns + i] = __fdividef(__expf(source[row * columns + i] - largest), sum);
    }
}

static std::vector<double> reference(const std::vector<float>& source, int rows, int columns) {
    std::vector<double> target(source.size());
    for (int row = 0; row < rows; ++row) {
        double sum = 0;
        for (int i = 0; i < columns; ++i) sum += std::exp(double(source[row * columns + i]));
        for (int i = 0; i < columns; ++i)
            target[row * columns + i] = std::exp(double(source[row * columns + i])) / sum;
    }
    return target;
}

int main(int argc, char** argv) {
    guest::Run run("softmax", argc, argv);
    const int rows = int(run.size(0, 50)), columns = int(run.size(1, 131));
    std::vector<float> source = run.floats(std::size_t(rows) * columns);
    for (float& value : source) value = value * 12 - 6;
    const std::vector<double> expected = reference(source, rows, columns);
    guest::DeviceArray<float> device_source(source), by_warp(source.size()), by_thread(source.size());
    softmax_by_warp<<<(rows + 3) / 4, 128>>>(device_source.data(), by_warp.data(), rows, columns);
    softmax_by_thread<<<(rows + 31) / 32, 32>>>(device_source.data(), by_thread.data(), rows, columns);
    CUDA_OK(cudaDeviceSynchronize());
    const std::vector<float> first = by_warp.download(), second = by_thread.download();
    for (std::size_t i = 0; i < expected.size(); ++i) {
        run.compare_close("by warp", i, expected[i], first[i], 1e-6);
        run.compare_close("by thread", i, expected[i], second[i], 1e-5);
    }
    return run.finish();
}
