// Kernel parameters beyond 4 KiB (up to 32,764 bytes in total), as CUDA 12.1 and later allow.
// Run by test/e2e as `big_params SEED`.
#include "../common.h"

template <int Words>
struct Block {
    unsigned words[Words];
};

template <int Words>
__global__ void sum_words(int before, const Block<Words> block, unsigned* sums, int after) {
    unsigned sum = unsigned(before * after);
    for (int i = threadIdx.x; i < Words; i += blockDim.x) sum += block.words[i] * unsigned(i + 1);
    sums[threadIdx.x] = sum;
}

template <int Words>
void check(guest::Run& run, const char* what) {
    static Block<Words> block;
    const int before = int(run.random.below(1000)), after = int(run.random.below(1000)), threads = 64;
    std::vector<unsigned> expected(threads, unsigned(before * after));
    for (int i = 0; i < Words; ++i) {
        block.words[i] = unsigned(run.random.next());
        expected[i % threads] += block.words[i] * unsigned(i + 1);
    }
    guest::DeviceArray<unsigned> sums(threads);
    for (int round = 0; round < 5; ++round) {
        sums.clear();
        sum_words<Words><<<1, threads>>>(before, block, sums.data(), after);
        CUDA_OK(cudaGetLastError());
        run.compare_all(what, expected, sums.download());
    }
}

int main(int argc, char** argv) {
    guest::Run run("big_params", argc, argv);
    check<1>(run, "4 bytes");
    check<1000>(run, "4000 bytes");
    check<1100>(run, "4400 bytes");
    check<4096>(run, "16 KiB");
    check<8180>(run, "32720 bytes");
    return run.finish();
}
