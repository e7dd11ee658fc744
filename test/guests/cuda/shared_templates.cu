// Dynamic shared memory through a template: one extern array seen as int, float and double, sizes given at
// launch. Run by test/e2e as `shared_templates SEED [BLOCKS]`.
#include "../common.h"

template <class T>
struct Shared {
    __device__ static T* array() {
        extern __shared__ __align__(16) unsigned char bytes[];
        return reinterpret_cast<T*>(bytes);
    }
};

// Each block reverses its slice and multiplies it by the block's thread count.
template <class T>
__global__ void reverse_and_scale(const T* source, T* target) {
    T* slice = Shared<T>::array();
    const unsigned first = blockIdx.x * blockDim.x;
    slice[threadIdx.x] = source[first + threadIdx.x];
    __syncthreads();
    target[first + threadIdx.x] = slice[blockDim.x - 1 - threadIdx.x] * T(blockDim.x);
}

template <class T>
void check(guest::Run& run, const char* what, int blocks, int threads) {
    std::vector<T> source(std::size_t(blocks) * threads), expected(source.size());
    for (T& value : source) value = T(run.random.below(1000));
    for (int block = 0; block < blocks; ++block) {
        for (int i = 0; i < threads; ++i) {
            expected[block * threads + i] = source[block * threads + threads - 1 - i] * T(threads);
        }
    }
    guest::DeviceArray<T> device_source(source), device_target(source.size());
    reverse_and_scale<T>
        <<<blocks, threads, threads * sizeof(T)>>>(device_source.data(), device_target.data());
    CUDA_OK(cudaGetLastError());
    run.compare_all(what, expected, device_target.download());
}

int main(int argc, char** argv) {
    guest::Run run("shared_templates", argc, argv);
    const int blocks = int(run.size(0, 5));
    check<int>(run, "int", blocks, 32);
    check<int>(run, "int", blocks, 1);
    check<float>(run, "float", blocks, 128);
    check<double>(run, "double", blocks, 100);
    check<unsigned char>(run, "byte", blocks, 77);
    check<long long>(run, "long long", blocks, 256);
    return run.finish();
}
