// Giving an executable graph the parameters of another graph of the same shape. Nodes correspond by the order
// in which they were added, which is that of the calls that were captured.
#pragma once
#include "cudart/graphs/graph.h"

namespace cudart::graphs {

// Whether `from` fits onto `onto`; when not, `result` says why and where.
bool can_update(const Graph& onto, const Graph& from, abi::CUgraphExecUpdateResultInfo& result);
void update(Graph& onto, const Graph& from);

}  // namespace cudart::graphs
