// See exec.h.
#include "cudart/graphs/exec.h"

#include <algorithm>

#include "cudart/graphs/objects.h"

namespace cudart::graphs {
namespace {
// More independent branches than this share lanes, which only orders what need not be ordered.
constexpr std::uint32_t kMostLanes = 32;

class Planner {
  public:
    // Behind `roots`. False when the graph goes round in circles.
    bool add(const Graph& graph, const std::vector<std::uint32_t>& roots, std::vector<std::uint32_t>& leaves);
    std::uint32_t add_step(Node* node, std::vector<std::uint32_t> after);

    std::vector<Step> steps;

    static bool plan(const Graph& graph, Plan& out) {
        Planner planner;
        std::vector<std::uint32_t> leaves;
        const bool good = planner.add(graph, {}, leaves);
        out = {std::move(planner.steps), static_cast<std::uint32_t>(planner.lane_ends_.size())};
        return good;
    }

  private:
    std::vector<std::uint32_t> lane_ends_;  // by lane, its last step so far
};

// On the lane of something it needs, if that is the lane's end; else on one of its own.
std::uint32_t Planner::add_step(Node* node, std::vector<std::uint32_t> after) {
    const auto number = static_cast<std::uint32_t>(steps.size());
    const auto continues =
        std::ranges::find_if(after, [&](std::uint32_t step) { return lane_ends_[steps[step].lane] == step; });
    std::uint32_t lane = 0;
    if (continues != after.end()) {
        lane = steps[*continues].lane;
    } else if (lane_ends_.size() < kMostLanes) {
        lane = static_cast<std::uint32_t>(lane_ends_.size());
        lane_ends_.push_back(number);
    } else {
        lane = number % kMostLanes;
    }
    lane_ends_[lane] = number;
    for (const std::uint32_t step : after) steps[step].last = false;
    steps.push_back({node, std::move(after), lane, true});
    return number;
}

bool Planner::add(const Graph& graph, const std::vector<std::uint32_t>& roots,
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
            if (!add(*child->graph, {end}, inner)) return false;
            if (!inner.empty()) end = add_step(nullptr, std::move(inner));
        }
        if (std::holds_alternative<ConditionalWork>(node->work)) end = add_step(nullptr, {end});
        ends.emplace(node, end);
        if (node->leads.empty()) leaves.push_back(end);
    }
    return true;
}

// What the graphs of conditional nodes may hold.
bool may_be_in_body(const Work& work) {
    return std::holds_alternative<KernelWork>(work) || std::holds_alternative<EmptyWork>(work) ||
           std::holds_alternative<CopyWork>(work) || std::holds_alternative<FillWork>(work) ||
           std::holds_alternative<ChildWork>(work) || std::holds_alternative<ConditionalWork>(work);
}

bool may_be_body(const Graph& graph) {
    return std::ranges::all_of(graph.nodes(), [](const auto& node) {
        const auto* child = std::get_if<ChildWork>(&node->work);
        return may_be_in_body(node->work) && (child == nullptr || may_be_body(*child->graph));
    });
}

}  // namespace

std::shared_ptr<Exec> Exec::make(const Graph& graph, std::uint64_t flags,
                                 abi::CUgraphInstantiateResult& why) {
    std::shared_ptr<Exec> exec(new Exec(flags));
    exec->graph_ = graph.clone(false);
    why = abi::CUDA_GRAPH_INSTANTIATE_INVALID_STRUCTURE;
    if (!Planner::plan(*exec->graph_, exec->plan_)) return nullptr;
    if (!exec->plan_bodies(*exec->graph_, why)) return nullptr;
    why = abi::CUDA_GRAPH_INSTANTIATE_SUCCESS;
    exec->index(*exec->graph_);
    exec->handle = objects().name(ObjectKind::exec, exec.get());
    return exec;
}

bool Exec::plan_bodies(const Graph& graph, abi::CUgraphInstantiateResult& why) {
    for (const Condition& condition : graph.conditions) {
        conditions_.push_back(condition);
        if (condition.used) continue;
        why = abi::CUDA_GRAPH_INSTANTIATE_CONDITIONAL_HANDLE_UNUSED;
        return false;
    }
    for (const auto& node : graph.nodes()) {
        const auto* conditional = std::get_if<ConditionalWork>(&node->work);
        if (conditional == nullptr) continue;
        for (const auto& body : conditional->bodies) {
            why = abi::CUDA_GRAPH_INSTANTIATE_NODE_OPERATION_NOT_SUPPORTED;
            if (!may_be_body(*body)) return false;
            why = abi::CUDA_GRAPH_INSTANTIATE_INVALID_STRUCTURE;
            if (!Planner::plan(*body, body_plans_[body.get()])) return false;
            if (!plan_bodies(*body, why)) return false;
        }
    }
    return true;
}

Exec::~Exec() { objects().unname(handle); }

void Exec::index(const Graph& graph) {
    for (const auto& node : graph.nodes()) {
        copies_.emplace(node->origin, node.get());
        if (const auto* child = std::get_if<ChildWork>(&node->work)) index(*child->graph);
        if (const auto* conditional = std::get_if<ConditionalWork>(&node->work)) {
            for (const auto& body : conditional->bodies) index(*body);
        }
    }
}

Node* Exec::copy_of(const Node& original) const {
    const auto found = copies_.find(original.handle);
    return found == copies_.end() ? nullptr : found->second;
}

}  // namespace cudart::graphs
