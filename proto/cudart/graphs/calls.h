// The calls that the two sides export, under CUDA's names: everything that can be said of graphs without
// knowing where they run. Each takes objects().lock; the backend is the side's own.
#pragma once
#include "cudart/graphs/backend.h"

namespace cudart::graphs::calls {

#define FERRY_GRAPH_PARAMS(...) __VA_ARGS__
#define FERRY_GRAPH_CALL(name, params, ...) abi::CUresult name(Backend& backend, FERRY_GRAPH_PARAMS params);
#include "cudart/graphs/calls.inc"
#include "cudart/graphs/device_calls.inc"
#undef FERRY_GRAPH_CALL
#define FERRY_GRAPH_STREAM_CALL(name, params, ...) \
    abi::CUresult name(Backend& backend, bool per_thread, FERRY_GRAPH_PARAMS params);
#include "cudart/graphs/stream_calls.inc"
#undef FERRY_GRAPH_STREAM_CALL

}  // namespace cudart::graphs::calls
