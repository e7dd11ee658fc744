// A program of two translation units, each with kernels and symbols of the same static names: several fat
// binaries a process. Linked with multi_tu_second.cu. Run by test/e2e as `multi_tu SEED`.
#include "../common.h"

static __device__ int bias = 100;
static __constant__ int factor = 3;

static __global__ void apply(int* values) { values[threadIdx.x] = values[threadIdx.x] * factor + bias; }

void apply_second(int* values, int count, int new_bias);

int main(int argc, char** argv) {
    guest::Run run("multi_tu", argc, argv);
    std::vector<int> values(96), expected(96);
    const int first_bias = int(run.random.below(1000)), second_bias = int(run.random.below(1000));
    for (int i = 0; i < 96; ++i) {
        values[i] = int(run.random.below(1000));
        expected[i] = ((values[i] * 3 + first_bias) * 5 - second_bias) * 3 + first_bias;
    }
    guest::DeviceArray<int> device(values);
    CUDA_OK(cudaMemcpyToSymbol(bias, &first_bias, sizeof first_bias));
    apply<<<1, 96>>>(device.data());
    apply_second(device.data(), 96, second_bias);
    apply<<<1, 96>>>(device.data());
    CUDA_OK(cudaGetLastError());
    run.compare_all("value", expected, device.download());
    return run.finish();
}
