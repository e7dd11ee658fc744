// The other ways to launch: cudaLaunchKernel with an argument array, cudaLaunchKernelEx and ...ExC with
// attributes, a kernel by pointer, a launch from a thread that has made no call before. Run by test/e2e as
// `launch_forms SEED`.
#include <thread>

#include "../common.h"

__global__ void poly(const int* x, int* y, int count, int a, short b, char c) {
    const int i = (blockIdx.y * gridDim.x + blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < count) y[i] = a * x[i] * x[i] + b * x[i] + c;
}
__global__ void shifted(const int* x, int* y, int by) { y[threadIdx.x] = x[threadIdx.x] + by; }

int main(int argc, char** argv) {
    guest::Run run("launch_forms", argc, argv);
    int count = 1000, a = int(run.random.below(50)) - 25;
    short b = short(run.random.below(100));
    char c = char(run.random.below(100));
    std::vector<int> x(count), expected(count);
    for (int i = 0; i < count; ++i) {
        x[i] = int(run.random.below(1000)) - 500;
        expected[i] = a * x[i] * x[i] + b * x[i] + c;
    }
    guest::DeviceArray<int> device_x(x), device_y(count);
    int *px = device_x.data(), *py = device_y.data();
    void* arguments[] = {&px, &py, &count, &a, &b, &c};

    CUDA_OK(
        cudaLaunchKernel(reinterpret_cast<const void*>(poly), dim3(4, 4), dim3(64), arguments, 0, nullptr));
    run.compare_all("cudaLaunchKernel", expected, device_y.download());

    device_y.clear();
    cudaStream_t stream;
    CUDA_OK(cudaStreamCreate(&stream));
    cudaLaunchConfig_t config = {};
    config.gridDim = dim3(8, 4);
    config.blockDim = dim3(32);
    config.stream = stream;
    CUDA_OK(cudaLaunchKernelExC(&config, reinterpret_cast<const void*>(poly), arguments));
    CUDA_OK(cudaStreamSynchronize(stream));
    run.compare_all("cudaLaunchKernelExC", expected, device_y.download());

    device_y.clear();
    cudaLaunchAttribute attribute = {};
    attribute.id = cudaLaunchAttributePriority;
    attribute.val.priority = 0;
    config.attrs = &attribute;
    config.numAttrs = 1;
    CUDA_OK(cudaLaunchKernelEx(&config, poly, static_cast<const int*>(px), py, count, a, b, c));
    CUDA_OK(cudaStreamSynchronize(stream));
    run.compare_all("cudaLaunchKernelEx", expected, device_y.download());

    void (*pointer)(const int*, int*, int) = shifted;
    const int by = int(run.random.below(1000));
    std::thread([&] { pointer<<<1, 500, 0, stream>>>(px, py, by); }).join();
    CUDA_OK(cudaStreamSynchronize(stream));
    const std::vector<int> got = device_y.download();
    for (int i = 0; i < 500; ++i) run.compare("by pointer", i, x[i] + by, got[i]);
    CUDA_OK(cudaStreamDestroy(stream));
    CUDA_FAILS(cudaLaunchKernel(nullptr, dim3(1), dim3(1), arguments, 0, nullptr),
               cudaErrorInvalidDeviceFunction);
    cudaGetLastError();
    return run.finish();
}
