// Conditional nodes: values that kernels set, and the graphs that run or do not run as they say.
// Under objects().lock.
#pragma once
#include "cudart/graphs/graph.h"

namespace cudart::graphs {

class Backend;

// A value for a conditional node of the graph, or of a graph inside one of its conditional nodes.
abi::CUresult make_condition(Backend& backend, Graph& graph, const Condition& like, std::uint64_t& handle);
// A node that looks at one; `params.phGraph_out` becomes the list of its graphs, for the program to fill.
abi::CUresult read_conditional(Backend& backend, Graph& graph, abi::CUDA_CONDITIONAL_NODE_PARAMS& params,
                               Work& work);

}  // namespace cudart::graphs
