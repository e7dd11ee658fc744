// Graphs through the runtime: captured from two streams, made node by node, updated, cloned, nested.
// Run by test/e2e as `runtime_graphs SEED [LAUNCHES]`.
#include "../common.h"

__global__ void scale(unsigned* values, unsigned count, unsigned factor, unsigned term) {
    const unsigned index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index < count) values[index] = values[index] * factor + term;
}

__global__ void sum(const unsigned* one, const unsigned* other, unsigned* out, unsigned count) {
    const unsigned index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index < count) out[index] = one[index] + other[index];
}

constexpr unsigned kCount = 1000;

static cudaGraph_t capture(cudaStream_t stream, cudaStream_t branch, cudaEvent_t fork, cudaEvent_t join,
                           unsigned* one, unsigned* other, const unsigned* source, unsigned factor) {
    cudaGraph_t graph = nullptr;
    CUDA_OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    CUDA_OK(cudaMemcpyAsync(one, source, kCount * 4, cudaMemcpyHostToDevice, stream));
    CUDA_OK(cudaEventRecord(fork, stream));
    CUDA_OK(cudaStreamWaitEvent(branch, fork, 0));
    CUDA_OK(cudaMemsetAsync(other, 1, kCount * 4, branch));
    scale<<<4, 256, 0, branch>>>(other, kCount, 1, 2);
    scale<<<4, 256, 0, stream>>>(one, kCount, factor, 1);
    CUDA_OK(cudaEventRecord(join, branch));
    CUDA_OK(cudaStreamWaitEvent(stream, join, 0));
    sum<<<4, 256, 0, stream>>>(one, other, one, kCount);
    CUDA_OK(cudaStreamEndCapture(stream, &graph));
    return graph;
}

int main(int argc, char** argv) {
    guest::Run run("runtime_graphs", argc, argv);
    const auto launches = unsigned(run.size(0, 10));
    std::vector<unsigned> source(kCount), target(kCount);
    guest::DeviceArray<unsigned> one(std::vector<unsigned>(kCount, 0));
    guest::DeviceArray<unsigned> other(std::vector<unsigned>(kCount, 0));
    cudaStream_t stream, branch;
    cudaEvent_t fork, join;
    CUDA_OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CUDA_OK(cudaStreamCreate(&branch));
    CUDA_OK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
    CUDA_OK(cudaEventCreateWithFlags(&join, cudaEventDisableTiming));
    cudaGraph_t graph = capture(stream, branch, fork, join, one.data(), other.data(), source.data(), 3);
    std::size_t nodes = 0;
    CUDA_OK(cudaGraphGetNodes(graph, nullptr, &nodes));
    run.compare("nodes", 0, std::size_t{5}, nodes);

    cudaGraphNode_t copy;
    CUDA_OK(cudaGraphAddMemcpyNode1D(&copy, graph, nullptr, 0, target.data(), other.data(), 4,
                                     cudaMemcpyDeviceToHost));
    CUDA_OK(cudaGraphDestroyNode(copy));
    cudaGraph_t outer, clone;
    cudaGraphNode_t child, back;
    CUDA_OK(cudaGraphClone(&clone, graph));
    CUDA_OK(cudaGraphCreate(&outer, 0));
    CUDA_OK(cudaGraphAddChildGraphNode(&child, outer, nullptr, 0, clone));
    CUDA_OK(cudaGraphAddMemcpyNode1D(&back, outer, &child, 1, target.data(), one.data(), kCount * 4,
                                     cudaMemcpyDeviceToHost));
    cudaGraphExec_t exec;
    CUDA_OK(cudaGraphInstantiate(&exec, outer, 0));
    for (unsigned launch = 1; launch <= launches; ++launch) {
        for (unsigned index = 0; index < kCount; ++index) source[index] = launch * index;
        CUDA_OK(cudaGraphLaunch(exec, stream));
        CUDA_OK(cudaStreamSynchronize(stream));
        run.compare("child", launch, 3 * launch * (kCount - 1) + 1 + 0x01010103u, target[kCount - 1]);
    }
    cudaGraphExec_t plain;
    CUDA_OK(cudaGraphInstantiate(&plain, graph, 0));
    cudaGraph_t changed = capture(stream, branch, fork, join, one.data(), other.data(), source.data(), 5);
    cudaGraphExecUpdateResultInfo result;
    CUDA_OK(cudaGraphExecUpdate(plain, changed, &result));
    CUDA_OK(cudaGraphLaunch(plain, stream));
    CUDA_OK(cudaStreamSynchronize(stream));
    CUDA_OK(cudaMemcpy(target.data(), one.data(), kCount * 4, cudaMemcpyDeviceToHost));
    run.compare("updated", 0, 5 * source[7] + 1 + 0x01010103u, target[7]);
    CUDA_OK(cudaGraphExecDestroy(plain));
    CUDA_OK(cudaGraphExecDestroy(exec));
    for (cudaGraph_t each : {graph, outer, clone, changed}) CUDA_OK(cudaGraphDestroy(each));
    CUDA_OK(cudaStreamDestroy(stream));
    CUDA_OK(cudaStreamDestroy(branch));
    CUDA_OK(cudaEventDestroy(fork));
    CUDA_OK(cudaEventDestroy(join));
    return run.finish();
}
