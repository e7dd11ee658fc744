// Bitonic sort: one small launch a stage, many launches, no synchronise in between.
// Run by test/e2e as `bitonic_sort SEED [LOG2 OF ELEMENTS]`.
#include <algorithm>

#include "../common.h"

__global__ void exchange(int* values, unsigned distance, unsigned width) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x, partner = i ^ distance;
    if (partner <= i) return;
    const int low = values[i], high = values[partner];
    if ((low > high) == ((i & width) == 0)) {
        values[i] = high;
        values[partner] = low;
    }
}

int main(int argc, char** argv) {
    guest::Run run("bitonic_sort", argc, argv);
    const unsigned count = 1u << run.size(0, 12);
    std::vector<int> values(count);
    for (int& value : values) value = int(run.random.next());
    guest::DeviceArray<int> device_values(values);
    for (unsigned width = 2; width <= count; width *= 2) {
        for (unsigned distance = width / 2; distance > 0; distance /= 2) {
            exchange<<<count / 64, 64>>>(device_values.data(), distance, width);
        }
    }
    CUDA_OK(cudaGetLastError());
    std::sort(values.begin(), values.end());
    run.compare_all("sorted", values, device_values.download());
    return run.finish();
}
