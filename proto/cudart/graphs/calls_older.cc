// Forms of calls from before CUDA 12.3, told by the newer ones. See calls.h.
#include "cudart/graphs/calls.h"

namespace cudart::graphs::calls {
namespace {

using abi::CUresult;

abi::CUDA_KERNEL_NODE_PARAMS widen(const abi::CUDA_KERNEL_NODE_PARAMS_v1& params) {
    return {params.func,      params.gridDimX,  params.gridDimY,  params.gridDimZ,
            params.blockDimX, params.blockDimY, params.blockDimZ, params.sharedMemBytes,
            params.kernelParams, params.extra,  nullptr,          nullptr};
}

}  // namespace

CUresult cuGraphGetEdges(Backend& backend, abi::CUgraph graph, abi::CUgraphNode* from, abi::CUgraphNode* to,
                         std::size_t* count) {
    return cuGraphGetEdges_v2(backend, graph, from, to, nullptr, count);
}

CUresult cuGraphNodeGetDependencies(Backend& backend, abi::CUgraphNode node, abi::CUgraphNode* others,
                                    std::size_t* count) {
    return cuGraphNodeGetDependencies_v2(backend, node, others, nullptr, count);
}

CUresult cuGraphNodeGetDependentNodes(Backend& backend, abi::CUgraphNode node, abi::CUgraphNode* others,
                                      std::size_t* count) {
    return cuGraphNodeGetDependentNodes_v2(backend, node, others, nullptr, count);
}

CUresult cuGraphAddDependencies(Backend& backend, abi::CUgraph graph, const abi::CUgraphNode* from,
                                const abi::CUgraphNode* to, std::size_t count) {
    return cuGraphAddDependencies_v2(backend, graph, from, to, nullptr, count);
}

CUresult cuGraphRemoveDependencies(Backend& backend, abi::CUgraph graph, const abi::CUgraphNode* from,
                                   const abi::CUgraphNode* to, std::size_t count) {
    return cuGraphRemoveDependencies_v2(backend, graph, from, to, nullptr, count);
}

CUresult cuGraphAddNode(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                        const abi::CUgraphNode* needs, std::size_t count, abi::CUgraphNodeParams* params) {
    return cuGraphAddNode_v2(backend, out, graph, needs, nullptr, count, params);
}

CUresult cuGraphAddKernelNode(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                              const abi::CUgraphNode* needs, std::size_t count,
                              const abi::CUDA_KERNEL_NODE_PARAMS_v1* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUDA_KERNEL_NODE_PARAMS wide = widen(*params);
    return cuGraphAddKernelNode_v2(backend, out, graph, needs, count, &wide);
}

CUresult cuGraphKernelNodeGetParams(Backend& backend, abi::CUgraphNode node,
                                    abi::CUDA_KERNEL_NODE_PARAMS_v1* params) {
    abi::CUDA_KERNEL_NODE_PARAMS wide{};
    const CUresult told = cuGraphKernelNodeGetParams_v2(backend, node, params == nullptr ? nullptr : &wide);
    if (told != abi::CUDA_SUCCESS) return told;
    *params = {wide.func,      wide.gridDimX,  wide.gridDimY,       wide.gridDimZ,     wide.blockDimX,
               wide.blockDimY, wide.blockDimZ, wide.sharedMemBytes, wide.kernelParams, wide.extra};
    return told;
}

CUresult cuGraphKernelNodeSetParams(Backend& backend, abi::CUgraphNode node,
                                    const abi::CUDA_KERNEL_NODE_PARAMS_v1* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUDA_KERNEL_NODE_PARAMS wide = widen(*params);
    return cuGraphKernelNodeSetParams_v2(backend, node, &wide);
}

CUresult cuGraphExecKernelNodeSetParams(Backend& backend, abi::CUgraphExec exec, abi::CUgraphNode node,
                                        const abi::CUDA_KERNEL_NODE_PARAMS_v1* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUDA_KERNEL_NODE_PARAMS wide = widen(*params);
    return cuGraphExecKernelNodeSetParams_v2(backend, exec, node, &wide);
}

CUresult cuGraphExecUpdate(Backend& backend, abi::CUgraphExec exec, abi::CUgraph graph,
                           abi::CUgraphNode* error_node, abi::CUgraphExecUpdateResult* result) {
    abi::CUgraphExecUpdateResultInfo all{};
    const CUresult updated = cuGraphExecUpdate_v2(backend, exec, graph, &all);
    if (error_node != nullptr) *error_node = all.errorNode;
    if (result != nullptr) *result = all.result;
    return updated;
}

CUresult cuStreamUpdateCaptureDependencies(Backend& backend, bool per_thread, abi::CUstream stream,
                                           abi::CUgraphNode* needs, std::size_t count, unsigned flags) {
    return cuStreamUpdateCaptureDependencies_v2(backend, per_thread, stream, needs, nullptr, count, flags);
}

// Captures were of one mode then.
CUresult cuStreamBeginCapture(Backend& backend, bool per_thread, abi::CUstream stream) {
    return cuStreamBeginCapture_v2(backend, per_thread, stream, abi::CU_STREAM_CAPTURE_MODE_GLOBAL);
}

}  // namespace cudart::graphs::calls
