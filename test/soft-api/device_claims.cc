// Claims about initialisation, devices, contexts, entry points, fork and exit.
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;

CLAIM("before cuInit every call but version and texts answers NOT_INITIALIZED") {
    int count = 0;
    CUdeviceptr address = 0;
    EXPECT_IS(cuDeviceGetCount(&count), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_IS(cuMemAlloc_v2(&address, 4), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_IS(cuDriverGetVersion(&count), CUDA_SUCCESS);
    EXPECT_IS(count, 13000);
    const char* text = nullptr;
    EXPECT_IS(cuGetErrorName(CUDA_ERROR_ILLEGAL_ADDRESS, &text), CUDA_SUCCESS);
    EXPECT_IS(std::string(text), "CUDA_ERROR_ILLEGAL_ADDRESS");
    EXPECT_IS(cuGetErrorString(static_cast<CUresult>(12345), &text), CUDA_ERROR_INVALID_VALUE);
    EXPECT(text == nullptr);
    EXPECT_IS(cuInit(1), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("there is one device, and it says the same of itself everywhere") {
    MUST(cuInit(0));
    MUST(cuInit(0));
    int count = 0;
    EXPECT_IS(cuDeviceGetCount(&count), CUDA_SUCCESS);
    EXPECT_IS(count, 1);
    CUdevice device = -1;
    EXPECT_IS(cuDeviceGet(&device, 1), CUDA_ERROR_INVALID_DEVICE);
    EXPECT_IS(cuDeviceGet(&device, 0), CUDA_SUCCESS);
    char name[64];
    EXPECT_IS(cuDeviceGetName(name, sizeof name, device), CUDA_SUCCESS);
    EXPECT_IS(std::string(name), "Ferry Software Device");
    EXPECT_IS(cuDeviceGetName(name, 6, device), CUDA_SUCCESS);
    EXPECT_IS(std::string(name), "Ferry");
    int major = 0;
    int minor = 0;
    int attribute = 0;
    EXPECT_IS(cuDeviceComputeCapability(&major, &minor, device), CUDA_SUCCESS);
    EXPECT_IS(cuDeviceGetAttribute(&attribute, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device),
              CUDA_SUCCESS);
    EXPECT_IS(attribute, major);
    EXPECT_IS(cuDeviceGetAttribute(&attribute, CU_DEVICE_ATTRIBUTE_INTEGRATED, device), CUDA_SUCCESS);
    EXPECT_IS(attribute, 0);
    EXPECT_IS(cuDeviceGetAttribute(&attribute, static_cast<CUdevice_attribute>(0), device),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuDeviceGetAttribute(&attribute, CU_DEVICE_ATTRIBUTE_MAX, device), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuDeviceGetAttribute(&attribute, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 7), CUDA_ERROR_INVALID_DEVICE);
    char bus[16];
    CUdevice same = -1;
    EXPECT_IS(cuDeviceGetPCIBusId(bus, sizeof bus, device), CUDA_SUCCESS);
    EXPECT_IS(cuDeviceGetByPCIBusId(&same, bus), CUDA_SUCCESS);
    EXPECT_IS(same, 0);
    std::size_t total = 0;
    std::size_t unused = 0;
    std::size_t again = 0;
    EXPECT_IS(cuDeviceTotalMem_v2(&total, device), CUDA_SUCCESS);
    begin();
    EXPECT_IS(cuMemGetInfo_v2(&unused, &again), CUDA_SUCCESS);
    EXPECT_IS(total, again);
    EXPECT_IS(unused, total);
}

CLAIM("a thread's contexts are a stack, and calls without one answer INVALID_CONTEXT") {
    MUST(cuInit(0));
    CUdeviceptr address = 0;
    EXPECT_IS(cuMemAlloc_v2(&address, 4), CUDA_ERROR_INVALID_CONTEXT);
    CUcontext first = nullptr;
    CUcontext second = nullptr;
    CUcontext current = nullptr;
    MUST(cuCtxCreate_v2(&first, 0, 0));
    MUST(cuCtxCreate_v2(&second, CU_CTX_SCHED_BLOCKING_SYNC, 0));
    EXPECT_IS(cuCtxGetCurrent(&current), CUDA_SUCCESS);
    EXPECT(current == second);
    unsigned flags = 0;
    EXPECT_IS(cuCtxGetFlags(&flags), CUDA_SUCCESS);
    EXPECT_IS(flags, CU_CTX_SCHED_BLOCKING_SYNC);
    EXPECT_IS(cuCtxPopCurrent_v2(&current), CUDA_SUCCESS);
    EXPECT_IS(cuCtxGetCurrent(&current), CUDA_SUCCESS);
    EXPECT(current == first);
    EXPECT_IS(cuCtxPushCurrent_v2(second), CUDA_SUCCESS);
    EXPECT_IS(cuCtxDestroy_v2(first), CUDA_SUCCESS);
    EXPECT_IS(cuMemAlloc_v2(&address, 4), CUDA_SUCCESS);
    EXPECT_IS(cuCtxDestroy_v2(second), CUDA_SUCCESS);
    EXPECT_IS(cuMemAlloc_v2(&address, 4), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    EXPECT_IS(cuCtxSetCurrent(first), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_IS(cuCtxDestroy_v2(first), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    int not_a_context[4] = {};
    void* wrong = not_a_context;
    EXPECT_IS(cuCtxSetCurrent(static_cast<CUcontext>(wrong)), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_IS(cuCtxCreate_v2(&first, 0x1000, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuCtxCreate_v2(&first, CU_CTX_SCHED_SPIN | CU_CTX_SCHED_YIELD, 0), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("what a context owned is free again when it is destroyed") {
    begin();
    std::size_t before = 0;
    std::size_t after = 0;
    std::size_t total = 0;
    MUST(cuMemGetInfo_v2(&before, &total));
    CUcontext context = nullptr;
    MUST(cuCtxCreate_v2(&context, 0, 0));
    CUdeviceptr address = 0;
    MUST(cuMemAlloc_v2(&address, 100 << 20));
    claims::load_kernels();
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, 0));
    MUST(cuCtxDestroy_v2(context));
    begin();
    MUST(cuMemGetInfo_v2(&after, &total));
    EXPECT_IS(after, before);
    EXPECT_IS(cuStreamQuery(stream), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("the primary context keeps its handle, and dies with its last reference") {
    const CUcontext context = begin();
    unsigned flags = 0;
    int active = 0;
    EXPECT_IS(cuDevicePrimaryCtxGetState(0, &flags, &active), CUDA_SUCCESS);
    EXPECT_IS(active, 1);
    CUcontext again = nullptr;
    MUST(cuDevicePrimaryCtxRetain(&again, 0));
    EXPECT(again == context);
    EXPECT_IS(cuCtxDestroy_v2(context), CUDA_ERROR_INVALID_CONTEXT);
    MUST(cuDevicePrimaryCtxRelease_v2(0));
    CUdeviceptr address = 0;
    EXPECT_IS(cuMemAlloc_v2(&address, 4), CUDA_SUCCESS);
    MUST(cuDevicePrimaryCtxRelease_v2(0));
    EXPECT_IS(cuDevicePrimaryCtxGetState(0, &flags, &active), CUDA_SUCCESS);
    EXPECT_IS(active, 0);
    EXPECT_IS(cuMemAlloc_v2(&address, 4), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    EXPECT_IS(cuDevicePrimaryCtxRelease_v2(0), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT(begin() == context);
    EXPECT_IS(cuMemAlloc_v2(&address, 4), CUDA_SUCCESS);
}

CLAIM("limits keep what was set and refuse what CUDA does not have") {
    begin();
    std::size_t value = 0;
    EXPECT_IS(cuCtxGetLimit(&value, CU_LIMIT_MALLOC_HEAP_SIZE), CUDA_SUCCESS);
    EXPECT_IS(value, std::size_t{8} << 20);
    EXPECT_IS(cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, 1 << 20), CUDA_SUCCESS);
    EXPECT_IS(cuCtxGetLimit(&value, CU_LIMIT_MALLOC_HEAP_SIZE), CUDA_SUCCESS);
    EXPECT_IS(value, std::size_t{1} << 20);
    EXPECT_IS(cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 4096), CUDA_SUCCESS);
    EXPECT_IS(cuCtxGetLimit(&value, CU_LIMIT_STACK_SIZE), CUDA_SUCCESS);
    EXPECT_IS(value, std::size_t{4096});
    EXPECT_IS(cuCtxSetLimit(CU_LIMIT_CIG_ENABLED, 1), CUDA_ERROR_UNSUPPORTED_LIMIT);
    EXPECT_IS(cuCtxSetLimit(CU_LIMIT_MAX, 1), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("cuGetProcAddress gives the newest form that is not newer than asked") {
    void* found = nullptr;
    CUdriverProcAddressQueryResult status = CU_GET_PROC_ADDRESS_SUCCESS;
    const auto is = [&found](auto* function) { return found == reinterpret_cast<void*>(function); };
    EXPECT_IS(cuGetProcAddress_v2("cuMemAlloc", &found, 13000, 0, &status), CUDA_SUCCESS);
    EXPECT(is(&cuMemAlloc_v2));
    EXPECT_IS(cuGetProcAddress_v2("cuCtxCreate", &found, 12000, 0, &status), CUDA_SUCCESS);
    EXPECT(is(&cuCtxCreate_v3));
    EXPECT_IS(cuGetProcAddress_v2("cuCtxCreate", &found, 12050, 0, &status), CUDA_SUCCESS);
    EXPECT(is(&cuCtxCreate_v4));
    EXPECT_IS(cuGetProcAddress_v2("cuLaunchKernel", &found, 13000,
                                  CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM, &status),
              CUDA_SUCCESS);
    EXPECT(is(&cuLaunchKernel_ptsz));
    EXPECT_IS(cuGetProcAddress_v2("cuLibraryLoadData", &found, 11000, 0, &status), CUDA_ERROR_NOT_FOUND);
    EXPECT_IS(status, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
    EXPECT(found == nullptr);
    EXPECT_IS(cuGetProcAddress_v2("cuMulticastCreate", &found, 13000, 0, &status), CUDA_ERROR_NOT_FOUND);
    EXPECT_IS(status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
    EXPECT_IS(cuGetProcAddress_v2(nullptr, &found, 13000, 0, &status), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a forked child is told NOT_INITIALIZED and ends in peace") {
    begin();
    const CUmodule module = claims::load_kernels();
    MUST(claims::launch(claims::kernel(module, "narrow"), 8, 32, {}));
    MUST(cuCtxSynchronize());
    const pid_t child = fork();
    if (child == 0) {
        CUdeviceptr address = 0;
        const bool refused = cuMemAlloc_v2(&address, 4) == CUDA_ERROR_NOT_INITIALIZED &&
                             cuInit(0) == CUDA_ERROR_NOT_INITIALIZED &&
                             cuCtxSynchronize() == CUDA_ERROR_NOT_INITIALIZED;
        std::exit(refused ? 0 : 9);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_IS(status, 0);
    EXPECT_IS(cuCtxSynchronize(), CUDA_SUCCESS);
}

CLAIM("calls after the exit has begun answer DEINITIALIZED, with a kernel still running") {
    std::atexit([] {
        CUdeviceptr address = 0;
        if (cuMemAlloc_v2(&address, 4) != CUDA_ERROR_DEINITIALIZED) std::_Exit(7);
        if (cuCtxSynchronize() != CUDA_ERROR_DEINITIALIZED) std::_Exit(8);
    });
    begin();
    auto* word = claims::pinned_word();
    const CUmodule module = claims::load_kernels();
    void* pointer = const_cast<std::uint32_t*>(word);
    MUST(claims::launch(claims::kernel(module, "await"), 4, 1, {&pointer}));
    usleep(20'000);
}

CLAIM("threads that use the device come and go") {
    const CUcontext context = begin();
    const CUdeviceptr words = claims::zeroed_words(1024);
    const CUmodule module = claims::load_kernels();
    const CUfunction add = claims::kernel(module, "add_one");
    for (int round = 0; round < 20; ++round) {
        std::thread([&] {
            MUST(cuCtxSetCurrent(context));
            unsigned count = 1024;
            CUdeviceptr address = words;
            void* arguments[] = {&address, &count};
            MUST(cuLaunchKernel_ptsz(add, 8, 1, 1, 128, 1, 1, 0, nullptr, arguments, nullptr));
            MUST(cuStreamSynchronize_ptsz(nullptr));
        }).join();
    }
    EXPECT_IS(claims::read_words(words, 1024)[1023], 20U);
}

CLAIM("a part of the cache and a window of a stream are hints, kept within what the device has") {
    begin();
    int persisting = 0;
    int widest = 0;
    MUST(cuDeviceGetAttribute(&persisting, CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE, 0));
    MUST(cuDeviceGetAttribute(&widest, CU_DEVICE_ATTRIBUTE_MAX_ACCESS_POLICY_WINDOW_SIZE, 0));
    EXPECT(persisting > 0);
    EXPECT(widest > persisting);
    std::size_t kept = 1;
    MUST(cuCtxSetLimit(CU_LIMIT_PERSISTING_L2_CACHE_SIZE, static_cast<std::size_t>(persisting) + 1));
    MUST(cuCtxGetLimit(&kept, CU_LIMIT_PERSISTING_L2_CACHE_SIZE));
    EXPECT_IS(kept, persisting);
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    CUstreamAttrValue value{};
    value.accessPolicyWindow.num_bytes = static_cast<std::size_t>(widest);
    value.accessPolicyWindow.hitRatio = 0.5F;
    value.accessPolicyWindow.hitProp = CU_ACCESS_PROPERTY_PERSISTING;
    value.accessPolicyWindow.missProp = CU_ACCESS_PROPERTY_STREAMING;
    constexpr CUstreamAttrID kWindow = CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW;
    MUST(cuStreamSetAttribute(stream, kWindow, &value));
    CUstreamAttrValue other = value;
    other.accessPolicyWindow.num_bytes += 1;
    EXPECT_IS(cuStreamSetAttribute(stream, kWindow, &other), CUDA_ERROR_INVALID_VALUE);
    other = value;
    other.accessPolicyWindow.hitRatio = 1.5F;
    EXPECT_IS(cuStreamSetAttribute(stream, kWindow, &other), CUDA_ERROR_INVALID_VALUE);
    other = value;
    other.accessPolicyWindow.missProp = CU_ACCESS_PROPERTY_PERSISTING;
    EXPECT_IS(cuStreamSetAttribute(stream, kWindow, &other), CUDA_ERROR_INVALID_VALUE);
    MUST(cuCtxResetPersistingL2Cache());
    MUST(cuStreamGetAttribute(stream, kWindow, &other));
    EXPECT_IS(other.accessPolicyWindow.num_bytes, static_cast<std::size_t>(widest));
    EXPECT_IS(other.accessPolicyWindow.hitProp, CU_ACCESS_PROPERTY_PERSISTING);
}
