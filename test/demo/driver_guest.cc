// The demo's programs for machines without a CUDA compiler: driver API and PTX of our own, one program for
// all three. Usage: driver_guest vector_add|matmul|mandelbrot [FILE.png]. It loads libcuda.so.1 as any
// program would.
#include <dlfcn.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels.h"
#include "png.h"

namespace {

using Address = unsigned long long;

// The driver's functions by the names and types of its public documentation.
struct Driver {
    int (*cuInit)(unsigned);
    int (*cuDeviceGet)(int*, int);
    int (*cuDevicePrimaryCtxRetain)(void**, int);
    int (*cuCtxSetCurrent)(void*);
    int (*cuModuleLoadData)(void**, const void*);
    int (*cuModuleGetFunction)(void**, void*, const char*);
    int (*cuMemAlloc_v2)(Address*, std::size_t);
    int (*cuMemFree_v2)(Address);
    int (*cuMemcpyHtoD_v2)(Address, const void*, std::size_t);
    int (*cuMemcpyDtoH_v2)(void*, Address, std::size_t);
    int (*cuLaunchKernel)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*,
                          void**, void**);
};

Driver driver;
void* module_handle = nullptr;

void check(int result, const char* what) {
    if (result != 0) {
        std::fprintf(stderr, "%s: CUDA error %d\n", what, result);
        std::exit(1);
    }
}

template <class Function>
void find(void* library, const char* name, Function& function) {
    void* symbol = dlsym(library, name);
    if (symbol == nullptr) {
        std::fprintf(stderr, "libcuda.so.1 has no %s\n", name);
        std::exit(1);
    }
    static_assert(sizeof function == sizeof symbol);
    std::memcpy(&function, &symbol, sizeof symbol);
}

void open_driver() {
    void* library = dlopen("libcuda.so.1", RTLD_NOW);
    if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        std::exit(1);
    }
    find(library, "cuInit", driver.cuInit);
    find(library, "cuDeviceGet", driver.cuDeviceGet);
    find(library, "cuDevicePrimaryCtxRetain", driver.cuDevicePrimaryCtxRetain);
    find(library, "cuCtxSetCurrent", driver.cuCtxSetCurrent);
    find(library, "cuModuleLoadData", driver.cuModuleLoadData);
    find(library, "cuModuleGetFunction", driver.cuModuleGetFunction);
    find(library, "cuMemAlloc_v2", driver.cuMemAlloc_v2);
    find(library, "cuMemFree_v2", driver.cuMemFree_v2);
    find(library, "cuMemcpyHtoD_v2", driver.cuMemcpyHtoD_v2);
    find(library, "cuMemcpyDtoH_v2", driver.cuMemcpyDtoH_v2);
    find(library, "cuLaunchKernel", driver.cuLaunchKernel);
    int device = 0;
    void* context = nullptr;
    check(driver.cuInit(0), "cuInit");
    check(driver.cuDeviceGet(&device, 0), "cuDeviceGet");
    check(driver.cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
    check(driver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
    check(driver.cuModuleLoadData(&module_handle, demo::kKernels), "cuModuleLoadData");
}

// Device memory that holds a copy of `values`.
template <class T>
Address upload(const std::vector<T>& values) {
    Address address = 0;
    check(driver.cuMemAlloc_v2(&address, values.size() * sizeof(T)), "cuMemAlloc");
    check(driver.cuMemcpyHtoD_v2(address, values.data(), values.size() * sizeof(T)), "cuMemcpyHtoD");
    return address;
}

template <class T>
void download_and_free(std::vector<T>& values, Address address) {
    check(driver.cuMemcpyDtoH_v2(values.data(), address, values.size() * sizeof(T)), "cuMemcpyDtoH");
    check(driver.cuMemFree_v2(address), "cuMemFree");
}

void* function_of(const char* name) {
    void* function = nullptr;
    check(driver.cuModuleGetFunction(&function, module_handle, name), name);
    return function;
}

struct Extent {
    unsigned x, y;
};

void launch(void* function, Extent grid, Extent block, void** parameters) {
    const int result = driver.cuLaunchKernel(function, grid.x, grid.y, 1, block.x, block.y, 1, 0, nullptr,
                                             parameters, nullptr);
    check(result, "cuLaunchKernel");
}

int vector_add() {
    int count = 1 << 16;
    const int launch_count = 100;
    std::vector<float> term(static_cast<std::size_t>(count)), sum(term.size(), 1.0f);
    for (std::size_t index = 0; index < term.size(); ++index) {
        term[index] = static_cast<float>(index % 1000);
    }
    Address device_term = upload(term), device_sum = upload(sum);
    void* parameters[] = {&device_sum, &device_term, &count};
    void* add = function_of("add");
    for (int index = 0; index < launch_count; ++index) {
        launch(add, {static_cast<unsigned>(count) / 256, 1}, {256, 1}, parameters);
    }
    download_and_free(sum, device_sum);
    check(driver.cuMemFree_v2(device_term), "cuMemFree");
    int wrong_count = 0;
    for (std::size_t index = 0; index < sum.size(); ++index) {
        wrong_count += sum[index] != 1.0f + static_cast<float>(launch_count) * term[index];
    }
    const char* verdict = wrong_count == 0 ? "PASS" : "FAIL";
    std::printf("%s %d sums of %d floats, %d wrong\n", verdict, launch_count, count, wrong_count);
    return wrong_count == 0 ? 0 : 1;
}

int matmul() {
    int n = 256;
    const std::size_t side = 256;
    std::vector<float> a(side * side), b(side * side), c(side * side);
    for (std::size_t index = 0; index < a.size(); ++index) {
        a[index] = static_cast<float>(index % 17) / 17.0f;
        b[index] = static_cast<float>(index % 13) / 13.0f - 0.5f;
    }
    Address device_a = upload(a), device_b = upload(b), device_c = upload(c);
    void* parameters[] = {&device_a, &device_b, &device_c, &n};
    launch(function_of("multiply"), {16, 16}, {16, 16}, parameters);
    download_and_free(c, device_c);
    check(driver.cuMemFree_v2(device_a), "cuMemFree");
    check(driver.cuMemFree_v2(device_b), "cuMemFree");
    double largest = 0.0;
    for (std::size_t index = 0; index < c.size(); ++index) {
        double expected = 0.0;
        for (std::size_t step = 0; step < side; ++step) {
            expected += double{a[index / side * side + step]} * double{b[step * side + index % side]};
        }
        largest = std::fmax(largest, std::fabs(expected - double{c[index]}));
    }
    std::printf("%s %d x %d matrices, largest error %.1e\n", largest < 1e-3 ? "PASS" : "FAIL", n, n, largest);
    return largest < 1e-3 ? 0 : 1;
}

int mandelbrot(const char* path) {
    const std::uint32_t width = 640, height = 400;
    demo::Bytes pixels(std::size_t{width} * height * 3);
    Address device_pixels = upload(pixels);
    void* parameters[] = {&device_pixels};
    launch(function_of("mandelbrot"), {width / 16, height / 16}, {16, 16}, parameters);
    download_and_free(pixels, device_pixels);
    // The middle of the set is black, the corner of the picture is not.
    const std::size_t middle = (std::size_t{height} / 2 * width + 440) * 3;
    const bool right = pixels[middle] == 0 && pixels[0] != 0 && demo::write_png(path, pixels, width, height);
    std::printf("%s %u x %u pixels in %s\n", right ? "PASS" : "FAIL", width, height, path);
    return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const char* name = argc > 1 ? argv[1] : "";
    open_driver();
    if (std::strcmp(name, "vector_add") == 0) {
        return vector_add();
    }
    if (std::strcmp(name, "matmul") == 0) {
        return matmul();
    }
    if (std::strcmp(name, "mandelbrot") == 0 && argc == 3) {
        return mandelbrot(argv[2]);
    }
    std::fprintf(stderr, "usage: %s vector_add|matmul|mandelbrot FILE.png\n", argv[0]);
    return 2;
}
