// Claims about graphs that are made node by node: what runs in which order, and what may be changed when.
#include <atomic>
#include <cstring>
#include <fstream>
#include <iterator>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::kernel;

namespace {

struct Scene {
    CUcontext context = nullptr;
    CUfunction add = nullptr;
    CUfunction follow = nullptr;
    CUdeviceptr words = 0;
    CUstream stream = nullptr;
    CUgraph graph = nullptr;
};

Scene make_scene() {
    Scene scene;
    scene.context = begin();
    const CUmodule module = claims::load_kernels();
    scene.add = kernel(module, "add_one");
    scene.follow = kernel(module, "follow");
    scene.words = claims::zeroed_words(8);
    MUST(cuStreamCreate(&scene.stream, CU_STREAM_NON_BLOCKING));
    MUST(cuGraphCreate(&scene.graph, 0));
    return scene;
}

// add_one on `count` words from the first on.
CUDA_KERNEL_NODE_PARAMS add_params(Scene& scene, void** arguments) {
    CUDA_KERNEL_NODE_PARAMS params{};
    params.func = scene.add;
    params.gridDimX = params.gridDimY = params.gridDimZ = 1;
    params.blockDimX = 8;
    params.blockDimY = params.blockDimZ = 1;
    params.kernelParams = arguments;
    return params;
}

CUgraphNode add_kernel(Scene& scene, unsigned count, std::vector<CUgraphNode> needs = {}) {
    void* arguments[] = {&scene.words, &count};
    const CUDA_KERNEL_NODE_PARAMS params = add_params(scene, arguments);
    CUgraphNode node = nullptr;
    MUST(cuGraphAddKernelNode_v2(&node, scene.graph, needs.data(), needs.size(), &params));
    return node;
}

CUgraphNode add_fill(Scene& scene, unsigned value, std::vector<CUgraphNode> needs = {}) {
    const CUDA_MEMSET_NODE_PARAMS params{scene.words, 0, value, 4, 8, 1};
    CUgraphNode node = nullptr;
    MUST(cuGraphAddMemsetNode(&node, scene.graph, needs.data(), needs.size(), &params, scene.context));
    return node;
}

CUDA_MEMCPY3D copy_to_host(Scene& scene, void* target) {
    CUDA_MEMCPY3D box{};
    box.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    box.srcDevice = scene.words;
    box.dstMemoryType = CU_MEMORYTYPE_HOST;
    box.dstHost = target;
    box.WidthInBytes = 32;
    box.Height = box.Depth = 1;
    return box;
}

CUgraphExec executable(CUgraph graph) {
    CUgraphExec exec = nullptr;
    MUST(cuGraphInstantiateWithFlags(&exec, graph, 0));
    return exec;
}

std::uint32_t first_word_after(Scene& scene, CUgraphExec exec) {
    MUST(cuGraphLaunch(exec, scene.stream));
    MUST(cuStreamSynchronize(scene.stream));
    return claims::read_words(scene.words, 1)[0];
}

}  // namespace

CLAIM("explicit nodes run in the order of their edges") {
    Scene scene = make_scene();
    std::uint32_t target[8] = {};
    static std::atomic<int> calls{0};
    const CUgraphNode fill = add_fill(scene, 40);
    const CUgraphNode first = add_kernel(scene, 8, {fill});
    const CUgraphNode second = add_kernel(scene, 8, {first});
    const CUDA_MEMCPY3D box = copy_to_host(scene, target);
    CUgraphNode copy = nullptr;
    MUST(cuGraphAddMemcpyNode(&copy, scene.graph, &second, 1, &box, scene.context));
    const CUDA_HOST_NODE_PARAMS host{
        [](void* words) { calls += static_cast<int>(static_cast<std::uint32_t*>(words)[7]); }, target};
    CUgraphNode call = nullptr;
    MUST(cuGraphAddHostNode(&call, scene.graph, &copy, 1, &host));
    const CUgraphExec exec = executable(scene.graph);
    MUST(cuGraphUpload(exec, scene.stream));
    for (int run = 1; run <= 5; ++run) {
        EXPECT_IS(first_word_after(scene, exec), 42U);
        EXPECT_IS(target[7], 42U);
        EXPECT_IS(calls.load(), 42 * run);
    }
    CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
    MUST(cuGraphNodeGetType(copy, &type));
    EXPECT_IS(type, CU_GRAPH_NODE_TYPE_MEMCPY);
}

CLAIM("edges are told, added and taken away, and a circle cannot be run") {
    Scene scene = make_scene();
    const CUgraphNode first = add_kernel(scene, 8);
    const CUgraphNode second = add_kernel(scene, 8);
    MUST(cuGraphAddDependencies_v2(scene.graph, &first, &second, nullptr, 1));
    EXPECT_IS(cuGraphAddDependencies_v2(scene.graph, &first, &second, nullptr, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuGraphAddDependencies_v2(scene.graph, &first, &first, nullptr, 1), CUDA_ERROR_INVALID_VALUE);
    CUgraphNode roots[3] = {first, first, first};
    std::size_t count = 3;
    MUST(cuGraphGetRootNodes(scene.graph, roots, &count));
    EXPECT_IS(count, 1U);
    EXPECT(roots[0] == first && roots[1] == nullptr);
    CUgraphNode need = nullptr;
    count = 1;
    MUST(cuGraphNodeGetDependencies_v2(second, &need, nullptr, &count));
    EXPECT(need == first && count == 1);
    MUST(cuGraphAddDependencies_v2(scene.graph, &second, &first, nullptr, 1));
    CUgraphExec exec = nullptr;
    char log[64] = "";
    EXPECT_IS(cuGraphInstantiate_v2(&exec, scene.graph, nullptr, log, sizeof log), CUDA_ERROR_INVALID_VALUE);
    EXPECT(std::strlen(log) != 0);
    CUDA_GRAPH_INSTANTIATE_PARAMS params{};
    EXPECT_IS(cuGraphInstantiateWithParams(&exec, scene.graph, &params), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(params.result_out, CUDA_GRAPH_INSTANTIATE_INVALID_STRUCTURE);
    MUST(cuGraphRemoveDependencies_v2(scene.graph, &second, &first, nullptr, 1));
    EXPECT_IS(cuGraphRemoveDependencies_v2(scene.graph, &second, &first, nullptr, 1),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(first_word_after(scene, executable(scene.graph)), 2U);
    MUST(cuGraphDestroyNode(first));
    EXPECT_IS(cuGraphDestroyNode(first), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(first_word_after(scene, executable(scene.graph)), 3U);
    MUST(cuGraphDestroy(scene.graph));
    EXPECT_IS(cuGraphDestroy(scene.graph), CUDA_ERROR_INVALID_VALUE);
    CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
    EXPECT_IS(cuGraphNodeGetType(second, &type), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("an executable graph takes new parameters, and new graphs of its shape only") {
    Scene scene = make_scene();
    const CUgraphNode fill = add_fill(scene, 10);
    const CUgraphNode add = add_kernel(scene, 8, {fill});
    const CUgraphExec exec = executable(scene.graph);
    EXPECT_IS(first_word_after(scene, exec), 11U);
    const CUDA_MEMSET_NODE_PARAMS other{scene.words, 0, 20, 4, 8, 1};
    MUST(cuGraphExecMemsetNodeSetParams(exec, fill, &other, scene.context));
    EXPECT_IS(first_word_after(scene, exec), 21U);
    unsigned none = 0;
    void* arguments[] = {&scene.words, &none};
    const CUDA_KERNEL_NODE_PARAMS idle = add_params(scene, arguments);
    MUST(cuGraphExecKernelNodeSetParams_v2(exec, add, &idle));
    EXPECT_IS(first_word_after(scene, exec), 20U);
    EXPECT_IS(cuGraphExecKernelNodeSetParams_v2(exec, fill, &idle), CUDA_ERROR_INVALID_VALUE);

    CUgraphExecUpdateResultInfo result{};
    MUST(cuGraphExecUpdate_v2(exec, scene.graph, &result));
    EXPECT_IS(result.result, CU_GRAPH_EXEC_UPDATE_SUCCESS);
    EXPECT_IS(first_word_after(scene, exec), 11U);
    MUST(cuGraphNodeSetEnabled(exec, add, 0));
    EXPECT_IS(first_word_after(scene, exec), 10U);
    unsigned enabled = 1;
    MUST(cuGraphNodeGetEnabled(exec, add, &enabled));
    EXPECT_IS(enabled, 0U);
    MUST(cuGraphNodeSetEnabled(exec, add, 1));

    const CUgraphNode more = add_kernel(scene, 8, {add});
    EXPECT_IS(cuGraphExecUpdate_v2(exec, scene.graph, &result), CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
    EXPECT_IS(result.result, CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED);
    MUST(cuGraphDestroyNode(more));
    MUST(cuGraphDestroyNode(add));
    const CUgraphNode instead = add_fill(scene, 1, {fill});
    EXPECT_IS(cuGraphExecUpdate_v2(exec, scene.graph, &result), CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
    EXPECT_IS(result.result, CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED);
    EXPECT(result.errorNode == instead);
    EXPECT_IS(first_word_after(scene, exec), 11U);
}

CLAIM("clones and child graphs are copies") {
    Scene scene = make_scene();
    const CUgraphNode fill = add_fill(scene, 50);
    const CUgraphNode add = add_kernel(scene, 8, {fill});
    CUgraph clone = nullptr;
    MUST(cuGraphClone(&clone, scene.graph));
    CUgraphNode twin = nullptr;
    MUST(cuGraphNodeFindInClone(&twin, add, clone));
    EXPECT(twin != nullptr && twin != add);
    CUgraph outer = nullptr;
    MUST(cuGraphCreate(&outer, 0));
    CUgraphNode child = nullptr;
    MUST(cuGraphAddChildGraphNode(&child, outer, nullptr, 0, scene.graph));
    std::swap(scene.graph, outer);
    add_kernel(scene, 8, {child});
    CUgraph inner = nullptr;
    MUST(cuGraphChildGraphNodeGetGraph(child, &inner));
    EXPECT(inner != outer);
    EXPECT_IS(cuGraphDestroy(inner), CUDA_ERROR_INVALID_VALUE);
    const CUgraphExec exec = executable(scene.graph);
    const CUDA_MEMSET_NODE_PARAMS other{scene.words, 0, 70, 4, 8, 1};
    MUST(cuGraphMemsetNodeSetParams(fill, &other));
    EXPECT_IS(first_word_after(scene, exec), 52U);
    EXPECT_IS(first_word_after(scene, executable(clone)), 51U);
    EXPECT_IS(first_word_after(scene, executable(outer)), 71U);
    MUST(cuGraphExecChildGraphNodeSetParams(exec, child, outer));
    EXPECT_IS(first_word_after(scene, exec), 72U);
}

CLAIM("one executable graph runs after itself, also from two streams") {
    Scene scene = make_scene();
    const CUgraphNode first = add_kernel(scene, 8);
    add_kernel(scene, 8, {first});
    const CUgraphExec exec = executable(scene.graph);
    CUstream other = nullptr;
    MUST(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
    for (int run = 0; run < 100; ++run) MUST(cuGraphLaunch(exec, run % 2 == 0 ? scene.stream : other));
    MUST(cuGraphExecDestroy(exec));
    MUST(cuStreamSynchronize(scene.stream));
    MUST(cuStreamSynchronize(other));
    EXPECT_IS(claims::read_words(scene.words, 1)[0], 200U);
}

CLAIM("event nodes record and wait across graphs") {
    Scene scene = make_scene();
    CUevent event = nullptr;
    MUST(cuEventCreate(&event, CU_EVENT_DEFAULT));
    const CUgraphNode add = add_kernel(scene, 8);
    CUgraphNode record = nullptr;
    MUST(cuGraphAddEventRecordNode(&record, scene.graph, &add, 1, event));
    CUevent told = nullptr;
    MUST(cuGraphEventRecordNodeGetEvent(record, &told));
    EXPECT(told == event);
    const CUgraphExec exec = executable(scene.graph);
    MUST(cuGraphLaunch(exec, scene.stream));
    EXPECT_IS(cuEventSynchronize(event), CUDA_SUCCESS);
    EXPECT_IS(claims::read_words(scene.words, 1)[0], 1U);
}

CLAIM("parameters are told as they were given") {
    Scene scene = make_scene();
    const CUgraphNode add = add_kernel(scene, 5);
    CUDA_KERNEL_NODE_PARAMS params{};
    MUST(cuGraphKernelNodeGetParams_v2(add, &params));
    EXPECT(params.func == scene.add);
    EXPECT_IS(params.blockDimX, 8U);
    EXPECT_IS(*static_cast<CUdeviceptr*>(params.kernelParams[0]), scene.words);
    EXPECT_IS(*static_cast<unsigned*>(params.kernelParams[1]), 5U);
    params.blockDimX = 2000;
    EXPECT_IS(cuGraphKernelNodeSetParams_v2(add, &params), CUDA_ERROR_INVALID_VALUE);
    params.blockDimX = 4;
    MUST(cuGraphKernelNodeSetParams_v2(add, &params));
    CUkernelNodeAttrValue value{};
    value.priority = -2;
    MUST(cuGraphKernelNodeSetAttribute(add, CU_LAUNCH_ATTRIBUTE_PRIORITY, &value));
    value.priority = 0;
    MUST(cuGraphKernelNodeGetAttribute(add, CU_LAUNCH_ATTRIBUTE_PRIORITY, &value));
    EXPECT_IS(value.priority, -2);
    CUgraphNodeParams any{};
    any.type = CU_GRAPH_NODE_TYPE_MEMSET;
    any.memset = {scene.words, 0, 3, 4, 8, 1, nullptr};
    CUgraphNode node = nullptr;
    MUST(cuGraphAddNode_v2(&node, scene.graph, &add, nullptr, 1, &any));
    EXPECT_IS(first_word_after(scene, executable(scene.graph)), 3U);
    any.type = CU_GRAPH_NODE_TYPE_EXT_SEMAS_WAIT;
    EXPECT_IS(cuGraphAddNode_v2(&node, scene.graph, nullptr, nullptr, 0, &any), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_IS(cuGraphAddNode_v2(&node, nullptr, nullptr, nullptr, 0, &any), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a graph is drawn, and objects it keeps end with it") {
    Scene scene = make_scene();
    add_kernel(scene, 8, {add_fill(scene, 1)});
    const std::string path = std::string(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") +
                             "/ferry-graph-" + std::to_string(scene.words) + ".dot";
    MUST(cuGraphDebugDotPrint(scene.graph, path.c_str(), CU_GRAPH_DEBUG_DOT_FLAGS_VERBOSE));
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT(text.find("digraph") == 0 && text.find("MEMSET") != text.npos && text.find("->") != text.npos);
    std::remove(path.c_str());
    static int ended = 0;
    CUuserObject object = nullptr;
    MUST(cuUserObjectCreate(&object, &ended, [](void* count) { ++*static_cast<int*>(count); }, 1,
                            CU_USER_OBJECT_NO_DESTRUCTOR_SYNC));
    MUST(cuGraphRetainUserObject(scene.graph, object, 1, CU_GRAPH_USER_OBJECT_MOVE));
    const CUgraphExec exec = executable(scene.graph);
    MUST(cuGraphDestroy(scene.graph));
    EXPECT_IS(ended, 0);
    MUST(cuGraphExecDestroy(exec));
    EXPECT_IS(ended, 1);
}

CLAIM("programs of older runtimes find the forms of calls that they know") {
    Scene scene = make_scene();
    const auto find = [](const char* name, int version) {
        void* found = nullptr;
        MUST(cuGetProcAddress_v2(name, &found, version, 0, nullptr));
        return found;
    };
    EXPECT(find("cuGraphAddDependencies", 12000) != find("cuGraphAddDependencies", 13000));
    EXPECT(find("cuGraphAddKernelNode", 11000) == reinterpret_cast<void*>(&cuGraphAddKernelNode));
    unsigned count = 8;
    void* arguments[] = {&scene.words, &count};
    CUDA_KERNEL_NODE_PARAMS_v1 params{scene.add, 1, 1, 1, 8, 1, 1, 0, arguments, nullptr};
    CUgraphNode first = nullptr;
    MUST(cuGraphAddKernelNode(&first, scene.graph, nullptr, 0, &params));
    CUgraphNodeParams any{};
    any.type = CU_GRAPH_NODE_TYPE_MEMSET;
    any.memset = {scene.words, 0, 30, 4, 8, 1, nullptr};
    CUgraphNode fill = nullptr;
    MUST(cuGraphAddNode(&fill, scene.graph, nullptr, 0, &any));
    MUST(cuGraphAddDependencies(scene.graph, &fill, &first, 1));
    std::size_t edges = 0;
    MUST(cuGraphGetEdges(scene.graph, nullptr, nullptr, &edges));
    EXPECT_IS(edges, 1U);
    CUgraphNode other = nullptr;
    MUST(cuGraphNodeGetDependencies(first, &other, &edges));
    EXPECT(other == fill);
    MUST(cuGraphNodeGetDependentNodes(fill, &other, &edges));
    EXPECT(other == first);
    const CUgraphExec exec = executable(scene.graph);
    EXPECT_IS(first_word_after(scene, exec), 31U);
    CUDA_KERNEL_NODE_PARAMS_v1 told{};
    MUST(cuGraphKernelNodeGetParams(first, &told));
    EXPECT_IS(told.blockDimX, 8U);
    count = 0;
    MUST(cuGraphExecKernelNodeSetParams(exec, first, &params));
    EXPECT_IS(first_word_after(scene, exec), 30U);
    CUgraphExecUpdateResult result = CU_GRAPH_EXEC_UPDATE_ERROR;
    MUST(cuGraphExecUpdate(exec, scene.graph, &other, &result));
    EXPECT_IS(result, CU_GRAPH_EXEC_UPDATE_SUCCESS);
    EXPECT_IS(first_word_after(scene, exec), 31U);
    MUST(cuGraphRemoveDependencies(scene.graph, &fill, &first, 1));
    MUST(cuStreamBeginCapture(scene.stream));
    MUST(cuMemsetD32Async(scene.words, 1, 1, scene.stream));
    MUST(cuStreamUpdateCaptureDependencies(scene.stream, nullptr, 0, CU_STREAM_SET_CAPTURE_DEPENDENCIES));
    CUgraph graph = nullptr;
    EXPECT_IS(cuStreamEndCapture(scene.stream, &graph), CUDA_SUCCESS);
}
