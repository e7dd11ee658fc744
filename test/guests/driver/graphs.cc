// Graphs: captured from streams and made node by node, launched, changed, launched again, with what CUDA
// forbids meanwhile. Run by test/e2e as `graphs SEED [LAUNCHES]`.
#include "driver.h"

namespace {

constexpr unsigned kCount = 30000;

struct Scene {
    explicit Scene(const guest::Session& session)
        : affine(session.function("affine")), context(session.context),
          values(guest::allocate(std::vector<unsigned>(kCount, 0))) {
        CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
        CU_OK(cuStreamCreate(&branch, CU_STREAM_DEFAULT));
        CU_OK(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
        CU_OK(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING));
    }
    void close() {
        CU_OK(cuEventDestroy_v2(fork));
        CU_OK(cuEventDestroy_v2(join));
        CU_OK(cuStreamDestroy_v2(stream));
        CU_OK(cuStreamDestroy_v2(branch));
        CU_OK(cuMemFree_v2(values));
    }
    // values = values * factor + term
    void step(CUstream on, CUdeviceptr at, unsigned factor, unsigned term) const {
        CU_OK(guest::launch(affine, (kCount + 255) / 256, 256, on, at, kCount, factor, term));
    }

    CUfunction affine;
    CUcontext context;
    CUdeviceptr values;
    CUstream stream = nullptr, branch = nullptr;
    CUevent fork = nullptr, join = nullptr;
};

CUgraphExec executable(CUgraph graph) {
    CUgraphExec exec = nullptr;
    CU_OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
    return exec;
}

// Pageable memory is read and written at every launch; two branches of which each does half.
void check_capture(guest::Run& run, const Scene& scene, unsigned launches) {
    std::vector<unsigned> source(kCount), target(kCount);
    const CUdeviceptr other = guest::allocate(std::vector<unsigned>(kCount, 0));
    CU_OK(cuStreamBeginCapture_v2(scene.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    CU_OK(cuMemcpyHtoDAsync_v2(scene.values, source.data(), kCount * 4, scene.stream));
    CU_OK(cuEventRecord(scene.fork, scene.stream));
    CU_OK(cuStreamWaitEvent(scene.branch, scene.fork, 0));
    CU_OK(cuMemsetD32Async(other, 7, kCount, scene.branch));
    scene.step(scene.branch, other, 2, 1);
    scene.step(scene.stream, scene.values, 3, 5);
    CU_OK(cuEventRecord(scene.join, scene.branch));
    CU_OK(cuStreamWaitEvent(scene.stream, scene.join, 0));
    CU_OK(cuMemcpyDtoDAsync_v2(scene.values, other, 4, scene.stream));
    CU_OK(cuMemcpyDtoHAsync_v2(target.data(), scene.values, kCount * 4, scene.stream));
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
    CU_OK(cuStreamIsCapturing(scene.branch, &status));
    run.require(status == CU_STREAM_CAPTURE_STATUS_ACTIVE, "the branch captures, too");
    CUgraph graph = nullptr;
    CU_OK(cuStreamEndCapture(scene.stream, &graph));
    std::size_t nodes = 0;
    CU_OK(cuGraphGetNodes(graph, nullptr, &nodes));
    run.compare("nodes", 0, std::size_t{6}, nodes);
    const CUgraphExec exec = executable(graph);
    CU_OK(cuGraphDestroy(graph));
    run.compare("nothing ran", 0, 0u, target[1]);
    for (unsigned launch = 1; launch <= launches; ++launch) {
        for (unsigned index = 0; index < kCount; ++index) source[index] = launch + index;
        CU_OK(cuGraphLaunch(exec, scene.stream));
        CU_OK(cuStreamSynchronize(scene.stream));
        run.compare("first", int(launch), 15u, target[0]);
        run.compare("last", int(launch), 3 * (launch + kCount - 1) + 5, target[kCount - 1]);
    }
    // Runs of one graph follow each other, also on different streams.
    CU_OK(cuGraphLaunch(exec, scene.stream));
    CU_OK(cuGraphLaunch(exec, scene.branch));
    CU_OK(cuStreamSynchronize(scene.branch));
    CU_OK(cuGraphExecDestroy(exec));
    CU_OK(cuStreamSynchronize(scene.stream));
    CU_OK(cuMemFree_v2(other));
}

void count_up(void* counter) { ++*static_cast<unsigned*>(counter); }

void check_nodes(guest::Run& run, const Scene& scene, unsigned launches) {
    static unsigned calls = 0;
    calls = 0;
    std::vector<unsigned> target(kCount);
    CUgraph graph = nullptr;
    CU_OK(cuGraphCreate(&graph, 0));
    const CUDA_MEMSET_NODE_PARAMS fill{scene.values, 0, 10, 4, kCount, 1};
    CUgraphNode first = nullptr, second = nullptr, third = nullptr, last = nullptr;
    CU_OK(cuGraphAddMemsetNode(&first, graph, nullptr, 0, &fill, scene.context));
    CUdeviceptr values = scene.values;
    unsigned count = kCount, factor = 2, term = 3;
    void* arguments[] = {&values, &count, &factor, &term};
    CUDA_KERNEL_NODE_PARAMS kernel{};
    kernel.func = scene.affine;
    kernel.gridDimX = (kCount + 255) / 256;
    kernel.blockDimX = 256;
    kernel.gridDimY = kernel.gridDimZ = kernel.blockDimY = kernel.blockDimZ = 1;
    kernel.kernelParams = arguments;
    CU_OK(cuGraphAddKernelNode_v2(&second, graph, &first, 1, &kernel));
    CUDA_MEMCPY3D copy{};
    copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.srcDevice = scene.values;
    copy.dstMemoryType = CU_MEMORYTYPE_HOST;
    copy.dstHost = target.data();
    copy.WidthInBytes = kCount * 4;
    copy.Height = copy.Depth = 1;
    CU_OK(cuGraphAddMemcpyNode(&third, graph, &second, 1, &copy, scene.context));
    const CUDA_HOST_NODE_PARAMS host{count_up, &calls};
    CU_OK(cuGraphAddHostNode(&last, graph, &third, 1, &host));
    const CUgraphExec exec = executable(graph);
    for (unsigned launch = 0; launch < launches; ++launch) CU_OK(cuGraphLaunch(exec, scene.stream));
    CU_OK(cuStreamSynchronize(scene.stream));
    run.compare("host nodes", 0, launches, calls);
    run.compare("values", 0, 23u, target[kCount - 1]);
    factor = 5;
    CU_OK(cuGraphExecKernelNodeSetParams_v2(exec, second, &kernel));
    CU_OK(cuGraphLaunch(exec, scene.stream));
    CU_OK(cuStreamSynchronize(scene.stream));
    run.compare("other factor", 0, 53u, target[0]);
    CUgraphExecUpdateResultInfo result{};
    CU_OK(cuGraphExecUpdate_v2(exec, graph, &result));
    CU_OK(cuGraphLaunch(exec, scene.stream));
    CU_OK(cuStreamSynchronize(scene.stream));
    run.compare("updated", 0, 23u, target[0]);
    CU_OK(cuGraphDestroyNode(last));
    CU_FAILS(cuGraphExecUpdate_v2(exec, graph, &result), CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
    CU_OK(cuGraphExecDestroy(exec));
    CU_OK(cuGraphDestroy(graph));
    CU_FAILS(cuGraphDestroy(graph), CUDA_ERROR_INVALID_VALUE);
}

void check_forbidden(guest::Run& run, const Scene& scene) {
    CUgraph graph = nullptr;
    CU_FAILS(cuStreamEndCapture(scene.stream, &graph), CUDA_ERROR_ILLEGAL_STATE);
    CU_OK(cuStreamBeginCapture_v2(scene.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    CU_FAILS(cuStreamSynchronize(scene.stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    CU_FAILS(cuMemsetD32Async(scene.values, 1, 1, scene.stream), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CU_FAILS(cuStreamEndCapture(scene.stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CU_OK(cuStreamBeginCapture_v2(scene.branch, CU_STREAM_CAPTURE_MODE_RELAXED));
    CU_FAILS(cuMemsetD32Async(scene.values, 1, 1, nullptr), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    CU_FAILS(cuStreamEndCapture(scene.branch, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CU_OK(cuStreamBeginCapture_v2(scene.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    CU_OK(cuEventRecord(scene.fork, scene.stream));
    CU_FAILS(cuEventQuery(scene.fork), CUDA_ERROR_CAPTURED_EVENT);
    CU_FAILS(cuStreamEndCapture(scene.stream, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CU_OK(cuEventRecord(scene.fork, scene.stream));
    CU_OK(cuEventSynchronize(scene.fork));
    run.require(graph == nullptr, "no graph came of it");
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("graphs", argc, argv);
    const auto launches = unsigned(run.size(0, 20));
    guest::Session session;
    Scene scene(session);
    check_capture(run, scene, launches);
    check_nodes(run, scene, launches);
    check_forbidden(run, scene);
    scene.close();
    session.close();
    return run.finish();
}
