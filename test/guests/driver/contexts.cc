// Contexts: the stack of a thread, the primary context and its count, what belongs to which, threads without
// one. Run by test/e2e as `contexts SEED`.
#include <thread>

#include "driver.h"

static void check_stack(guest::Run& run, CUdevice device) {
    CUcontext first = nullptr, second = nullptr, current = nullptr, popped = nullptr;
    CU_OK(cuCtxCreate_v2(&first, CU_CTX_SCHED_YIELD, device));
    CU_OK(cuCtxCreate_v2(&second, 0, device));
    CU_OK(cuCtxGetCurrent(&current));
    run.require(current == second, "the newest context is current");
    CU_OK(cuCtxPopCurrent_v2(&popped));
    run.require(popped == second, "pop answers the newest");
    CU_OK(cuCtxGetCurrent(&current));
    run.require(current == first, "pop uncovers the older one");
    unsigned flags = 0, version = 0;
    CU_OK(cuCtxGetFlags(&flags));
    run.compare("flags", 0, unsigned(CU_CTX_SCHED_YIELD), flags & CU_CTX_SCHED_MASK);
    CU_OK(cuCtxGetApiVersion(first, &version));
    run.require(version >= 3010, "API version of a context");
    CU_OK(cuCtxPushCurrent_v2(first));
    CU_OK(cuCtxPushCurrent_v2(second));
    CU_OK(cuCtxPopCurrent_v2(nullptr));
    CU_OK(cuCtxPopCurrent_v2(&popped));
    run.require(popped == first, "one context may stand in the stack twice");
    CU_OK(cuCtxPopCurrent_v2(&popped));
    CU_OK(cuCtxGetCurrent(&current));
    run.require(current == nullptr, "the stack is empty");
    CU_FAILS(cuCtxPopCurrent_v2(&popped), CUDA_ERROR_INVALID_CONTEXT);
    CU_FAILS(cuCtxSynchronize(), CUDA_ERROR_INVALID_CONTEXT);
    CUdeviceptr memory = 0;
    CU_FAILS(cuMemAlloc_v2(&memory, 16), CUDA_ERROR_INVALID_CONTEXT);
    CU_OK(cuCtxSetCurrent(first));
    CU_OK(cuCtxDestroy_v2(first));
    CU_OK(cuCtxDestroy_v2(second));
    CU_FAILS_EITHER(cuCtxDestroy_v2(second), CUDA_ERROR_INVALID_CONTEXT, CUDA_ERROR_CONTEXT_IS_DESTROYED);
    CU_FAILS_EITHER(cuCtxPushCurrent_v2(nullptr), CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_INVALID_CONTEXT);
    CU_OK(cuCtxSetCurrent(nullptr));
}

static void check_primary(guest::Run& run, CUdevice device) {
    CUcontext first = nullptr, second = nullptr;
    unsigned flags = 0;
    int active = -1;
    CU_OK(cuDevicePrimaryCtxGetState(device, &flags, &active));
    run.compare("inactive before", 0, 0, active);
    CU_OK(cuDevicePrimaryCtxRetain(&first, device));
    CU_OK(cuDevicePrimaryCtxRetain(&second, device));
    run.require(first == second, "there is one primary context");
    CU_OK(cuCtxSetCurrent(first));
    const CUdeviceptr memory = guest::allocate(1000);
    CU_OK(cuDevicePrimaryCtxRelease_v2(device));
    CU_OK(cuDevicePrimaryCtxGetState(device, &flags, &active));
    run.compare("active after one release", 0, 1, active);
    CU_OK(cuMemsetD8_v2(memory, 1, 1000));
    CU_OK(cuDevicePrimaryCtxRelease_v2(device));
    CU_OK(cuDevicePrimaryCtxGetState(device, &flags, &active));
    run.compare("inactive after two releases", 0, 0, active);
    CU_FAILS(cuDevicePrimaryCtxRelease_v2(device), CUDA_ERROR_INVALID_CONTEXT);
    CU_FAILS(cuDevicePrimaryCtxRetain(&first, 99), CUDA_ERROR_INVALID_DEVICE);
    CU_OK(cuCtxSetCurrent(nullptr));
}

// Each thread has its own stack; memory of a context is usable from any thread that has it current.
static void check_threads(guest::Run& run, CUdevice device) {
    CUcontext context = nullptr;
    CU_OK(cuCtxCreate_v2(&context, 0, device));
    const CUdeviceptr memory = guest::allocate(4);
    std::vector<CUresult> without(4);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&without, i, context, memory] {
            without[i] = cuMemsetD32_v2(memory, 1, 1);
            CU_OK(cuCtxSetCurrent(context));
            CU_OK(cuMemsetD32_v2(memory, 77, 1));
            CU_OK(cuCtxSynchronize());
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < 4; ++i) {
        run.compare("without a context", i, int(CUDA_ERROR_INVALID_CONTEXT), int(without[i]));
    }
    run.compare("written by threads", 0, 77u, guest::download<unsigned>(memory, 1)[0]);
    CU_OK(cuCtxDestroy_v2(context));
}

int main(int argc, char** argv) {
    guest::Run run("contexts", argc, argv);
    CU_OK(cuInit(0));
    CU_OK(cuInit(0));
    CU_FAILS(cuInit(7), CUDA_ERROR_INVALID_VALUE);
    CUdevice device = -1;
    int count = 0;
    CU_OK(cuDeviceGetCount(&count));
    CU_FAILS(cuDeviceGet(&device, count), CUDA_ERROR_INVALID_DEVICE);
    CU_FAILS(cuDeviceGet(&device, -1), CUDA_ERROR_INVALID_DEVICE);
    CU_OK(cuDeviceGet(&device, 0));
    check_primary(run, device);
    check_stack(run, device);
    check_threads(run, device);
    std::size_t limit = 0;
    CUcontext context = nullptr;
    CU_OK(cuCtxCreate_v2(&context, 0, device));
    CU_OK(cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 4096));
    CU_OK(cuCtxGetLimit(&limit, CU_LIMIT_STACK_SIZE));
    run.require(limit >= 4096, "the limit is at least what was asked");
    CU_FAILS_EITHER(cuCtxGetLimit(&limit, CUlimit(77)), CUDA_ERROR_UNSUPPORTED_LIMIT,
                    CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuCtxDestroy_v2(context));
    return run.finish();
}
