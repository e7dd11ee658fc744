// Adds rows of values into the rows that an index array names, with float atomics in global memory and, in a
// second kernel, in dynamic shared memory. Run by test/e2e as `scatter_add SEED [ROWS] [COLUMNS] [TARGETS]`.
// Values are small integers, so that no order of additions changes a sum.
#include "../common.h"

__global__ void scatter_global(const float* values, const int* index, float* target, int rows, int columns) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < rows * columns) atomicAdd(&target[index[i / columns] * columns + i % columns], values[i]);
}

__global__ void scatter_shared(const float* values, const int* index, float* target, int rows, int columns,
                               int targets) {
    extern __shared__ float sums[];
    for (int i = threadIdx.x; i < targets * columns; i += blockDim.x) sums[i] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < rows * columns; i += gridDim.x * blockDim.x) {
        atomicAdd(&sums[index[i / columns] * columns + i % columns], values[i]);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < targets * columns; i += blockDim.x) atomicAdd(&target[i], sums[i]);
}

int main(int argc, char** argv) {
    guest::Run run("scatter_add", argc, argv);
    const int rows = int(run.size(0, 1000)), columns = int(run.size(1, 32)), targets = int(run.size(2, 40));
    std::vector<float> values(rows * columns), expected(targets * columns, 0.0f);
    std::vector<int> index(rows);
    for (int& row : index) row = int(run.random.below(targets));
    for (int i = 0; i < rows * columns; ++i) {
        values[i] = float(run.random.below(64));
        expected[index[i / columns] * columns + i % columns] += values[i];
    }
    guest::DeviceArray<float> device_values(values), global_target(expected.size()),
        shared_target(expected.size());
    guest::DeviceArray<int> device_index(index);
    global_target.clear();
    shared_target.clear();
    scatter_global<<<(rows * columns + 255) / 256, 256>>>(device_values.data(), device_index.data(),
                                                          global_target.data(), rows, columns);
    const std::size_t shared_size = expected.size() * sizeof(float);
    scatter_shared<<<4, 128, shared_size>>>(device_values.data(), device_index.data(), shared_target.data(),
                                            rows, columns, targets);
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("global", expected, global_target.download());
    run.compare_all("shared", expected, shared_target.download());
    return run.finish();
}
