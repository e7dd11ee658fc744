// See exec.h.
#include "cudart/graphs/exec.h"

#include <algorithm>

#include "cudart/graphs/objects.h"

namespace cudart::graphs {
namespace {
// More independent branches than this share lanes, which only orders what need not be ordered.
constexpr std::uint32_t kMostLanes = 32;
}  // namespace

std::shared_ptr<Exec> Exec::make(const Graph& graph, std::uint64_t flags) {
    std::shared_ptr<Exec> exec(new Exec(flags));
    exec->graph_ = graph.clone(false);
    std::vector<std::uint32_t> leaves;
    if (!exec->plan_graph(*exec->graph_, {}, leaves)) return nullptr;
    exec->lane_count_ = static_cast<std::uint32_t>(exec->lane_ends_.size());
    exec->index(*exec->graph_);
    exec->handle = objects().name(ObjectKind::exec, exec.get());
    return exec;
}

Exec::~Exec() { objects().unname(handle); }

void Exec::index(const Graph& graph) {
    for (const auto& node : graph.nodes()) {
        copies_.emplace(node->origin, node.get());
        if (const auto* child = std::get_if<ChildWork>(&node->work)) index(*child->graph);
    }
}

Node* Exec::copy_of(const Node& original) const {
    const auto found = copies_.find(original.handle);
    return found == copies_.end() ? nullptr : found->second;
}

// On the lane of something it needs, if that is the lane's end; else on one of its own.
std::uint32_t Exec::add_step(Node* node, std::vector<std::uint32_t> after) {
    const auto number = static_cast<std::uint32_t>(plan_.size());
    const auto continues = std::ranges::find_if(
        after, [&](std::uint32_t step) { return lane_ends_[plan_[step].lane] == step; });
    std::uint32_t lane = 0;
    if (continues != after.end()) {
        lane = plan_[*continues].lane;
    } else if (lane_ends_.size() < kMostLanes) {
        lane = static_cast<std::uint32_t>(lane_ends_.size());
        lane_ends_.push_back(number);
    } else {
        lane = number % kMostLanes;
    }
    lane_ends_[lane] = number;
    for (const std::uint32_t step : after) plan_[step].last = false;
    plan_.push_back({node, std::move(after), lane, true});
    return number;
}

bool Exec::plan_graph(const Graph& graph, const std::vector<std::uint32_t>& roots,
                      std::vector<std::uint32_t>& leaves) {
    const std::vector<Node*> order = graph.order();
    if (order.empty() && !graph.nodes().empty()) return false;
    std::unordered_map<const Node*, std::uint32_t> ends;
    for (Node* node : order) {
        std::vector<std::uint32_t> after;
        for (const Link& link : node->needs) after.push_back(ends.at(link.node));
        if (node->needs.empty()) after = roots;
        std::uint32_t end = add_step(node, std::move(after));
        if (const auto* child = std::get_if<ChildWork>(&node->work)) {
            std::vector<std::uint32_t> inner;
            if (!plan_graph(*child->graph, {end}, inner)) return false;
            if (!inner.empty()) end = add_step(nullptr, std::move(inner));
        }
        ends.emplace(node, end);
        if (node->leads.empty()) leaves.push_back(end);
    }
    return true;
}

}  // namespace cudart::graphs
