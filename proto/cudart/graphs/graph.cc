// See graph.h.
#include "cudart/graphs/graph.h"

#include <algorithm>
#include <unordered_map>

#include "cudart/graphs/objects.h"

namespace cudart::graphs {

bool KernelWork::cooperative() const {
    return std::ranges::any_of(attributes, [](const abi::CUlaunchAttribute& attribute) {
        return attribute.id == abi::CU_LAUNCH_ATTRIBUTE_COOPERATIVE && attribute.value.cooperative != 0;
    });
}

int KernelWork::priority() const {
    int found = 0;
    for (const abi::CUlaunchAttribute& attribute : attributes) {
        if (attribute.id == abi::CU_LAUNCH_ATTRIBUTE_PRIORITY) found = attribute.value.priority;
    }
    return found;
}

abi::CUgraphNodeType type_of(const Work& work) {
    constexpr abi::CUgraphNodeType kTypes[] = {
        abi::CU_GRAPH_NODE_TYPE_EMPTY,        abi::CU_GRAPH_NODE_TYPE_KERNEL,
        abi::CU_GRAPH_NODE_TYPE_MEMCPY,       abi::CU_GRAPH_NODE_TYPE_MEMSET,
        abi::CU_GRAPH_NODE_TYPE_HOST,         abi::CU_GRAPH_NODE_TYPE_GRAPH,
        abi::CU_GRAPH_NODE_TYPE_EVENT_RECORD, abi::CU_GRAPH_NODE_TYPE_WAIT_EVENT,
        abi::CU_GRAPH_NODE_TYPE_BATCH_MEM_OP, abi::CU_GRAPH_NODE_TYPE_MEM_ALLOC,
        abi::CU_GRAPH_NODE_TYPE_MEM_FREE,     abi::CU_GRAPH_NODE_TYPE_CONDITIONAL,
    };
    static_assert(std::size(kTypes) == std::variant_size_v<Work>);
    return kTypes[work.index()];
}

Node::Node(Graph& graph_, Work work_) : graph(graph_), work(std::move(work_)) {
    if (graph.named()) handle = objects().name(ObjectKind::node, this);
}

Node::~Node() { objects().unname(handle); }

std::shared_ptr<Graph> Graph::make(bool named) {
    std::shared_ptr<Graph> graph(new Graph(named));
    if (named) graph->handle = objects().name(ObjectKind::graph, graph.get());
    return graph;
}

Graph::~Graph() {
    objects().unname(handle);
    for (const auto& [object, count] : kept) drop(object, count);
}

bool Graph::has_memory() const {
    return std::ranges::any_of(nodes_, [](const auto& node) {
        if (const auto* child = std::get_if<ChildWork>(&node->work)) return child->graph->has_memory();
        return std::holds_alternative<AllocWork>(node->work) || std::holds_alternative<FreeWork>(node->work);
    });
}

bool Graph::has_conditions() const {
    return std::ranges::any_of(
        nodes_, [](const auto& node) { return std::holds_alternative<ConditionalWork>(node->work); });
}

Node& Graph::add(Work work) {
    return *nodes_.emplace_back(std::make_unique<Node>(*this, std::move(work)));
}

void Graph::remove(Node& node) {
    for (const Link& link : node.needs) {
        std::erase_if(link.node->leads, [&](const Link& back) { return back.node == &node; });
    }
    for (const Link& link : node.leads) {
        std::erase_if(link.node->needs, [&](const Link& back) { return back.node == &node; });
    }
    std::erase_if(nodes_, [&](const auto& owned) { return owned.get() == &node; });
}

bool Graph::linked(const Node& from, const Node& to) const {
    return std::ranges::any_of(to.needs, [&](const Link& link) { return link.node == &from; });
}

void Graph::link(Node& from, Node& to, const abi::CUgraphEdgeData& data) {
    from.leads.push_back({&to, data});
    to.needs.push_back({&from, data});
}

bool Graph::unlink(Node& from, Node& to) {
    const auto gone = std::erase_if(to.needs, [&](const Link& link) { return link.node == &from; });
    std::erase_if(from.leads, [&](const Link& link) { return link.node == &to; });
    return gone != 0;
}

std::shared_ptr<Graph> Graph::clone(bool named) const {
    std::shared_ptr<Graph> copy = make(named);
    copy->origin = handle;
    std::unordered_map<const Node*, Node*> twins;
    for (const auto& node : nodes_) {
        Work work = node->work;
        if (auto* kernel = std::get_if<KernelWork>(&work)) kernel->pointers.clear();
        if (auto* child = std::get_if<ChildWork>(&work)) child->graph = child->graph->clone(named);
        if (auto* conditional = std::get_if<ConditionalWork>(&work)) {
            for (auto& body : conditional->bodies) body = body->clone(named);
        }
        Node& twin = copy->add(std::move(work));
        twin.origin = node->handle != 0 ? node->handle : node->origin;
        twin.enabled = node->enabled;
        twins.emplace(node.get(), &twin);
    }
    each_edge([&](const Node& from, const Node& to, const abi::CUgraphEdgeData& data) {
        copy->link(*twins.at(&from), *twins.at(&to), data);
    });
    copy->conditions = conditions;
    copy->kept = kept;
    for (const auto& [object, count] : kept) object->references += count;
    return copy;
}

std::vector<Node*> Graph::order() const {
    std::vector<Node*> sorted;
    std::unordered_map<const Node*, std::size_t> missing;
    for (const auto& node : nodes_) {
        missing[node.get()] = node->needs.size();
        if (node->needs.empty()) sorted.push_back(node.get());
    }
    for (std::size_t index = 0; index < sorted.size(); ++index) {
        for (const Link& link : sorted[index]->leads) {
            if (--missing[link.node] == 0) sorted.push_back(link.node);
        }
    }
    if (sorted.size() != nodes_.size()) sorted.clear();
    return sorted;
}

void Graph::each_edge(
    const std::function<void(Node&, Node&, const abi::CUgraphEdgeData&)>& visit) const {
    for (const auto& node : nodes_) {
        for (const Link& link : node->leads) visit(*node, *link.node, link.data);
    }
}

void drop(const std::shared_ptr<UserObject>& object, std::uint64_t count) {
    object->references -= count;
    if (object->references != 0) return;
    objects().forget_user_object(object->handle);
    if (object->destroy != nullptr) object->destroy(object->pointer);
}

}  // namespace cudart::graphs
