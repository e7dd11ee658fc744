// Programs as nvcc makes them: vector addition, tiled matrix product, Mandelbrot, reduction, transposition.
#include <cmath>
#include <numeric>

#include "heap_device.h"
#include "testing.h"

namespace soft_test {
namespace {

TEST("nvcc's vadd adds two vectors whose length is not a multiple of the block") {
    const std::string text = compiled("basic");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    CHECK_EQ(kernels.log, std::string());
    constexpr int kCount = 100003;
    Buffer<float> a(device, kCount), b(device, kCount), c(device, kCount);
    for (int k = 0; k < kCount; ++k) a[static_cast<std::size_t>(k)] = static_cast<float>(k);
    for (int k = 0; k < kCount; ++k) b[static_cast<std::size_t>(k)] = static_cast<float>(2 * k);
    const auto fault =
        kernels.launch("_Z4vaddPKfS0_Pfi", {{391, 1, 1}, {256, 1, 1}, 0, false, 2},
                       Arguments().add(a.address()).add(b.address()).add(c.address()).add(kCount));
    CHECK_EQ(fault.text, std::string());
    int wrong = 0;
    for (int k = 0; k < kCount; ++k) wrong += c[static_cast<std::size_t>(k)] != static_cast<float>(3 * k);
    CHECK_EQ(wrong, 0);
}

TEST("nvcc's tiled matrix product gives the bits of the same sums with fma") {
    const std::string text = compiled("basic");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    constexpr std::size_t kN = 64;
    Buffer<float> a(device, kN * kN), b(device, kN * kN), c(device, kN * kN);
    for (std::size_t k = 0; k < kN * kN; ++k) a[k] = std::sin(static_cast<float>(k));
    for (std::size_t k = 0; k < kN * kN; ++k) b[k] = std::cos(static_cast<float>(k));
    const auto fault = kernels.launch("_Z5sgemmPKfS0_Pfi", {{4, 4, 1}, {16, 16, 1}, 0, false, 2},
                                      Arguments().add(a.address()).add(b.address()).add(c.address()).add(64));
    CHECK_EQ(fault.text, std::string());
    int wrong = 0;
    for (std::size_t y = 0; y < kN; ++y) {
        for (std::size_t x = 0; x < kN; ++x) {
            float sum = 0;
            for (std::size_t k = 0; k < kN; ++k) sum = std::fma(a[y * kN + k], b[k * kN + x], sum);
            wrong += sum != c[y * kN + x];
        }
    }
    CHECK_EQ(wrong, 0);
}

int escape_time(float cx, float cy, int limit) {
    float zx = 0;
    float zy = 0;
    int i = 0;
    while (i < limit && std::fma(zx, zx, zy * zy) < 4) {
        const float t = std::fma(zx, zx, -(zy * zy)) + cx;
        zy = std::fma(zx + zx, zy, cy);
        zx = t;
        ++i;
    }
    return i;
}

TEST("nvcc's Mandelbrot kernel diverges and gives nearly every pixel of the same fma in C++") {
    const std::string text = compiled("basic");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    constexpr int kWide = 150;
    constexpr int kHigh = 90;
    Buffer<int> out(device, kWide * kHigh);
    const auto fault = kernels.launch("_Z6mandelPiiii", {{5, 12, 1}, {32, 8, 1}, 0, false, 2},
                                      Arguments().add(out.address()).add(kWide).add(kHigh).add(500));
    CHECK_EQ(fault.text, std::string());
    int wrong = 0;
    for (int y = 0; y < kHigh; ++y) {
        for (int x = 0; x < kWide; ++x) {
            const float cx = -2 + 3.f * static_cast<float>(x) / kWide;
            const float cy = -1 + 2.f * static_cast<float>(y) / kHigh;
            wrong += escape_time(cx, cy, 500) != out[static_cast<std::size_t>(y * kWide + x)];
        }
    }
    CHECK(wrong < 200);
}

TEST("nvcc's reduction and transposition use shared memory and barriers") {
    const std::string text = compiled("basic");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    constexpr int kCount = 10000;
    Buffer<float> in(device, kCount), partial(device, 8);
    for (std::size_t k = 0; k < kCount; ++k) in[k] = static_cast<float>(k % 17);
    auto fault = kernels.launch("_Z6reducePKfPfi", {{8, 1, 1}, {256, 1, 1}, 0, false, 2},
                                Arguments().add(in.address()).add(partial.address()).add(kCount));
    CHECK_EQ(fault.text, std::string());
    CHECK_EQ(std::accumulate(partial.data(), partial.data() + 8, 0.0f),
             std::accumulate(in.data(), in.data() + kCount, 0.0f));
    constexpr int kWide = 100;
    constexpr int kHigh = 70;
    Buffer<float> out(device, kWide * kHigh);
    fault = kernels.launch("_Z9transposePKfPfii", {{4, 3, 1}, {32, 8, 1}, 0, false, 1},
                           Arguments().add(in.address()).add(out.address()).add(kWide).add(kHigh));
    CHECK_EQ(fault.text, std::string());
    int wrong = 0;
    for (std::size_t y = 0; y < kHigh; ++y) {
        for (std::size_t x = 0; x < kWide; ++x) wrong += out[x * kHigh + y] != in[y * kWide + x];
    }
    CHECK_EQ(wrong, 0);
}

}  // namespace
}  // namespace soft_test
