// cudaMallocPitch and cudaMemcpy2D in all directions, blocking and asynchronous, with a kernel that walks the
// pitch. Run by test/e2e as `pitched_copies SEED [WIDTH] [HEIGHT]`.
#include "../common.h"

__global__ void mirror_rows(float* plane, std::size_t pitch, int width, int height) {
    const int y = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= height) return;
    float* row = reinterpret_cast<float*>(reinterpret_cast<char*>(plane) + y * pitch);
    for (int x = 0; x < width / 2; ++x) {
        const float left = row[x];
        row[x] = row[width - 1 - x];
        row[width - 1 - x] = left;
    }
}

int main(int argc, char** argv) {
    guest::Run run("pitched_copies", argc, argv);
    const int width = int(run.size(0, 83)), height = int(run.size(1, 41));
    const std::size_t row_size = width * sizeof(float), host_pitch = row_size + 12;
    std::vector<char> source(host_pitch * height), target(host_pitch * height, 0x5A);
    const std::vector<float> values = run.floats(std::size_t(width) * height);
    for (int y = 0; y < height; ++y) std::memcpy(&source[y * host_pitch], &values[y * width], row_size);

    float *first = nullptr, *second = nullptr;
    std::size_t first_pitch = 0, second_pitch = 0;
    CUDA_OK(cudaMallocPitch(&first, &first_pitch, row_size, height));
    CUDA_OK(cudaMallocPitch(&second, &second_pitch, row_size + 400, height));
    run.require(first_pitch >= row_size && first_pitch % 32 == 0, "the pitch holds a row and is aligned");
    CUDA_OK(cudaMemcpy2D(first, first_pitch, source.data(), host_pitch, row_size, height,
                         cudaMemcpyHostToDevice));
    mirror_rows<<<(height + 31) / 32, 32>>>(first, first_pitch, width, height);
    CUDA_OK(
        cudaMemcpy2D(second, second_pitch, first, first_pitch, row_size, height, cudaMemcpyDeviceToDevice));
    CUDA_OK(cudaMemcpy2D(target.data(), host_pitch, second, second_pitch, row_size, height,
                         cudaMemcpyDeviceToHost));
    for (int i = 0; i < width * height; ++i) {
        float got;
        std::memcpy(&got, &target[i / width * host_pitch + i % width * sizeof(float)], sizeof got);
        run.compare("mirrored", i, values[i / width * width + width - 1 - i % width], got);
    }
    for (int y = 0; y + 1 < height; ++y) run.compare("gap", y, char(0x5A), target[y * host_pitch + row_size]);

    cudaStream_t stream;
    CUDA_OK(cudaStreamCreate(&stream));
    float* pinned = nullptr;
    CUDA_OK(cudaMallocHost(&pinned, row_size * height));
    CUDA_OK(cudaMemcpy2DAsync(second, second_pitch, values.data(), row_size, row_size, height,
                              cudaMemcpyHostToDevice, stream));
    CUDA_OK(cudaMemcpy2DAsync(pinned, row_size, second, second_pitch, row_size, height,
                              cudaMemcpyDeviceToHost, stream));
    CUDA_OK(cudaStreamSynchronize(stream));
    for (int i = 0; i < width * height; ++i) run.compare("asynchronous", i, values[i], pinned[i]);
    CUDA_OK(cudaFreeHost(pinned));
    CUDA_OK(cudaStreamDestroy(stream));
    CUDA_FAILS(cudaMemcpy2D(first, 4, source.data(), host_pitch, row_size, height, cudaMemcpyHostToDevice),
               cudaErrorInvalidPitchValue);
    cudaGetLastError();
    CUDA_OK(cudaFree(first));
    CUDA_OK(cudaFree(second));
    return run.finish();
}
