// Inline PTX: special registers, carry chains, predicates, vector moves, bit fields, lane masks, shared
// address conversion. Run by test/e2e as `inline_ptx SEED [BLOCKS]`.
#include "../common.h"

constexpr int kOutputs = 9;

__device__ unsigned lane_id() {
    unsigned lane;
    asm("mov.u32 %0, %%laneid;" : "=r"(lane));
    return lane;
}

__device__ void add_128(unsigned* x, const unsigned* y) {
    asm("add.cc.u32 %0, %0, %4; addc.cc.u32 %1, %1, %5; addc.cc.u32 %2, %2, %6; addc.u32 %3, %3, %7;"
        : "+r"(x[0]), "+r"(x[1]), "+r"(x[2]), "+r"(x[3])
        : "r"(y[0]), "r"(y[1]), "r"(y[2]), "r"(y[3]));
}

__global__ void probe(const unsigned* input, unsigned* output) {
    __shared__ unsigned cell[64];
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    const unsigned a = input[2 * i], b = input[2 * i + 1];
    unsigned* o = output + i * kOutputs;
    unsigned x[4] = {a, b, ~0u, a ^ b};
    const unsigned y[4] = {b, ~a, b | 1, 5};
    add_128(x, y);
    o[0] = lane_id();
    o[1] = x[0] ^ x[1] ^ x[2] ^ x[3];
    asm("bfe.u32 %0, %1, 5, 11;" : "=r"(o[2]) : "r"(a));
    asm("bfi.b32 %0, %1, %2, 8, 7;" : "=r"(o[3]) : "r"(a), "r"(b));
    asm("{ .reg .pred p; setp.lt.u32 p, %1, %2; selp.u32 %0, %1, %2, p; }" : "=r"(o[4]) : "r"(a), "r"(b));
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(o[5]) : "r"(a), "r"(b), "r"(i));
    asm("mov.u32 %0, %%lanemask_lt;" : "=r"(o[6]));
    unsigned long long wide;
    asm("mov.b64 %0, {%1, %2};" : "=l"(wide) : "r"(a), "r"(b));
    o[7] = unsigned(wide >> 13);
    const unsigned address = unsigned(__cvta_generic_to_shared(&cell[threadIdx.x]));
    asm volatile("st.shared.u32 [%0], %1;" ::"r"(address), "r"(a + b) : "memory");
    __syncthreads();
    o[8] = cell[threadIdx.x ^ 1];
}

static unsigned sum_128(unsigned a, unsigned b) {
    const unsigned x[4] = {a, b, ~0u, a ^ b}, y[4] = {b, ~a, b | 1, 5};
    unsigned long long carry = 0;
    unsigned mixed = 0;
    for (int i = 0; i < 4; ++i) {
        carry += (unsigned long long)x[i] + y[i];
        mixed ^= unsigned(carry);
        carry >>= 32;
    }
    return mixed;
}

int main(int argc, char** argv) {
    guest::Run run("inline_ptx", argc, argv);
    const int count = int(run.size(0, 4)) * 64;
    std::vector<unsigned> input(2 * count), expected(count * kOutputs);
    for (unsigned& value : input) value = unsigned(run.random.next());
    for (int i = 0; i < count; ++i) {
        const unsigned a = input[2 * i], b = input[2 * i + 1], lane = unsigned(i % 32);
        unsigned* o = &expected[i * kOutputs];
        o[0] = lane;
        o[1] = sum_128(a, b);
        o[2] = a >> 5 & 0x7FF;
        o[3] = (b & ~0x7F00u) | (a & 0x7F) << 8;
        o[4] = a < b ? a : b;
        o[5] = a ^ b ^ unsigned(i);
        o[6] = (1u << lane) - 1;
        o[7] = unsigned(((unsigned long long)b << 32 | a) >> 13);
        o[8] = input[2 * (i ^ 1)] + input[2 * (i ^ 1) + 1];
    }
    guest::DeviceArray<unsigned> device_input(input), output(expected.size());
    probe<<<count / 64, 64>>>(device_input.data(), output.data());
    CUDA_OK(cudaGetLastError());
    run.compare_all("output", expected, output.download());
    return run.finish();
}
