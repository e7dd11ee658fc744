// Captures: which streams record nodes instead of running work, and what each one's next node depends on.
// Calls of streams and events ask here before they do what they do; when nothing captures, and no event was
// last recorded in a capture, that is the look at one atomic.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cudart/graphs/backend.h"
#include "cudart/graphs/graph.h"

namespace cudart::graphs {

struct Capture {
    struct Branch {
        std::vector<Link> ends;  // what the stream's next node depends on
        bool blocking = false;
    };
    std::uint64_t id = 0;
    std::shared_ptr<Graph> graph;
    bool own_graph = true;  // made by the capture, and given to the program at its end
    abi::CUstreamCaptureMode mode = abi::CU_STREAM_CAPTURE_MODE_GLOBAL;
    std::uint64_t thread = 0;
    std::uint64_t origin = 0;  // stream
    std::uint64_t context = 0;
    bool invalid = false;
    std::unordered_map<std::uint64_t, Branch> branches;  // by stream
    // What cuStreamGetCaptureInfo pointed the program to.
    std::vector<abi::CUgraphNode> told;
    std::vector<abi::CUgraphEdgeData> told_data;
};

// Nothing: the call does what it always does. Otherwise the call's answer: its work has become a node, or is
// an error.
using Diverted = std::optional<abi::CUresult>;

class Captures {
  public:
    // Whether anybody captures or has captured an event: if not, all questions below answer nothing.
    static bool any() { return any_.load(std::memory_order_relaxed) != 0; }

    abi::CUresult begin(Backend& backend, const StreamName& stream, abi::CUstreamCaptureMode mode,
                        std::shared_ptr<Graph> graph, std::vector<Link> ends);
    abi::CUresult end(Backend& backend, const StreamName& stream, abi::CUgraph* graph);
    // Null when the stream does not capture. CUDA_ERROR_STREAM_CAPTURE_IMPLICIT for a legacy stream that
    // another one's capture forbids to use.
    abi::CUresult find(const StreamName& stream, Capture*& capture);
    Capture::Branch& branch(Capture& capture, const StreamName& stream) {
        return capture.branches.at(stream.id);
    }

    // Work for a stream; `make` is called when it is to become a node. `blocking` forms cannot.
    using Make = std::function<abi::CUresult(Work&)>;
    Diverted work(Backend& backend, const StreamName& stream, const Make& make, bool blocking = false);
    // The same for what must know where in the graph it will stand.
    using MakeThere = std::function<abi::CUresult(Graph&, const std::vector<Link>& ends, Work&)>;
    Diverted work_there(Backend& backend, const StreamName& stream, const MakeThere& make,
                        bool blocking = false);
    Diverted record(const StreamName& stream, abi::CUevent event, bool external);
    Diverted wait(const StreamName& stream, abi::CUevent event, bool external);
    // Questions about a stream, an event or a context that a capture forbids.
    Diverted ask_stream(const StreamName& stream);
    Diverted ask_event(abi::CUevent event);
    Diverted ask_context(std::uint64_t context);
    // A call that CUDA calls potentially unsafe while somebody captures: allocations, waits and queries.
    Diverted unsafe(Backend& backend);

    // Whether a capture adds to the graph: its nodes must stay.
    bool holds(const Graph& graph) const;

    void stream_gone(std::uint64_t stream);
    void event_gone(abi::CUevent event);
    void context_gone(std::uint64_t context);

  private:
    // A point in a capture that an event stands for.
    struct Point {
        std::uint64_t capture = 0;
        std::vector<Link> ends;
    };
    Capture* of_stream(std::uint64_t stream);
    Capture* by_id(std::uint64_t id);
    bool joined(const Capture& capture) const;
    void close(const Capture& capture);
    void count();
    Node& append(Capture& capture, Capture::Branch& branch, Work work);

    static inline constinit std::atomic<std::uint32_t> any_{0};
    std::uint64_t next_id_ = 1;
    std::unordered_map<std::uint64_t, std::unique_ptr<Capture>> captures_;  // by id
    std::unordered_map<std::uint64_t, std::uint64_t> by_stream_;            // ids
    std::unordered_map<std::uint64_t, Point> events_;                       // by handle
};

// Under objects().lock, which the questions take by themselves. Never destroyed.
Captures& captures();

}  // namespace cudart::graphs
