// What few programs use: cache operators, prefetches, sleeping, the clocks, atomics of 16-bit floats,
// fp8, bit masks, tiles of more than a warp, asynchronous copies and arrive-wait barriers. Run by
// test/e2e as `rare_instructions SEED [BLOCKS]`.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cuda_awbarrier_primitives.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cuda_pipeline.h>

#include "../common.h"

namespace cg = cooperative_groups;
constexpr int kThreads = 128;
constexpr int kOutputs = 7;

__device__ unsigned masked(unsigned from, unsigned width) {
    unsigned mask;
    asm("bmsk.clamp.b32 %0, %1, %2;" : "=r"(mask) : "r"(from), "r"(width));
    return mask;
}

__device__ int extended(int value, unsigned bits) {
    int result;
    asm("szext.wrap.s32 %0, %1, %2;" : "=r"(result) : "r"(value), "r"(bits));
    return result;
}

__global__ void through_caches(const unsigned* in, unsigned* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    asm volatile("prefetch.global.L2 [%0];" ::"l"(in + i));
    asm volatile("prefetch.global.L1 [%0];" ::"l"(in + i));
    unsigned* o = out + i * kOutputs;
    __stcg(o, __ldca(in + i) + __ldcg(in + i));
    __stcs(o + 1, __ldcs(in + i) ^ __ldlu(in + i));
    __stwt(o + 2, __ldcv(in + i) * 3u);
    __stwb(o + 3, __fns(in[i], 0, 3));
    o[4] = masked(in[i] & 31u, in[i] >> 8 & 31u);
    o[5] = unsigned(extended(int(in[i]), 11));
    o[6] = __nv_cvt_float_to_fp8(float(int(in[i] & 255u) - 128), __NV_SATFINITE, __NV_E4M3);
}

// Each of these is 1 when time went on as it should.
__global__ void clocks(unsigned* out) {
    const long long cycles = clock64();
    const clock_t ticks = clock();
    unsigned long long before, after;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(before));
    __nanosleep(1000);
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(after));
    const bool goes_on = clock64() >= cycles && after >= before && before > 1'500'000'000'000'000'000ull;
    out[blockIdx.x * blockDim.x + threadIdx.x] = goes_on && clock() - ticks >= 0 ? 1u : 0u;
}

__global__ void add_halves(__half* h, __half2* pair, __nv_bfloat16* b, __nv_bfloat162* wide) {
    atomicAdd(h, __float2half(1.0f));
    atomicAdd(pair, __floats2half2_rn(1.0f, 2.0f));
    atomicAdd(b, __float2bfloat16(0.5f));
    atomicAdd(wide, __floats2bfloat162_rn(0.25f, 0.5f));
}

__global__ void wide_tiles(const int* in, int* sums) {
    __shared__ cg::block_tile_memory<kThreads> memory;
    const auto block = cg::this_thread_block(memory);
    const auto tile = cg::tiled_partition<64>(block);
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    sums[i] = cg::reduce(tile, in[i], cg::plus<int>());
    tile.sync();
}

// A block copies its part, and its reverse comes out; every thread's copy is waited for in another way by
// parity.
__global__ void reversed(const int* in, int* out) {
    __shared__ int part[kThreads];
    __shared__ __mbarrier_t barrier;
    if (threadIdx.x == 0) __mbarrier_init(&barrier, kThreads);
    __syncthreads();
    const int base = blockIdx.x * kThreads;
    __pipeline_memcpy_async(part + threadIdx.x, in + base + threadIdx.x, sizeof(int));
    __pipeline_commit();
    __pipeline_wait_prior(0);
    const __mbarrier_token_t token = __mbarrier_arrive(&barrier);
    while (!__mbarrier_test_wait(&barrier, token)) {
    }
    out[base + threadIdx.x] = part[kThreads - 1 - threadIdx.x];
}

static unsigned nth_set(unsigned mask, int n) {
    for (unsigned bit = 0; bit < 32; ++bit) {
        if ((mask >> bit & 1u) != 0 && --n == 0) return bit;
    }
    return 0xffffffffu;
}

static float from_e4m3(unsigned char bits) {
    const int exponent = bits >> 3 & 15;
    const float fraction = float(bits & 7) / 8;
    const float size = exponent == 0 ? std::ldexp(fraction, -6) : std::ldexp(1 + fraction, exponent - 7);
    return bits & 0x80 ? -size : size;
}

static void check_caches(guest::Run& run, int count) {
    std::vector<unsigned> in(count);
    for (unsigned& v : in) v = unsigned(run.random.next());
    guest::DeviceArray<unsigned> device_in(in), device_out(count * kOutputs);
    through_caches<<<count / kThreads, kThreads>>>(device_in.data(), device_out.data());
    CUDA_OK(cudaGetLastError());
    const std::vector<unsigned> got = device_out.download();
    for (int i = 0; i < count; ++i) {
        const unsigned from = in[i] & 31u, width = in[i] >> 8 & 31u;
        const unsigned long long ones = ((1ull << width) - 1) << from;
        const int low = int(in[i] << 21) >> 21;
        const unsigned expected[] = {2 * in[i],         0u,             3 * in[i],
                                     nth_set(in[i], 3), unsigned(ones), unsigned(low)};
        for (int k = 0; k < 6; ++k)
            run.compare("cache", i * kOutputs + k, expected[k], got[i * kOutputs + k]);
        const float value = float(int(in[i] & 255u) - 128);
        const float back = from_e4m3((unsigned char)(got[i * kOutputs + 6]));
        run.compare("fp8 near", i, true, std::fabs(back - value) <= std::fabs(value) / 16);
    }
}

int main(int argc, char** argv) {
    guest::Run run("rare_instructions", argc, argv);
    const int count = int(run.size(0, 2)) * kThreads;
    check_caches(run, count);

    guest::DeviceArray<unsigned> times(count);
    clocks<<<count / kThreads, kThreads>>>(times.data());
    CUDA_OK(cudaGetLastError());
    run.compare_all("clocks", std::vector<unsigned>(count, 1u), times.download());

    guest::DeviceArray<unsigned> cells(std::vector<unsigned>(4));
    unsigned* at = cells.data();
    add_halves<<<1, 100>>>((__half*)at, (__half2*)(at + 1), (__nv_bfloat16*)(at + 2),
                           (__nv_bfloat162*)(at + 3));
    CUDA_OK(cudaGetLastError());
    // 100 in f16, 100 and 200 in f16, 50 in bf16, 25 and 50 in bf16: all sums on the way are exact.
    run.compare_all("halves", {0x5640u, 0x5a405640u, 0x4248u, 0x424841c8u}, cells.download());

    std::vector<int> values(count), sums(count), backwards(count);
    for (int& v : values) v = int(run.random.below(1000));
    for (int i = 0; i < count; ++i) {
        for (int k = 0; k < 64; ++k) sums[i] += values[i / 64 * 64 + k];
        backwards[i] = values[i / kThreads * kThreads + kThreads - 1 - i % kThreads];
    }
    guest::DeviceArray<int> device_values(values), device_sums(count), device_backwards(count);
    wide_tiles<<<count / kThreads, kThreads>>>(device_values.data(), device_sums.data());
    reversed<<<count / kThreads, kThreads>>>(device_values.data(), device_backwards.data());
    CUDA_OK(cudaGetLastError());
    run.compare_all("tiles", sums, device_sums.download());
    run.compare_all("reversed", backwards, device_backwards.download());
    return run.finish();
}
