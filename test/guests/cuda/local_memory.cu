// Local memory: arrays indexed by data, of several widths, passed by pointer, larger than any register file;
// heap sort in it. Run by test/e2e as `local_memory SEED [THREADS]`.
#include <algorithm>

#include "../common.h"

constexpr int kLength = 100;

__device__ void sift(int* heap, int root, int length) {
    while (2 * root + 1 < length) {
        int child = 2 * root + 1;
        if (child + 1 < length && heap[child] < heap[child + 1]) ++child;
        if (heap[root] >= heap[child]) return;
        const int upper = heap[root];
        heap[root] = heap[child];
        heap[child] = upper;
        root = child;
    }
}

__global__ void heap_sort(const int* input, int* output) {
    int heap[kLength];
    unsigned char seen[256];
    double weights[16];
    const int base = (blockIdx.x * blockDim.x + threadIdx.x) * kLength;
    for (int i = 0; i < 256; ++i) seen[i] = 0;
    for (int i = 0; i < 16; ++i) weights[i] = 0;
    for (int i = 0; i < kLength; ++i) {
        heap[i] = input[base + i];
        seen[heap[i] & 255] += 1;
        weights[heap[i] & 15] += heap[i];
    }
    for (int i = kLength / 2 - 1; i >= 0; --i) sift(heap, i, kLength);
    for (int last = kLength - 1; last > 0; --last) {
        const int top = heap[0];
        heap[0] = heap[last];
        heap[last] = top;
        sift(heap, 0, last);
    }
    for (int i = 0; i < kLength; ++i)
        output[base + i] = heap[i] * 16 + seen[heap[i] & 255] + int(weights[i & 15]) % 3;
}

int main(int argc, char** argv) {
    guest::Run run("local_memory", argc, argv);
    const int threads = int(run.size(0, 64)) / 32 * 32;
    std::vector<int> input(threads * kLength), expected(input.size());
    for (int& value : input) value = int(run.random.below(5000));
    for (int thread = 0; thread < threads; ++thread) {
        std::vector<int> sorted(&input[thread * kLength], &input[thread * kLength] + kLength);
        int seen[256] = {};
        double weights[16] = {};
        for (int value : sorted) seen[value & 255] += 1, weights[value & 15] += value;
        std::sort(sorted.begin(), sorted.end());
        for (int i = 0; i < kLength; ++i) {
            expected[thread * kLength + i] =
                sorted[i] * 16 + seen[sorted[i] & 255] + int(weights[i & 15]) % 3;
        }
    }
    guest::DeviceArray<int> device_input(input), output(input.size());
    heap_sort<<<threads / 32, 32>>>(device_input.data(), output.data());
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("sorted", expected, output.download());
    return run.finish();
}
