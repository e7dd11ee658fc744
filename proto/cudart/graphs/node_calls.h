// What calls about nodes begin with: the nodes that a new one comes behind, and the node behind a handle.
// Included by the calls_*.cc files that add and change nodes.
#pragma once
#include <mutex>
#include <unordered_set>

#include "cudart/graphs/graph.h"
#include "cudart/graphs/objects.h"

namespace cudart::graphs::calls {

using abi::CUresult;
using Guard = std::lock_guard<std::recursive_mutex>;

struct Needs {
    const abi::CUgraphNode* nodes;
    std::size_t count;
    const abi::CUgraphEdgeData* data = nullptr;
};

inline CUresult check_needs(const Graph& graph, const Needs& needs) {
    if (needs.count != 0 && needs.nodes == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    std::unordered_set<const Node*> seen;
    for (std::size_t index = 0; index < needs.count; ++index) {
        const Node* node = objects().find(needs.nodes[index]);
        if (node == nullptr || &node->graph != &graph) return abi::CUDA_ERROR_INVALID_VALUE;
        if (!seen.insert(node).second) return abi::CUDA_ERROR_INVALID_VALUE;
    }
    return abi::CUDA_SUCCESS;
}

// `read(graph, ends, work)` says what the node will do that comes behind `ends`.
template <class Read>
CUresult add_there(abi::CUgraphNode* out, abi::CUgraph handle, const Needs& needs, Read&& read) {
    const Guard guard(objects().lock);
    Graph* graph = objects().find(handle);
    if (out == nullptr || graph == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (const CUresult good = check_needs(*graph, needs); good != abi::CUDA_SUCCESS) return good;
    std::vector<Link> ends;
    for (std::size_t index = 0; index < needs.count; ++index) {
        ends.push_back({objects().find(needs.nodes[index]),
                        needs.data == nullptr ? abi::CUgraphEdgeData{} : needs.data[index]});
    }
    Work work;
    if (const CUresult result = read(*graph, ends, work); result != abi::CUDA_SUCCESS) return result;
    Node& node = graph->add(std::move(work));
    for (const Link& end : ends) graph->link(*end.node, node, end.data);
    *out = to_handle<abi::CUgraphNode>(node.handle);
    return abi::CUDA_SUCCESS;
}

// The same for what does not care where it stands.
template <class Read>
CUresult add(abi::CUgraphNode* out, abi::CUgraph handle, const Needs& needs, Read&& read) {
    return add_there(out, handle, needs, [&read](const Graph& graph, const std::vector<Link>&, Work& work) {
        return read(graph, work);
    });
}

// Runs `body(node, work)` with a node that does a `Kind` of work.
template <class Kind, class Body>
CUresult on(abi::CUgraphNode handle, bool arguments_good, Body&& body) {
    const Guard guard(objects().lock);
    Node* node = objects().find(handle);
    if (node == nullptr || !arguments_good) return abi::CUDA_ERROR_INVALID_VALUE;
    Kind* work = std::get_if<Kind>(&node->work);
    return work == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : body(*node, *work);
}

}  // namespace cudart::graphs::calls
