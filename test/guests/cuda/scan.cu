// Exclusive prefix sums over char, short, int and long in shared memory: a two-buffer scan and a
// work-efficient tree with padding against bank conflicts. Run by test/e2e as `scan SEED [BLOCKS]`.
#include "../common.h"

constexpr int kElements = 512;

__device__ __host__ constexpr int padded(int i) { return i + (i >> 5); }

template <class T>
__global__ void scan_two_buffers(const T* source, T* target) {
    __shared__ T buffers[2][kElements];
    const int i = threadIdx.x;
    int out = 0;
    buffers[out][i] = i > 0 ? source[blockIdx.x * kElements + i - 1] : T(0);
    __syncthreads();
    for (int offset = 1; offset < kElements; offset *= 2) {
        out = 1 - out;
        buffers[out][i] = buffers[1 - out][i];
        if (i >= offset) buffers[out][i] += buffers[1 - out][i - offset];
        __syncthreads();
    }
    target[blockIdx.x * kElements + i] = buffers[out][i];
}

template <class T>
__global__ void scan_tree(const T* source, T* target) {
    __shared__ T sums[padded(kElements) + 1];
    const int i = threadIdx.x, base = blockIdx.x * kElements;
    sums[padded(i)] = source[base + i];
    sums[padded(i + kElements / 2)] = source[base + i + kElements / 2];
    int offset = 1;
    for (int pairs = kElements / 2; pairs > 0; pairs /= 2, offset *= 2) {
        __syncthreads();
        if (i < pairs) sums[padded(offset * (2 * i + 2) - 1)] += sums[padded(offset * (2 * i + 1) - 1)];
    }
    if (i == 0) sums[padded(kElements - 1)] = 0;
    for (int pairs = 1; pairs < kElements; pairs *= 2) {
        offset /= 2;
        __syncthreads();
        if (i >= pairs) continue;
        T& left = sums[padded(offset * (2 * i + 1) - 1)];
        T& right = sums[padded(offset * (2 * i + 2) - 1)];
        const T old = left;
        left = right;
        right += old;
    }
    __syncthreads();
    target[base + i] = sums[padded(i)];
    target[base + i + kElements / 2] = sums[padded(i + kElements / 2)];
}

template <class T>
void check(guest::Run& run, const char* what, int blocks) {
    std::vector<T> source(std::size_t(blocks) * kElements), expected(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        source[i] = T(run.random.below(100));
        expected[i] = i % kElements ? T(expected[i - 1] + source[i - 1]) : T(0);
    }
    guest::DeviceArray<T> device_source(source), device_target(source.size());
    scan_two_buffers<T><<<blocks, kElements>>>(device_source.data(), device_target.data());
    run.compare_all(what, expected, device_target.download());
    device_target.clear();
    scan_tree<T><<<blocks, kElements / 2>>>(device_source.data(), device_target.data());
    run.compare_all(what, expected, device_target.download());
}

int main(int argc, char** argv) {
    guest::Run run("scan", argc, argv);
    const int blocks = int(run.size(0, 6));
    check<char>(run, "char", blocks);
    check<short>(run, "short", blocks);
    check<int>(run, "int", blocks);
    check<long>(run, "long", blocks);
    check<float>(run, "float", blocks);
    return run.finish();
}
