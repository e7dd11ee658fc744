// Calls that begin, end and look into captures. See calls.h.
#include <algorithm>
#include <utility>

#include "cudart/graphs/calls.h"
#include "cudart/graphs/capture.h"
#include "cudart/graphs/objects.h"

namespace cudart::graphs::calls {
namespace {

using abi::CUresult;
using Guard = std::lock_guard<std::recursive_mutex>;

bool known(abi::CUstreamCaptureMode mode) {
    return mode >= abi::CU_STREAM_CAPTURE_MODE_GLOBAL && mode <= abi::CU_STREAM_CAPTURE_MODE_RELAXED;
}

// The nodes a program names as what comes next depends on.
CUresult read_ends(const Graph& graph, const abi::CUgraphNode* nodes, const abi::CUgraphEdgeData* data,
                   std::size_t count, std::vector<Link>& ends) {
    if (count != 0 && nodes == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    for (std::size_t index = 0; index < count; ++index) {
        Node* node = objects().find(nodes[index]);
        if (node == nullptr || &node->graph != &graph) return abi::CUDA_ERROR_INVALID_VALUE;
        const bool twice = std::ranges::any_of(ends, [&](const Link& end) { return end.node == node; });
        if (!twice) ends.push_back({node, data == nullptr ? abi::CUgraphEdgeData{} : data[index]});
    }
    return abi::CUDA_SUCCESS;
}

// Runs `body(name)` with the stream named.
template <class Body>
CUresult on_stream(Backend& backend, bool per_thread, abi::CUstream stream, Body&& body) {
    const Guard guard(objects().lock);
    StreamName name;
    const CUresult found = backend.find_stream(stream, per_thread, name);
    return found != abi::CUDA_SUCCESS ? found : body(name);
}

struct Answers {
    abi::CUstreamCaptureStatus* status = nullptr;
    abi::cuuint64_t* id = nullptr;
    abi::CUgraph* graph = nullptr;
    const abi::CUgraphNode** needs = nullptr;
    const abi::CUgraphEdgeData** data = nullptr;
    std::size_t* count = nullptr;
};

void tell_capture(Capture& capture, const Capture::Branch& branch, const Answers& out) {
    if (out.id != nullptr) *out.id = capture.id;
    if (out.graph != nullptr) *out.graph = to_handle<abi::CUgraph>(capture.graph->handle);
    capture.told.clear();
    capture.told_data.clear();
    for (const Link& end : branch.ends) {
        capture.told.push_back(to_handle<abi::CUgraphNode>(end.node->handle));
        capture.told_data.push_back(end.data);
    }
    if (out.needs != nullptr) *out.needs = capture.told.data();
    if (out.data != nullptr) *out.data = capture.told_data.data();
    if (out.count != nullptr) *out.count = capture.told.size();
}

CUresult tell(Backend& backend, bool per_thread, abi::CUstream stream, const Answers& out) {
    if (out.status == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return on_stream(backend, per_thread, stream, [&](const StreamName& name) {
        Capture* capture = nullptr;
        if (const CUresult found = captures().find(name, capture); found != abi::CUDA_SUCCESS) return found;
        *out.status = abi::CU_STREAM_CAPTURE_STATUS_NONE;
        if (capture == nullptr) return abi::CUDA_SUCCESS;
        *out.status = capture->invalid ? abi::CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                       : abi::CU_STREAM_CAPTURE_STATUS_ACTIVE;
        if (!capture->invalid) tell_capture(*capture, captures().branch(*capture, name), out);
        return abi::CUDA_SUCCESS;
    });
}

}  // namespace

CUresult cuStreamBeginCapture_v2(Backend& backend, bool per_thread, abi::CUstream stream,
                                 abi::CUstreamCaptureMode mode) {
    if (!known(mode)) return abi::CUDA_ERROR_INVALID_VALUE;
    return on_stream(backend, per_thread, stream, [&](const StreamName& name) {
        return captures().begin(backend, name, mode, nullptr, {});
    });
}

CUresult cuStreamBeginCaptureToGraph(Backend& backend, bool per_thread, abi::CUstream stream,
                                     abi::CUgraph handle, const abi::CUgraphNode* needs,
                                     const abi::CUgraphEdgeData* data, std::size_t count,
                                     abi::CUstreamCaptureMode mode) {
    if (!known(mode)) return abi::CUDA_ERROR_INVALID_VALUE;
    return on_stream(backend, per_thread, stream, [&](const StreamName& name) {
        Graph* graph = objects().find(handle);
        if (graph == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::vector<Link> ends;
        const CUresult read = read_ends(*graph, needs, data, count, ends);
        if (read != abi::CUDA_SUCCESS) return read;
        return captures().begin(backend, name, mode, graph->shared_from_this(), std::move(ends));
    });
}

CUresult cuStreamEndCapture(Backend& backend, bool per_thread, abi::CUstream stream, abi::CUgraph* graph) {
    return on_stream(backend, per_thread, stream,
                     [&](const StreamName& name) { return captures().end(backend, name, graph); });
}

CUresult cuStreamIsCapturing(Backend& backend, bool per_thread, abi::CUstream stream,
                             abi::CUstreamCaptureStatus* status) {
    return tell(backend, per_thread, stream, {status});
}

CUresult cuStreamGetCaptureInfo(Backend& backend, bool per_thread, abi::CUstream stream,
                                abi::CUstreamCaptureStatus* status, abi::cuuint64_t* id) {
    return tell(backend, per_thread, stream, {status, id});
}

CUresult cuStreamGetCaptureInfo_v2(Backend& backend, bool per_thread, abi::CUstream stream,
                                   abi::CUstreamCaptureStatus* status, abi::cuuint64_t* id,
                                   abi::CUgraph* graph, const abi::CUgraphNode** needs, std::size_t* count) {
    return tell(backend, per_thread, stream, {status, id, graph, needs, nullptr, count});
}

CUresult cuStreamGetCaptureInfo_v3(Backend& backend, bool per_thread, abi::CUstream stream,
                                   abi::CUstreamCaptureStatus* status, abi::cuuint64_t* id,
                                   abi::CUgraph* graph, const abi::CUgraphNode** needs,
                                   const abi::CUgraphEdgeData** data, std::size_t* count) {
    return tell(backend, per_thread, stream, {status, id, graph, needs, data, count});
}

CUresult cuStreamUpdateCaptureDependencies_v2(Backend& backend, bool per_thread, abi::CUstream stream,
                                              abi::CUgraphNode* needs, const abi::CUgraphEdgeData* data,
                                              std::size_t count, unsigned flags) {
    if (flags > abi::CU_STREAM_SET_CAPTURE_DEPENDENCIES) return abi::CUDA_ERROR_INVALID_VALUE;
    return on_stream(backend, per_thread, stream, [&](const StreamName& name) {
        Capture* capture = nullptr;
        if (const CUresult found = captures().find(name, capture); found != abi::CUDA_SUCCESS) return found;
        if (capture == nullptr) return abi::CUDA_ERROR_ILLEGAL_STATE;
        if (capture->invalid) return abi::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        Capture::Branch& branch = captures().branch(*capture, name);
        std::vector<Link> ends;
        if (flags == abi::CU_STREAM_ADD_CAPTURE_DEPENDENCIES) ends = branch.ends;
        const CUresult read = read_ends(*capture->graph, needs, data, count, ends);
        if (read == abi::CUDA_SUCCESS) branch.ends = std::move(ends);
        return read;
    });
}

CUresult cuThreadExchangeStreamCaptureMode(Backend& backend, abi::CUstreamCaptureMode* mode) {
    if (mode == nullptr || !known(*mode)) return abi::CUDA_ERROR_INVALID_VALUE;
    std::swap(*mode, backend.capture_mode());
    return abi::CUDA_SUCCESS;
}

}  // namespace cudart::graphs::calls
