// A reduction in one launch: every block stores its part, fences, counts itself, and the last one adds the
// parts up. Run by test/e2e as `last_block SEED [ELEMENTS] [LAUNCHES]`.
#include "../common.h"

constexpr int kThreads = 128;
__device__ unsigned finished_blocks = 0;

__device__ long long block_sum(long long value) {
    __shared__ long long parts[kThreads];
    parts[threadIdx.x] = value;
    __syncthreads();
    for (int half = kThreads / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
        __syncthreads();
    }
    const long long sum = parts[0];
    __syncthreads();
    return sum;
}

__global__ void sum_all(const int* values, int count, volatile long long* parts, long long* result) {
    __shared__ bool is_last;
    long long mine = 0;
    for (int i = blockIdx.x * kThreads + threadIdx.x; i < count; i += gridDim.x * kThreads) mine += values[i];
    const long long part = block_sum(mine);
    if (threadIdx.x == 0) {
        parts[blockIdx.x] = part;
        __threadfence();
        is_last = atomicInc(&finished_blocks, gridDim.x - 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (!is_last) return;
    mine = 0;
    for (int i = threadIdx.x; i < gridDim.x; i += kThreads) mine += parts[i];
    const long long total = block_sum(mine);
    if (threadIdx.x == 0) *result = total;
}

int main(int argc, char** argv) {
    guest::Run run("last_block", argc, argv);
    const int count = int(run.size(0, 20000)), launches = int(run.size(1, 5)), blocks = 40;
    std::vector<int> values(count);
    for (int& value : values) value = int(run.random.next());
    long long expected = 0;
    for (int value : values) expected += value;
    guest::DeviceArray<int> device_values(values);
    guest::DeviceArray<long long> parts(blocks), result(1);
    for (int launch = 0; launch < launches; ++launch) {
        parts.clear();
        result.clear();
        sum_all<<<blocks, kThreads>>>(device_values.data(), count, parts.data(), result.data());
        CUDA_OK(cudaGetLastError());
        run.compare("sum", launch, expected, result.download()[0]);
    }
    return run.finish();
}
