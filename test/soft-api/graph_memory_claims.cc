// Claims about nodes that allocate and free: fixed addresses, who may free when, and what stays reserved.
#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::kernel;
using claims::launch;

namespace {

constexpr std::size_t kBytes = 4096;

struct Scene {
    CUfunction add = nullptr;
    CUstream stream = nullptr;
    CUgraph graph = nullptr;
    unsigned count = 8;
};

Scene make_scene() {
    begin();
    Scene scene;
    scene.add = kernel(claims::load_kernels(), "add_one");
    MUST(cuStreamCreate(&scene.stream, CU_STREAM_NON_BLOCKING));
    MUST(cuGraphCreate(&scene.graph, 0));
    return scene;
}

CUgraphNode add_alloc(CUgraph graph, CUdeviceptr& address, std::vector<CUgraphNode> needs = {},
                      std::size_t size = kBytes) {
    CUDA_MEM_ALLOC_NODE_PARAMS params{};
    params.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    params.poolProps.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
    params.bytesize = size;
    CUgraphNode node = nullptr;
    MUST(cuGraphAddMemAllocNode(&node, graph, needs.data(), needs.size(), &params));
    address = params.dptr;
    return node;
}

CUgraphNode add_free(CUgraph graph, CUdeviceptr address, std::vector<CUgraphNode> needs = {}) {
    CUgraphNode node = nullptr;
    MUST(cuGraphAddMemFreeNode(&node, graph, needs.data(), needs.size(), address));
    return node;
}

// Sets the words to `value` and adds one to each.
CUgraphNode add_work(Scene& scene, CUdeviceptr address, unsigned value, CUgraphNode after) {
    const CUDA_MEMSET_NODE_PARAMS fill{address, 0, value, 4, scene.count, 1};
    CUcontext context = nullptr;
    MUST(cuCtxGetCurrent(&context));
    CUgraphNode node = nullptr;
    MUST(cuGraphAddMemsetNode(&node, scene.graph, &after, 1, &fill, context));
    void* arguments[] = {&address, &scene.count};
    CUDA_KERNEL_NODE_PARAMS params{};
    params.func = scene.add;
    params.gridDimX = params.gridDimY = params.gridDimZ = 1;
    params.blockDimX = 8;
    params.blockDimY = params.blockDimZ = 1;
    params.kernelParams = arguments;
    CUgraphNode last = nullptr;
    MUST(cuGraphAddKernelNode_v2(&last, scene.graph, &node, 1, &params));
    return last;
}

CUgraphExec executable(CUgraph graph, unsigned long long flags = 0) {
    CUgraphExec exec = nullptr;
    MUST(cuGraphInstantiateWithFlags(&exec, graph, flags));
    return exec;
}

void run(Scene& scene, CUgraphExec exec) {
    MUST(cuGraphLaunch(exec, scene.stream));
    MUST(cuStreamSynchronize(scene.stream));
}

std::uint64_t told(CUgraphMem_attribute which) {
    std::uint64_t value = 0;
    MUST(cuDeviceGetGraphMemAttribute(0, which, &value));
    return value;
}

}  // namespace

CLAIM("what a graph allocates has one address in every run, and outlives it until it is freed") {
    Scene scene = make_scene();
    CUdeviceptr address = 0;
    const CUgraphNode alloc = add_alloc(scene.graph, address);
    add_work(scene, address, 5, alloc);
    CUDA_MEM_ALLOC_NODE_PARAMS given{};
    MUST(cuGraphMemAllocNodeGetParams(alloc, &given));
    EXPECT_IS(given.dptr, address);
    EXPECT_IS(given.bytesize, kBytes);
    std::uint32_t word = 0;
    EXPECT_IS(cuMemcpyDtoH_v2(&word, address, 4), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    const CUgraphExec exec = executable(scene.graph);
    for (int round = 0; round < 3; ++round) {
        run(scene, exec);
        EXPECT_IS(claims::read_words(address, 8)[7], 6U);
        EXPECT_IS(cuGraphLaunch(exec, scene.stream), CUDA_ERROR_INVALID_VALUE);
        if (round == 1) {
            MUST(cuMemFree_v2(address));
        } else {
            MUST(cuMemFreeAsync(address, scene.stream));
        }
        EXPECT_IS(cuMemFreeAsync(address, scene.stream), CUDA_ERROR_INVALID_VALUE);
    }
    MUST(cuStreamSynchronize(scene.stream));
    EXPECT_IS(cuMemcpyDtoH_v2(&word, address, 4), CUDA_ERROR_INVALID_VALUE);
    MUST(launch(scene.add, 1, 8, {&address, &scene.count}, scene.stream));
    EXPECT_IS(cuStreamSynchronize(scene.stream), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("a later allocation of a graph takes the address of one that is freed before it") {
    Scene scene = make_scene();
    CUdeviceptr first = 0;
    CUdeviceptr second = 0;
    CUdeviceptr beside = 0;
    const CUgraphNode alloc = add_alloc(scene.graph, first);
    const CUgraphNode end = add_free(scene.graph, first, {add_work(scene, first, 1, alloc)});
    const CUgraphNode again = add_alloc(scene.graph, second, {end});
    EXPECT_IS(second, first);
    add_alloc(scene.graph, beside);
    EXPECT(beside != first);
    const CUgraphNode last = add_work(scene, second, 40, again);
    CUgraphNode node = nullptr;
    EXPECT_IS(cuGraphAddMemFreeNode(&node, scene.graph, &last, 1, 12345), CUDA_ERROR_INVALID_VALUE);
    add_free(scene.graph, second, {last});
    EXPECT_IS(cuGraphAddMemFreeNode(&node, scene.graph, &last, 1, second), CUDA_ERROR_INVALID_VALUE);
    const CUgraphExec exec = executable(scene.graph, CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH);
    for (int round = 0; round < 20; ++round) MUST(cuGraphLaunch(exec, scene.stream));
    MUST(cuStreamSynchronize(scene.stream));
    EXPECT_IS(cuMemFree_v2(first), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemFree_v2(beside));
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT), 2 * kBytes);
}

CLAIM("a graph that allocates is not copied, changed or made executable twice") {
    Scene scene = make_scene();
    CUdeviceptr address = 0;
    const CUgraphNode alloc = add_alloc(scene.graph, address);
    const CUgraphNode end = add_free(scene.graph, address, {alloc});
    CUgraph clone = nullptr;
    EXPECT_IS(cuGraphClone(&clone, scene.graph), CUDA_ERROR_NOT_SUPPORTED);
    CUgraph outer = nullptr;
    MUST(cuGraphCreate(&outer, 0));
    CUgraphNode child = nullptr;
    EXPECT_IS(cuGraphAddChildGraphNode(&child, outer, nullptr, 0, scene.graph), CUDA_ERROR_NOT_SUPPORTED);
    CUgraphNodeParams params{};
    params.type = CU_GRAPH_NODE_TYPE_GRAPH;
    params.graph = {scene.graph, CU_GRAPH_CHILD_GRAPH_OWNERSHIP_CLONE};
    EXPECT_IS(cuGraphAddNode_v2(&child, outer, nullptr, nullptr, 0, &params), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_IS(cuGraphDestroyNode(end), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_IS(cuGraphRemoveDependencies_v2(scene.graph, &alloc, &end, nullptr, 1), CUDA_ERROR_NOT_SUPPORTED);
    const CUgraphExec exec = executable(scene.graph);
    CUgraphExec other = nullptr;
    EXPECT_IS(cuGraphInstantiateWithFlags(&other, scene.graph, 0), CUDA_ERROR_NOT_SUPPORTED);
    MUST(cuGraphExecDestroy(exec));
    params.graph.ownership = CU_GRAPH_CHILD_GRAPH_OWNERSHIP_MOVE;
    MUST(cuGraphAddNode_v2(&child, outer, nullptr, nullptr, 0, &params));
    CUgraph inner = nullptr;
    MUST(cuGraphChildGraphNodeGetGraph(child, &inner));
    EXPECT(inner == scene.graph);
    EXPECT_IS(cuGraphDestroy(scene.graph), CUDA_ERROR_INVALID_VALUE);
    const CUgraphExec whole = executable(outer);
    run(scene, whole);
    run(scene, whole);
}

CLAIM("captured allocations and frees become nodes, and another graph may free what one allocates") {
    Scene scene = make_scene();
    MUST(cuStreamBeginCapture_v2(scene.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    CUdeviceptr kept = 0;
    CUdeviceptr passing = 0;
    MUST(cuMemAllocAsync(&kept, kBytes, scene.stream));
    MUST(cuMemAllocAsync(&passing, kBytes, scene.stream));
    MUST(cuMemsetD32Async(passing, 70, scene.count, scene.stream));
    MUST(cuMemcpyDtoDAsync_v2(kept, passing, 32, scene.stream));
    MUST(launch(scene.add, 1, 8, {&kept, &scene.count}, scene.stream));
    MUST(cuMemFreeAsync(passing, scene.stream));
    CUgraph graph = nullptr;
    MUST(cuStreamEndCapture(scene.stream, &graph));
    std::size_t count = 0;
    MUST(cuGraphGetNodes(graph, nullptr, &count));
    EXPECT_IS(count, 6U);
    const CUgraphExec exec = executable(graph);
    CUgraph freeing = nullptr;
    MUST(cuGraphCreate(&freeing, 0));
    const CUgraphNode node = add_free(freeing, kept);
    CUdeviceptr address = 0;
    MUST(cuGraphMemFreeNodeGetParams(node, &address));
    EXPECT_IS(address, kept);
    const CUgraphExec free_exec = executable(freeing);
    EXPECT_IS(cuGraphLaunch(free_exec, scene.stream), CUDA_ERROR_INVALID_VALUE);
    for (int round = 0; round < 3; ++round) {
        run(scene, exec);
        EXPECT_IS(claims::read_words(kept, 8)[7], 71U);
        run(scene, free_exec);
    }
    CUdeviceptr plain = 0;
    MUST(cuMemAlloc_v2(&plain, kBytes));
    MUST(cuStreamBeginCapture_v2(scene.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    EXPECT_IS(cuMemFreeAsync(plain, scene.stream), CUDA_ERROR_INVALID_VALUE);
    MUST(cuStreamEndCapture(scene.stream, &graph));
}

CLAIM("runs of graphs share memory that is free, and it stays reserved until it is trimmed") {
    constexpr std::size_t kLarge = std::size_t{8} << 20;
    Scene scene = make_scene();
    std::size_t unused = 0;
    std::size_t total = 0;
    MUST(cuMemGetInfo_v2(&unused, &total));
    std::vector<CUgraphExec> execs;
    for (int index = 0; index < 4; ++index) {
        MUST(cuGraphCreate(&scene.graph, 0));
        CUdeviceptr address = 0;
        const CUgraphNode alloc = add_alloc(scene.graph, address, {}, kLarge);
        add_free(scene.graph, address, {add_work(scene, address, 3, alloc)});
        execs.push_back(executable(scene.graph));
    }
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT), 0U);
    for (int round = 0; round < 3; ++round) {
        for (const CUgraphExec exec : execs) MUST(cuGraphLaunch(exec, scene.stream));
    }
    MUST(cuStreamSynchronize(scene.stream));
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT), kLarge);
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT), kLarge);
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH), kLarge);
    std::size_t left = 0;
    MUST(cuMemGetInfo_v2(&left, &total));
    EXPECT_IS(left, unused - kLarge);
    std::uint64_t mark = 1;
    EXPECT_IS(cuDeviceSetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, &mark),
              CUDA_ERROR_INVALID_VALUE);
    for (const CUgraphExec exec : execs) MUST(cuGraphExecDestroy(exec));
    MUST(cuDeviceGraphMemTrim(0));
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT), 0U);
    mark = 0;
    MUST(cuDeviceSetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, &mark));
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH), 0U);
    MUST(cuMemGetInfo_v2(&left, &total));
    EXPECT_IS(left, unused);
}

CLAIM("a launch whose memory the device does not have answers so, and changes nothing") {
    Scene scene = make_scene();
    std::size_t unused = 0;
    std::size_t total = 0;
    MUST(cuMemGetInfo_v2(&unused, &total));
    CUdeviceptr filler = 0;
    MUST(cuMemAlloc_v2(&filler, unused - (std::size_t{4} << 20)));
    CUdeviceptr address = 0;
    add_alloc(scene.graph, address, {}, std::size_t{64} << 20);
    const CUgraphExec exec = executable(scene.graph);
    EXPECT_IS(cuGraphLaunch(exec, scene.stream), CUDA_ERROR_OUT_OF_MEMORY);
    MUST(cuMemFree_v2(filler));
    run(scene, exec);
    MUST(cuMemFree_v2(address));
}

CLAIM("what a graph allocated and nobody freed goes with the context") {
    begin();
    CUcontext context = nullptr;
    MUST(cuCtxCreate_v2(&context, 0, 0));
    Scene scene;
    MUST(cuStreamCreate(&scene.stream, CU_STREAM_NON_BLOCKING));
    MUST(cuGraphCreate(&scene.graph, 0));
    CUdeviceptr address = 0;
    add_alloc(scene.graph, address);
    run(scene, executable(scene.graph));
    MUST(cuDeviceGraphMemTrim(0));
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT), kBytes);
    MUST(cuCtxDestroy_v2(context));
    begin();
    EXPECT_IS(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    MUST(cuDeviceGraphMemTrim(0));
    EXPECT_IS(told(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT), 0U);
}
