// Function attributes and occupancy: plausible, monotonic, in agreement with the limits of the device; opting
// in to more shared memory. Run by test/e2e as `occupancy SEED`.
#include "../common.h"

__global__ void plain(float* values) { values[threadIdx.x] *= 2; }
__global__ void __launch_bounds__(128, 2) bounded(float* values) { values[threadIdx.x] += 1; }
__global__ void heavy(float* values) {
    __shared__ float scratch[8192];
    scratch[threadIdx.x] = values[threadIdx.x];
    __syncthreads();
    values[threadIdx.x] = scratch[blockDim.x - 1 - threadIdx.x];
}
__global__ void dynamic(float* values, int count) {
    extern __shared__ float scratch[];
    for (int i = threadIdx.x; i < count; i += blockDim.x) scratch[i] = float(i);
    __syncthreads();
    values[threadIdx.x] = scratch[count - 1 - threadIdx.x];
}

int main(int argc, char** argv) {
    guest::Run run("occupancy", argc, argv);
    cudaFuncAttributes attributes;
    CUDA_OK(cudaFuncGetAttributes(&attributes, plain));
    run.require(attributes.maxThreadsPerBlock >= 128 && attributes.maxThreadsPerBlock <= 1024,
                "threads of a block");
    run.compare("static shared memory of plain", 0, std::size_t(0), attributes.sharedSizeBytes);
    CUDA_OK(cudaFuncGetAttributes(&attributes, heavy));
    run.compare("static shared memory of heavy", 0, std::size_t(32768), attributes.sharedSizeBytes);
    CUDA_OK(cudaFuncGetAttributes(&attributes, bounded));
    run.compare("bounded threads", 0, 128, attributes.maxThreadsPerBlock);
    run.require(attributes.numRegs >= 1 && attributes.numRegs <= 255, "registers");

    int small = 0, large = 0, shared = 0, grid = 0, block = 0;
    CUDA_OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&small, plain, 64, 0));
    CUDA_OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&large, plain, 512, 0));
    CUDA_OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&shared, plain, 64, 40 * 1024));
    run.require(small >= large && large >= 1, "more threads a block, fewer blocks");
    run.require(shared >= 1 && shared <= small, "more shared memory, fewer blocks");
    CUDA_OK(cudaOccupancyMaxPotentialBlockSize(&grid, &block, plain, 0, 0));
    run.require(grid >= 1 && block >= 32 && block <= 1024, "the suggested launch is possible");
    guest::DeviceArray<float> values(std::vector<float>(1024, 3.0f));
    plain<<<1, block>>>(values.data());
    CUDA_OK(cudaDeviceSynchronize());
    run.compare("suggested launch ran", 0, 6.0f, values.download()[0]);

    bounded<<<1, 256>>>(values.data());
    run.require(cudaGetLastError() != cudaSuccess, "more threads than the launch bounds are refused");
    int opt_in = 0;
    CUDA_OK(cudaDeviceGetAttribute(&opt_in, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0));
    run.require(opt_in >= 48 * 1024, "opt-in shared memory");
    if (opt_in >= 56 * 1024) {
        const int count = 14 * 1024, size = count * int(sizeof(float));
        dynamic<<<1, 64, size>>>(values.data(), count);
        run.require(cudaGetLastError() != cudaSuccess, "more than 48 KiB without opting in is refused");
        CUDA_OK(cudaFuncSetAttribute(dynamic, cudaFuncAttributeMaxDynamicSharedMemorySize, size));
        dynamic<<<1, 64, size>>>(values.data(), count);
        CUDA_OK(cudaGetLastError());
        run.compare("opted in", 3, float(count - 4), values.download()[3]);
    }
    CUDA_OK(cudaFuncSetCacheConfig(heavy, cudaFuncCachePreferShared));
    heavy<<<1, 64>>>(values.data());
    CUDA_OK(cudaDeviceSynchronize());
    CUDA_OK(cudaDeviceSetCacheConfig(cudaFuncCachePreferL1));
    return run.finish();
}
