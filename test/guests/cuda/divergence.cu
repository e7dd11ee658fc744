// Divergent control flow: loops of unequal length, early returns, switches, breaks out of nested loops,
// barriers reached by different paths, data-dependent shuffles afterwards. Run by test/e2e as `divergence
// SEED [BLOCKS]`.
#include "../common.h"

__host__ __device__ unsigned collatz(unsigned n) {
    unsigned steps = 0;
    while (n != 1) {
        if (n % 2 == 0) {
            n /= 2;
        } else {
            n = 3 * n + 1;
        }
        if (++steps > 300) break;
    }
    return steps;
}

__host__ __device__ unsigned classify(unsigned n) {
    switch (n % 11) {
        case 0:
            return n * 3;
        case 1:
            return n ^ 0x55;
        case 2:
        case 3:
            n += 7;
            [[fallthrough]];
        case 4:
            return n << 2;
        case 7: {
            for (unsigned i = 2; i * i <= n; ++i) {
                for (unsigned j = 0; j < 3; ++j) {
                    if ((n + j) % i == 0) return i * 10 + j;
                }
            }
            return 9;
        }
        default:
            break;
    }
    return n > 500 ? n - 500 : n & 31 ? 1 : 2;
}

__global__ void walk(const unsigned* input, unsigned* steps, unsigned* classes, unsigned* sums) {
    __shared__ unsigned phase[64];
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x, n = input[i];
    steps[i] = collatz(n);
    classes[i] = classify(n);
    if (threadIdx.x < 32) {
        phase[threadIdx.x] = n;
        __syncthreads();
    } else {
        phase[threadIdx.x] = n * 2;
        __syncthreads();
    }
    unsigned sum = phase[63 - threadIdx.x];
    for (unsigned k = 0; k < n % 5; ++k) sum += k;
    __syncwarp();
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(~0u, sum, offset);
    if (n % 3 == 0) return;
    sums[i] = sum;
}

int main(int argc, char** argv) {
    guest::Run run("divergence", argc, argv);
    const int blocks = int(run.size(0, 12)), count = blocks * 64;
    std::vector<unsigned> input(count), steps(count), classes(count), sums(count, 0);
    for (unsigned& value : input) value = 1 + run.random.below(5000);
    for (int i = 0; i < count; ++i) {
        steps[i] = collatz(input[i]);
        classes[i] = classify(input[i]);
        if (input[i] % 3 == 0) continue;
        for (int lane = i / 32 * 32; lane < i / 32 * 32 + 32; ++lane) {
            const int other = lane / 64 * 64 + 63 - lane % 64;
            sums[i] += input[other] * (other % 64 < 32 ? 1 : 2);
            for (unsigned k = 0; k < input[lane] % 5; ++k) sums[i] += k;
        }
    }
    guest::DeviceArray<unsigned> device_input(input), device_steps(count), device_classes(count),
        device_sums(count);
    device_sums.clear();
    walk<<<blocks, 64>>>(device_input.data(), device_steps.data(), device_classes.data(), device_sums.data());
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("steps", steps, device_steps.download());
    run.compare_all("class", classes, device_classes.download());
    run.compare_all("sum", sums, device_sums.download());
    return run.finish();
}
