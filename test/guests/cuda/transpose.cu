// Matrix transposes: naive, through a shared tile with padding, and with several rows a thread; timed with
// events. Run by test/e2e as `transpose SEED [WIDTH] [HEIGHT]`.
#include "../common.h"

constexpr int kTile = 32, kRows = 8;

__global__ void naive(const float* source, float* target, int width, int height) {
    const int x = blockIdx.x * kTile + threadIdx.x;
    for (int y = blockIdx.y * kTile + threadIdx.y; y < (blockIdx.y + 1) * kTile; y += kRows) {
        if (x < width && y < height) target[x * height + y] = source[y * width + x];
    }
}

__global__ void tiled(const float* source, float* target, int width, int height) {
    __shared__ float tile[kTile][kTile + 1];
    const int x = blockIdx.x * kTile + threadIdx.x, y = blockIdx.y * kTile + threadIdx.y;
    for (int j = 0; j < kTile; j += kRows) {
        if (x < width && y + j < height) tile[threadIdx.y + j][threadIdx.x] = source[(y + j) * width + x];
    }
    __syncthreads();
    const int target_x = blockIdx.y * kTile + threadIdx.x, target_y = blockIdx.x * kTile + threadIdx.y;
    for (int j = 0; j < kTile; j += kRows) {
        if (target_x < height && target_y + j < width) {
            target[(target_y + j) * height + target_x] = tile[threadIdx.x][threadIdx.y + j];
        }
    }
}

typedef void (*Kernel)(const float*, float*, int, int);

int main(int argc, char** argv) {
    guest::Run run("transpose", argc, argv);
    const int width = int(run.size(0, 75)), height = int(run.size(1, 90));
    const std::vector<float> source = run.floats(std::size_t(width) * height);
    std::vector<float> expected(source.size());
    for (int i = 0; i < width * height; ++i) expected[i % width * height + i / width] = source[i];
    guest::DeviceArray<float> device_source(source), target(source.size());
    const dim3 grid((width + kTile - 1) / kTile, (height + kTile - 1) / kTile), block(kTile, kRows);
    for (Kernel kernel : {naive, tiled}) {
        cudaEvent_t start, stop;
        CUDA_OK(cudaEventCreate(&start));
        CUDA_OK(cudaEventCreate(&stop));
        target.clear();
        CUDA_OK(cudaEventRecord(start, 0));
        kernel<<<grid, block>>>(device_source.data(), target.data(), width, height);
        CUDA_OK(cudaEventRecord(stop, 0));
        CUDA_OK(cudaEventSynchronize(stop));
        float elapsed_ms = -1;
        CUDA_OK(cudaEventElapsedTime(&elapsed_ms, start, stop));
        run.compare_all("transposed", expected, target.download());
        CUDA_OK(cudaEventDestroy(start));
        CUDA_OK(cudaEventDestroy(stop));
    }
    return run.finish();
}
