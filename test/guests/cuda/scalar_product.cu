// Scalar products of vector pairs by trees in shared memory: strided accumulation, bar.sync in a loop, one
// block a pair. Run by test/e2e as `scalar_product SEED [PAIRS] [ELEMENTS]`.
#include "../common.h"

constexpr int kAccumulators = 256;

__global__ void scalar_products(const float* left, const float* right, float* products, int pairs,
                                int elements) {
    __shared__ float accumulators[kAccumulators];
    for (int pair = blockIdx.x; pair < pairs; pair += gridDim.x) {
        const float* a = left + pair * elements;
        const float* b = right + pair * elements;
        for (int slot = threadIdx.x; slot < kAccumulators; slot += blockDim.x) {
            float sum = 0;
            for (int i = slot; i < elements; i += kAccumulators) sum += a[i] * b[i];
            accumulators[slot] = sum;
        }
        for (int stride = kAccumulators / 2; stride > 0; stride /= 2) {
            __syncthreads();
            for (int slot = threadIdx.x; slot < stride; slot += blockDim.x) {
                accumulators[slot] += accumulators[stride + slot];
            }
        }
        __syncthreads();
        if (threadIdx.x == 0) products[pair] = accumulators[0];
    }
}

int main(int argc, char** argv) {
    guest::Run run("scalar_product", argc, argv);
    const int pairs = int(run.size(0, 37)), elements = int(run.size(1, 1024));
    const std::vector<float> left = run.floats(std::size_t(pairs) * elements);
    const std::vector<float> right = run.floats(left.size());
    guest::DeviceArray<float> device_left(left), device_right(right), products(pairs);
    scalar_products<<<16, 128>>>(device_left.data(), device_right.data(), products.data(), pairs, elements);
    CUDA_OK(cudaDeviceSynchronize());
    const std::vector<float> got = products.download();
    for (int pair = 0; pair < pairs; ++pair) {
        double expected = 0;
        for (int i = 0; i < elements; ++i) {
            expected += double(left[pair * elements + i]) * right[pair * elements + i];
        }
        run.compare_close("product", pair, expected, got[pair], 1e-5);
    }
    return run.finish();
}
