// f16 and bf16: conversions, arithmetic, comparisons, packed pairs, against the CPU's rounding of the same
// operation. Run by test/e2e as `half_precision SEED [N]`.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "../common.h"

constexpr int kOutputs = 8;

__global__ void scalars(const float* x, const float* y, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const __half a = __float2half(x[i]), b = __float2half(y[i]);
    float* o = out + i * kOutputs;
    o[0] = __half2float(a);
    o[1] = __half2float(__hadd(a, b));
    o[2] = __half2float(__hmul(a, b));
    o[3] = __half2float(__hsub(a, b));
    o[4] = __hlt(a, b) ? 1.0f : __heq(a, b) ? 0.5f : 0.0f;
    o[5] = float(__half2int_rn(a)) + __half2float(__int2half_rn(i));
    o[6] = __bfloat162float(__float2bfloat16(x[i]));
    o[7] = __half2float(__hneg(b)) + __half2float(__habs(a));
}

__global__ void pairs(const __half2* x, const __half2* y, __half2* out, int count) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) out[i] = __hfma2(x[i], y[i], __float2half2_rn(1.0f));
}

static float as_half(float value) { return __half2float(__float2half(value)); }

int main(int argc, char** argv) {
    guest::Run run("half_precision", argc, argv);
    const int count = int(run.size(0, 512)) / 64 * 64;
    std::vector<float> x(count), y(count);
    for (int i = 0; i < count; ++i) {
        x[i] = (run.random.unit() - 0.5f) * float(1u << run.random.below(10));
        y[i] = i % 16 ? (run.random.unit() - 0.5f) * float(1u << run.random.below(10)) : x[i];
    }
    guest::DeviceArray<float> device_x(x), device_y(y), device_out(count * kOutputs);
    scalars<<<count / 64, 64>>>(device_x.data(), device_y.data(), device_out.data());
    CUDA_OK(cudaGetLastError());
    const std::vector<float> got = device_out.download();
    for (int i = 0; i < count; ++i) {
        const float a = as_half(x[i]), b = as_half(y[i]);
        const float expected[kOutputs] = {a,
                                          as_half(a + b),
                                          as_half(a * b),
                                          as_half(a - b),
                                          a < b    ? 1.0f
                                          : a == b ? 0.5f
                                                   : 0.0f,
                                          std::nearbyint(a) + as_half(float(i)),
                                          __bfloat162float(__float2bfloat16(x[i])),
                                          std::fabs(a) - b};
        for (int k = 0; k < kOutputs; ++k)
            run.compare("scalar", i * kOutputs + k, expected[k], got[i * kOutputs + k]);
    }

    // Small integers: a * b + 1 is exact in f16, however it is rounded.
    std::vector<__half2> left(count), right(count);
    std::vector<float> products(2 * count);
    for (int i = 0; i < count; ++i) {
        const float values[4] = {float(run.random.below(30)), float(run.random.below(30)),
                                 float(run.random.below(30)), float(run.random.below(30))};
        left[i] = __floats2half2_rn(values[0], values[1]);
        right[i] = __floats2half2_rn(values[2], values[3]);
        products[2 * i] = values[0] * values[2] + 1;
        products[2 * i + 1] = values[1] * values[3] + 1;
    }
    guest::DeviceArray<__half2> device_left(left), device_right(right), device_pairs(count);
    pairs<<<count / 64 + 1, 64>>>(device_left.data(), device_right.data(), device_pairs.data(), count);
    CUDA_OK(cudaGetLastError());
    const std::vector<__half2> sums = device_pairs.download();
    for (int i = 0; i < count; ++i) {
        run.compare("low half", i, products[2 * i], __low2float(sums[i]));
        run.compare("high half", i, products[2 * i + 1], __high2float(sums[i]));
    }
    return run.finish();
}
