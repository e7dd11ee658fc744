// An executable graph: a copy of a graph that programs cannot see, and the plan of its launches. Under
// objects().lock.
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "cudart/graphs/graph.h"

namespace cudart::graphs {

// One node of a launch. Steps stand in an order in which each comes behind what it needs; the nodes of child
// graphs are steps of their own.
struct Step {
    Node* node = nullptr;              // null: a mere join, the end of a child graph
    std::vector<std::uint32_t> after;  // earlier steps
    std::uint32_t lane = 0;            // steps of one lane run in order
    bool last = true;                  // no later step waits for it
};

class Exec {
  public:
    // Null when the graph goes round in circles.
    static std::shared_ptr<Exec> make(const Graph& graph, std::uint64_t flags);
    ~Exec();
    Exec(const Exec&) = delete;
    Exec& operator=(const Exec&) = delete;

    // The copy of a node of the graph this was made of, of a child graph included; null when it has none.
    Node* copy_of(const Node& original) const;
    const std::vector<Step>& plan() const { return plan_; }
    std::uint32_t lane_count() const { return lane_count_; }
    Graph& graph() const { return *graph_; }

    const std::uint64_t flags;
    std::uint64_t handle = 0;
    std::shared_ptr<void> state;  // the backend's

  private:
    explicit Exec(std::uint64_t flags_) : flags(flags_) {}
    bool plan_graph(const Graph& graph, const std::vector<std::uint32_t>& roots,
                    std::vector<std::uint32_t>& leaves);
    std::uint32_t add_step(Node* node, std::vector<std::uint32_t> after);
    void index(const Graph& graph);

    std::shared_ptr<Graph> graph_;
    std::unordered_map<std::uint64_t, Node*> copies_;  // by handle of the original
    std::vector<Step> plan_;
    std::vector<std::uint32_t> lane_ends_;  // by lane, its last step so far
    std::uint32_t lane_count_ = 0;
};

}  // namespace cudart::graphs
