// Separate compilation (-rdc=true): a device function and device variables of another unit, joined by the
// device linker. Linked with linked_units_second.cu. Run by test/e2e as `linked_units SEED`.
#include "../common.h"

extern __device__ int shared_total;
extern __constant__ int shared_factor;
__device__ int mix(int value, int salt);

__global__ void apply(int* values, int salt) {
    values[threadIdx.x] = mix(values[threadIdx.x], salt) * shared_factor;
    atomicAdd(&shared_total, values[threadIdx.x]);
}

int main(int argc, char** argv) {
    guest::Run run("linked_units", argc, argv);
    std::vector<int> values(64), expected(64);
    const int salt = int(run.random.below(1000));
    int total = 11, got = 0;
    for (int i = 0; i < 64; ++i) {
        values[i] = int(run.random.below(1000));
        expected[i] = ((values[i] ^ salt) + 17) * 9;
        total += expected[i];
    }
    guest::DeviceArray<int> device(values);
    apply<<<1, 64>>>(device.data(), salt);
    CUDA_OK(cudaGetLastError());
    run.compare_all("value", expected, device.download());
    CUDA_OK(cudaMemcpyFromSymbol(&got, shared_total, sizeof got));
    run.compare("total", 0, total, got);
    return run.finish();
}
