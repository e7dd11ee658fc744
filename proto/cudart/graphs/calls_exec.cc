// Calls that make graphs executable and change and run what is executable. See calls.h.
#include <algorithm>
#include <cstdio>

#include "cudart/graphs/calls.h"
#include "cudart/graphs/capture.h"
#include "cudart/graphs/objects.h"
#include "cudart/graphs/params.h"
#include "cudart/graphs/update.h"

namespace cudart::graphs::calls {
namespace {

using abi::CUresult;
using Guard = std::lock_guard<std::recursive_mutex>;

constexpr std::uint64_t kFlags =
    abi::CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH | abi::CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD |
    abi::CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH | abi::CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY;

CUresult instantiate(abi::CUgraphExec* out, abi::CUgraph handle, std::uint64_t flags,
                     abi::CUgraphInstantiateResult& why) {
    const Guard guard(objects().lock);
    why = abi::CUDA_GRAPH_INSTANTIATE_ERROR;
    Graph* graph = objects().find(handle);
    if (out == nullptr || graph == nullptr || (flags & ~kFlags) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    // Kernels here do not launch graphs.
    if ((flags & abi::CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH) != 0) return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (captures().holds(*graph)) return abi::CUDA_ERROR_ILLEGAL_STATE;
    if (graph->is_single() && !graph->executable.expired()) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const std::shared_ptr<Exec> exec = Exec::make(*graph, flags, why);
    if (exec == nullptr) {
        const bool unsupported = why == abi::CUDA_GRAPH_INSTANTIATE_NODE_OPERATION_NOT_SUPPORTED;
        return unsupported ? abi::CUDA_ERROR_NOT_SUPPORTED : abi::CUDA_ERROR_INVALID_VALUE;
    }
    graph->executable = exec;
    objects().keep(exec);
    *out = to_handle<abi::CUgraphExec>(exec->handle);
    return abi::CUDA_SUCCESS;
}

// Runs `body(node)` with the copy of a node in an executable graph, when it does a `Kind` of work.
template <class Kind, class Body>
CUresult on(abi::CUgraphExec exec_handle, abi::CUgraphNode handle, bool arguments_good, Body&& body) {
    const Guard guard(objects().lock);
    const Exec* exec = objects().find(exec_handle);
    const Node* original = objects().find(handle);
    if (exec == nullptr || original == nullptr || !arguments_good) return abi::CUDA_ERROR_INVALID_VALUE;
    Node* node = exec->copy_of(*original);
    if (node == nullptr || !std::holds_alternative<Kind>(node->work)) return abi::CUDA_ERROR_INVALID_VALUE;
    return body(*node);
}

bool can_be_disabled(const Node& node) {
    return std::holds_alternative<KernelWork>(node.work) || std::holds_alternative<CopyWork>(node.work) ||
           std::holds_alternative<FillWork>(node.work);
}

}  // namespace

CUresult cuGraphInstantiate_v2(Backend&, abi::CUgraphExec* out, abi::CUgraph graph,
                               abi::CUgraphNode* error_node, char* log, std::size_t size) {
    abi::CUgraphInstantiateResult why{};
    if (error_node != nullptr) *error_node = nullptr;
    const CUresult result = instantiate(out, graph, 0, why);
    const bool circular = why == abi::CUDA_GRAPH_INSTANTIATE_INVALID_STRUCTURE;
    if (log != nullptr && size != 0) std::snprintf(log, size, "%s", circular ? "The graph has a cycle." : "");
    return result;
}

CUresult cuGraphInstantiateWithFlags(Backend&, abi::CUgraphExec* out, abi::CUgraph graph,
                                     unsigned long long flags) {
    abi::CUgraphInstantiateResult why{};
    return instantiate(out, graph, flags, why);
}

CUresult cuGraphInstantiateWithParams(Backend&, bool, abi::CUgraphExec* out, abi::CUgraph graph,
                                      abi::CUDA_GRAPH_INSTANTIATE_PARAMS* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    params->hErrNode_out = nullptr;
    return instantiate(out, graph, params->flags, params->result_out);
}

CUresult cuGraphExecDestroy(Backend&, abi::CUgraphExec handle) {
    const Guard guard(objects().lock);
    const Exec* exec = objects().find(handle);
    if (exec == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    objects().take(*exec);
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphExecGetFlags(Backend&, abi::CUgraphExec handle, abi::cuuint64_t* flags) {
    const Guard guard(objects().lock);
    const Exec* exec = objects().find(handle);
    if (exec == nullptr || flags == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *flags = exec->flags;
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphLaunch(Backend& backend, bool per_thread, abi::CUgraphExec handle, abi::CUstream stream) {
    const Guard guard(objects().lock);
    Exec* exec = objects().find(handle);
    if (exec == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    StreamName name;
    if (const CUresult found = backend.find_stream(stream, per_thread, name); found != abi::CUDA_SUCCESS)
        return found;
    const Diverted diverted = captures().work(backend, name, [&](Work& work) {
        return read_child(exec->graph(), true, work);
    });
    return diverted ? *diverted : backend.launch(*exec, stream, per_thread);
}

CUresult cuGraphUpload(Backend& backend, bool per_thread, abi::CUgraphExec handle, abi::CUstream stream) {
    const Guard guard(objects().lock);
    if (objects().find(handle) == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    StreamName name;
    return backend.find_stream(stream, per_thread, name);
}

CUresult cuGraphExecUpdate_v2(Backend&, abi::CUgraphExec handle, abi::CUgraph graph_handle,
                              abi::CUgraphExecUpdateResultInfo* result) {
    const Guard guard(objects().lock);
    const Exec* exec = objects().find(handle);
    const Graph* graph = objects().find(graph_handle);
    if (exec == nullptr || graph == nullptr || result == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *result = {abi::CU_GRAPH_EXEC_UPDATE_SUCCESS, nullptr, nullptr};
    if (!can_update(exec->graph(), *graph, *result)) return abi::CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
    update(exec->graph(), *graph);
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphExecNodeSetParams(Backend& backend, abi::CUgraphExec exec_handle, abi::CUgraphNode handle,
                                  abi::CUgraphNodeParams* params) {
    const Guard guard(objects().lock);
    const Exec* exec = objects().find(exec_handle);
    const Node* original = objects().find(handle);
    if (exec == nullptr || original == nullptr || params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (params->type == abi::CU_GRAPH_NODE_TYPE_GRAPH)
        return cuGraphExecChildGraphNodeSetParams(backend, exec_handle, handle, params->graph.graph);
    Node* node = exec->copy_of(*original);
    if (node == nullptr || params->type != type_of(node->work)) return abi::CUDA_ERROR_INVALID_VALUE;
    return read_any(backend, *params, false, node->work);
}

CUresult cuGraphExecKernelNodeSetParams_v2(Backend& backend, abi::CUgraphExec exec, abi::CUgraphNode handle,
                                           const abi::CUDA_KERNEL_NODE_PARAMS* params) {
    return on<KernelWork>(exec, handle, params != nullptr,
                          [&](Node& node) { return read_kernel(backend, widen(*params), node.work); });
}

CUresult cuGraphExecMemcpyNodeSetParams(Backend& backend, abi::CUgraphExec exec, abi::CUgraphNode handle,
                                        const abi::CUDA_MEMCPY3D* params, abi::CUcontext context) {
    return on<CopyWork>(exec, handle, params != nullptr,
                        [&](Node& node) { return read_copy(backend, *params, context, node.work); });
}

CUresult cuGraphExecMemsetNodeSetParams(Backend& backend, abi::CUgraphExec exec, abi::CUgraphNode handle,
                                        const abi::CUDA_MEMSET_NODE_PARAMS* params, abi::CUcontext context) {
    return on<FillWork>(exec, handle, params != nullptr,
                        [&](Node& node) { return read_fill(backend, widen(*params, context), node.work); });
}

CUresult cuGraphExecHostNodeSetParams(Backend&, abi::CUgraphExec exec, abi::CUgraphNode handle,
                                      const abi::CUDA_HOST_NODE_PARAMS* params) {
    return on<HostWork>(exec, handle, params != nullptr, [&](Node& node) {
        return read_host({params->fn, params->userData}, node.work);
    });
}

CUresult cuGraphExecChildGraphNodeSetParams(Backend&, abi::CUgraphExec exec, abi::CUgraphNode handle,
                                            abi::CUgraph child) {
    return on<ChildWork>(exec, handle, true, [&](Node& node) {
        const Graph* graph = objects().find(child);
        if (graph == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        Graph& inner = *std::get<ChildWork>(node.work).graph;
        abi::CUgraphExecUpdateResultInfo result{};
        if (!can_update(inner, *graph, result)) return abi::CUDA_ERROR_INVALID_VALUE;
        update(inner, *graph);
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphExecEventRecordNodeSetEvent(Backend& backend, abi::CUgraphExec exec, abi::CUgraphNode handle,
                                            abi::CUevent event) {
    return on<EventRecordWork>(exec, handle, true,
                               [&](Node& node) { return read_event(backend, event, true, node.work); });
}

CUresult cuGraphExecEventWaitNodeSetEvent(Backend& backend, abi::CUgraphExec exec, abi::CUgraphNode handle,
                                          abi::CUevent event) {
    return on<EventWaitWork>(exec, handle, true,
                             [&](Node& node) { return read_event(backend, event, false, node.work); });
}

CUresult cuGraphExecBatchMemOpNodeSetParams(Backend& backend, abi::CUgraphExec exec, abi::CUgraphNode handle,
                                            const abi::CUDA_BATCH_MEM_OP_NODE_PARAMS* params) {
    return on<ValuesWork>(exec, handle, params != nullptr, [&](Node& node) {
        return read_values(backend, {params->ctx, params->count, params->paramArray, params->flags},
                           node.work);
    });
}

CUresult cuGraphNodeSetEnabled(Backend&, abi::CUgraphExec exec_handle, abi::CUgraphNode handle,
                               unsigned enabled) {
    const Guard guard(objects().lock);
    const Exec* exec = objects().find(exec_handle);
    const Node* original = objects().find(handle);
    if (exec == nullptr || original == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Node* node = exec->copy_of(*original);
    if (node == nullptr || !can_be_disabled(*node)) return abi::CUDA_ERROR_INVALID_VALUE;
    node->enabled = enabled != 0;
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphNodeGetEnabled(Backend&, abi::CUgraphExec exec_handle, abi::CUgraphNode handle,
                               unsigned* enabled) {
    const Guard guard(objects().lock);
    const Exec* exec = objects().find(exec_handle);
    const Node* original = objects().find(handle);
    if (exec == nullptr || original == nullptr || enabled == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const Node* node = exec->copy_of(*original);
    if (node == nullptr || !can_be_disabled(*node)) return abi::CUDA_ERROR_INVALID_VALUE;
    *enabled = node->enabled ? 1 : 0;
    return abi::CUDA_SUCCESS;
}

}  // namespace cudart::graphs::calls
