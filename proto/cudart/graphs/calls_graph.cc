// Calls about graphs as a whole and about edges. See calls.h.
#include <algorithm>
#include <span>

#include "cudart/graphs/calls.h"
#include "cudart/graphs/capture.h"
#include "cudart/graphs/dot.h"
#include "cudart/graphs/graph.h"
#include "cudart/graphs/objects.h"

namespace cudart::graphs::calls {
namespace {

using abi::CUresult;
using Guard = std::lock_guard<std::recursive_mutex>;

abi::CUgraphNode handle_of(const Node& node) { return to_handle<abi::CUgraphNode>(node.handle); }

// Fills a list of `*count` places, or says in `*count` how many are needed. What is left over becomes null.
template <class Fill>
CUresult tell_list(std::size_t* count, bool wanted, std::size_t have, Fill&& fill) {
    if (count == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (wanted) {
        for (std::size_t index = 0; index < *count; ++index) fill(index, index < have);
        *count = std::min(*count, have);
    } else {
        *count = have;
    }
    return abi::CUDA_SUCCESS;
}

CUresult tell_nodes(const std::vector<const Node*>& found, abi::CUgraphNode* nodes, std::size_t* count) {
    return tell_list(count, nodes != nullptr, found.size(), [&](std::size_t index, bool there) {
        nodes[index] = there ? handle_of(*found[index]) : nullptr;
    });
}

CUresult tell_links(const std::vector<Link>& links, abi::CUgraphNode* nodes, abi::CUgraphEdgeData* data,
                    std::size_t* count) {
    return tell_list(count, nodes != nullptr, links.size(), [&](std::size_t index, bool there) {
        nodes[index] = there ? handle_of(*links[index].node) : nullptr;
        if (data != nullptr) data[index] = there ? links[index].data : abi::CUgraphEdgeData{};
    });
}

// Programmatic edges let a kernel begin before another's end: not here, where it would have to wait anyway.
bool known(const abi::CUgraphEdgeData& data) {
    const bool programmatic = data.type == abi::CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC;
    return programmatic || (data.type == 0 && data.to_port == 0 && data.from_port <= 2);
}

struct Edges {
    std::span<const abi::CUgraphNode> from;
    std::span<const abi::CUgraphNode> to;
};

// Checks all before it changes one.
template <class Good, class Change>
CUresult change_edges(abi::CUgraph handle, const Edges& edges, Good&& good, Change&& change) {
    const Guard guard(objects().lock);
    Graph* graph = objects().find(handle);
    if (graph == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    for (std::size_t index = 0; index < edges.from.size(); ++index) {
        const Node* from = objects().find(edges.from[index]);
        const Node* to = objects().find(edges.to[index]);
        if (from == nullptr || to == nullptr || from == to) return abi::CUDA_ERROR_INVALID_VALUE;
        if (&from->graph != graph || &to->graph != graph) return abi::CUDA_ERROR_INVALID_VALUE;
        if (!good(*graph, *from, *to)) return abi::CUDA_ERROR_INVALID_VALUE;
    }
    for (std::size_t index = 0; index < edges.from.size(); ++index) {
        change(*graph, *objects().find(edges.from[index]), *objects().find(edges.to[index]), index);
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace

CUresult cuGraphCreate(Backend&, abi::CUgraph* out, unsigned flags) {
    if (out == nullptr || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const Guard guard(objects().lock);
    const std::shared_ptr<Graph> graph = Graph::make(true);
    objects().keep(graph);
    *out = to_handle<abi::CUgraph>(graph->handle);
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphDestroy(Backend&, abi::CUgraph handle) {
    const Guard guard(objects().lock);
    const Graph* graph = objects().find(handle);
    // A child graph goes with its node, one being captured with its capture: neither is in the table.
    const auto taken = graph == nullptr ? nullptr : objects().take(*graph);
    return taken == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
}

CUresult cuGraphClone(Backend&, abi::CUgraph* out, abi::CUgraph handle) {
    const Guard guard(objects().lock);
    const Graph* graph = objects().find(handle);
    if (out == nullptr || graph == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (graph->is_single()) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const std::shared_ptr<Graph> copy = graph->clone(true);
    objects().keep(copy);
    *out = to_handle<abi::CUgraph>(copy->handle);
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphNodeFindInClone(Backend&, abi::CUgraphNode* out, abi::CUgraphNode original,
                                abi::CUgraph handle) {
    const Guard guard(objects().lock);
    const Graph* clone = objects().find(handle);
    if (out == nullptr || clone == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const auto found = std::ranges::find_if(
        clone->nodes(), [&](const auto& node) { return node->origin == to_number(original); });
    if (original == nullptr || found == clone->nodes().end()) return abi::CUDA_ERROR_INVALID_VALUE;
    *out = handle_of(**found);
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphDebugDotPrint(Backend&, abi::CUgraph handle, const char* path, unsigned flags) {
    const Guard guard(objects().lock);
    const Graph* graph = objects().find(handle);
    if (graph == nullptr || path == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return write_dot(*graph, path, flags) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_OPERATING_SYSTEM;
}

CUresult cuGraphGetNodes(Backend&, abi::CUgraph handle, abi::CUgraphNode* nodes, std::size_t* count) {
    const Guard guard(objects().lock);
    const Graph* graph = objects().find(handle);
    if (graph == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    std::vector<const Node*> found;
    for (const auto& node : graph->nodes()) found.push_back(node.get());
    return tell_nodes(found, nodes, count);
}

CUresult cuGraphGetRootNodes(Backend&, abi::CUgraph handle, abi::CUgraphNode* nodes, std::size_t* count) {
    const Guard guard(objects().lock);
    const Graph* graph = objects().find(handle);
    if (graph == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    std::vector<const Node*> found;
    for (const auto& node : graph->nodes()) {
        if (node->needs.empty()) found.push_back(node.get());
    }
    return tell_nodes(found, nodes, count);
}

CUresult cuGraphGetEdges_v2(Backend&, abi::CUgraph handle, abi::CUgraphNode* from, abi::CUgraphNode* to,
                            abi::CUgraphEdgeData* data, std::size_t* count) {
    const Guard guard(objects().lock);
    const Graph* graph = objects().find(handle);
    if (graph == nullptr || (from == nullptr) != (to == nullptr)) return abi::CUDA_ERROR_INVALID_VALUE;
    struct Edge {
        const Node* from;
        const Node* to;
        abi::CUgraphEdgeData data;
    };
    std::vector<Edge> edges;
    graph->each_edge([&](const Node& one, const Node& other, const abi::CUgraphEdgeData& of) {
        edges.push_back({&one, &other, of});
    });
    return tell_list(count, from != nullptr, edges.size(), [&](std::size_t index, bool there) {
        from[index] = there ? handle_of(*edges[index].from) : nullptr;
        to[index] = there ? handle_of(*edges[index].to) : nullptr;
        if (data != nullptr) data[index] = there ? edges[index].data : abi::CUgraphEdgeData{};
    });
}

CUresult cuGraphNodeGetDependencies_v2(Backend&, abi::CUgraphNode handle, abi::CUgraphNode* others,
                                       abi::CUgraphEdgeData* data, std::size_t* count) {
    const Guard guard(objects().lock);
    const Node* node = objects().find(handle);
    return node == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : tell_links(node->needs, others, data, count);
}

CUresult cuGraphNodeGetDependentNodes_v2(Backend&, abi::CUgraphNode handle, abi::CUgraphNode* others,
                                         abi::CUgraphEdgeData* data, std::size_t* count) {
    const Guard guard(objects().lock);
    const Node* node = objects().find(handle);
    return node == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : tell_links(node->leads, others, data, count);
}

CUresult cuGraphAddDependencies_v2(Backend&, abi::CUgraph graph, const abi::CUgraphNode* from,
                                   const abi::CUgraphNode* to, const abi::CUgraphEdgeData* data,
                                   std::size_t count) {
    if (count != 0 && (from == nullptr || to == nullptr)) return abi::CUDA_ERROR_INVALID_VALUE;
    for (std::size_t index = 0; data != nullptr && index < count; ++index) {
        if (!known(data[index])) return abi::CUDA_ERROR_INVALID_VALUE;
    }
    return change_edges(
        graph, {{from, count}, {to, count}},
        [](const Graph& of, const Node& one, const Node& other) { return !of.linked(one, other); },
        [&](Graph& of, Node& one, Node& other, std::size_t index) {
            of.link(one, other, data == nullptr ? abi::CUgraphEdgeData{} : data[index]);
        });
}

CUresult cuGraphRemoveDependencies_v2(Backend&, abi::CUgraph graph, const abi::CUgraphNode* from,
                                      const abi::CUgraphNode* to, const abi::CUgraphEdgeData*,
                                      std::size_t count) {
    if (count != 0 && (from == nullptr || to == nullptr)) return abi::CUDA_ERROR_INVALID_VALUE;
    {
        const Guard guard(objects().lock);
        const Graph* fixed = objects().find(graph);
        if (fixed != nullptr && fixed->has_memory()) return abi::CUDA_ERROR_NOT_SUPPORTED;
    }
    return change_edges(
        graph, {{from, count}, {to, count}},
        [](const Graph& of, const Node& one, const Node& other) { return of.linked(one, other); },
        [](Graph& of, Node& one, Node& other, std::size_t) { of.unlink(one, other); });
}

CUresult cuGraphDestroyNode(Backend&, abi::CUgraphNode handle) {
    const Guard guard(objects().lock);
    Node* node = objects().find(handle);
    // What a capture goes on from must stay, and so must what is inside a child graph's copy.
    if (node == nullptr || captures().holds(node->graph)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (node->graph.has_memory()) return abi::CUDA_ERROR_NOT_SUPPORTED;
    node->graph.remove(*node);
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphNodeGetType(Backend&, abi::CUgraphNode handle, abi::CUgraphNodeType* type) {
    const Guard guard(objects().lock);
    const Node* node = objects().find(handle);
    if (node == nullptr || type == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *type = type_of(node->work);
    return abi::CUDA_SUCCESS;
}

}  // namespace cudart::graphs::calls
