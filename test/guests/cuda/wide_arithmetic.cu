// 64-bit integers and f64: products, high halves, division and remainder, shifts, carries, rounding modes,
// conversions, bit counting. Everything here is exact, so the CPU must agree bit by bit. Run by test/e2e as
// `wide_arithmetic SEED [N]`.
#include <cfenv>

#include "../common.h"

typedef unsigned long long u64;
typedef long long i64;
constexpr int kIntegers = 17, kReals = 12;

__global__ void integers(const u64* x, const u64* y, u64* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const u64 a = x[i], b = y[i];
    u64* o = out + i * kIntegers;
    o[0] = a * b;
    o[1] = __umul64hi(a, b);
    o[2] = u64(__mul64hi(i64(a), i64(b)));
    o[3] = a / b;
    o[4] = a % b;
    o[5] = u64(i64(a) / i64(b | 1));
    o[6] = u64(i64(a) % i64(b | 1));
    o[7] = a << (b & 63);
    o[8] = u64(i64(a) >> (b & 63));
    o[9] =
        u64(__popcll(a)) * 10000 + u64(__clzll(i64(b >> (a & 63)))) * 100 + u64(__ffsll(i64(a << (b & 31))));
    o[10] = __brevll(a);
    o[11] = unsigned(a) / unsigned(b | 1) + unsigned(a) % unsigned(b | 1);
    o[12] = u64(i64(int(a) / int(b | 3)) + int(a) % int(b | 3));
    o[13] = __byte_perm(unsigned(a), unsigned(b), 0x5140);
    o[14] = __funnelshift_l(unsigned(a), unsigned(b), unsigned(a >> 32));
    o[15] = u64(i64(__mulhi(int(a), int(b)))) + __umulhi(unsigned(a), unsigned(b));
    o[16] = a < b ? a : b;
}

__global__ void reals(const double* x, const double* y, double* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const double a = x[i], b = y[i];
    double* o = out + i * kReals;
    o[0] = __dadd_rn(a, b);
    o[1] = __dadd_rz(a, b);
    o[2] = __dadd_ru(a, b);
    o[3] = __dadd_rd(a, b);
    o[4] = __dmul_rn(a, b);
    o[5] = __dmul_ru(a, b);
    o[6] = a / b;
    o[7] = sqrt(fabs(a));
    o[8] = fma(a, b, 1.0);
    o[9] = double(i64(a * 1000)) + double(u64(fabs(b) * 1000));
    o[10] = double(float(a)) + double(__fdiv_rn(float(a), float(b))) + __fsqrt_rn(float(fabs(b)));
    o[11] = floor(a) + ceil(b) + trunc(a) + rint(b) + fmin(a, b) - fmax(a, b) + copysign(a, b);
}

static u64 reverse_bits(u64 x) {
    u64 reversed = 0;
    for (int bit = 0; bit < 64; ++bit) reversed |= (x >> bit & 1) << (63 - bit);
    return reversed;
}

static void expect_integers(u64 a, u64 b, u64* o) {
    const u64 shifted = b >> (a & 63), low = a << (b & 31);
    const u64 c = a >> 32 & 31, pair = (b << 32) | unsigned(a);
    o[0] = a * b;
    o[1] = u64((unsigned __int128)a * b >> 64);
    o[2] = u64((__int128)i64(a) * i64(b) >> 64);
    o[3] = a / b;
    o[4] = a % b;
    o[5] = u64(i64(a) / i64(b | 1));
    o[6] = u64(i64(a) % i64(b | 1));
    o[7] = a << (b & 63);
    o[8] = u64(i64(a) >> (b & 63));
    o[9] = u64(__builtin_popcountll(a)) * 10000 + u64(shifted ? __builtin_clzll(shifted) : 64) * 100 +
           u64(low ? __builtin_ctzll(low) + 1 : 0);
    o[10] = reverse_bits(a);
    o[11] = unsigned(a) / unsigned(b | 1) + unsigned(a) % unsigned(b | 1);
    o[12] = u64(i64(int(a) / int(b | 3)) + int(a) % int(b | 3));
    // Selector 0x5140, lowest nibble first: bytes 0 and 4, then 1 and 5.
    o[13] = (a & 0xFF) | (b & 0xFF) << 8 | (a >> 8 & 0xFF) << 16 | (b >> 8 & 0xFF) << 24;
    o[14] = unsigned(pair << c >> 32);
    o[15] = u64(i64(int(i64(int(a)) * int(b) >> 32))) + unsigned(u64(unsigned(a)) * unsigned(b) >> 32);
    o[16] = a < b ? a : b;
}

// Volatile operands, so that the compiler computes at run time in the rounding mode that is set.
static double rounded(int mode, char operation, double x, double y) {
    volatile double a = x, b = y, result = 0;
    std::fesetround(mode);
    if (operation == '+') result = a + b;
    if (operation == '*') result = a * b;
    std::fesetround(FE_TONEAREST);
    return result;
}

static void expect_reals(double a, double b, double* o) {
    o[0] = a + b;
    o[1] = rounded(FE_TOWARDZERO, '+', a, b);
    o[2] = rounded(FE_UPWARD, '+', a, b);
    o[3] = rounded(FE_DOWNWARD, '+', a, b);
    o[4] = a * b;
    o[5] = rounded(FE_UPWARD, '*', a, b);
    o[6] = a / b;
    o[7] = std::sqrt(std::fabs(a));
    o[8] = std::fma(a, b, 1.0);
    o[9] = double(i64(a * 1000)) + double(u64(std::fabs(b) * 1000));
    o[10] = double(float(a)) + double(float(a) / float(b)) + std::sqrt(float(std::fabs(b)));
    o[11] = std::floor(a) + std::ceil(b) + std::trunc(a) + std::rint(b) + std::fmin(a, b) - std::fmax(a, b) +
            std::copysign(a, b);
}

int main(int argc, char** argv) {
    guest::Run run("wide_arithmetic", argc, argv);
    const int count = int(run.size(0, 640)) / 64 * 64;
    std::vector<u64> x(count), y(count), expected(count * kIntegers);
    std::vector<double> a(count), b(count), expected_reals(count * kReals);
    for (int i = 0; i < count; ++i) {
        x[i] = run.random.next() >> run.random.below(40);
        y[i] = (run.random.next() >> run.random.below(60)) | 4;
        a[i] =
            (double(run.random.next() >> 11) - 4503599627370496.0) / double(1 + run.random.below(1u << 30));
        b[i] = (double(run.random.next() >> 11) - 4503599627370496.0) / 1e13 + 1e-7;
        expect_integers(x[i], y[i], &expected[i * kIntegers]);
        expect_reals(a[i], b[i], &expected_reals[i * kReals]);
    }
    guest::DeviceArray<u64> device_x(x), device_y(y), device_out(expected.size());
    guest::DeviceArray<double> device_a(a), device_b(b), device_reals(expected_reals.size());
    integers<<<count / 64, 64>>>(device_x.data(), device_y.data(), device_out.data());
    reals<<<count / 64, 64>>>(device_a.data(), device_b.data(), device_reals.data());
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("integer", expected, device_out.download());
    run.compare_all("real", expected_reals, device_reals.download());
    return run.finish();
}
