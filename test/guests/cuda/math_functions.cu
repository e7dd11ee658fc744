// The mathematics of the device library in f32 and f64, fast intrinsics too, within the error bounds that
// CUDA promises. Run by test/e2e as `math_functions SEED [N]`.
#include "../common.h"

constexpr int kFunctions = 16;

template <class T>
__host__ __device__ void evaluate(T x, T y, T* o) {
    o[0] = sin(x);
    o[1] = cos(x);
    o[2] = tan(x);
    o[3] = exp(x);
    o[4] = log(y);
    o[5] = pow(y, x);
    o[6] = tanh(x);
    o[7] = atan2(x, y);
    o[8] = cbrt(x);
    o[9] = erf(x);
    o[10] = asin(x / T(20));
    o[11] = log2(y);
    o[12] = exp2(x);
    o[13] = hypot(x, y);
    o[14] = fmod(x * 10, y);
    o[15] = sqrt(y) + T(1) / sqrt(y);
}

template <class T>
__global__ void on_device(const T* x, const T* y, T* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    evaluate<T>(x[i], y[i], out + i * kFunctions);
}

__global__ void fast(const float* x, const float* y, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    float* o = out + i * 7;
    o[0] = __sinf(x[i] / 10);
    o[1] = __cosf(x[i] / 10);
    o[2] = __expf(x[i]);
    o[3] = __logf(y[i]);
    o[4] = __powf(y[i], 1.5f);
    o[5] = __fdividef(x[i], y[i]);
    o[6] = rsqrtf(y[i]) + __frcp_rn(y[i]) + __saturatef(x[i]);
}

template <class T>
void check(guest::Run& run, const char* what, int count, double tolerance) {
    std::vector<T> x(count), y(count);
    for (int i = 0; i < count; ++i) {
        x[i] = T(run.random.unit()) * 16 - 8;
        y[i] = T(run.random.unit()) * 9 + T(0.01);
    }
    guest::DeviceArray<T> device_x(x), device_y(y), device_out(count * kFunctions);
    on_device<T><<<count / 64, 64>>>(device_x.data(), device_y.data(), device_out.data());
    CUDA_OK(cudaGetLastError());
    const std::vector<T> got = device_out.download();
    for (int i = 0; i < count; ++i) {
        double expected[kFunctions];
        evaluate<double>(x[i], y[i], expected);
        // In f32 x * 10 is rounded before the remainder; the CPU must do the same.
        expected[14] = std::fmod(double(T(x[i] * 10)), double(y[i]));
        for (int k = 0; k < kFunctions; ++k) {
            run.compare_close(what, i * kFunctions + k, expected[k], got[i * kFunctions + k], tolerance);
        }
    }
}

int main(int argc, char** argv) {
    guest::Run run("math_functions", argc, argv);
    const int count = int(run.size(0, 512)) / 64 * 64;
    check<float>(run, "f32", count, 4e-5);
    check<double>(run, "f64", count, 1e-12);

    std::vector<float> x(count), y(count);
    for (int i = 0; i < count; ++i) {
        x[i] = run.random.unit() * 10 - 5;
        y[i] = run.random.unit() * 10 + 0.5f;
    }
    guest::DeviceArray<float> device_x(x), device_y(y), device_out(count * 7);
    fast<<<count / 64, 64>>>(device_x.data(), device_y.data(), device_out.data());
    CUDA_OK(cudaDeviceSynchronize());
    const std::vector<float> got = device_out.download();
    for (int i = 0; i < count; ++i) {
        const double a = x[i], b = y[i];
        const double expected[7] = {std::sin(a / 10),
                                    std::cos(a / 10),
                                    std::exp(a),
                                    std::log(b),
                                    std::pow(b, 1.5),
                                    a / b,
                                    1 / std::sqrt(b) + 1 / b + std::fmin(1.0, std::fmax(0.0, a))};
        for (int k = 0; k < 7; ++k) run.compare_close("fast", i * 7 + k, expected[k], got[i * 7 + k], 1e-5);
    }
    return run.finish();
}
