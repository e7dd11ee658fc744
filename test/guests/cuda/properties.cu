// Device properties and attributes: they agree with one another and are plausible; device selection and its
// errors. Run by test/e2e as `properties SEED`. Prints what every way of running must agree on.
#include "../common.h"

static int attribute(cudaDeviceAttr which) {
    int value = -1;
    CUDA_OK(cudaDeviceGetAttribute(&value, which, 0));
    return value;
}

int main(int argc, char** argv) {
    guest::Run run("properties", argc, argv);
    int count = 0, device = -1, driver = 0, runtime = 0;
    CUDA_OK(cudaGetDeviceCount(&count));
    CUDA_OK(cudaDriverGetVersion(&driver));
    CUDA_OK(cudaRuntimeGetVersion(&runtime));
    run.require(count >= 1, "there is a device");
    run.require(driver >= runtime, "the driver is not older than the runtime");
    CUDA_OK(cudaSetDevice(count - 1));
    CUDA_OK(cudaGetDevice(&device));
    run.compare("current device", 0, count - 1, device);
    CUDA_FAILS(cudaSetDevice(count), cudaErrorInvalidDevice);
    cudaGetLastError();
    CUDA_OK(cudaSetDevice(0));

    cudaDeviceProp properties;
    CUDA_OK(cudaGetDeviceProperties(&properties, 0));
    run.compare("major", 0, attribute(cudaDevAttrComputeCapabilityMajor), properties.major);
    run.compare("minor", 0, attribute(cudaDevAttrComputeCapabilityMinor), properties.minor);
    run.compare("warp", 0, 32, properties.warpSize);
    run.compare("warp attribute", 0, 32, attribute(cudaDevAttrWarpSize));
    run.compare("threads", 0, attribute(cudaDevAttrMaxThreadsPerBlock), properties.maxThreadsPerBlock);
    run.compare("threads", 1, 1024, properties.maxThreadsPerBlock);
    run.compare("block x", 0, attribute(cudaDevAttrMaxBlockDimX), properties.maxThreadsDim[0]);
    run.compare("grid y", 0, attribute(cudaDevAttrMaxGridDimY), properties.maxGridSize[1]);
    run.compare("processors", 0, attribute(cudaDevAttrMultiProcessorCount), properties.multiProcessorCount);
    run.compare("shared", 0, std::size_t(attribute(cudaDevAttrMaxSharedMemoryPerBlock)),
                properties.sharedMemPerBlock);
    run.compare("constant", 0, std::size_t(65536), properties.totalConstMem);
    run.require(properties.multiProcessorCount >= 1, "there is a multiprocessor");
    run.require(properties.sharedMemPerBlock >= 48 * 1024, "a block has 48 KiB of shared memory");
    run.require(properties.major * 10 + properties.minor >= 75, "compute capability 7.5 or later");
    run.require(properties.maxThreadsPerMultiProcessor >= 1024, "a multiprocessor holds a block");
    run.require(properties.name[0] != '\0', "the device has a name");
    run.require(properties.unifiedAddressing == 1, "one address space");

    std::size_t free_size = 0, total_size = 0;
    CUDA_OK(cudaMemGetInfo(&free_size, &total_size));
    run.require(free_size <= total_size && total_size == properties.totalGlobalMem,
                "free <= total == the property");
    char bus[32];
    CUDA_OK(cudaDeviceGetPCIBusId(bus, sizeof bus, 0));
    int by_bus = -1, least = 1, greatest = 1;
    CUDA_OK(cudaDeviceGetByPCIBusId(&by_bus, bus));
    run.compare("device by bus", 0, 0, by_bus);
    CUDA_OK(cudaDeviceGetStreamPriorityRange(&least, &greatest));
    run.require(greatest <= least, "priorities count downwards");
    int peer = -1;
    CUDA_OK(cudaDeviceCanAccessPeer(&peer, 0, 0));
    run.compare("peer of itself", 0, 0, peer);
    std::printf("%s %d.%d %zu bytes\n", properties.name, properties.major, properties.minor,
                properties.totalGlobalMem);
    return run.finish();
}
