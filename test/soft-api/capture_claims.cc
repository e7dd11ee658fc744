// Claims about stream capture: what becomes a node, how branches join, and which mistake answers what.
#include <thread>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::kernel;
using claims::launch;

namespace {

struct Scene {
    CUfunction add = nullptr;
    CUfunction store = nullptr;
    CUfunction await = nullptr;
    CUdeviceptr words = 0;
    CUstream one = nullptr;
    CUstream other = nullptr;
    CUevent event = nullptr;
    CUevent join = nullptr;
    unsigned count = 4;
};

Scene make_scene() {
    begin();
    Scene scene;
    const CUmodule module = claims::load_kernels();
    scene.add = kernel(module, "add_one");
    scene.store = kernel(module, "store");
    scene.await = kernel(module, "await");
    scene.words = claims::zeroed_words(4);
    MUST(cuStreamCreate(&scene.one, CU_STREAM_NON_BLOCKING));
    MUST(cuStreamCreate(&scene.other, CU_STREAM_NON_BLOCKING));
    MUST(cuEventCreate(&scene.event, CU_EVENT_DISABLE_TIMING));
    MUST(cuEventCreate(&scene.join, CU_EVENT_DISABLE_TIMING));
    return scene;
}

CUresult add_one(Scene& scene, CUstream stream) {
    return launch(scene.add, 1, 4, {&scene.words, &scene.count}, stream);
}

void begin_capture(CUstream stream, CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL) {
    MUST(cuStreamBeginCapture_v2(stream, mode));
}

CUstreamCaptureStatus status_of(CUstream stream) {
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
    MUST(cuStreamIsCapturing(stream, &status));
    return status;
}

CUgraphExec executable(CUgraph graph) {
    CUgraphExec exec = nullptr;
    MUST(cuGraphInstantiateWithFlags(&exec, graph, 0));
    return exec;
}

std::size_t node_count(CUgraph graph) {
    std::size_t count = 0;
    MUST(cuGraphGetNodes(graph, nullptr, &count));
    return count;
}

// Ends the capture, which must fail, and leaves the stream usable.
void expect_end(CUstream stream, CUresult error) {
    CUgraph graph = nullptr;
    EXPECT_IS(cuStreamEndCapture(stream, &graph), error);
    EXPECT(graph == nullptr);
    EXPECT_IS(status_of(stream), CU_STREAM_CAPTURE_STATUS_NONE);
}

}  // namespace

CLAIM("captured kernels run at each launch and not before") {
    Scene scene = make_scene();
    begin_capture(scene.one);
    EXPECT_IS(status_of(scene.one), CU_STREAM_CAPTURE_STATUS_ACTIVE);
    MUST(add_one(scene, scene.one));
    MUST(add_one(scene, scene.one));
    MUST(cuMemsetD32Async(scene.words, 100, 1, scene.one));
    CUgraph graph = nullptr;
    MUST(cuStreamEndCapture(scene.one, &graph));
    EXPECT_IS(node_count(graph), 3U);
    MUST(cuStreamSynchronize(scene.one));
    EXPECT_IS(claims::read_words(scene.words, 4)[1], 0U);
    const CUgraphExec exec = executable(graph);
    MUST(cuGraphDestroy(graph));
    for (int run = 0; run < 10; ++run) MUST(cuGraphLaunch(exec, scene.one));
    MUST(cuStreamSynchronize(scene.one));
    EXPECT_IS(claims::read_words(scene.words, 4)[0], 100U);
    EXPECT_IS(claims::read_words(scene.words, 4)[1], 20U);
    EXPECT_IS(cuGraphExecDestroy(exec), CUDA_SUCCESS);
    EXPECT_IS(cuGraphExecDestroy(exec), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuGraphLaunch(exec, scene.one), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a captured copy reads pageable memory at each launch") {
    Scene scene = make_scene();
    std::uint32_t source = 5;
    std::uint32_t target = 0;
    begin_capture(scene.one);
    MUST(cuMemcpyHtoDAsync_v2(scene.words, &source, 4, scene.one));
    MUST(add_one(scene, scene.one));
    MUST(cuMemcpyDtoHAsync_v2(&target, scene.words, 4, scene.one));
    CUgraph graph = nullptr;
    MUST(cuStreamEndCapture(scene.one, &graph));
    EXPECT_IS(target, 0U);
    const CUgraphExec exec = executable(graph);
    for (source = 10; source < 40; source += 10) {
        MUST(cuGraphLaunch(exec, scene.one));
        MUST(cuStreamSynchronize(scene.one));
        EXPECT_IS(target, source + 1);
    }
}

CLAIM("branches that fork and join by events run side by side") {
    Scene scene = make_scene();
    volatile std::uint32_t* gate = claims::pinned_word();
    void* gate_address = const_cast<std::uint32_t*>(gate);
    unsigned open = 1;
    begin_capture(scene.one);
    MUST(cuEventRecord(scene.event, scene.one));
    MUST(cuStreamWaitEvent(scene.other, scene.event, 0));
    EXPECT_IS(status_of(scene.other), CU_STREAM_CAPTURE_STATUS_ACTIVE);
    // One branch waits for what the other does: they end only if neither is put behind the other.
    MUST(launch(scene.await, 1, 1, {&gate_address}, scene.one));
    MUST(launch(scene.store, 1, 1, {&gate_address, &open}, scene.other));
    MUST(cuEventRecord(scene.join, scene.other));
    MUST(cuStreamWaitEvent(scene.one, scene.join, 0));
    MUST(add_one(scene, scene.one));
    CUgraph graph = nullptr;
    MUST(cuStreamEndCapture(scene.one, &graph));
    EXPECT_IS(status_of(scene.other), CU_STREAM_CAPTURE_STATUS_NONE);
    EXPECT_IS(node_count(graph), 3U);
    std::size_t edges = 0;
    MUST(cuGraphGetEdges_v2(graph, nullptr, nullptr, nullptr, &edges));
    EXPECT_IS(edges, 2U);
    const CUgraphExec exec = executable(graph);
    for (unsigned run = 1; run <= 20; ++run) {
        *gate = 0;
        MUST(cuGraphLaunch(exec, scene.one));
        MUST(cuStreamSynchronize(scene.one));
        EXPECT_IS(claims::read_words(scene.words, 1)[0], run);
    }
}

CLAIM("a branch that does not join, and an end in the wrong place, are refused") {
    Scene scene = make_scene();
    begin_capture(scene.one);
    MUST(add_one(scene, scene.one));
    MUST(cuEventRecord(scene.event, scene.one));
    MUST(cuStreamWaitEvent(scene.other, scene.event, 0));
    MUST(add_one(scene, scene.other));
    CUgraph graph = nullptr;
    EXPECT_IS(cuStreamEndCapture(scene.other, &graph), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
    EXPECT_IS(status_of(scene.other), CU_STREAM_CAPTURE_STATUS_NONE);
    EXPECT_IS(cuStreamEndCapture(scene.one, &graph), CUDA_ERROR_ILLEGAL_STATE);
    MUST(add_one(scene, scene.one));
    MUST(cuStreamSynchronize(scene.one));
    EXPECT_IS(claims::read_words(scene.words, 1)[0], 1U);
}

CLAIM("what a capture forbids ends it") {
    Scene scene = make_scene();
    begin_capture(scene.one);
    EXPECT_IS(cuStreamBeginCapture_v2(scene.one, CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_ERROR_ILLEGAL_STATE);
    EXPECT_IS(cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL),
              CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_IS(cuStreamSynchronize(scene.one), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_IS(status_of(scene.one), CU_STREAM_CAPTURE_STATUS_INVALIDATED);
    EXPECT_IS(add_one(scene, scene.one), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);

    begin_capture(scene.one);
    EXPECT_IS(cuStreamQuery(scene.one), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);

    MUST(cuEventRecord(scene.event, scene.other));
    begin_capture(scene.one);
    EXPECT_IS(cuStreamWaitEvent(scene.one, scene.event, 0), CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);

    begin_capture(scene.one);
    MUST(cuEventRecord(scene.event, scene.one));
    EXPECT_IS(cuEventQuery(scene.event), CUDA_ERROR_CAPTURED_EVENT);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    MUST(cuEventRecord(scene.event, scene.one));
    EXPECT_IS(cuEventSynchronize(scene.event), CUDA_SUCCESS);

    begin_capture(scene.one);
    begin_capture(scene.other);
    MUST(cuEventRecord(scene.event, scene.one));
    EXPECT_IS(cuStreamWaitEvent(scene.other, scene.event, 0), CUDA_ERROR_STREAM_CAPTURE_MERGE);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    expect_end(scene.other, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

CLAIM("the legacy stream is forbidden while a blocking stream captures") {
    Scene scene = make_scene();
    CUstream blocking = nullptr;
    MUST(cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
    begin_capture(scene.one, CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT_IS(add_one(scene, nullptr), CUDA_SUCCESS);
    begin_capture(blocking, CU_STREAM_CAPTURE_MODE_RELAXED);
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
    EXPECT_IS(cuStreamIsCapturing(nullptr, &status), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    EXPECT_IS(status_of(blocking), CU_STREAM_CAPTURE_STATUS_ACTIVE);
    EXPECT_IS(add_one(scene, nullptr), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    expect_end(blocking, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CUgraph graph = nullptr;
    EXPECT_IS(cuStreamEndCapture(scene.one, &graph), CUDA_SUCCESS);
}

CLAIM("modes say whose waits a capture forbids, and where it may end") {
    Scene scene = make_scene();
    begin_capture(scene.one, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    CUresult elsewhere = CUDA_SUCCESS;
    CUresult end_elsewhere = CUDA_SUCCESS;
    CUcontext context = nullptr;
    MUST(cuCtxGetCurrent(&context));
    std::thread([&] {
        MUST(cuCtxSetCurrent(context));
        elsewhere = cuStreamSynchronize(scene.other);
        CUgraph graph = nullptr;
        end_elsewhere = cuStreamEndCapture(scene.one, &graph);
    }).join();
    EXPECT_IS(elsewhere, CUDA_SUCCESS);
    EXPECT_IS(end_elsewhere, CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    EXPECT_IS(status_of(scene.one), CU_STREAM_CAPTURE_STATUS_ACTIVE);
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    MUST(cuThreadExchangeStreamCaptureMode(&mode));
    EXPECT_IS(mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
    EXPECT_IS(cuStreamSynchronize(scene.other), CUDA_SUCCESS);
    MUST(cuThreadExchangeStreamCaptureMode(&mode));
    EXPECT_IS(cuStreamSynchronize(scene.other), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

CLAIM("an allocation, a free and a wait for everything are refused while the thread captures") {
    Scene scene = make_scene();
    CUdeviceptr address = 0;
    begin_capture(scene.one);
    EXPECT_IS(cuMemAlloc_v2(&address, 64), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    MUST(cuMemAlloc_v2(&address, 64));
    begin_capture(scene.one);
    EXPECT_IS(cuMemFree_v2(address), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    begin_capture(scene.one);
    EXPECT_IS(cuCtxSynchronize(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    expect_end(scene.one, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    MUST(cuMemFree_v2(address));
}

CLAIM("a capture tells what comes next, takes other nodes, and goes on in a graph that exists") {
    Scene scene = make_scene();
    begin_capture(scene.one);
    MUST(add_one(scene, scene.one));
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
    cuuint64_t id = 0;
    CUgraph graph = nullptr;
    const CUgraphNode* ends = nullptr;
    std::size_t count = 0;
    MUST(cuStreamGetCaptureInfo_v3(scene.one, &status, &id, &graph, &ends, nullptr, &count));
    EXPECT_IS(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
    EXPECT(id != 0 && graph != nullptr);
    EXPECT_IS(count, 1U);
    CUgraphNode node = nullptr;
    MUST(cuGraphAddEmptyNode(&node, graph, ends, count));
    MUST(cuStreamUpdateCaptureDependencies_v2(scene.one, &node, nullptr, 1,
                                              CU_STREAM_SET_CAPTURE_DEPENDENCIES));
    MUST(add_one(scene, scene.one));
    CUgraph captured = nullptr;
    MUST(cuStreamEndCapture(scene.one, &captured));
    EXPECT(captured == graph);
    EXPECT_IS(node_count(graph), 3U);
    std::size_t leads = 0;
    MUST(cuGraphNodeGetDependentNodes_v2(node, nullptr, nullptr, &leads));
    EXPECT_IS(leads, 1U);
    MUST(cuStreamBeginCaptureToGraph(scene.one, graph, &node, nullptr, 1, CU_STREAM_CAPTURE_MODE_GLOBAL));
    MUST(add_one(scene, scene.one));
    MUST(cuStreamEndCapture(scene.one, &captured));
    EXPECT(captured == graph);
    EXPECT_IS(node_count(graph), 4U);
    const CUgraphExec exec = executable(graph);
    MUST(cuGraphLaunch(exec, scene.one));
    MUST(cuStreamSynchronize(scene.one));
    EXPECT_IS(claims::read_words(scene.words, 1)[0] >= 2U, true);
}

CLAIM("a stream may end once what it captured has been joined, and not before") {
    Scene scene = make_scene();
    for (const bool joins : {true, false}) {
        CUstream branch = nullptr;
        MUST(cuStreamCreate(&branch, CU_STREAM_NON_BLOCKING));
        begin_capture(scene.one);
        MUST(add_one(scene, scene.one));
        MUST(cuEventRecord(scene.event, scene.one));
        MUST(cuStreamWaitEvent(branch, scene.event, 0));
        MUST(add_one(scene, branch));
        MUST(cuEventRecord(scene.join, branch));
        MUST(cuStreamDestroy_v2(branch));
        if (joins) MUST(cuStreamWaitEvent(scene.one, scene.join, 0));
        CUgraph graph = nullptr;
        EXPECT_IS(cuStreamEndCapture(scene.one, &graph),
                  joins ? CUDA_SUCCESS : CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
        if (joins) EXPECT_IS(node_count(graph), 2U);
    }
}
