// Tiled matrix product in shared memory, launched 300 times between two events, as benchmarks do.
// Run by test/e2e as `matmul_tiled SEED [LAUNCHES]`.
#include "../common.h"

constexpr int kTile = 16, kSide = 32;

__global__ void multiply(const float* a, const float* b, float* c, int side) {
    __shared__ float tile_a[kTile][kTile], tile_b[kTile][kTile];
    const int row = blockIdx.y * kTile + threadIdx.y, column = blockIdx.x * kTile + threadIdx.x;
    float sum = 0;
    for (int first = 0; first < side; first += kTile) {
        tile_a[threadIdx.y][threadIdx.x] = a[row * side + first + threadIdx.x];
        tile_b[threadIdx.y][threadIdx.x] = b[(first + threadIdx.y) * side + column];
        __syncthreads();
#pragma unroll
        for (int k = 0; k < kTile; ++k) sum += tile_a[threadIdx.y][k] * tile_b[k][threadIdx.x];
        __syncthreads();
    }
    c[row * side + column] = sum;
}

int main(int argc, char** argv) {
    guest::Run run("matmul_tiled", argc, argv);
    const int launches = int(run.size(0, 300));
    const std::vector<float> a = run.floats(kSide * kSide), b = run.floats(kSide * kSide);
    guest::DeviceArray<float> device_a(a), device_b(b), device_c(kSide * kSide);
    cudaStream_t stream;
    cudaEvent_t start, stop;
    CUDA_OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CUDA_OK(cudaEventCreate(&start));
    CUDA_OK(cudaEventCreate(&stop));
    CUDA_OK(cudaEventRecord(start, stream));
    for (int i = 0; i < launches; ++i) {
        multiply<<<dim3(2, 2), dim3(kTile, kTile), 0, stream>>>(device_a.data(), device_b.data(),
                                                                device_c.data(), kSide);
    }
    CUDA_OK(cudaEventRecord(stop, stream));
    CUDA_OK(cudaEventSynchronize(stop));
    float elapsed_ms = -1;
    CUDA_OK(cudaEventElapsedTime(&elapsed_ms, start, stop));
    run.require(elapsed_ms >= 0, "the elapsed time is not negative");

    const std::vector<float> c = device_c.download();
    for (int i = 0; i < kSide * kSide; ++i) {
        double expected = 0;
        for (int k = 0; k < kSide; ++k)
            expected += double(a[i / kSide * kSide + k]) * b[k * kSide + i % kSide];
        run.compare_close("product", i, expected, c[i], 1e-5);
    }
    CUDA_OK(cudaEventDestroy(start));
    CUDA_OK(cudaEventDestroy(stop));
    CUDA_OK(cudaStreamDestroy(stream));
    return run.finish();
}
