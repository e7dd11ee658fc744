// Every atomic of the integer types on global and shared memory, and the float and double additions.
// Run by test/e2e as `atomics SEED [THREADS]`. Only results that no order of execution can change are
// compared.
#include "../common.h"

enum Slot { kAdd, kExchange, kMax, kMin, kInc, kDec, kCas, kAnd, kOr, kXor, kSub, kSlotCount };

template <class T>
__device__ void apply(T* slots, unsigned i) {
    atomicAdd(&slots[kAdd], T(10));
    atomicExch(&slots[kExchange], T(i));
    atomicMax(&slots[kMax], T(i));
    atomicMin(&slots[kMin], T(i));
    atomicCAS(&slots[kCas], T(i), T(i + 1));
    atomicAnd(&slots[kAnd], T(2 * i + 7));
    atomicOr(&slots[kOr], T(1) << (i % 31));
    atomicXor(&slots[kXor], T(i));
}

__global__ void apply_int(int* slots) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    apply(slots, i);
    atomicSub(&slots[kSub], 3);
}
__global__ void apply_unsigned(unsigned* slots) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    apply(slots, i);
    atomicSub(&slots[kSub], 3u);
    atomicInc(&slots[kInc], 17u);
    atomicDec(&slots[kDec], 137u);
}
__global__ void apply_wide(unsigned long long* slots) { apply(slots, blockIdx.x * blockDim.x + threadIdx.x); }
__global__ void apply_shared(unsigned* totals) {
    __shared__ unsigned bins[8];
    if (threadIdx.x < 8) bins[threadIdx.x] = 0;
    __syncthreads();
    atomicAdd(&bins[threadIdx.x % 7], threadIdx.x);
    atomicMax(&bins[7], threadIdx.x * 3);
    __syncthreads();
    if (threadIdx.x < 7) atomicAdd(&totals[threadIdx.x], bins[threadIdx.x]);
    if (threadIdx.x == 7) atomicMax(&totals[7], bins[7]);
}
__global__ void apply_real(float* single, double* twice) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(&single[i % 3], float(i % 16));
    atomicAdd(&twice[i % 5], double(i) + 0.5);
}

// The slots whose final value does not depend on the order of the threads.
template <class T>
std::vector<T> expected_slots(const std::vector<T>& initial, unsigned threads) {
    std::vector<T> slots = initial;
    for (unsigned i = 0; i < threads; ++i) {
        slots[kAdd] += T(10);
        slots[kMax] = T(i) > slots[kMax] ? T(i) : slots[kMax];
        slots[kMin] = T(i) < slots[kMin] ? T(i) : slots[kMin];
        slots[kAnd] &= T(2 * i + 7);
        slots[kOr] |= T(1) << (i % 31);
        slots[kXor] ^= T(i);
    }
    return slots;
}

template <class T>
void compare_slots(guest::Run& run, const char* what, const std::vector<T>& expected,
                   const std::vector<T>& got, unsigned threads) {
    for (int slot : {kAdd, kMax, kMin, kAnd, kOr, kXor, kSub, kInc, kDec}) {
        run.compare(what, std::size_t(slot), expected[slot], got[slot]);
    }
    run.require(got[kExchange] < T(threads), "the exchanged value is one that some thread stored");
    run.require(got[kCas] >= T(1) && got[kCas] <= T(threads), "compare-and-swap moved on at least once");
}

int main(int argc, char** argv) {
    guest::Run run("atomics", argc, argv);
    const unsigned blocks = 16, threads = unsigned(run.size(0, 128)), all = blocks * threads;

    std::vector<int> signed_slots(kSlotCount, 0);
    signed_slots[kAnd] = signed_slots[kXor] = 0xFF;
    signed_slots[kMin] = 5;
    guest::DeviceArray<int> device_signed(signed_slots);
    apply_int<<<blocks, threads>>>(device_signed.data());
    std::vector<int> expected_signed = expected_slots(signed_slots, all);
    expected_signed[kSub] = -3 * int(all);
    compare_slots(run, "int", expected_signed, device_signed.download(), all);

    std::vector<unsigned> slots(kSlotCount, 0);
    slots[kAnd] = slots[kXor] = unsigned(run.random.next());
    guest::DeviceArray<unsigned> device_slots(slots);
    apply_unsigned<<<blocks, threads>>>(device_slots.data());
    std::vector<unsigned> expected = expected_slots(slots, all);
    expected[kSub] = 0u - 3 * all;
    for (unsigned i = 0; i < all; ++i) {
        expected[kInc] = expected[kInc] >= 17 ? 0 : expected[kInc] + 1;
        expected[kDec] = expected[kDec] == 0 || expected[kDec] > 137 ? 137 : expected[kDec] - 1;
    }
    compare_slots(run, "unsigned", expected, device_slots.download(), all);

    std::vector<unsigned long long> wide(kSlotCount, 0);
    wide[kAnd] = wide[kXor] = wide[kAdd] = run.random.next();
    guest::DeviceArray<unsigned long long> device_wide(wide);
    apply_wide<<<blocks, threads>>>(device_wide.data());
    compare_slots(run, "wide", expected_slots(wide, all), device_wide.download(), all);

    guest::DeviceArray<unsigned> totals(8);
    totals.clear();
    apply_shared<<<blocks, threads>>>(totals.data());
    std::vector<unsigned> expected_totals(8, 0);
    for (unsigned i = 0; i < threads; ++i) expected_totals[i % 7] += i * blocks;
    expected_totals[7] = (threads - 1) * 3;
    run.compare_all("shared", expected_totals, totals.download());

    guest::DeviceArray<float> single(3);
    guest::DeviceArray<double> twice(5);
    single.clear();
    twice.clear();
    apply_real<<<blocks, threads>>>(single.data(), twice.data());
    std::vector<float> expected_single(3, 0.0f);
    std::vector<double> expected_twice(5, 0.0);
    for (unsigned i = 0; i < all; ++i) {
        expected_single[i % 3] += float(i % 16);
        expected_twice[i % 5] += double(i) + 0.5;
    }
    run.compare_all("float", expected_single, single.download());
    run.compare_all("double", expected_twice, twice.download());
    return run.finish();
}
