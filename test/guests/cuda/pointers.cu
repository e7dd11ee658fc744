// What CUDA knows about a pointer: attributes of device, pinned, registered and plain memory, inner pointers,
// pointers stored in device memory, many allocations and their reuse. Run by test/e2e as `pointers SEED
// [ALLOCATIONS]`.
#include <algorithm>

#include "../common.h"

struct Node {
    int value;
    Node* next;
};

__global__ void sum_list(const Node* head, int* sum) {
    int total = 0;
    for (const Node* node = head; node != nullptr; node = node->next) total = total * 3 + node->value;
    *sum = total;
}
__global__ void stamp(int* memory, int size, int value) {
    for (int i = threadIdx.x; i < size; i += blockDim.x) memory[i] = value + i;
}

static void check_attributes(guest::Run& run) {
    char *device = nullptr, *pinned = nullptr;
    CUDA_OK(cudaMalloc(&device, 10000));
    CUDA_OK(cudaMallocHost(&pinned, 10000));
    cudaPointerAttributes attributes;
    CUDA_OK(cudaPointerGetAttributes(&attributes, device + 1234));
    run.compare("device type", 0, int(cudaMemoryTypeDevice), int(attributes.type));
    run.compare("device ordinal", 0, 0, attributes.device);
    run.require(attributes.devicePointer == device + 1234, "the device pointer is the address itself");
    CUDA_OK(cudaPointerGetAttributes(&attributes, pinned + 77));
    run.compare("pinned type", 0, int(cudaMemoryTypeHost), int(attributes.type));
    CUDA_OK(cudaPointerGetAttributes(&attributes, &run));
    run.compare("plain type", 0, int(cudaMemoryTypeUnregistered), int(attributes.type));
    unsigned flags = 77;
    CUDA_OK(cudaHostGetFlags(&flags, pinned));
    CUDA_OK(cudaFreeHost(pinned));
    CUDA_OK(cudaFree(device));
}

static void check_list(guest::Run& run) {
    const int length = 50;
    std::vector<Node> nodes(length);
    guest::DeviceArray<Node> device_nodes(length);
    guest::DeviceArray<int> sum(1);
    std::vector<int> order(length);
    for (int i = 0; i < length; ++i) order[i] = i;
    for (int i = length - 1; i > 0; --i) std::swap(order[i], order[run.random.below(unsigned(i + 1))]);
    int expected = 0;
    for (int i = 0; i < length; ++i) {
        nodes[order[i]] = {int(run.random.below(100)),
                           i + 1 < length ? device_nodes.data() + order[i + 1] : nullptr};
        expected = expected * 3 + nodes[order[i]].value;
    }
    device_nodes.upload(nodes);
    sum_list<<<1, 1>>>(device_nodes.data() + order[0], sum.data());
    run.compare("list", 0, expected, sum.download()[0]);
}

int main(int argc, char** argv) {
    guest::Run run("pointers", argc, argv);
    const int allocations = int(run.size(0, 60));
    check_attributes(run);
    check_list(run);
    struct Block {
        int* memory;
        int size, value;
    };
    std::vector<Block> blocks;
    for (int i = 0; i < allocations; ++i) {
        Block block = {nullptr, 1 + int(run.random.below(3000)), int(run.random.below(100000))};
        CUDA_OK(cudaMalloc(&block.memory, block.size * sizeof(int)));
        run.require(reinterpret_cast<std::uintptr_t>(block.memory) % 256 == 0,
                    "allocations are aligned to 256 bytes");
        stamp<<<1, 64>>>(block.memory, block.size, block.value);
        blocks.push_back(block);
        if (run.random.below(3) > 0) continue;
        const std::size_t victim = run.random.below(unsigned(blocks.size()));
        CUDA_OK(cudaFree(blocks[victim].memory));
        blocks.erase(blocks.begin() + long(victim));
    }
    for (const Block& block : blocks) {
        std::vector<int> got(block.size);
        CUDA_OK(cudaMemcpy(got.data(), block.memory, block.size * sizeof(int), cudaMemcpyDeviceToHost));
        for (int i = 0; i < block.size; ++i) run.compare("stamp", i, block.value + i, got[i]);
        CUDA_OK(cudaFree(block.memory));
    }
    return run.finish();
}
