// An executable graph: a copy of a graph that programs cannot see, and the plan of its launches. Under
// objects().lock.
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "cudart/graphs/graph.h"

namespace cudart::graphs {

// One node of a launch. Steps stand in an order in which each comes behind what it needs; the nodes of child
// graphs are steps of their own. A conditional node is a step that decides, and right behind it a join, which
// waits until what was decided has run.
struct Step {
    Node* node = nullptr;              // null: a mere join, the end of a child graph or conditional node
    std::vector<std::uint32_t> after;  // earlier steps
    std::uint32_t lane = 0;            // steps of one lane run in order
    bool last = true;                  // no later step waits for it
};

struct Plan {
    std::vector<Step> steps;
    std::uint32_t lane_count = 0;
};

class Exec {
  public:
    // Null, with `why` set, when the graph goes round in circles or holds what an executable one may not.
    static std::shared_ptr<Exec> make(const Graph& graph, std::uint64_t flags,
                                      abi::CUgraphInstantiateResult& why);
    ~Exec();
    Exec(const Exec&) = delete;
    Exec& operator=(const Exec&) = delete;

    // The copy of a node of the graph this was made of, of a child graph included; null when it has none.
    Node* copy_of(const Node& original) const;
    const std::vector<Step>& plan() const { return plan_.steps; }
    std::uint32_t lane_count() const { return plan_.lane_count; }
    // Of a graph of a conditional node.
    const Plan& body_plan(const Graph& body) const { return body_plans_.at(&body); }
    // All values that its conditional nodes look at.
    const std::vector<Condition>& conditions() const { return conditions_; }
    Graph& graph() const { return *graph_; }

    const std::uint64_t flags;
    std::uint64_t handle = 0;
    std::shared_ptr<void> state;  // the backend's

  private:
    explicit Exec(std::uint64_t flags_) : flags(flags_) {}
    bool plan_bodies(const Graph& graph, abi::CUgraphInstantiateResult& why);
    void index(const Graph& graph);

    std::shared_ptr<Graph> graph_;
    std::unordered_map<std::uint64_t, Node*> copies_;  // by handle of the original
    Plan plan_;
    std::unordered_map<const Graph*, Plan> body_plans_;
    std::vector<Condition> conditions_;
};

}  // namespace cudart::graphs
