// Demo: computes the Mandelbrot set on the device and writes it as a PNG. Usage: mandelbrot FILE.png
// Run by `npm run demo`.
#include "demo.h"
#include "png.h"

constexpr int kWidth = 640;
constexpr int kHeight = 400;
constexpr int kLimit = 256;

// One thread a pixel: counts the steps until the point leaves the circle of radius 2, and colours by the
// count.
__global__ void mandelbrot(unsigned char* pixels) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x;
    const int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= kWidth || y >= kHeight) {
        return;
    }
    const float real = -2.2f + 3.2f * static_cast<float>(x) / kWidth;
    const float imaginary = -1.0f + 2.0f * static_cast<float>(y) / kHeight;
    float u = 0.0f, v = 0.0f;
    int count = 0;
    while (count < kLimit && u * u + v * v < 4.0f) {
        const float next = u * u - v * v + real;
        v = 2.0f * u * v + imaginary;
        u = next;
        ++count;
    }
    unsigned char* pixel = pixels + (y * kWidth + x) * 3;
    pixel[0] = count == kLimit ? 0 : (count * 5) & 255;
    pixel[1] = count == kLimit ? 0 : (count * 9) & 255;
    pixel[2] = count == kLimit ? 0 : 128 + (count & 127);
}

// The set is symmetric about the real axis, and everybody knows what it looks like: inside is black,
// corners are not.
static bool looks_right(const demo::Bytes& pixels) {
    const auto is_black = [&](int x, int y) {
        const std::size_t start = (static_cast<std::size_t>(y) * kWidth + x) * 3;
        return pixels[start] == 0 && pixels[start + 1] == 0 && pixels[start + 2] == 0;
    };
    const int centre_x = static_cast<int>(2.2f / 3.2f * kWidth);
    const bool corners = is_black(0, 0) || is_black(kWidth - 1, 0) || is_black(0, kHeight - 1);
    return is_black(centre_x, kHeight / 2) && is_black(centre_x - 190, kHeight / 2) && !corners;
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FILE.png\n", argv[0]);
        return 2;
    }
    demo::Bytes pixels(static_cast<std::size_t>(kWidth) * kHeight * 3);
    unsigned char* device_pixels = nullptr;
    demo::check(cudaMalloc(&device_pixels, pixels.size()), "cudaMalloc");
    const dim3 block(16, 16);
    mandelbrot<<<dim3((kWidth + 15) / 16, (kHeight + 15) / 16), block>>>(device_pixels);
    demo::check(cudaGetLastError(), "launch");
    const std::size_t size = pixels.size();
    demo::check(cudaMemcpy(pixels.data(), device_pixels, size, cudaMemcpyDeviceToHost), "copy to host");
    demo::check(cudaFree(device_pixels), "cudaFree");
    const bool written = demo::write_png(argv[1], pixels, kWidth, kHeight);
    return demo::verdict(written && looks_right(pixels), "%d x %d pixels in %s", kWidth, kHeight, argv[1]);
}
