// Calls that add nodes, and that read and change what they do. See calls.h.
#include <algorithm>

#include "cudart/graphs/calls.h"
#include "cudart/graphs/conditional.h"
#include "cudart/graphs/memory.h"
#include "cudart/graphs/node_calls.h"
#include "cudart/graphs/params.h"

namespace cudart::graphs::calls {
namespace {

// A copy of the graph, or the graph itself: the program gives it away and goes on naming it.
CUresult take_child(Graph& to, const abi::CUDA_CHILD_GRAPH_NODE_PARAMS& params, Work& work) {
    Graph* graph = objects().find(params.graph);
    if (graph == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (params.ownership == abi::CU_GRAPH_CHILD_GRAPH_OWNERSHIP_CLONE)
        return read_child(*graph, to.named(), work);
    if (params.ownership != abi::CU_GRAPH_CHILD_GRAPH_OWNERSHIP_MOVE || graph == &to)
        return abi::CUDA_ERROR_INVALID_VALUE;
    if (graph->has_conditions()) return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (!graph->executable.expired()) return abi::CUDA_ERROR_INVALID_VALUE;
    const std::shared_ptr<Graph> taken = objects().take(*graph);
    if (taken == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    taken->parent = &to;
    work = ChildWork{taken};
    return abi::CUDA_SUCCESS;
}

}  // namespace

CUresult cuGraphAddNode_v2(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                           const abi::CUgraphNode* needs, const abi::CUgraphEdgeData* data, std::size_t count,
                           abi::CUgraphNodeParams* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return add_there(out, graph, {needs, count, data},
                     [&](Graph& to, const std::vector<Link>& ends, Work& work) {
                         switch (params->type) {
                             case abi::CU_GRAPH_NODE_TYPE_MEM_ALLOC:
                                 return read_alloc(backend, to, ends, params->alloc, work);
                             case abi::CU_GRAPH_NODE_TYPE_MEM_FREE:
                                 return read_free(to, params->free.dptr, work);
                             case abi::CU_GRAPH_NODE_TYPE_GRAPH:
                                 return take_child(to, params->graph, work);
                             case abi::CU_GRAPH_NODE_TYPE_CONDITIONAL:
                                 return read_conditional(backend, to, params->conditional, work);
                             default:
                                 return read_any(backend, *params, to.named(), work);
                         }
                     });
}

CUresult cuGraphNodeSetParams(Backend& backend, abi::CUgraphNode handle, abi::CUgraphNodeParams* params) {
    const Guard guard(objects().lock);
    Node* node = objects().find(handle);
    if (node == nullptr || params == nullptr || params->type != type_of(node->work))
        return abi::CUDA_ERROR_INVALID_VALUE;
    return read_any(backend, *params, node->graph.named(), node->work);
}

CUresult cuGraphAddKernelNode_v2(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                                 const abi::CUgraphNode* needs, std::size_t count,
                                 const abi::CUDA_KERNEL_NODE_PARAMS* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return add(out, graph, {needs, count},
               [&](const Graph&, Work& work) { return read_kernel(backend, widen(*params), work); });
}

CUresult cuGraphKernelNodeGetParams_v2(Backend&, abi::CUgraphNode node,
                                       abi::CUDA_KERNEL_NODE_PARAMS* params) {
    return on<KernelWork>(node, params != nullptr, [&](const Node&, KernelWork& work) {
        *params = tell(work);
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphKernelNodeSetParams_v2(Backend& backend, abi::CUgraphNode handle,
                                       const abi::CUDA_KERNEL_NODE_PARAMS* params) {
    return on<KernelWork>(handle, params != nullptr, [&](Node& node, const KernelWork&) {
        return read_kernel(backend, widen(*params), node.work);
    });
}

CUresult cuGraphKernelNodeCopyAttributes(Backend&, abi::CUgraphNode to, abi::CUgraphNode from) {
    return on<KernelWork>(from, true, [&](const Node&, const KernelWork& source) {
        return on<KernelWork>(to, true, [&](const Node&, KernelWork& target) {
            target.attributes = source.attributes;
            return abi::CUDA_SUCCESS;
        });
    });
}

CUresult cuGraphKernelNodeGetAttribute(Backend&, abi::CUgraphNode node, abi::CUkernelNodeAttrID id,
                                       abi::CUkernelNodeAttrValue* value) {
    return on<KernelWork>(node, value != nullptr, [&](const Node&, const KernelWork& work) {
        const auto found = std::ranges::find(work.attributes, id, &abi::CUlaunchAttribute::id);
        *value = found == work.attributes.end() ? abi::CUkernelNodeAttrValue{} : found->value;
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphKernelNodeSetAttribute(Backend&, abi::CUgraphNode node, abi::CUkernelNodeAttrID id,
                                       const abi::CUkernelNodeAttrValue* value) {
    if (id < 0 || id >= abi::CU_LAUNCH_ATTRIBUTE_MAX) return abi::CUDA_ERROR_INVALID_VALUE;
    return on<KernelWork>(node, value != nullptr, [&](const Node&, KernelWork& work) {
        std::erase_if(work.attributes, [&](const auto& attribute) { return attribute.id == id; });
        abi::CUlaunchAttribute attribute{};
        attribute.id = id;
        attribute.value = *value;
        work.attributes.push_back(attribute);
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphAddMemcpyNode(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                              const abi::CUgraphNode* needs, std::size_t count,
                              const abi::CUDA_MEMCPY3D* params, abi::CUcontext context) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return add(out, graph, {needs, count},
               [&](const Graph&, Work& work) { return read_copy(backend, *params, context, work); });
}

CUresult cuGraphMemcpyNodeGetParams(Backend&, abi::CUgraphNode node, abi::CUDA_MEMCPY3D* params) {
    return on<CopyWork>(node, params != nullptr, [&](const Node&, const CopyWork& work) {
        *params = work.box;
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphMemcpyNodeSetParams(Backend& backend, abi::CUgraphNode handle,
                                    const abi::CUDA_MEMCPY3D* params) {
    return on<CopyWork>(handle, params != nullptr, [&](Node& node, const CopyWork& work) {
        return read_copy(backend, *params, work.context, node.work);
    });
}

CUresult cuGraphAddMemsetNode(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                              const abi::CUgraphNode* needs, std::size_t count,
                              const abi::CUDA_MEMSET_NODE_PARAMS* params, abi::CUcontext context) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return add(out, graph, {needs, count},
               [&](const Graph&, Work& work) { return read_fill(backend, widen(*params, context), work); });
}

CUresult cuGraphMemsetNodeGetParams(Backend&, abi::CUgraphNode node, abi::CUDA_MEMSET_NODE_PARAMS* params) {
    return on<FillWork>(node, params != nullptr, [&](const Node&, const FillWork& work) {
        const abi::CUDA_MEMSET_NODE_PARAMS_v2& fill = work.params;
        *params = {fill.dst, fill.pitch, fill.value, fill.elementSize, fill.width, fill.height};
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphMemsetNodeSetParams(Backend& backend, abi::CUgraphNode handle,
                                    const abi::CUDA_MEMSET_NODE_PARAMS* params) {
    return on<FillWork>(handle, params != nullptr, [&](Node& node, const FillWork& work) {
        return read_fill(backend, widen(*params, work.params.ctx), node.work);
    });
}

CUresult cuGraphAddHostNode(Backend&, abi::CUgraphNode* out, abi::CUgraph graph,
                            const abi::CUgraphNode* needs, std::size_t count,
                            const abi::CUDA_HOST_NODE_PARAMS* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return add(out, graph, {needs, count}, [&](const Graph&, Work& work) {
        return read_host({params->fn, params->userData}, work);
    });
}

CUresult cuGraphHostNodeGetParams(Backend&, abi::CUgraphNode node, abi::CUDA_HOST_NODE_PARAMS* params) {
    return on<HostWork>(node, params != nullptr, [&](const Node&, const HostWork& work) {
        *params = {work.params.fn, work.params.userData};
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphHostNodeSetParams(Backend&, abi::CUgraphNode handle,
                                  const abi::CUDA_HOST_NODE_PARAMS* params) {
    return on<HostWork>(handle, params != nullptr, [&](Node& node, const HostWork&) {
        return read_host({params->fn, params->userData}, node.work);
    });
}

CUresult cuGraphAddChildGraphNode(Backend&, abi::CUgraphNode* out, abi::CUgraph graph,
                                  const abi::CUgraphNode* needs, std::size_t count, abi::CUgraph child) {
    return add(out, graph, {needs, count}, [&](const Graph& to, Work& work) {
        const Graph* inner = objects().find(child);
        return inner == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : read_child(*inner, to.named(), work);
    });
}

CUresult cuGraphChildGraphNodeGetGraph(Backend&, abi::CUgraphNode node, abi::CUgraph* graph) {
    return on<ChildWork>(node, graph != nullptr, [&](const Node&, const ChildWork& work) {
        *graph = to_handle<abi::CUgraph>(work.graph->handle);
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphAddEmptyNode(Backend&, abi::CUgraphNode* out, abi::CUgraph graph,
                             const abi::CUgraphNode* needs, std::size_t count) {
    return add(out, graph, {needs, count}, [](const Graph&, Work&) { return abi::CUDA_SUCCESS; });
}

CUresult cuGraphAddEventRecordNode(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                                   const abi::CUgraphNode* needs, std::size_t count, abi::CUevent event) {
    return add(out, graph, {needs, count},
               [&](const Graph&, Work& work) { return read_event(backend, event, true, work); });
}

CUresult cuGraphEventRecordNodeGetEvent(Backend&, abi::CUgraphNode node, abi::CUevent* event) {
    return on<EventRecordWork>(node, event != nullptr, [&](const Node&, const EventRecordWork& work) {
        *event = work.event;
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphEventRecordNodeSetEvent(Backend& backend, abi::CUgraphNode handle, abi::CUevent event) {
    return on<EventRecordWork>(handle, true, [&](Node& node, const EventRecordWork&) {
        return read_event(backend, event, true, node.work);
    });
}

CUresult cuGraphAddEventWaitNode(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                                 const abi::CUgraphNode* needs, std::size_t count, abi::CUevent event) {
    return add(out, graph, {needs, count},
               [&](const Graph&, Work& work) { return read_event(backend, event, false, work); });
}

CUresult cuGraphEventWaitNodeGetEvent(Backend&, abi::CUgraphNode node, abi::CUevent* event) {
    return on<EventWaitWork>(node, event != nullptr, [&](const Node&, const EventWaitWork& work) {
        *event = work.event;
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphEventWaitNodeSetEvent(Backend& backend, abi::CUgraphNode handle, abi::CUevent event) {
    return on<EventWaitWork>(handle, true, [&](Node& node, const EventWaitWork&) {
        return read_event(backend, event, false, node.work);
    });
}

CUresult cuGraphAddBatchMemOpNode(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                                  const abi::CUgraphNode* needs, std::size_t count,
                                  const abi::CUDA_BATCH_MEM_OP_NODE_PARAMS* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return add(out, graph, {needs, count}, [&](const Graph&, Work& work) {
        return read_values(backend, {params->ctx, params->count, params->paramArray, params->flags}, work);
    });
}

CUresult cuGraphBatchMemOpNodeGetParams(Backend&, abi::CUgraphNode node,
                                        abi::CUDA_BATCH_MEM_OP_NODE_PARAMS* params) {
    return on<ValuesWork>(node, params != nullptr, [&](const Node&, ValuesWork& work) {
        *params = {work.context, static_cast<unsigned>(work.operations.size()), work.operations.data(),
                   work.flags};
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphBatchMemOpNodeSetParams(Backend& backend, abi::CUgraphNode handle,
                                        const abi::CUDA_BATCH_MEM_OP_NODE_PARAMS* params) {
    return on<ValuesWork>(handle, params != nullptr, [&](Node& node, const ValuesWork&) {
        return read_values(backend, {params->ctx, params->count, params->paramArray, params->flags},
                           node.work);
    });
}

}  // namespace cudart::graphs::calls
