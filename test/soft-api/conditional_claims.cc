// Claims about conditional nodes: kernels decide which graphs run, and how often.
#include <fstream>
#include <iterator>

#include "soft-api/claim.h"

using namespace abi;

namespace {

// count_down: takes one from *word and sets the condition to what is left. set_from: sets it to *word.
// add_to: adds `by` to *word.
constexpr const char* kText = R"(
.version 8.0
.target sm_80
.address_size 64
.extern .func cudaGraphSetConditional (.param .b64 handle, .param .b32 value);
.visible .entry count_down(.param .u64 word, .param .u64 handle)
{
    .reg .b32 %r<3>;
    .reg .b64 %rd<3>;
    ld.param.u64 %rd1, [word];
    ld.param.u64 %rd2, [handle];
    ld.global.u32 %r1, [%rd1];
    sub.u32 %r2, %r1, 1;
    st.global.u32 [%rd1], %r2;
    {
    .param .b64 a;
    st.param.b64 [a], %rd2;
    .param .b32 b;
    st.param.b32 [b], %r2;
    call.uni cudaGraphSetConditional, (a, b);
    }
    ret;
}
.visible .entry set_from(.param .u64 word, .param .u64 handle)
{
    .reg .b32 %r<2>;
    .reg .b64 %rd<3>;
    ld.param.u64 %rd1, [word];
    ld.param.u64 %rd2, [handle];
    ld.global.u32 %r1, [%rd1];
    {
    .param .b64 a;
    st.param.b64 [a], %rd2;
    .param .b32 b;
    st.param.b32 [b], %r1;
    call.uni cudaGraphSetConditional, (a, b);
    }
    ret;
}
.visible .entry add_to(.param .u64 word, .param .u32 by)
{
    .reg .b32 %r<4>;
    .reg .b64 %rd<2>;
    ld.param.u64 %rd1, [word];
    ld.param.u32 %r1, [by];
    ld.global.u32 %r2, [%rd1];
    add.u32 %r3, %r2, %r1;
    st.global.u32 [%rd1], %r3;
    ret;
}
)";

struct Scene {
    CUcontext context = nullptr;
    CUmodule module = nullptr;
    CUdeviceptr words = 0;
    CUstream stream = nullptr;
    CUgraph graph = nullptr;
};

Scene make_scene() {
    Scene scene;
    scene.context = claims::begin();
    MUST(cuModuleLoadData(&scene.module, kText));
    scene.words = claims::zeroed_words(8);
    MUST(cuStreamCreate(&scene.stream, CU_STREAM_NON_BLOCKING));
    MUST(cuGraphCreate(&scene.graph, 0));
    return scene;
}

CUgraphConditionalHandle make_handle(Scene& scene, CUgraph graph, unsigned initial = 0, unsigned flags = 0) {
    CUgraphConditionalHandle handle = 0;
    MUST(cuGraphConditionalHandleCreate(&handle, graph, scene.context, initial, flags));
    return handle;
}

CUgraphNode add_kernel(Scene& scene, CUgraph graph, const char* name, CUdeviceptr word, std::uint64_t second,
                       std::vector<CUgraphNode> needs = {}) {
    void* arguments[] = {&word, &second};
    CUDA_KERNEL_NODE_PARAMS params{};
    params.func = claims::kernel(scene.module, name);
    params.gridDimX = params.gridDimY = params.gridDimZ = 1;
    params.blockDimX = params.blockDimY = params.blockDimZ = 1;
    params.kernelParams = arguments;
    CUgraphNode node = nullptr;
    MUST(cuGraphAddKernelNode_v2(&node, graph, needs.data(), needs.size(), &params));
    return node;
}

CUresult add_conditional(CUgraph graph, CUgraphConditionalHandle handle, CUgraphConditionalNodeType type,
                         unsigned size, std::vector<CUgraph>& bodies, CUgraphNode& node,
                         std::vector<CUgraphNode> needs = {}) {
    CUgraphNodeParams params{};
    params.type = CU_GRAPH_NODE_TYPE_CONDITIONAL;
    params.conditional.handle = handle;
    params.conditional.type = type;
    params.conditional.size = size;
    const CUresult added = cuGraphAddNode_v2(&node, graph, needs.data(), nullptr, needs.size(), &params);
    if (added != CUDA_SUCCESS) return added;
    bodies.assign(params.conditional.phGraph_out, params.conditional.phGraph_out + size);
    return CUDA_SUCCESS;
}

// Runs the graph with the first word at `first` and the rest at 0.
std::vector<std::uint32_t> words_after(Scene& scene, CUgraphExec exec, std::uint32_t first) {
    MUST(cuMemsetD32Async(scene.words, 0, 8, scene.stream));
    MUST(cuMemsetD32Async(scene.words, first, 1, scene.stream));
    MUST(cuGraphLaunch(exec, scene.stream));
    MUST(cuStreamSynchronize(scene.stream));
    return claims::read_words(scene.words, 8);
}

CUgraphExec executable(CUgraph graph) {
    CUgraphExec exec = nullptr;
    MUST(cuGraphInstantiateWithFlags(&exec, graph, 0));
    return exec;
}

}  // namespace

CLAIM("an if node runs the one graph or the other, as a kernel before it has set") {
    Scene scene = make_scene();
    const auto handle = make_handle(scene, scene.graph);
    const CUgraphNode set = add_kernel(scene, scene.graph, "set_from", scene.words, handle);
    std::vector<CUgraph> bodies;
    CUgraphNode node = nullptr;
    MUST(add_conditional(scene.graph, handle, CU_GRAPH_COND_TYPE_IF, 2, bodies, node, {set}));
    add_kernel(scene, bodies[0], "add_to", scene.words + 4, 7);
    add_kernel(scene, bodies[1], "add_to", scene.words + 8, 9);
    add_kernel(scene, scene.graph, "add_to", scene.words + 12, 1, {node});
    const CUgraphExec exec = executable(scene.graph);
    CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
    MUST(cuGraphNodeGetType(node, &type));
    EXPECT_IS(type, CU_GRAPH_NODE_TYPE_CONDITIONAL);
    for (const std::uint32_t value : {0U, 1U, 5U, 0U}) {
        const auto words = words_after(scene, exec, value);
        EXPECT_IS(words[1], value != 0 ? 7U : 0U);
        EXPECT_IS(words[2], value != 0 ? 0U : 9U);
        EXPECT_IS(words[3], 1U);
    }
}

CLAIM("a while node repeats its graph until a kernel in it has set nought, and what follows waits") {
    Scene scene = make_scene();
    const auto handle = make_handle(scene, scene.graph, 1, CU_GRAPH_COND_ASSIGN_DEFAULT);
    std::vector<CUgraph> bodies;
    CUgraphNode node = nullptr;
    MUST(add_conditional(scene.graph, handle, CU_GRAPH_COND_TYPE_WHILE, 1, bodies, node));
    MUST(cuStreamBeginCaptureToGraph(scene.stream, bodies[0], nullptr, nullptr, 0,
                                     CU_STREAM_CAPTURE_MODE_GLOBAL));
    CUdeviceptr counted = scene.words + 4;
    unsigned by = 2;
    CUdeviceptr word = scene.words;
    CUgraphConditionalHandle given = handle;
    MUST(claims::launch(claims::kernel(scene.module, "add_to"), 1, 1, {&counted, &by}, scene.stream));
    MUST(claims::launch(claims::kernel(scene.module, "count_down"), 1, 1, {&word, &given}, scene.stream));
    MUST(cuStreamEndCapture(scene.stream, nullptr));
    const CUgraphNode copy = add_kernel(scene, scene.graph, "add_to", scene.words + 8, 100, {node});
    add_kernel(scene, scene.graph, "set_from", scene.words + 8, 0, {copy});
    const CUgraphExec exec = executable(scene.graph);
    for (const std::uint32_t rounds : {1U, 10U, 200U}) {
        const auto words = words_after(scene, exec, rounds);
        EXPECT_IS(words[0], 0U);
        EXPECT_IS(words[1], 2 * rounds);
        EXPECT_IS(words[2], 100U);
    }
    // Also when the executable graph is gone before the run has ended.
    MUST(cuMemsetD32Async(scene.words, 300, 1, scene.stream));
    MUST(cuGraphLaunch(exec, scene.stream));
    MUST(cuGraphExecDestroy(exec));
    MUST(cuStreamSynchronize(scene.stream));
    EXPECT_IS(claims::read_words(scene.words, 1)[0], 0U);
}

CLAIM("a switch node runs the graph of that number, and conditional nodes stand inside each other") {
    Scene scene = make_scene();
    const auto handle = make_handle(scene, scene.graph);
    const CUgraphNode set = add_kernel(scene, scene.graph, "set_from", scene.words, handle);
    std::vector<CUgraph> bodies;
    CUgraphNode node = nullptr;
    MUST(add_conditional(scene.graph, handle, CU_GRAPH_COND_TYPE_SWITCH, 3, bodies, node, {set}));
    for (unsigned index = 0; index < 2; ++index)
        add_kernel(scene, bodies[index], "add_to", scene.words + 4 + 4 * index, 1);
    const auto inner = make_handle(scene, bodies[2]);
    const CUgraphNode before = add_kernel(scene, bodies[2], "set_from", scene.words, inner);
    std::vector<CUgraph> loops;
    CUgraphNode loop = nullptr;
    MUST(add_conditional(bodies[2], inner, CU_GRAPH_COND_TYPE_WHILE, 1, loops, loop, {before}));
    const CUgraphNode count = add_kernel(scene, loops[0], "add_to", scene.words + 12, 1);
    add_kernel(scene, loops[0], "count_down", scene.words, inner, {count});
    add_kernel(scene, bodies[2], "add_to", scene.words + 16, 50, {loop});
    const std::string path = std::string(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") +
                             "/ferry-conditional-" + std::to_string(scene.words) + ".dot";
    MUST(cuGraphDebugDotPrint(scene.graph, path.c_str(), CU_GRAPH_DEBUG_DOT_FLAGS_VERBOSE));
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT(text.find("SWITCH of 3") != text.npos && text.find("WHILE of 1") != text.npos);
    std::remove(path.c_str());
    const CUgraphExec exec = executable(scene.graph);
    for (std::uint32_t value = 0; value < 5; ++value) {
        const auto words = words_after(scene, exec, value);
        EXPECT_IS(words[1], value == 0 ? 1U : 0U);
        EXPECT_IS(words[2], value == 1 ? 1U : 0U);
        EXPECT_IS(words[3], value == 2 ? 2U : 0U);
        EXPECT_IS(words[4], value == 2 ? 50U : 0U);
    }
}

CLAIM("conditional nodes refuse what CUDA does not let them have") {
    Scene scene = make_scene();
    CUgraphConditionalHandle handle = 0;
    EXPECT_IS(cuGraphConditionalHandleCreate(&handle, scene.graph, scene.context, 0, 2),
              CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuGraphConditionalHandleCreate(&handle, nullptr, scene.context, 0, 0),
              CUDA_ERROR_INVALID_VALUE);
    handle = make_handle(scene, scene.graph);
    CUgraphExec exec = nullptr;
    CUDA_GRAPH_INSTANTIATE_PARAMS params{};
    EXPECT_IS(cuGraphInstantiateWithParams(&exec, scene.graph, &params), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(params.result_out, CUDA_GRAPH_INSTANTIATE_CONDITIONAL_HANDLE_UNUSED);
    std::vector<CUgraph> bodies;
    CUgraphNode node = nullptr;
    const auto add = [&](CUgraphConditionalHandle of, CUgraphConditionalNodeType type, unsigned size) {
        return add_conditional(scene.graph, of, type, size, bodies, node);
    };
    EXPECT_IS(add(handle + 16, CU_GRAPH_COND_TYPE_IF, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(add(handle, CU_GRAPH_COND_TYPE_IF, 3), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(add(handle, CU_GRAPH_COND_TYPE_WHILE, 2), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(add(handle, CU_GRAPH_COND_TYPE_SWITCH, 0), CUDA_ERROR_INVALID_VALUE);
    MUST(add(handle, CU_GRAPH_COND_TYPE_IF, 1));
    CUgraphNode second = nullptr;
    std::vector<CUgraph> others;
    EXPECT_IS(add_conditional(scene.graph, handle, CU_GRAPH_COND_TYPE_IF, 1, others, second),
              CUDA_ERROR_INVALID_VALUE);
    CUgraph clone = nullptr;
    EXPECT_IS(cuGraphClone(&clone, scene.graph), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_IS(cuGraphDestroy(bodies[0]), CUDA_ERROR_INVALID_VALUE);
    MUST(cuGraphInstantiateWithFlags(&exec, scene.graph, 0));
    MUST(cuGraphExecDestroy(exec));
    const CUDA_HOST_NODE_PARAMS host{[](void*) {}, nullptr};
    CUgraphNode call = nullptr;
    MUST(cuGraphAddHostNode(&call, bodies[0], nullptr, 0, &host));
    EXPECT_IS(cuGraphInstantiateWithParams(&exec, scene.graph, &params), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_IS(params.result_out, CUDA_GRAPH_INSTANTIATE_NODE_OPERATION_NOT_SUPPORTED);
}
