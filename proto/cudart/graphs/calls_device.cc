// Calls about nodes that only the software device runs: those that allocate and free, and conditional ones.
// See calls.h.
#include "cudart/graphs/calls.h"
#include "cudart/graphs/conditional.h"
#include "cudart/graphs/memory.h"
#include "cudart/graphs/node_calls.h"

namespace cudart::graphs::calls {

CUresult cuGraphAddMemAllocNode(Backend& backend, abi::CUgraphNode* out, abi::CUgraph graph,
                                const abi::CUgraphNode* needs, std::size_t count,
                                abi::CUDA_MEM_ALLOC_NODE_PARAMS* params) {
    if (params == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    abi::CUDA_MEM_ALLOC_NODE_PARAMS_v2 wide{params->poolProps, params->accessDescs, params->accessDescCount,
                                            params->bytesize, 0};
    const CUresult added = add_there(out, graph, {needs, count},
                                     [&](const Graph& to, const std::vector<Link>& ends, Work& work) {
                                         return read_alloc(backend, to, ends, wide, work);
                                     });
    if (added == abi::CUDA_SUCCESS) params->dptr = wide.dptr;
    return added;
}

CUresult cuGraphMemAllocNodeGetParams(Backend&, abi::CUgraphNode node,
                                      abi::CUDA_MEM_ALLOC_NODE_PARAMS* params) {
    return on<AllocWork>(node, params != nullptr, [&](const Node&, const AllocWork& work) {
        *params = {work.params.poolProps, work.accesses.data(), work.accesses.size(), work.params.bytesize,
                   work.params.dptr};
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphAddMemFreeNode(Backend&, abi::CUgraphNode* out, abi::CUgraph graph,
                               const abi::CUgraphNode* needs, std::size_t count, abi::CUdeviceptr address) {
    return add(out, graph, {needs, count},
               [&](const Graph& to, Work& work) { return read_free(to, address, work); });
}

CUresult cuGraphMemFreeNodeGetParams(Backend&, abi::CUgraphNode node, abi::CUdeviceptr* address) {
    return on<FreeWork>(node, address != nullptr, [&](const Node&, const FreeWork& work) {
        *address = work.allocation->address;
        return abi::CUDA_SUCCESS;
    });
}

CUresult cuGraphConditionalHandleCreate(Backend& backend, abi::CUgraphConditionalHandle* out,
                                        abi::CUgraph handle, abi::CUcontext context, unsigned initial,
                                        unsigned flags) {
    const Guard guard(objects().lock);
    Graph* graph = objects().find(handle);
    const bool known = (flags & ~abi::CU_GRAPH_COND_ASSIGN_DEFAULT) == 0;
    if (out == nullptr || graph == nullptr || !known) return abi::CUDA_ERROR_INVALID_VALUE;
    std::uint64_t made = 0;
    const bool assigns = (flags & abi::CU_GRAPH_COND_ASSIGN_DEFAULT) != 0;
    const CUresult result = make_condition(backend, *graph, {0, context, initial, assigns}, made);
    if (result == abi::CUDA_SUCCESS) *out = made;
    return result;
}

}  // namespace cudart::graphs::calls
