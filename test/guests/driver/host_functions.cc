// Host functions and callbacks in stream order; CUDA calls from inside one are refused; many of them; a
// stream destroyed with some pending. Run by test/e2e as `host_functions SEED [ROUNDS]`.
#include <atomic>

#include "driver.h"

struct Step {
    std::vector<int>* order;
    int number;
};
static void note(void* argument) {
    const Step& step = *static_cast<Step*>(argument);
    step.order->push_back(step.number);
}
static void note_status(CUstream, CUresult status, void* argument) {
    if (status != CUDA_SUCCESS) guest::fail("status of a callback: %d", int(status));
    note(argument);
}
static std::atomic<int> refused{-1};
static void call_inside(void*) {
    CUdeviceptr memory = 0;
    refused = int(cuMemAlloc_v2(&memory, 16));
}
static std::atomic<int> counted{0};
static void count_one(void*) { counted += 1; }

int main(int argc, char** argv) {
    guest::Run run("host_functions", argc, argv);
    guest::Session session;
    const int rounds = int(run.size(0, 40));
    CUstream stream = nullptr, other = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    CU_OK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{0});
    void* pinned = nullptr;
    CU_OK(cuMemAllocHost_v2(&pinned, sizeof(unsigned)));

    std::vector<int> order;
    std::vector<Step> steps(rounds);
    for (int i = 0; i < rounds; ++i) {
        steps[i] = {&order, i};
        CU_OK(guest::launch(session.function("spin"), 1, 1, stream, cell, 10u + run.random.below(50)));
        if (run.random.below(2)) {
            CU_OK(cuLaunchHostFunc(stream, note, &steps[i]));
        } else {
            CU_OK(cuStreamAddCallback(stream, note_status, &steps[i], 0));
        }
    }
    CU_OK(cuMemcpyDtoHAsync_v2(pinned, cell, sizeof(unsigned), stream));
    CU_OK(cuStreamSynchronize(stream));
    run.compare("functions run", 0, std::size_t(rounds), order.size());
    for (int i = 0; i < rounds; ++i) run.compare("order", i, i, order[i]);

    CU_OK(cuLaunchHostFunc(stream, call_inside, nullptr));
    CU_OK(cuStreamSynchronize(stream));
    run.compare("a call inside", 0, int(CUDA_ERROR_NOT_PERMITTED), refused.load());
    CU_FAILS(cuLaunchHostFunc(stream, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);

    // Host functions of two streams, and a context-wide wait for all of them.
    for (int i = 0; i < rounds; ++i) CU_OK(cuLaunchHostFunc(i % 2 ? stream : other, count_one, nullptr));
    CU_OK(cuCtxSynchronize());
    run.compare("counted", 0, rounds, counted.load());
    CU_OK(cuLaunchHostFunc(nullptr, count_one, nullptr));
    CU_OK(cuStreamSynchronize(nullptr));
    run.compare("counted in the default stream", 0, rounds + 1, counted.load());
    for (int i = 0; i < 5; ++i) CU_OK(cuLaunchHostFunc(other, count_one, nullptr));
    CU_OK(cuStreamDestroy_v2(other));
    CU_OK(cuCtxSynchronize());
    while (counted.load() < rounds + 6) {
    }
    CU_OK(cuStreamDestroy_v2(stream));
    CU_OK(cuMemFreeHost(pinned));
    CU_OK(cuMemFree_v2(cell));
    session.close();
    return run.finish();
}
