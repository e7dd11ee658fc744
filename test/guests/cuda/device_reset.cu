// cudaDeviceReset: frees everything, and the program can start anew, several times; symbols have their first
// values again. Run by test/e2e as `device_reset SEED [ROUNDS]`.
#include "../common.h"

__device__ int generation = 7;

__global__ void bump(int* seen) { *seen = generation++; }

int main(int argc, char** argv) {
    guest::Run run("device_reset", argc, argv);
    const int rounds = int(run.size(0, 3));
    CUDA_OK(cudaDeviceReset());
    for (int round = 0; round < rounds; ++round) {
        int *seen = nullptr, got = 0;
        cudaStream_t stream;
        CUDA_OK(cudaStreamCreate(&stream));
        CUDA_OK(cudaMalloc(&seen, sizeof(int)));
        const int launches = 1 + int(run.random.below(5));
        for (int i = 0; i < launches; ++i) bump<<<1, 1, 0, stream>>>(seen);
        CUDA_OK(cudaStreamSynchronize(stream));
        CUDA_OK(cudaMemcpy(&got, seen, sizeof got, cudaMemcpyDeviceToHost));
        run.compare("generation", round, 7 + launches - 1, got);
        CUDA_OK(cudaDeviceReset());
        run.require(cudaMemcpy(&got, seen, sizeof got, cudaMemcpyDeviceToHost) != cudaSuccess,
                    "memory is gone");
        cudaGetLastError();
    }
    CUDA_OK(cudaDeviceSynchronize());
    CUDA_OK(cudaDeviceReset());
    return run.finish();
}
