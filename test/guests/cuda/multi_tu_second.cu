// The second translation unit of multi_tu.cu: the same static names, other meanings.
#include "../common.h"

static __device__ int bias = 200;
static __constant__ int factor = 5;

static __global__ void apply(int* values) { values[threadIdx.x] = values[threadIdx.x] * factor - bias; }

void apply_second(int* values, int count, int new_bias) {
    CUDA_OK(cudaMemcpyToSymbol(bias, &new_bias, sizeof new_bias));
    apply<<<1, count>>>(values);
}
