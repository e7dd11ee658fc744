// A graph as a file in the language of Graphviz.
#pragma once
#include "cudart/graphs/graph.h"

namespace cudart::graphs {

// False when the file cannot be written. `flags` are CU_GRAPH_DEBUG_DOT_FLAGS_*.
bool write_dot(const Graph& graph, const char* path, unsigned flags);

}  // namespace cudart::graphs
