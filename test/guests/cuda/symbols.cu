// __constant__ and __device__ symbols: initial values, copies to and from them with offsets, addresses,
// sizes, pointers held in them, tables. Run by test/e2e as `symbols SEED`.
#include "../common.h"

__constant__ float coefficients[64];
__constant__ int primes[8] = {2, 3, 5, 7, 11, 13, 17, 19};
__device__ int counter = 41;
__device__ unsigned long long table[100];
__device__ const char* words[3] = {"one", "two", "three"};
__device__ int* target_of_writes;
static __device__ double hidden = 2.5;

__global__ void use(const float* x, float* y, int count) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    float sum = 0;
    for (int k = 0; k < 64; ++k) sum += coefficients[k] * x[(i + k) % count];
    y[i] = sum + float(primes[i % 8]);
    if (i < 100) atomicAdd(&table[i], (unsigned long long)i);
    atomicAdd(&counter, 1);
    if (i == 0) hidden *= 2;
}
__global__ void write_through() {
    target_of_writes[threadIdx.x] = words[threadIdx.x % 3][0] + int(threadIdx.x);
}
__global__ void read_hidden(double* out) { *out = hidden; }

int main(int argc, char** argv) {
    guest::Run run("symbols", argc, argv);
    const int count = 512;
    std::vector<float> x(count), set(64);
    for (float& value : x) value = float(run.random.below(64));
    for (float& value : set) value = float(run.random.below(64));
    std::vector<unsigned long long> entries(100);
    for (auto& entry : entries) entry = run.random.next();
    CUDA_OK(cudaMemcpyToSymbol(coefficients, set.data(), 32 * sizeof(float)));
    CUDA_OK(cudaMemcpyToSymbol(coefficients, set.data() + 32, 32 * sizeof(float), 32 * sizeof(float)));
    CUDA_OK(cudaMemcpyToSymbolAsync(table, entries.data(), sizeof table, 0, cudaMemcpyHostToDevice, 0));

    guest::DeviceArray<float> device_x(x), device_y(count);
    use<<<4, 128>>>(device_x.data(), device_y.data(), count);
    CUDA_OK(cudaGetLastError());
    const int primes_here[8] = {2, 3, 5, 7, 11, 13, 17, 19};
    const std::vector<float> y = device_y.download();
    for (int i = 0; i < count; ++i) {
        float sum = float(primes_here[i % 8]);
        for (int k = 0; k < 64; ++k) sum += set[k] * x[(i + k) % count];
        run.compare("filtered", i, sum, y[i]);
    }
    int counted = 0;
    CUDA_OK(cudaMemcpyFromSymbol(&counted, counter, sizeof counted));
    run.compare("counter", 0, 41 + count, counted);
    std::vector<unsigned long long> got(60);
    CUDA_OK(cudaMemcpyFromSymbol(got.data(), table, 60 * 8, 40 * 8));
    for (int i = 0; i < 60; ++i) run.compare("table", i, entries[40 + i] + 40 + i, got[i]);

    void* address = nullptr;
    std::size_t size = 0;
    CUDA_OK(cudaGetSymbolAddress(&address, table));
    CUDA_OK(cudaGetSymbolSize(&size, table));
    run.compare("size of the table", 0, sizeof table, size);
    CUDA_OK(cudaMemset(address, 0, 8));
    CUDA_OK(cudaMemcpyFromSymbol(got.data(), table, 8));
    run.compare("cleared by address", 0, 0ull, got[0]);

    guest::DeviceArray<int> written(9);
    int* pointer = written.data();
    CUDA_OK(cudaMemcpyToSymbol(target_of_writes, &pointer, sizeof pointer));
    write_through<<<1, 9>>>();
    const std::vector<int> letters = written.download();
    for (int i = 0; i < 9; ++i) run.compare("through a pointer", i, "ott"[i % 3] + i, letters[i]);
    guest::DeviceArray<double> twice(1);
    read_hidden<<<1, 1>>>(twice.data());
    run.compare("static symbol", 0, 5.0, twice.download()[0]);
    return run.finish();
}
