// Warp votes and shuffles: any, all, ballot, uni by match, popc, and reductions by every kind of shuffle,
// also in part of a warp. Run by test/e2e as `warp_votes SEED [WARPS]`; built for compute_80 it uses redux as
// well.
#include "../common.h"

constexpr unsigned kFull = 0xFFFFFFFFu;
constexpr int kAnswers = 12;

__device__ unsigned warp_sum(unsigned value) {
#if __CUDA_ARCH__ >= 800
    return __reduce_add_sync(kFull, value);
#else
    for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(kFull, value, offset);
    return value;
#endif
}

__global__ void vote(const unsigned* input, unsigned* answers) {
    const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32;
    const unsigned value = input[thread];
    unsigned* mine = answers + thread * kAnswers;
    mine[0] = __any_sync(kFull, value % 64 == 0);
    mine[1] = __all_sync(kFull, value % 64 != 0);
    mine[2] = __ballot_sync(kFull, value & 1);
    mine[3] = __shfl_sync(kFull, value, 7);
    mine[4] = __shfl_up_sync(kFull, value, 3);
    mine[5] = __shfl_down_sync(kFull, value, 5);
    mine[6] = __shfl_xor_sync(kFull, value, 9);
    mine[7] = __shfl_sync(kFull, value, 2, 8);
    mine[8] = warp_sum(value % 1000);
    mine[9] = __match_any_sync(kFull, value % 4);
    mine[10] = 0;
    mine[11] = 0;
    if (lane < 20) {
        mine[10] = __ballot_sync(0x000FFFFFu, value & 2);
        mine[11] = __popc(__activemask());
    }
    __syncwarp();
}

__global__ void inclusive_sums(const unsigned* input, unsigned* sums) {
    const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32;
    unsigned sum = input[thread];
    for (int offset = 1; offset < 32; offset *= 2) {
        const unsigned below = __shfl_up_sync(kFull, sum, offset);
        if (lane >= offset) sum += below;
    }
    sums[thread] = sum;
}

__global__ void wide_shuffles(const double* input, double* output) {
    const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
    output[thread] = __shfl_down_sync(kFull, input[thread], 1) + __shfl_xor_sync(kFull, input[thread], 31);
}

// What lane `lane` of the warp `w` must answer.
static void expect(const unsigned* w, unsigned lane, unsigned* answer) {
    std::memset(answer, 0, kAnswers * sizeof(unsigned));
    answer[1] = 1;
    for (unsigned i = 0; i < 32; ++i) {
        answer[0] |= w[i] % 64 == 0;
        answer[1] &= w[i] % 64 != 0;
        answer[2] |= (w[i] & 1) << i;
        answer[8] += w[i] % 1000;
        answer[9] |= unsigned(w[i] % 4 == w[lane] % 4) << i;
        if (i < 20 && lane < 20) answer[10] |= (w[i] >> 1 & 1) << i;
    }
    answer[3] = w[7];
    answer[4] = lane >= 3 ? w[lane - 3] : w[lane];
    answer[5] = lane + 5 < 32 ? w[lane + 5] : w[lane];
    answer[6] = w[lane ^ 9];
    answer[7] = w[lane / 8 * 8 + 2];
    answer[11] = lane < 20 ? 20 : 0;
}

int main(int argc, char** argv) {
    guest::Run run("warp_votes", argc, argv);
    const unsigned warps = unsigned(run.size(0, 24)), threads = warps * 32;
    std::vector<unsigned> input(threads), expected(threads * kAnswers), sums(threads);
    for (unsigned& value : input) value = unsigned(run.random.next());
    for (unsigned i = 0; i < threads; ++i) {
        expect(&input[i / 32 * 32], i % 32, &expected[i * kAnswers]);
        sums[i] = input[i] + (i % 32 ? sums[i - 1] : 0);
    }
    guest::DeviceArray<unsigned> device_input(input), answers(threads * kAnswers), device_sums(threads);
    vote<<<threads / 64, 64>>>(device_input.data(), answers.data());
    inclusive_sums<<<threads / 64, 64>>>(device_input.data(), device_sums.data());
    CUDA_OK(cudaGetLastError());
    run.compare_all("answer", expected, answers.download());
    run.compare_all("inclusive sum", sums, device_sums.download());

    std::vector<double> reals(threads), shuffled(threads);
    for (double& value : reals) value = double(run.random.next() >> 12);
    for (unsigned i = 0; i < threads; ++i) {
        shuffled[i] = reals[i % 32 == 31 ? i : i + 1] + reals[i / 32 * 32 + (i % 32 ^ 31)];
    }
    guest::DeviceArray<double> device_reals(reals), device_shuffled(threads);
    wide_shuffles<<<threads / 64, 64>>>(device_reals.data(), device_shuffled.data());
    run.compare_all("double shuffle", shuffled, device_shuffled.download());
    return run.finish();
}
