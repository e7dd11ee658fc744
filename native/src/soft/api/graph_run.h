// What runs of executable graphs are made of: shared by graph_launch.cc, which puts one into a stream,
// graph_node.cc, which makes nodes commands, and graph_condition.cc, which decides while one is under way.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "soft/api/graph_backend.h"

namespace soft::driver {

// What an executable graph keeps between its runs.
class Runs {
  public:
    Runs() = default;
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;
    ~Runs();

    // No stream of the program's: the default stream does not wait for it, only for the run's last marker.
    StreamRef lane(Device& device, const Context& context, std::uint32_t lane, int priority);

    CommandRef last;            // the end of the latest run
    std::set<ValueRef> values;  // of the graph's conditions: they stay from run to run

  private:
    std::map<std::pair<std::uint64_t, std::uint32_t>, StreamRef> streams_;
};

// Makes `command` do what a node does; an error when it may not now.
CUresult fill_command(Device& device, Context& context, const graphs::Work& work, const CommandRef& command);

// A conditional node in one run: copies of all it may run, so that changes of the executable graph do not
// reach a run that is under way.
class Decision : public std::enable_shared_from_this<Decision> {
  public:
    // Gives the graphs of the node lanes from `lane` on, and moves `lane` behind them.
    static std::shared_ptr<Decision> make(Device& device, Context& context, const graphs::Exec& exec,
                                          const graphs::ConditionalWork& work, const StreamRef& stream,
                                          std::uint32_t& lane);
    Decision(Device& device, Context& context) : device_(device), context_(context) {}

    // Called when it is the node's turn, by the command that `join` waits for: lets it wait for what the
    // value selects, too.
    void decide(const CommandRef& join);

  private:
    struct Piece {
        graphs::Work work;
        bool enabled = true;
        std::vector<std::uint32_t> after;
        StreamRef lane;
        bool last = true;
        std::shared_ptr<Decision> decision;  // of a conditional node inside
    };
    struct Body {
        std::vector<Piece> pieces;
        StreamRef stream;  // of its end
    };
    const Body* chosen() const;
    CUresult build(const Body& body, std::vector<CommandRef>& commands) const;

    Device& device_;
    Context& context_;
    abi::CUgraphConditionalNodeType type_{};
    ValueRef value_;
    std::vector<Body> bodies_;
};

}  // namespace soft::driver
