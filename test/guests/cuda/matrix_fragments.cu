// nvcuda::wmma in f16, bf16, tf32, s8 and f64, through global and shared memory, against sums on the CPU.
// The values are such that every sum is exact. Run by test/e2e as `matrix_fragments SEED [TILES]`.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include "../common.h"

using namespace nvcuda;

// One warp a tile of C. A comes through shared memory; C is scaled in its fragment, lane by lane.
template <class In, class Memory, class Out, int M, int N, int K, class LayoutB>
__global__ void multiply(const Memory* a, const Memory* b, Out* c, int depth) {
    __shared__ __align__(32) Memory tile[M * K];
    wmma::fragment<wmma::matrix_a, M, N, K, In, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, M, N, K, In, LayoutB> right;
    wmma::fragment<wmma::accumulator, M, N, K, Out> sum;
    wmma::fill_fragment(sum, Out(1));
    const bool by_row = std::is_same<LayoutB, wmma::row_major>::value;
    for (int k = 0; k < depth; k += K) {
        for (int e = threadIdx.x; e < M * K; e += 32)
            tile[e] = a[(blockIdx.y * M + e / K) * depth + k + e % K];
        __syncthreads();
        wmma::load_matrix_sync(left, tile, K);
        const int columns = gridDim.x * N;
        const Memory* from = by_row ? b + k * columns + blockIdx.x * N : b + blockIdx.x * N * depth + k;
        wmma::load_matrix_sync(right, from, by_row ? columns : depth);
        wmma::mma_sync(sum, left, right, sum);
        __syncthreads();
    }
    for (int e = 0; e < sum.num_elements; ++e) sum.x[e] = sum.x[e] * Out(2);
    wmma::store_matrix_sync(c + (blockIdx.y * M) * gridDim.x * N + blockIdx.x * N, sum, gridDim.x * N,
                            wmma::mem_row_major);
}

template <class T>
T made_of(int v) {
    return T(v);
}
template <>
__half made_of(int v) {
    return __float2half(float(v));
}
template <>
__nv_bfloat16 made_of(int v) {
    return __float2bfloat16(float(v));
}

template <class In, class Memory, class Out, int M, int N, int K, class LayoutB>
void check(guest::Run& run, const char* what, int tiles) {
    const int rows = tiles * M, columns = tiles * N, depth = 2 * K;
    std::vector<int> left(rows * depth), right(depth * columns);
    for (int& v : left) v = int(run.random.below(9)) - 4;
    for (int& v : right) v = int(run.random.below(9)) - 4;
    std::vector<Memory> a(left.size()), b(right.size());
    const bool by_row = std::is_same<LayoutB, wmma::row_major>::value;
    for (size_t k = 0; k < a.size(); ++k) a[k] = made_of<Memory>(left[k]);
    for (int k = 0; k < depth; ++k) {
        for (int n = 0; n < columns; ++n)
            b[by_row ? k * columns + n : n * depth + k] = made_of<Memory>(right[k * columns + n]);
    }
    guest::DeviceArray<Memory> device_a(a), device_b(b);
    guest::DeviceArray<Out> device_c(rows * columns);
    multiply<In, Memory, Out, M, N, K, LayoutB>
        <<<dim3(tiles, tiles), 32>>>(device_a.data(), device_b.data(), device_c.data(), depth);
    CUDA_OK(cudaGetLastError());
    const std::vector<Out> got = device_c.download();
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
            int sum = 1;
            for (int k = 0; k < depth; ++k) sum += left[row * depth + k] * right[k * columns + column];
            run.compare(what, row * columns + column, float(2 * sum), float(got[row * columns + column]));
        }
    }
}

int main(int argc, char** argv) {
    guest::Run run("matrix_fragments", argc, argv);
    const int tiles = int(run.size(0, 3));
    check<__half, __half, float, 16, 16, 16, wmma::row_major>(run, "f16", tiles);
    check<__half, __half, float, 32, 8, 16, wmma::col_major>(run, "f16 m32n8", tiles);
    check<__half, __half, __half, 8, 32, 16, wmma::row_major>(run, "f16 into f16", tiles);
    check<__nv_bfloat16, __nv_bfloat16, float, 16, 16, 16, wmma::col_major>(run, "bf16", tiles);
    check<wmma::precision::tf32, float, float, 16, 16, 8, wmma::row_major>(run, "tf32", tiles);
    check<signed char, signed char, int, 16, 16, 16, wmma::col_major>(run, "s8", tiles);
    check<double, double, double, 8, 8, 4, wmma::row_major>(run, "f64", tiles);
    return run.finish();
}
