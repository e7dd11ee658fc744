// Graphs and captures: what they do is in cudart/graphs/, which the software device shares.
#include "cudart/graphs/calls.h"

#include "graph_backend.h"
#include "guest/hand.h"

namespace guest::local {

#define FERRY_GRAPH_CALL(name, params, ...)                                  \
    abi::CUresult name(Session& session, FERRY_GRAPH_PARAMS params) {        \
        return graphs::calls::name(graph_backend(session), __VA_ARGS__);     \
    }
#include "cudart/graphs/calls.inc"
#undef FERRY_GRAPH_CALL

// The stub of a twin has put the per-thread stream in the place of the default one.
#define FERRY_GRAPH_STREAM_CALL(name, params, ...)                                  \
    abi::CUresult name(Session& session, FERRY_GRAPH_PARAMS params) {               \
        return graphs::calls::name(graph_backend(session), false, __VA_ARGS__);     \
    }
#include "cudart/graphs/stream_calls.inc"
#undef FERRY_GRAPH_STREAM_CALL

abi::CUresult cuGraphInstantiateWithParams(Session& session, abi::CUgraphExec* out, abi::CUgraph graph,
                                           abi::CUDA_GRAPH_INSTANTIATE_PARAMS* params, abi::CUstream) {
    return cuGraphInstantiateWithParams(session, out, graph, params);
}

}  // namespace guest::local
