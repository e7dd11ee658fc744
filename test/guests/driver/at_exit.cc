// Calls before cuInit, and calls while the process exits: from atexit handlers, from destructors, from a
// thread that is still running then. None may hang or crash. Run by test/e2e as `at_exit SEED`.
#include <atomic>
#include <thread>

#include "driver.h"

static CUdeviceptr cell = 0, spare = 0;
static CUfunction spin = nullptr;

static bool is_end(CUresult result) { return result == CUDA_SUCCESS || result == CUDA_ERROR_DEINITIALIZED; }

// Outlives main: it is destroyed after the handlers that were registered later than its construction.
struct Late {
    ~Late() {
        if (!is_end(cuMemFree_v2(spare))) std::_Exit(3);
        if (!is_end(cuCtxSynchronize())) std::_Exit(4);
    }
};
static Late late;

static void in_handler() {
    unsigned value = 0;
    if (!is_end(guest::launch(spin, 1, 1, nullptr, cell, 5u))) std::_Exit(5);
    if (!is_end(cuMemcpyDtoH_v2(&value, cell, sizeof value))) std::_Exit(6);
}

static std::atomic<bool> leaving{false};

static void keep_launching(CUcontext context) {
    // The process may be exiting before this thread begins.
    if (!is_end(cuCtxSetCurrent(context))) guest::fail("cuCtxSetCurrent in a thread of its own");
    while (is_end(guest::launch(spin, 1, 1, nullptr, cell, 1u)) && !leaving) std::this_thread::yield();
    while (true) std::this_thread::yield();
}

int main(int argc, char** argv) {
    guest::Run run("at_exit", argc, argv);
    int value = 0;
    CUdevice device = 0;
    CUdeviceptr memory = 0;
    CU_FAILS(cuDeviceGetCount(&value), CUDA_ERROR_NOT_INITIALIZED);
    CU_FAILS(cuDeviceGet(&device, 0), CUDA_ERROR_NOT_INITIALIZED);
    CU_FAILS(cuMemAlloc_v2(&memory, 16), CUDA_ERROR_NOT_INITIALIZED);
    CU_OK(cuDriverGetVersion(&value));
    run.require(value >= 12000, "the driver has a version before cuInit");

    guest::Session session;
    spin = session.function("spin");
    cell = guest::allocate(std::vector<unsigned>{1});
    spare = guest::allocate(1000);
    std::atexit(in_handler);
    std::thread(keep_launching, session.context).detach();
    CU_OK(guest::launch(spin, 1, 1, nullptr, cell, 100u));
    CU_OK(cuCtxSynchronize());
    // Nothing is released on purpose: the process ends with everything alive.
    const int code = run.finish();
    leaving = run.random.below(2) != 0;
    return code;
}
