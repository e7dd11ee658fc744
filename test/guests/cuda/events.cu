// Events: timing, reuse, queries in every state, the error of an unrecorded or timing-less one.
// Run by test/e2e as `events SEED`.
#include "../common.h"

__global__ void spin(unsigned* value, int rounds) {
    unsigned x = *value;
    for (int i = 0; i < rounds; ++i) x = x * 1664525u + 1013904223u;
    *value = x;
}

int main(int argc, char** argv) {
    guest::Run run("events", argc, argv);
    const unsigned first = unsigned(run.random.next());
    guest::DeviceArray<unsigned> value(std::vector<unsigned>{first});
    cudaEvent_t start, middle, stop, silent;
    CUDA_OK(cudaEventCreate(&start));
    CUDA_OK(cudaEventCreate(&middle));
    CUDA_OK(cudaEventCreateWithFlags(&stop, cudaEventBlockingSync));
    CUDA_OK(cudaEventCreateWithFlags(&silent, cudaEventDisableTiming));
    float elapsed_ms = -1;
    CUDA_OK(cudaEventQuery(start));
    CUDA_FAILS(cudaEventElapsedTime(&elapsed_ms, start, stop), cudaErrorInvalidResourceHandle);
    cudaGetLastError();

    unsigned expected = first;
    for (int round = 0; round < 3; ++round) {
        CUDA_OK(cudaEventRecord(start));
        spin<<<1, 1>>>(value.data(), 1000);
        CUDA_OK(cudaEventRecord(middle));
        spin<<<1, 1>>>(value.data(), 1000);
        CUDA_OK(cudaEventRecord(stop));
        CUDA_OK(cudaEventRecord(silent));
        CUDA_OK(cudaEventSynchronize(stop));
        CUDA_OK(cudaEventQuery(middle));
        for (int i = 0; i < 2000; ++i) expected = expected * 1664525u + 1013904223u;
        float head_ms = -1, tail_ms = -1;
        CUDA_OK(cudaEventElapsedTime(&head_ms, start, middle));
        CUDA_OK(cudaEventElapsedTime(&tail_ms, middle, stop));
        CUDA_OK(cudaEventElapsedTime(&elapsed_ms, start, stop));
        run.require(head_ms >= 0 && tail_ms >= 0, "times are not negative");
        run.require(std::fabs(elapsed_ms - head_ms - tail_ms) < 0.01f + 0.01f * elapsed_ms, "times add up");
    }
    cudaError_t state = cudaErrorNotReady;
    while (state == cudaErrorNotReady) state = cudaEventQuery(silent);
    CUDA_OK(state);
    CUDA_FAILS(cudaEventElapsedTime(&elapsed_ms, start, silent), cudaErrorInvalidResourceHandle);
    cudaGetLastError();
    run.compare("value", 0, expected, value.download()[0]);
    for (cudaEvent_t event : {start, middle, stop, silent}) CUDA_OK(cudaEventDestroy(event));
    return run.finish();
}
