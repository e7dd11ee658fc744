// Memsets of odd sizes at odd offsets, blocking and in streams, over a plane with a pitch, and of zero bytes.
// Run by test/e2e as `memsets SEED [ROUNDS]`.
#include "../common.h"

int main(int argc, char** argv) {
    guest::Run run("memsets", argc, argv);
    const int rounds = int(run.size(0, 60));
    const unsigned size = 8192;
    std::vector<unsigned char> expected(size, 0x11);
    guest::DeviceArray<unsigned char> memory(expected);
    cudaStream_t stream;
    CUDA_OK(cudaStreamCreate(&stream));
    for (int round = 0; round < rounds; ++round) {
        const unsigned offset = run.random.below(size), length = run.random.below(size - offset + 1);
        const int value = int(run.random.below(256));
        if (round % 3 == 0) CUDA_OK(cudaMemset(memory.data() + offset, value, length));
        if (round % 3 == 1) CUDA_OK(cudaMemsetAsync(memory.data() + offset, value, length, stream));
        if (round % 3 == 2) CUDA_OK(cudaMemsetAsync(memory.data() + offset, value | 0x300, length, 0));
        if (length > 0) std::memset(&expected[offset], value, length);
    }
    run.compare_all("byte", expected, memory.download());

    const unsigned pitch = 128, width = 3 + run.random.below(100),
                   height = 1 + run.random.below(size / pitch);
    const int value = int(run.random.below(256));
    CUDA_OK(cudaMemset2D(memory.data(), pitch, value, width, height));
    CUDA_OK(cudaMemset2DAsync(memory.data() + width, pitch, value ^ 0xFF, 1, height, stream));
    for (unsigned row = 0; row < height; ++row) {
        std::memset(&expected[row * pitch], value, width);
        expected[row * pitch + width] = (unsigned char)(value ^ 0xFF);
    }
    CUDA_OK(cudaStreamSynchronize(stream));
    run.compare_all("plane", expected, memory.download());
    CUDA_OK(cudaMemset(memory.data(), 1, 0));
    CUDA_OK(cudaStreamDestroy(stream));
    return run.finish();
}
