// malloc, free, new and delete in device code: lists built by threads, freed by other launches.
// Run by test/e2e as `device_heap SEED [THREADS]`.
#include "../common.h"

struct Node {
    int value;
    Node* next;
    __device__ Node(int v, Node* n) : value(v), next(n) {}
};

__global__ void build(Node** heads, const int* lengths) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    Node* head = nullptr;
    for (int k = 0; k < lengths[i]; ++k) head = new Node(i * 100 + k, head);
    heads[i] = head;
}
__global__ void consume(Node** heads, long long* sums) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    long long sum = 0;
    for (Node* node = heads[i]; node != nullptr;) {
        Node* next = node->next;
        sum = sum * 7 + node->value;
        delete node;
        node = next;
    }
    sums[i] = sum;
}
__global__ void scratch(unsigned* out) {
    unsigned char* memory = static_cast<unsigned char*>(malloc(64 + threadIdx.x));
    for (unsigned k = 0; k < 64 + threadIdx.x; ++k) memory[k] = (unsigned char)(k * threadIdx.x);
    unsigned sum = 0;
    for (unsigned k = 0; k < 64 + threadIdx.x; ++k) sum += memory[k];
    free(memory);
    out[threadIdx.x] = sum;
}

int main(int argc, char** argv) {
    guest::Run run("device_heap", argc, argv);
    const int threads = int(run.size(0, 64)) / 32 * 32;
    std::vector<int> lengths(threads);
    std::vector<long long> expected(threads, 0);
    for (int i = 0; i < threads; ++i) {
        lengths[i] = int(run.random.below(10));
        for (int k = lengths[i] - 1; k >= 0; --k) expected[i] = expected[i] * 7 + i * 100 + k;
    }
    guest::DeviceArray<int> device_lengths(lengths);
    guest::DeviceArray<Node*> heads(threads);
    guest::DeviceArray<long long> sums(threads);
    CUDA_OK(cudaDeviceSetLimit(cudaLimitMallocHeapSize, 8 << 20));
    build<<<threads / 32, 32>>>(heads.data(), device_lengths.data());
    consume<<<threads / 32, 32>>>(heads.data(), sums.data());
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("list", expected, sums.download());
    guest::DeviceArray<unsigned> out(100);
    scratch<<<1, 100>>>(out.data());
    const std::vector<unsigned> got = out.download();
    for (unsigned i = 0; i < 100; ++i) {
        unsigned sum = 0;
        for (unsigned k = 0; k < 64 + i; ++k) sum += (unsigned char)(k * i);
        run.compare("scratch", i, sum, got[i]);
    }
    return run.finish();
}
