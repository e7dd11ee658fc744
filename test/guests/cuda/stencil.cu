// A one-dimensional stencil with a halo in shared memory, at both ends of the array too.
// Run by test/e2e as `stencil SEED [ELEMENTS]`.
#include "../common.h"

constexpr int kRadius = 7, kBlock = 128;

__global__ void sum_neighbours(const int* source, int* target, int count) {
    __shared__ int window[kBlock + 2 * kRadius];
    const int i = blockIdx.x * kBlock + threadIdx.x, local = threadIdx.x + kRadius;
    window[local] = i < count ? source[i] : 0;
    if (threadIdx.x < kRadius) {
        const int before = i - kRadius, after = i + kBlock;
        window[local - kRadius] = before >= 0 ? source[before] : 0;
        window[local + kBlock] = after < count ? source[after] : 0;
    }
    __syncthreads();
    if (i >= count) return;
    int sum = 0;
    for (int offset = -kRadius; offset <= kRadius; ++offset) sum += window[local + offset];
    target[i] = sum;
}

int main(int argc, char** argv) {
    guest::Run run("stencil", argc, argv);
    const int count = int(run.size(0, 30001));
    std::vector<int> source(count), expected(count, 0);
    for (int& value : source) value = int(run.random.below(1000)) - 500;
    for (int i = 0; i < count; ++i) {
        for (int j = i - kRadius; j <= i + kRadius; ++j) expected[i] += j >= 0 && j < count ? source[j] : 0;
    }
    guest::DeviceArray<int> device_source(source), device_target(count);
    sum_neighbours<<<(count + kBlock - 1) / kBlock, kBlock>>>(device_source.data(), device_target.data(),
                                                              count);
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("stencil", expected, device_target.download());
    return run.finish();
}
