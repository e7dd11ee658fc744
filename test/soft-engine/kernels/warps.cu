// Threads that need one another: shuffles, votes, divergence, locks, atomics, cooperative groups, barriers.
#include <cooperative_groups.h>
namespace cg = cooperative_groups;

extern "C" __global__ void shuffles(int* out) {
    const unsigned full = 0xffffffffu;
    int v = threadIdx.x * 3 + 1, l = threadIdx.x & 31;
    out[0 * 64 + threadIdx.x] = __shfl_sync(full, v, (l * 7) & 31);
    out[1 * 64 + threadIdx.x] = __shfl_up_sync(full, v, 3);
    out[2 * 64 + threadIdx.x] = __shfl_down_sync(full, v, 5, 16);
    out[3 * 64 + threadIdx.x] = __shfl_xor_sync(full, v, 9);
    out[4 * 64 + threadIdx.x] = __ballot_sync(full, v & 1);
    out[5 * 64 + threadIdx.x] = __all_sync(full, v > 0) + 2 * __any_sync(full, v == 4);
    int in_half = 0;
    if (l < 16)
        in_half = __shfl_sync(0xffff, v, 15 - l);
    else
        in_half = __shfl_sync(0xffff0000u, v, 31 - (l - 16));
    out[6 * 64 + threadIdx.x] = in_half;
    unsigned long long big = v * 0x100000001ull;
    out[7 * 64 + threadIdx.x] = (int)(__shfl_xor_sync(full, big, 1) >> 32);
    out[8 * 64 + threadIdx.x] = __match_any_sync(full, v % 3);
    int pred = 0;
    out[9 * 64 + threadIdx.x] = __match_all_sync(full, v / 1000, &pred);
    out[10 * 64 + threadIdx.x] = pred;
}
// The members of one shuffle come from different arms.
extern "C" __global__ void apart(int* out) {
    int l = threadIdx.x, r;
    if (l % 3 == 0) {
        r = l * 2;
        r = __shfl_xor_sync(0xffffffffu, r, 1);
        r += 1000;
    } else if (l % 3 == 1) {
        r = l * 3;
        r = __shfl_xor_sync(0xffffffffu, r, 1);
        r += 2000;
    } else {
        r = l * 4;
        r = __shfl_xor_sync(0xffffffffu, r, 1);
        r += 3000;
    }
    out[l] = r;
}
extern "C" __global__ void spin_lock(int* lock, int* counter) {
    bool done = false;
    while (!done) {
        if (atomicCAS(lock, 0, 1) == 0) {
            *(volatile int*)counter = *(volatile int*)counter + 1;
            __threadfence();
            atomicExch(lock, 0);
            done = true;
        }
    }
}
extern "C" __global__ void spin_lock_outside(int* lock, int* counter) {
    while (atomicCAS(lock, 0, 1) != 0) {
    }
    *(volatile int*)counter = *(volatile int*)counter + 1;
    __threadfence();
    atomicExch(lock, 0);
}
extern "C" __global__ void nested(const int* in, int* out) {
    int t = threadIdx.x, s = 0;
    for (int i = 0; i < in[t] % 9; i++) {
        if (i == in[(t + 1) & 63] % 7) continue;
        for (int j = i; j < in[(t + i) & 63] % 13; j++) {
            if (j == 11) break;
            s += i * j + t;
            if (s > 4000) {
                out[t] = -s;
                return;
            }
        }
    }
    out[t] = s;
}
extern "C" __global__ void atomics(int* i, unsigned* u, float* f, double* d, unsigned long long* l,
                                   int* old) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(&i[0], t);
    atomicMin(&i[1], -t);
    atomicMax(&i[2], t);
    atomicAnd(&i[3], ~(1 << (t & 31)));
    atomicOr(&i[4], 1 << (t & 31));
    atomicXor(&i[5], t);
    atomicInc(&u[0], 37);
    atomicDec(&u[1], 41);
    atomicAdd(f, 1.0f);
    atomicAdd(d, 0.5);
    atomicAdd(l, 1ull << 33);
    atomicMax(&l[1], (unsigned long long)t);
    old[t] = atomicAdd(&u[2], 1);
    __shared__ int s[4];
    if (threadIdx.x < 4) s[threadIdx.x] = 0;
    __syncthreads();
    atomicAdd(&s[threadIdx.x & 3], 1);
    __syncthreads();
    if (threadIdx.x < 4) atomicAdd(&i[6 + threadIdx.x], s[threadIdx.x]);
}
extern "C" __global__ void groups(int* out) {
    cg::thread_block block = cg::this_thread_block();
    auto tile = cg::tiled_partition<8>(block);
    int v = threadIdx.x;
    for (int k = tile.size() / 2; k > 0; k /= 2) v += tile.shfl_down(v, k);
    out[threadIdx.x] = tile.shfl(v, 0);
    if (threadIdx.x % 3 == 1) {
        auto active = cg::coalesced_threads();
        out[64 + threadIdx.x] = active.size() * 100 + active.thread_rank();
        out[128 + threadIdx.x] = active.shfl(threadIdx.x, 0);
    }
}
extern "C" __global__ void grid_sync(int* data, int* out, int rounds) {
    cg::grid_group grid = cg::this_grid();
    int t = grid.thread_rank(), n = grid.size();
    for (int r = 0; r < rounds; r++) {
        data[t] += data[(t + n / 2) % n] * 0 + 1;
        grid.sync();
        out[t] += data[(t + 97 * (r + 1)) % n];
        grid.sync();
    }
}
extern "C" __global__ void flag_wait(volatile int* flag, int* out) {
    if (threadIdx.x / 32 == 0) {
        while (*flag == 0) {
        }
        out[threadIdx.x] = *flag;
    } else if (threadIdx.x == 33) {
        *flag = 42;
    }
}
extern "C" __global__ void block_votes(int* out) {
    out[threadIdx.x] = __syncthreads_count(threadIdx.x % 3 == 0);
    out[96 + threadIdx.x] = __syncthreads_and(threadIdx.x < 96) + 2 * __syncthreads_or(threadIdx.x == 95);
    if (threadIdx.x < 32) return;
    __syncthreads();
    out[192 + threadIdx.x] = 5;
}
