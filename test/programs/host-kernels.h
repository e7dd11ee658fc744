// Included before a CUDA program that the C++ compiler builds for the CPU (reference.ts): device memory is
// the heap, kernels are functions, and the threads of a block are fibers that take turns at barriers. Enough
// for programs of blocks, shared memory and barriers on the default stream; nothing of Ferry is in it.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

// Its declarations are constants; the ones below take their place, under the same names, as variables so that
// programs may have locals of those names.
#define __DEVICE_LAUNCH_PARAMETERS_H__
#include <cuda_runtime.h>

inline uint3 threadIdx;
inline uint3 blockIdx;
inline dim3 blockDim;
inline dim3 gridDim;

namespace host {

alignas(64) inline char dynamic_shared[1 << 16];

// One block at a time, on one thread of the CPU: shared memory may be static.
inline ucontext_t scheduler;
inline std::vector<ucontext_t> fibers;
inline std::vector<char> ended;
inline std::vector<char> stacks;
inline unsigned current;
inline std::function<void()> body;
constexpr size_t kStackSize = 1 << 16;

inline void barrier() {
    swapcontext(&fibers[current], &scheduler);
}

inline void fiber() {
    body();
    ended[current] = 1;
}

inline void start_fibers(unsigned count) {
    fibers.resize(count);
    ended.assign(count, 0);
    stacks.resize(count * kStackSize);
    for (unsigned i = 0; i < count; i++) {
        getcontext(&fibers[i]);
        fibers[i].uc_stack.ss_sp = &stacks[i * kStackSize];
        fibers[i].uc_stack.ss_size = kStackSize;
        fibers[i].uc_link = &scheduler;
        makecontext(&fibers[i], fiber, 0);
    }
}

/** Runs every thread of the current block to its next barrier, again and again until all have ended. */
inline void run_block() {
    const unsigned count = blockDim.x * blockDim.y * blockDim.z;
    start_fibers(count);
    for (bool alive = true; alive;) {
        alive = false;
        for (current = 0; current < count; current++) {
            if (ended[current] != 0) {
                continue;
            }
            threadIdx.x = current % blockDim.x;
            threadIdx.y = current / blockDim.x % blockDim.y;
            threadIdx.z = current / (blockDim.x * blockDim.y);
            swapcontext(&scheduler, &fibers[current]);
            alive = alive || ended[current] == 0;
        }
    }
}

struct Launch {
    dim3 grid;
    dim3 block;

    Launch(dim3 grid, dim3 block, size_t = 0, const void* = nullptr) : grid(grid), block(block) {}

    /** What the kernel's arguments are given to. */
    template <class Kernel> auto operator->*(Kernel kernel) const {
        return [kernel, launch = *this](auto... arguments) {
            body = [&] { kernel(arguments...); };
            gridDim = launch.grid;
            blockDim = launch.block;
            const unsigned count = gridDim.x * gridDim.y * gridDim.z;
            for (unsigned i = 0; i < count; i++) {
                blockIdx.x = i % gridDim.x;
                blockIdx.y = i / gridDim.x % gridDim.y;
                blockIdx.z = i / (gridDim.x * gridDim.y);
                run_block();
            }
        };
    }
};

template <class T> cudaError_t allocate(T** pointer, size_t size) {
    *pointer = static_cast<T*>(calloc(1, size));
    return cudaSuccess;
}

inline cudaError_t copy(void* to, const void* from, size_t size, cudaMemcpyKind, cudaStream_t = nullptr) {
    memcpy(to, from, size);
    return cudaSuccess;
}

inline cudaError_t fill(void* to, int value, size_t size) {
    memset(to, value, size);
    return cudaSuccess;
}

inline cudaError_t release(void* pointer) {
    free(pointer);
    return cudaSuccess;
}

inline cudaError_t nothing() {
    return cudaSuccess;
}

inline const char* no_error(cudaError_t) {
    return "";
}

} // namespace host

using std::max;
using std::min;

#undef __shared__
#define __shared__ static
#undef __constant__
#define __constant__ static
#define __syncthreads host::barrier
#define __ldg(pointer) (*(pointer))
#define rsqrtf(value) (1.0f / std::sqrt(float(value)))
#define cudaMalloc host::allocate
#define cudaMemcpy host::copy
#define cudaMemcpyAsync host::copy
#define cudaMemset host::fill
#define cudaFree host::release
#define cudaDeviceSynchronize host::nothing
#define cudaGetLastError host::nothing
#define cudaGetErrorString host::no_error
