// What the runtime reports when the program is wrong: peek and get, errors that pass and errors that stay.
// Run by test/e2e as `errors SEED`.
#include "../common.h"

__global__ void store(int* target, int value) { *target = value; }

// 9 is what a GPU's driver makes the runtime say. cuLaunchKernel itself answers 1 for the same launch, and
// the runtime passes on what it gets, so a driver that says 1 to both is right for driver-API programs.
static void require_refused(cudaError_t error, int line) {
    if (error == cudaErrorInvalidConfiguration || error == cudaErrorInvalidValue) return;
    guest::fail("launch line %d expected 9 or 1 got %d", line, int(error));
}

static void launch_errors(guest::Run& run, int* good) {
    store<<<1, 2048>>>(good, 1);
    require_refused(cudaPeekAtLastError(), __LINE__);
    require_refused(cudaGetLastError(), __LINE__);
    CUDA_OK(cudaGetLastError());
    store<<<0, 1>>>(good, 1);
    require_refused(cudaGetLastError(), __LINE__);
    store<<<1, 1, 1 << 20>>>(good, 1);
    run.require(cudaGetLastError() != cudaSuccess, "a megabyte of shared memory is refused");
    store<<<1, dim3(1, 1, 65)>>>(good, 1);
    require_refused(cudaGetLastError(), __LINE__);
    CUDA_OK(cudaDeviceSynchronize());
}

static void memory_errors(guest::Run& run, int* good) {
    void* memory = &run;
    CUDA_FAILS(cudaMalloc(&memory, std::size_t(1) << 60), cudaErrorMemoryAllocation);
    CUDA_FAILS(cudaGetLastError(), cudaErrorMemoryAllocation);
    CUDA_OK(cudaPeekAtLastError());
    CUDA_OK(cudaMalloc(&memory, 0));
    run.require(memory == nullptr, "zero bytes give a null pointer");
    CUDA_FAILS(cudaMalloc(nullptr, 16), cudaErrorInvalidValue);
    int here = 0;
    CUDA_FAILS(cudaFree(&here), cudaErrorInvalidValue);
    CUDA_FAILS(cudaFree(good + 1), cudaErrorInvalidValue);
    CUDA_FAILS(cudaMemcpy(good, &here, 4, cudaMemcpyKind(77)), cudaErrorInvalidMemcpyDirection);
    CUDA_FAILS(cudaMemcpy(good, &here, std::size_t(1) << 40, cudaMemcpyDeviceToDevice),
               cudaErrorInvalidValue);
    CUDA_FAILS(cudaMemset(nullptr, 0, 4), cudaErrorInvalidValue);
    CUDA_OK(cudaMemcpy(nullptr, nullptr, 0, cudaMemcpyHostToDevice));
    cudaGetLastError();
}

int main(int argc, char** argv) {
    guest::Run run("errors", argc, argv);
    const int value = int(run.random.below(100000));
    int *good = nullptr, got = 0;
    CUDA_OK(cudaMalloc(&good, sizeof(int)));
    launch_errors(run, good);
    memory_errors(run, good);
    run.require(std::strcmp(cudaGetErrorName(cudaErrorInvalidValue), "cudaErrorInvalidValue") == 0,
                "error name");
    run.require(std::strcmp(cudaGetErrorString(cudaErrorInvalidValue), "invalid argument") == 0,
                "error text");

    store<<<1, 1>>>(good, value);
    CUDA_OK(cudaMemcpy(&got, good, sizeof got, cudaMemcpyDeviceToHost));
    run.compare("still works", 0, value, got);

    // A wild store ends the context: every call answers the same from now on, and getting the error does not
    // clear it.
    store<<<1, 1>>>(reinterpret_cast<int*>(std::uintptr_t(run.random.below(1000) * 8)), 1);
    CUDA_OK(cudaPeekAtLastError());
    CUDA_FAILS(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    CUDA_FAILS(cudaGetLastError(), cudaErrorIllegalAddress);
    CUDA_FAILS(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    CUDA_FAILS(cudaMemcpy(&got, good, sizeof got, cudaMemcpyDeviceToHost), cudaErrorIllegalAddress);
    CUDA_FAILS(cudaMalloc(&good, 4), cudaErrorIllegalAddress);
    run.compare("untouched by the failed copy", 0, value, got);
    return run.finish();
}
