// A graph: nodes in the order they were added, and edges. Made and changed by the calls_*.cc files and by
// capture.cc, all under objects().lock; owned by the table of objects, by a child node or by an executable
// graph.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "cudart/graphs/work.h"

namespace cudart::graphs {

class Exec;
class Node;

// One end of an edge, seen from the other.
struct Link {
    Node* node = nullptr;
    abi::CUgraphEdgeData data{};
};

class Node {
  public:
    Node(Graph& graph_, Work work_);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    Graph& graph;
    Work work;
    std::uint64_t handle = 0;  // 0 inside an executable graph, where programs have no name for it
    std::uint64_t origin = 0;  // handle of the node this is a copy of
    std::vector<Link> needs;
    std::vector<Link> leads;  // what needs this
    bool enabled = true;      // inside an executable graph
};

// A value that kernels set and a conditional node looks at.
struct Condition {
    std::uint64_t handle = 0;
    abi::CUcontext context = nullptr;
    unsigned initial = 0;  // at the beginning of each run
    bool assigns = false;  // whether it is
    bool used = false;     // by a node
};

// A program's object that graphs keep; `destroy` runs when the last reference has gone.
struct UserObject {
    void* pointer = nullptr;
    abi::CUhostFn destroy = nullptr;
    std::uint64_t handle = 0;
    std::uint64_t references = 0;
};

class Graph : public std::enable_shared_from_this<Graph> {
  public:
    // `named` gives nodes handles. Null when there is no memory.
    static std::shared_ptr<Graph> make(bool named);
    ~Graph();
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    Node& add(Work work);
    // Takes the node and its edges away.
    void remove(Node& node);
    bool linked(const Node& from, const Node& to) const;
    void link(Node& from, Node& to, const abi::CUgraphEdgeData& data);
    // False when there is no such edge.
    bool unlink(Node& from, Node& to);
    std::shared_ptr<Graph> clone(bool named) const;
    // Nodes in an order in which each comes behind what it needs; empty when that goes round in circles.
    std::vector<Node*> order() const;
    void each_edge(const std::function<void(Node&, Node&, const abi::CUgraphEdgeData&)>& visit) const;

    const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
    bool named() const { return named_; }
    // Whether a node, also of a child graph, allocates or frees: such a graph loses no nodes or edges.
    bool has_memory() const;
    bool has_conditions() const;  // conditional nodes
    // One that has either is not copied, and has one executable graph at a time.
    bool is_single() const { return has_memory() || has_conditions(); }

    std::uint64_t handle = 0;
    std::uint64_t origin = 0;  // handle of the graph this is a clone of
    std::weak_ptr<Exec> executable;  // the last one made of it
    Graph* parent = nullptr;         // of a conditional node's: the graph the node is in
    std::vector<Condition> conditions;
    std::vector<std::pair<std::shared_ptr<UserObject>, std::uint64_t>> kept;  // with how often

  private:
    explicit Graph(bool named) : named_(named) {}

    const bool named_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

// One reference more or less for `count` holders; the last one gone calls the program back.
void drop(const std::shared_ptr<UserObject>& object, std::uint64_t count);

}  // namespace cudart::graphs
