// Blocked LU decomposition without pivoting of a diagonally dominant matrix: three kernels a step, shared
// tiles; the product of the factors must give the matrix again. Run by test/e2e as `lud SEED [TILES]`.
#include "../common.h"

constexpr int kTile = 16;

__global__ void factor_diagonal(float* matrix, int side, int first) {
    __shared__ float tile[kTile][kTile];
    const int column = threadIdx.x;
    for (int row = 0; row < kTile; ++row) tile[row][column] = matrix[(first + row) * side + first + column];
    __syncthreads();
    for (int pivot = 0; pivot < kTile - 1; ++pivot) {
        if (column > pivot) tile[column][pivot] /= tile[pivot][pivot];
        __syncthreads();
        if (column > pivot) {
            for (int j = pivot + 1; j < kTile; ++j) tile[column][j] -= tile[column][pivot] * tile[pivot][j];
        }
        __syncthreads();
    }
    for (int row = 0; row < kTile; ++row) matrix[(first + row) * side + first + column] = tile[row][column];
}

// The first half of the threads solves the row tile, the second the column tile; whole warps take one side
// each.
__global__ void solve_border(float* matrix, int side, int first) {
    __shared__ float diagonal[kTile][kTile];
    const int lane = threadIdx.x % 32, other = first + (blockIdx.x + 1) * kTile;
    const bool is_row = threadIdx.x < 32;
    for (int i = threadIdx.x; i < kTile * kTile; i += blockDim.x) {
        diagonal[i / kTile][i % kTile] = matrix[(first + i / kTile) * side + first + i % kTile];
    }
    __syncthreads();
    if (lane >= kTile) return;
    for (int i = 0; i < kTile; ++i) {
        float* mine =
            is_row ? &matrix[(first + i) * side + other + lane] : &matrix[(other + lane) * side + first + i];
        float value = *mine;
        for (int j = 0; j < i; ++j) {
            value -= is_row ? diagonal[i][j] * matrix[(first + j) * side + other + lane]
                            : diagonal[j][i] * matrix[(other + lane) * side + first + j];
        }
        *mine = is_row ? value : value / diagonal[i][i];
    }
}

__global__ void update_inner(float* matrix, int side, int first) {
    __shared__ float left[kTile][kTile], above[kTile][kTile];
    const int row = first + (blockIdx.y + 1) * kTile + threadIdx.y;
    const int column = first + (blockIdx.x + 1) * kTile + threadIdx.x;
    left[threadIdx.y][threadIdx.x] = matrix[row * side + first + threadIdx.x];
    above[threadIdx.y][threadIdx.x] = matrix[(first + threadIdx.y) * side + column];
    __syncthreads();
    float sum = 0;
    for (int k = 0; k < kTile; ++k) sum += left[threadIdx.y][k] * above[k][threadIdx.x];
    matrix[row * side + column] -= sum;
}

int main(int argc, char** argv) {
    guest::Run run("lud", argc, argv);
    const int tiles = int(run.size(0, 4)), side = tiles * kTile;
    std::vector<float> matrix = run.floats(std::size_t(side) * side);
    for (int i = 0; i < side; ++i) matrix[i * side + i] += float(side);
    guest::DeviceArray<float> device_matrix(matrix);
    for (int tile = 0; tile < tiles; ++tile) {
        const int rest = tiles - tile - 1, first = tile * kTile;
        factor_diagonal<<<1, kTile>>>(device_matrix.data(), side, first);
        if (rest == 0) break;
        solve_border<<<rest, 64>>>(device_matrix.data(), side, first);
        update_inner<<<dim3(rest, rest), dim3(kTile, kTile)>>>(device_matrix.data(), side, first);
    }
    CUDA_OK(cudaDeviceSynchronize());
    const std::vector<float> factors = device_matrix.download();
    run.digest(factors.data(), factors.size());
    for (int i = 0; i < side * side; ++i) {
        const int row = i / side, column = i % side;
        double sum = row <= column ? factors[i] : 0;
        for (int k = 0; k < row && k <= column; ++k)
            sum += double(factors[row * side + k]) * factors[k * side + column];
        run.compare_close("product of the factors", i, matrix[i], float(sum), 1e-4);
    }
    return run.finish();
}
