// Asynchronous copies from and to pinned, registered and pageable memory, in slices over two streams, with
// kernels between them; the source of a pageable copy may be overwritten at once. Run by test/e2e as
// `async_copies SEED [ELEMENTS]`.
#include "../common.h"

__global__ void affine(int* values, int count, int factor, int term) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) values[i] = values[i] * factor + term;
}

// Slices of `source` go through the device to `target`, alternating between two streams.
static void through_device(guest::Run& run, const char* what, int* source, int* target, int count) {
    const int slices = 6, slice = (count + slices - 1) / slices, factor = 3,
              term = int(run.random.below(100));
    std::vector<int> expected(count);
    for (int i = 0; i < count; ++i)
        expected[i] = (source[i] = int(run.random.below(1 << 20))) * factor + term;
    cudaStream_t streams[2];
    CUDA_OK(cudaStreamCreateWithFlags(&streams[0], cudaStreamNonBlocking));
    CUDA_OK(cudaStreamCreate(&streams[1]));
    int* device = nullptr;
    CUDA_OK(cudaMalloc(&device, count * sizeof(int)));
    for (int s = 0; s < slices; ++s) {
        const int first = s * slice, length = first + slice <= count ? slice : count - first;
        const std::size_t size = length * sizeof(int);
        const cudaStream_t stream = streams[s % 2];
        CUDA_OK(cudaMemcpyAsync(device + first, source + first, size, cudaMemcpyHostToDevice, stream));
        affine<<<(length + 255) / 256, 256, 0, stream>>>(device + first, length, factor, term);
        CUDA_OK(cudaMemcpyAsync(target + first, device + first, size, cudaMemcpyDeviceToHost, stream));
    }
    for (cudaStream_t stream : streams) CUDA_OK(cudaStreamSynchronize(stream));
    for (int i = 0; i < count; ++i) run.compare(what, i, expected[i], target[i]);
    for (cudaStream_t stream : streams) CUDA_OK(cudaStreamDestroy(stream));
    CUDA_OK(cudaFree(device));
}

// A pageable source is taken at the call: what the program writes afterwards must not arrive.
static void pageable_is_taken(guest::Run& run) {
    cudaStream_t stream;
    CUDA_OK(cudaStreamCreate(&stream));
    std::vector<int> values(1000, 7), zeros(1000, 0);
    guest::DeviceArray<int> device(zeros);
    const std::size_t size = values.size() * sizeof(int);
    CUDA_OK(cudaMemcpyAsync(device.data(), values.data(), size, cudaMemcpyHostToDevice, stream));
    CUDA_OK(cudaStreamSynchronize(stream));
    std::fill(values.begin(), values.end(), 9);
    CUDA_OK(cudaMemcpy(values.data(), device.data(), size, cudaMemcpyDeviceToHost));
    run.compare_all("pageable source", std::vector<int>(1000, 7), values);
    CUDA_OK(cudaStreamDestroy(stream));
}

int main(int argc, char** argv) {
    guest::Run run("async_copies", argc, argv);
    const int count = int(run.size(0, 100003));
    const std::size_t size = count * sizeof(int);
    int *pinned_source = nullptr, *pinned_target = nullptr;
    CUDA_OK(cudaMallocHost(&pinned_source, size));
    CUDA_OK(cudaHostAlloc(&pinned_target, size, cudaHostAllocDefault));
    std::vector<int> source(count), target(count);
    through_device(run, "pinned", pinned_source, pinned_target, count);
    through_device(run, "pageable", source.data(), target.data(), count);
    through_device(run, "pinned to pageable", pinned_source, target.data(), count);
    through_device(run, "pageable to pinned", source.data(), pinned_target, count);
    CUDA_OK(cudaHostRegister(target.data(), size, cudaHostRegisterDefault));
    through_device(run, "registered", source.data(), target.data(), count);
    CUDA_OK(cudaHostUnregister(target.data()));
    CUDA_OK(cudaFreeHost(pinned_source));
    CUDA_OK(cudaFreeHost(pinned_target));
    pageable_is_taken(run);

    // Device to device, overlapping nothing, and cudaMemcpyDefault in every direction.
    guest::DeviceArray<int> first(source), second(source.size());
    CUDA_OK(cudaMemcpy(second.data(), first.data(), size, cudaMemcpyDeviceToDevice));
    run.compare_all("device to device", source, second.download());
    CUDA_OK(cudaMemcpy(target.data(), second.data(), size, cudaMemcpyDefault));
    run.compare_all("default to host", source, target);
    CUDA_OK(cudaMemcpy(pinned_source = target.data(), source.data(), size, cudaMemcpyHostToHost));
    CUDA_OK(cudaMemcpyAsync(first.data(), second.data(), size, cudaMemcpyDefault, 0));
    run.compare_all("default on the device", source, first.download());
    return run.finish();
}
