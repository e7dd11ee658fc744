// Speed of three kernels of nvcc's against the same loops in C++ at -O3, one thread each, in one run.
#include <cmath>
#include <cstdio>
#include <ctime>

#include "heap_device.h"
#include "soft/launch/registry.h"
#include "testing.h"

namespace soft_test {
namespace {

// CPU time of this thread: the machine may be busy with other things.
double now() {
    timespec at{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) * 1e-9;
}

template <class Body>
double best_seconds(int rounds, Body body) {
    double best = 1e9;
    for (int k = 0; k < rounds; ++k) {
        const double begin = now();
        body();
        best = std::min(best, now() - begin);
    }
    return best;
}

void report(const char* name, const char* unit, double work, double engine, double native) {
    std::printf("%-8s engine %8.3f %s  g++ -O3 %8.3f %s  ratio %.2f\n", name, work / engine * 1e-9, unit,
                work / native * 1e-9, unit, native / engine);
}

void bench_vadd(HeapDevice& device, Kernels& kernels) {
    constexpr std::size_t kCount = std::size_t{1} << 18;
    Buffer<float> a(device, kCount), b(device, kCount), c(device, kCount);
    const Arguments arguments =
        Arguments().add(a.address()).add(b.address()).add(c.address()).add(static_cast<int>(kCount));
    const double engine =
        best_seconds(7, [&] { kernels.launch("_Z4vaddPKfS0_Pfi", {{1024, 1, 1}, {256, 1, 1}}, arguments); });
    const double native = best_seconds(7, [&] {
        float* out = c.data();
        const float* x = a.data();
        const float* y = b.data();
        for (std::size_t k = 0; k < kCount; ++k) out[k] = x[k] + y[k];
    });
    report("vadd", "Gel/s", kCount, engine, native);
}

void bench_sgemm(HeapDevice& device, Kernels& kernels) {
    constexpr std::size_t kN = 256;
    Buffer<float> a(device, kN * kN), b(device, kN * kN), c(device, kN * kN);
    for (std::size_t k = 0; k < kN * kN; ++k) a[k] = b[k] = std::sin(static_cast<float>(k));
    const Arguments arguments =
        Arguments().add(a.address()).add(b.address()).add(c.address()).add(static_cast<int>(kN));
    const double engine =
        best_seconds(5, [&] { kernels.launch("_Z5sgemmPKfS0_Pfi", {{16, 16, 1}, {16, 16, 1}}, arguments); });
    const double native = best_seconds(5, [&] {
        for (std::size_t y = 0; y < kN; ++y) {
            for (std::size_t x = 0; x < kN; ++x) {
                float sum = 0;
                for (std::size_t k = 0; k < kN; ++k) sum += a[y * kN + k] * b[k * kN + x];
                c[y * kN + x] = sum;
            }
        }
    });
    report("sgemm", "Gflop/s", 2.0 * kN * kN * kN, engine, native);
}

void bench_mandel(HeapDevice& device, Kernels& kernels) {
    constexpr int kWide = 512;
    constexpr int kHigh = 384;
    Buffer<int> out(device, static_cast<std::size_t>(kWide) * kHigh);
    const Arguments arguments = Arguments().add(out.address()).add(kWide).add(kHigh).add(256);
    const double engine =
        best_seconds(5, [&] { kernels.launch("_Z6mandelPiiii", {{16, 48, 1}, {32, 8, 1}}, arguments); });
    double work = 0;
    for (std::size_t k = 0; k < out.size(); ++k) work += out[k];
    const double native = best_seconds(3, [&] {
        for (int y = 0; y < kHigh; ++y) {
            for (int x = 0; x < kWide; ++x) {
                const float cx = -2 + 3.f * static_cast<float>(x) / kWide;
                const float cy = -1 + 2.f * static_cast<float>(y) / kHigh;
                float zx = 0;
                float zy = 0;
                int i = 0;
                while (i < 256 && zx * zx + zy * zy < 4) {
                    const float t = zx * zx - zy * zy + cx;
                    zy = 2 * zx * zy + cy;
                    zx = t;
                    ++i;
                }
                out[static_cast<std::size_t>(y * kWide + x)] = i;
            }
        }
    });
    report("mandel", "Giter/s", work, engine, native);
}

void bench_reduce(HeapDevice& device, Kernels& kernels) {
    constexpr std::size_t kCount = std::size_t{1} << 20;
    Buffer<float> in(device, kCount), out(device, 64);
    const Arguments arguments =
        Arguments().add(in.address()).add(out.address()).add(static_cast<int>(kCount));
    const double engine =
        best_seconds(7, [&] { kernels.launch("_Z6reducePKfPfi", {{64, 1, 1}, {256, 1, 1}}, arguments); });
    volatile float total = 0;
    const double native = best_seconds(7, [&] {
        float sum = 0;
        for (std::size_t k = 0; k < kCount; ++k) sum += in[k];
        total = sum;
    });
    report("reduce", "Gel/s", kCount, engine, native);
}

}  // namespace

int run_bench() {
    const std::string text = compiled("basic");
    if (text.empty()) return 0;
    HeapDevice device;
    std::printf("instruction set: %s\n", soft::instruction_set());
    const double load = best_seconds(5, [&] { Kernels again(device, text); });
    std::printf("load of 6 kernels: %.1f us\n", load * 1e6);
    Kernels kernels(device, text);
    bench_vadd(device, kernels);
    bench_sgemm(device, kernels);
    bench_mandel(device, kernels);
    bench_reduce(device, kernels);
    Buffer<float> tiny(device, 256);
    const Arguments one = Arguments().add(tiny.address()).add(tiny.address()).add(tiny.address()).add(256);
    const double launch =
        best_seconds(50, [&] { kernels.launch("_Z4vaddPKfS0_Pfi", {{1, 1, 1}, {256, 1, 1}}, one); });
    std::printf("launch of one block of 256: %.2f us\n", launch * 1e6);
    return 0;
}

}  // namespace soft_test
