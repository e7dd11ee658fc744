// Benchmark guest: what one call costs. Times empty launches in a row, blocking round trips and large
// copies, and prints them on its verdict line. Run by `npm run bench` directly, forwarded and in classic
// mode.
#include <cuda_runtime.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

static void check(cudaError_t error, const char* what) {
    if (error != cudaSuccess) {
        std::printf("FAIL %s: %s\n", what, cudaGetErrorString(error));
        std::exit(1);
    }
}

__global__ void nothing(int) {}

template <class Body>
static double seconds(Body body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int main() {
    const int launch_count = 20000, trip_count = 2000, copy_count = 8;
    const std::size_t copy_size = std::size_t{16} << 20;
    std::vector<char> host(copy_size, 1);
    char* device = nullptr;
    check(cudaMalloc(&device, copy_size), "cudaMalloc");
    nothing<<<1, 1>>>(0);
    check(cudaDeviceSynchronize(), "first launch");
    const double launches = seconds([&] {
        for (int index = 0; index < launch_count; ++index) {
            nothing<<<1, 1>>>(index);
        }
    });
    check(cudaGetLastError(), "launches");
    const double drain = seconds([] { check(cudaDeviceSynchronize(), "launches"); });
    const double trips = seconds([&] {
        for (int index = 0; index < trip_count; ++index) {
            check(cudaMemcpy(host.data(), device, 4, cudaMemcpyDeviceToHost), "small copy");
        }
    });
    const double up = seconds([&] {
        for (int index = 0; index < copy_count; ++index) {
            check(cudaMemcpy(device, host.data(), copy_size, cudaMemcpyHostToDevice), "copy to device");
        }
        check(cudaDeviceSynchronize(), "copies to device");
    });
    const double down = seconds([&] {
        for (int index = 0; index < copy_count; ++index) {
            check(cudaMemcpy(host.data(), device, copy_size, cudaMemcpyDeviceToHost), "copy to host");
        }
    });
    check(cudaFree(device), "cudaFree");
    const double copied = static_cast<double>(copy_size) * copy_count / 1e9;
    std::printf("PASS launch %.0f ns, executed %.0f ns, ", launches / launch_count * 1e9,
                (launches + drain) / launch_count * 1e9);
    std::printf("round trip %.1f us, to device %.2f GB/s, to host %.2f GB/s\n", trips / trip_count * 1e6,
                copied / up, copied / down);
    return 0;
}
