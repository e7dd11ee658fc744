// saxpy as a template over the element type and over a functor: weak template kernels, several kernels a
// module. Run by test/e2e as `saxpy_templates SEED [ELEMENTS]`. All values are small integers, so results are
// exact.
#include "../common.h"

struct Scale {
    int factor;
    template <class T>
    __host__ __device__ T operator()(T x, T y) const {
        return T(factor) * x + y;
    }
};
struct Larger {
    template <class T>
    __host__ __device__ T operator()(T x, T y) const {
        return x > y ? x : y;
    }
};

template <class T, class Operation>
__global__ void combine(const T* x, T* y, int count, Operation operation) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        y[i] = operation(x[i], y[i]);
    }
}

template <class T, class Operation>
void check(guest::Run& run, const char* what, int count, Operation operation) {
    std::vector<T> x(count), y(count), expected(count);
    for (int i = 0; i < count; ++i) {
        x[i] = T(run.random.below(50));
        y[i] = T(run.random.below(50));
        expected[i] = operation(x[i], y[i]);
    }
    guest::DeviceArray<T> device_x(x), device_y(y);
    combine<T, Operation><<<8, 96>>>(device_x.data(), device_y.data(), count, operation);
    CUDA_OK(cudaGetLastError());
    run.compare_all(what, expected, device_y.download());
}

int main(int argc, char** argv) {
    guest::Run run("saxpy_templates", argc, argv);
    const int count = int(run.size(0, 3001));
    const Scale scale{int(run.random.below(20)) - 10};
    check<float>(run, "float scale", count, scale);
    check<double>(run, "double scale", count, scale);
    check<int>(run, "int scale", count, scale);
    check<long long>(run, "long long scale", count, scale);
    check<short>(run, "short larger", count, Larger{});
    check<float>(run, "float larger", count, Larger{});
    check<unsigned char>(run, "byte larger", count, Larger{});
    return run.finish();
}
