// Graphs that decide and allocate while they run, through the runtime: if, else, while and switch as kernels
// set them, and memory that lives from node to node. Run by test/e2e, directly only, as
// `conditional_graphs SEED [ROUNDS]`.
#include "../common.h"

__global__ void choose(const unsigned* value, cudaGraphConditionalHandle handle) {
    cudaGraphSetConditional(handle, *value);
}

__global__ void add(unsigned* value, unsigned by) { *value += by; }

// A step of Collatz' sequence; goes on until it has come to 1.
__global__ void halve_or_triple(unsigned* value, unsigned* steps, cudaGraphConditionalHandle handle) {
    if (*value != 1) {
        *value = *value % 2 == 0 ? *value / 2 : 3 * *value + 1;
        ++*steps;
    }
    cudaGraphSetConditional(handle, *value != 1);
}

static cudaGraph_t* add_conditional(cudaGraph_t graph, cudaGraphConditionalHandle handle,
                                    cudaGraphConditionalNodeType type, unsigned size, cudaGraphNode_t* node) {
    cudaGraphNodeParams params = {};
    params.type = cudaGraphNodeTypeConditional;
    params.conditional.handle = handle;
    params.conditional.type = type;
    params.conditional.size = size;
    CUDA_OK(cudaGraphAddNode(node, graph, node, nullptr, *node == nullptr ? 0 : 1, &params));
    return params.conditional.phGraph_out;
}

static cudaGraphNode_t add_kernel(cudaGraph_t graph, void* kernel, void** arguments) {
    cudaGraphNodeParams params = {};
    params.type = cudaGraphNodeTypeKernel;
    params.kernel.func = kernel;
    params.kernel.gridDim = params.kernel.blockDim = dim3(1, 1, 1);
    params.kernel.kernelParams = arguments;
    cudaGraphNode_t node = nullptr;
    CUDA_OK(cudaGraphAddNode(&node, graph, nullptr, nullptr, 0, &params));
    return node;
}

static unsigned collatz(unsigned value) {
    unsigned steps = 0;
    for (; value != 1; ++steps) value = value % 2 == 0 ? value / 2 : 3 * value + 1;
    return steps;
}

static void check_loop(guest::Run& run, cudaStream_t stream, unsigned rounds) {
    guest::DeviceArray<unsigned> words(std::vector<unsigned>(2, 0));
    cudaGraph_t graph = nullptr;
    CUDA_OK(cudaGraphCreate(&graph, 0));
    cudaGraphConditionalHandle handle;
    CUDA_OK(cudaGraphConditionalHandleCreate(&handle, graph, 1, cudaGraphCondAssignDefault));
    cudaGraphNode_t node = nullptr;
    cudaGraph_t* bodies = add_conditional(graph, handle, cudaGraphCondTypeWhile, 1, &node);
    const auto mode = cudaStreamCaptureModeGlobal;
    CUDA_OK(cudaStreamBeginCaptureToGraph(stream, bodies[0], nullptr, nullptr, 0, mode));
    halve_or_triple<<<1, 1, 0, stream>>>(words.data(), words.data() + 1, handle);
    CUDA_OK(cudaStreamEndCapture(stream, nullptr));
    cudaGraphExec_t exec;
    CUDA_OK(cudaGraphInstantiate(&exec, graph, 0));
    for (unsigned round = 0; round < rounds; ++round) {
        const unsigned start[2] = {2 + run.random.below(1000), 0};
        unsigned end[2];
        CUDA_OK(cudaMemcpyAsync(words.data(), start, sizeof start, cudaMemcpyHostToDevice, stream));
        CUDA_OK(cudaGraphLaunch(exec, stream));
        CUDA_OK(cudaMemcpyAsync(end, words.data(), sizeof end, cudaMemcpyDeviceToHost, stream));
        CUDA_OK(cudaStreamSynchronize(stream));
        run.compare("steps", round, collatz(start[0]), end[1]);
    }
    CUDA_OK(cudaGraphExecDestroy(exec));
    CUDA_OK(cudaGraphDestroy(graph));
}

static void check_choices(guest::Run& run, cudaStream_t stream, cudaGraphConditionalNodeType type,
                          unsigned size) {
    guest::DeviceArray<unsigned> words(std::vector<unsigned>(2, 0));
    cudaGraph_t graph = nullptr;
    CUDA_OK(cudaGraphCreate(&graph, 0));
    cudaGraphConditionalHandle handle;
    CUDA_OK(cudaGraphConditionalHandleCreate(&handle, graph));
    unsigned* word = words.data();
    void* chosen[] = {&word, &handle};
    cudaGraphNode_t node = add_kernel(graph, reinterpret_cast<void*>(choose), chosen);
    cudaGraph_t* bodies = add_conditional(graph, handle, type, size, &node);
    for (unsigned body = 0; body < size; ++body) {
        unsigned* sum = word + 1;
        unsigned by = 10 + body;
        void* added[] = {&sum, &by};
        add_kernel(bodies[body], reinterpret_cast<void*>(add), added);
    }
    cudaGraphExec_t exec;
    CUDA_OK(cudaGraphInstantiate(&exec, graph, 0));
    for (unsigned value = 0; value < 5; ++value) {
        const unsigned start[2] = {value, 0};
        unsigned end[2];
        CUDA_OK(cudaMemcpy(word, start, sizeof start, cudaMemcpyHostToDevice));
        CUDA_OK(cudaGraphLaunch(exec, stream));
        CUDA_OK(cudaStreamSynchronize(stream));
        CUDA_OK(cudaMemcpy(end, word, sizeof end, cudaMemcpyDeviceToHost));
        const unsigned body = type == cudaGraphCondTypeSwitch ? value : value == 0;
        run.compare("choice", value, body < size ? 10 + body : 0u, end[1]);
    }
    CUDA_OK(cudaGraphExecDestroy(exec));
    CUDA_OK(cudaGraphDestroy(graph));
}

static void check_memory(guest::Run& run, cudaStream_t stream) {
    unsigned* kept = nullptr;
    unsigned* passing = nullptr;
    cudaGraph_t graph = nullptr;
    CUDA_OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    CUDA_OK(cudaMallocAsync(&kept, 4, stream));
    CUDA_OK(cudaMallocAsync(&passing, 4, stream));
    CUDA_OK(cudaMemsetAsync(passing, 1, 4, stream));
    add<<<1, 1, 0, stream>>>(passing, 4);
    CUDA_OK(cudaMemcpyAsync(kept, passing, 4, cudaMemcpyDeviceToDevice, stream));
    CUDA_OK(cudaFreeAsync(passing, stream));
    CUDA_OK(cudaStreamEndCapture(stream, &graph));
    cudaGraphExec_t exec;
    CUDA_OK(cudaGraphInstantiate(&exec, graph, cudaGraphInstantiateFlagAutoFreeOnLaunch));
    unsigned value = 0;
    for (unsigned launch = 0; launch < 3; ++launch) {
        CUDA_OK(cudaGraphLaunch(exec, stream));
        add<<<1, 1, 0, stream>>>(kept, launch);
        CUDA_OK(cudaMemcpyAsync(&value, kept, 4, cudaMemcpyDeviceToHost, stream));
        CUDA_OK(cudaStreamSynchronize(stream));
        run.compare("kept", launch, 0x01010105u + launch, value);
    }
    CUDA_OK(cudaFreeAsync(kept, stream));
    CUDA_OK(cudaStreamSynchronize(stream));
    CUDA_OK(cudaGraphExecDestroy(exec));
    CUDA_OK(cudaGraphDestroy(graph));
    CUDA_OK(cudaDeviceGraphMemTrim(0));
    std::size_t reserved = 1;
    CUDA_OK(cudaDeviceGetGraphMemAttribute(0, cudaGraphMemAttrReservedMemCurrent, &reserved));
    run.compare("reserved", 0, std::size_t{0}, reserved);
}

int main(int argc, char** argv) {
    guest::Run run("conditional_graphs", argc, argv);
    const auto rounds = unsigned(run.size(0, 10));
    cudaStream_t stream;
    CUDA_OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    check_loop(run, stream, rounds);
    check_choices(run, stream, cudaGraphCondTypeIf, 2);
    check_choices(run, stream, cudaGraphCondTypeSwitch, 3);
    check_memory(run, stream);
    CUDA_OK(cudaStreamDestroy(stream));
    return run.finish();
}
