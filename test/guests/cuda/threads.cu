// Many host threads, each with a stream of its own on one device, and threads that come and go.
// Run by test/e2e as `threads SEED [THREADS] [GENERATIONS]`.
#include <thread>

#include "../common.h"

__global__ void fill(unsigned* values, int count, unsigned seed) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) values[i] = seed * 2654435761u + unsigned(i);
}
__global__ void fold(const unsigned* values, int count, unsigned* sum) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) atomicAdd(sum, values[i]);
}

static unsigned work(unsigned seed, int count) {
    cudaStream_t stream;
    unsigned *values = nullptr, *device_sum = nullptr, sum = 0;
    CUDA_OK(cudaSetDevice(0));
    CUDA_OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CUDA_OK(cudaMalloc(&values, count * sizeof(unsigned)));
    CUDA_OK(cudaMalloc(&device_sum, sizeof(unsigned)));
    CUDA_OK(cudaMemsetAsync(device_sum, 0, sizeof(unsigned), stream));
    fill<<<(count + 63) / 64, 64, 0, stream>>>(values, count, seed);
    fold<<<(count + 63) / 64, 64, 0, stream>>>(values, count, device_sum);
    CUDA_OK(cudaMemcpyAsync(&sum, device_sum, sizeof sum, cudaMemcpyDeviceToHost, stream));
    CUDA_OK(cudaStreamSynchronize(stream));
    CUDA_OK(cudaStreamDestroy(stream));
    CUDA_OK(cudaFree(values));
    CUDA_OK(cudaFree(device_sum));
    return sum;
}

int main(int argc, char** argv) {
    guest::Run run("threads", argc, argv);
    const int threads = int(run.size(0, 8)), generations = int(run.size(1, 4));
    for (int generation = 0; generation < generations; ++generation) {
        std::vector<std::thread> pool;
        std::vector<unsigned> got(threads), expected(threads, 0);
        for (int i = 0; i < threads; ++i) {
            const unsigned seed = unsigned(run.random.next());
            const int count = 500 + int(run.random.below(3000));
            for (int k = 0; k < count; ++k) expected[i] += seed * 2654435761u + unsigned(k);
            pool.emplace_back([&got, i, seed, count] { got[i] = work(seed, count); });
        }
        for (std::thread& thread : pool) thread.join();
        run.compare_all("thread", expected, got);
    }
    return run.finish();
}
