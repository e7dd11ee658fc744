// Arguments that are wrong for sure: zero and enormous sizes, null pointers, double frees, ranges that run
// over an end. Every call is refused at once, nothing is touched. Run by test/e2e as `wrong_sizes SEED`.
#include "driver.h"

static void check_allocation(CUdeviceptr good) {
    CUdeviceptr memory = 0x1234;
    CU_FAILS(cuMemAlloc_v2(&memory, 0), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemAlloc_v2(nullptr, 16), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemAlloc_v2(&memory, std::size_t(1) << 63), CUDA_ERROR_OUT_OF_MEMORY);
    CU_FAILS(cuMemAlloc_v2(&memory, ~std::size_t(0)), CUDA_ERROR_OUT_OF_MEMORY);
    CU_FAILS(cuMemAlloc_v2(&memory, std::size_t(1) << 46), CUDA_ERROR_OUT_OF_MEMORY);
    CU_FAILS(cuMemFree_v2(good + 16), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemFree_v2(0x1234), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemFree_v2(0));
    const CUdeviceptr twice = guest::allocate(64);
    CU_OK(cuMemFree_v2(twice));
    CU_FAILS(cuMemFree_v2(twice), CUDA_ERROR_INVALID_VALUE);
    void* pinned = nullptr;
    CU_FAILS_EITHER(cuMemAllocHost_v2(&pinned, std::size_t(1) << 62), CUDA_ERROR_OUT_OF_MEMORY,
                    CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemAllocHost_v2(nullptr, 16), CUDA_ERROR_INVALID_VALUE);
}

static void check_copies(CUdeviceptr good, std::size_t size) {
    std::vector<unsigned char> here(16);
    CU_FAILS(cuMemcpyHtoD_v2(good, here.data(), std::size_t(1) << 63), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemcpyDtoH_v2(here.data(), good, std::size_t(1) << 63), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemcpyHtoD_v2(good + size - 8, here.data(), 16), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemcpyDtoH_v2(here.data(), good + size - 8, 16), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemcpyDtoD_v2(good, good + size / 2, size), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemcpyHtoD_v2(0, here.data(), 16), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemcpyHtoD_v2(good, nullptr, 16), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemcpyDtoH_v2(nullptr, good, 16), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemsetD32_v2(good, 0, std::size_t(1) << 62), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemsetD32_v2(good, 0, ~std::size_t(0) / 4), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemcpyHtoD_v2(good, here.data(), 0));
    CU_OK(cuMemcpyDtoH_v2(here.data(), good, 0));
}

static void check_launches(const guest::Session& session, CUdeviceptr good) {
    const CUfunction store = session.function("store");
    unsigned value = 9;
    void* parameters[] = {&good, &value};
    CU_FAILS(cuLaunchKernel(store, 0, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr),
             CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernel(store, 1, 1, 1, 1, 0, 1, 0, nullptr, parameters, nullptr),
             CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernel(store, 1, 1, 1, 1025, 1, 1, 0, nullptr, parameters, nullptr),
             CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernel(store, 1, 1, 1, 32, 32, 32, 0, nullptr, parameters, nullptr),
             CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernel(store, 1, 65536, 1, 1, 1, 1, 0, nullptr, parameters, nullptr),
             CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernel(store, 0x80000000u, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr),
             CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernel(store, 1, 1, 1, 1, 1, 1, 1u << 30, nullptr, parameters, nullptr),
             CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernel(store, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS_EITHER(cuLaunchKernel(nullptr, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr),
                    CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE);
}

int main(int argc, char** argv) {
    guest::Run run("wrong_sizes", argc, argv);
    guest::Session session;
    std::vector<unsigned> pattern(1024);
    for (unsigned& word : pattern) word = unsigned(run.random.next());
    const CUdeviceptr good = guest::allocate(pattern);
    check_allocation(good);
    check_copies(good, pattern.size() * sizeof(unsigned));
    check_launches(session, good);
    CU_OK(cuCtxSynchronize());
    run.compare_all("untouched", pattern, guest::download<unsigned>(good, pattern.size()));
    const char* name = nullptr;
    CU_OK(cuGetErrorName(CUDA_ERROR_ILLEGAL_ADDRESS, &name));
    run.require(std::strcmp(name, "CUDA_ERROR_ILLEGAL_ADDRESS") == 0, "name of an error");
    CU_FAILS(cuGetErrorString(CUresult(12345), &name), CUDA_ERROR_INVALID_VALUE);
    run.require(name == nullptr, "an unknown error has no text");
    int value = 0;
    CU_FAILS(cuDeviceGetAttribute(&value, CUdevice_attribute(100000), 0), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuDeviceGetAttribute(nullptr, CUdevice_attribute(1), 0), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuDeviceGetAttribute(&value, CUdevice_attribute(1), 55), CUDA_ERROR_INVALID_DEVICE);
    session.close();
    return run.finish();
}
