// See update.h.
#include "cudart/graphs/update.h"

#include <algorithm>
#include <unordered_map>

#include "cudart/graphs/objects.h"

namespace cudart::graphs {
namespace {

using Places = std::unordered_map<const Node*, std::size_t>;

Places places_of(const Graph& graph) {
    Places places;
    std::size_t place = 0;
    for (const auto& node : graph.nodes()) places[node.get()] = place++;
    return places;
}

std::vector<std::size_t> needs_of(const Node& node, const Places& places) {
    std::vector<std::size_t> needs;
    for (const Link& link : node.needs) needs.push_back(places.at(link.node));
    std::ranges::sort(needs);
    return needs;
}

// What NVIDIA's driver does not let an update change: the kinds of memory of a copy, a fill's rows.
bool parameters_fit(const Work& onto, const Work& from) {
    if (const auto* old_copy = std::get_if<CopyWork>(&onto)) {
        const abi::CUDA_MEMCPY3D& box = std::get<CopyWork>(from).box;
        return old_copy->box.srcMemoryType == box.srcMemoryType &&
               old_copy->box.dstMemoryType == box.dstMemoryType;
    }
    if (const auto* old_fill = std::get_if<FillWork>(&onto)) {
        const bool was_line = old_fill->params.height <= 1;
        return was_line == (std::get<FillWork>(from).params.height <= 1);
    }
    // The address is part of what other nodes do, and of no other graph.
    if (const auto* alloc = std::get_if<AllocWork>(&onto))
        return alloc->allocation == std::get<AllocWork>(from).allocation;
    if (const auto* end = std::get_if<FreeWork>(&onto))
        return end->allocation == std::get<FreeWork>(from).allocation;
    if (const auto* conditional = std::get_if<ConditionalWork>(&onto)) {
        const auto& other = std::get<ConditionalWork>(from);
        return conditional->params.handle == other.params.handle &&
               conditional->params.type == other.params.type &&
               conditional->bodies.size() == other.bodies.size();
    }
    return true;
}

// The graphs inside a node.
std::vector<Graph*> inner_graphs(const Work& work) {
    std::vector<Graph*> found;
    if (const auto* child = std::get_if<ChildWork>(&work)) found.push_back(child->graph.get());
    if (const auto* conditional = std::get_if<ConditionalWork>(&work)) {
        for (const auto& body : conditional->bodies) found.push_back(body.get());
    }
    return found;
}

abi::CUgraphExecUpdateResult compare(const Node& onto, const Node& from, const Places& onto_places,
                                     const Places& from_places) {
    if (onto.work.index() != from.work.index()) return abi::CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED;
    if (needs_of(onto, onto_places) != needs_of(from, from_places))
        return abi::CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
    if (!parameters_fit(onto.work, from.work)) return abi::CU_GRAPH_EXEC_UPDATE_ERROR_PARAMETERS_CHANGED;
    return abi::CU_GRAPH_EXEC_UPDATE_SUCCESS;
}

}  // namespace

bool can_update(const Graph& onto, const Graph& from, abi::CUgraphExecUpdateResultInfo& result) {
    if (onto.nodes().size() != from.nodes().size()) {
        result.result = abi::CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
        return false;
    }
    const Places onto_places = places_of(onto);
    const Places from_places = places_of(from);
    for (std::size_t index = 0; index < onto.nodes().size(); ++index) {
        const Node& old_node = *onto.nodes()[index];
        const Node& new_node = *from.nodes()[index];
        result.result = compare(old_node, new_node, onto_places, from_places);
        if (result.result != abi::CU_GRAPH_EXEC_UPDATE_SUCCESS) {
            result.errorNode = to_handle<abi::CUgraphNode>(new_node.handle);
            return false;
        }
        const auto old_graphs = inner_graphs(old_node.work);
        const auto new_graphs = inner_graphs(new_node.work);
        for (std::size_t inner = 0; inner < new_graphs.size(); ++inner) {
            if (!can_update(*old_graphs[inner], *new_graphs[inner], result)) return false;
        }
    }
    return true;
}

void update(Graph& onto, const Graph& from) {
    for (std::size_t index = 0; index < onto.nodes().size(); ++index) {
        Work& work = onto.nodes()[index]->work;
        const Work& source = from.nodes()[index]->work;
        const auto old_graphs = inner_graphs(work);
        const auto new_graphs = inner_graphs(source);
        for (std::size_t inner = 0; inner < new_graphs.size(); ++inner)
            update(*old_graphs[inner], *new_graphs[inner]);
        if (new_graphs.empty()) work = source;
    }
}

}  // namespace cudart::graphs
