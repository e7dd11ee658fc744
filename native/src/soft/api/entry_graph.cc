// Exported: graphs and captures. What they do is in cudart/graphs/, which the guest's shim shares.
#include "cudart/graphs/calls.h"
#include "soft/api/graph_backend.h"

using namespace soft;
using namespace soft::driver;

#define FERRY_GRAPH_CALL(name, params, ...)                                                           \
    SOFT_EXPORT CUresult name params {                                                                \
        return enter([&](Device&) { return graphs::calls::name(graph_backend(), __VA_ARGS__); });     \
    }
#include "cudart/graphs/calls.inc"
#include "cudart/graphs/device_calls.inc"
#undef FERRY_GRAPH_CALL

#define FERRY_GRAPH_STREAM_CALL(name, params, ...)        \
    SOFT_TWIN(name, _ptsz, params, enter([&](Device&) {   \
                  return graphs::calls::name(graph_backend(), per_thread, __VA_ARGS__); \
              }))
#include "cudart/graphs/stream_calls.inc"
#undef FERRY_GRAPH_STREAM_CALL
