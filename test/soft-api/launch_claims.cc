// Claims about launches: what is refused and with which code, how arguments arrive, occupancy, faults.
#include <cstring>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::kernel;
using claims::launch;

namespace {

CUresult launch_shape(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                      unsigned bz) {
    return cuLaunchKernel(function, gx, gy, gz, bx, by, bz, 0, nullptr, nullptr, nullptr);
}

// The context has had a fault: every call says so until it ends.
void expect_fault(CUresult fault) {
    CUdeviceptr address = 0;
    CUstream stream = nullptr;
    std::uint32_t word = 0;
    EXPECT_IS(cuCtxSynchronize(), fault);
    EXPECT_IS(cuMemAlloc_v2(&address, 4), fault);
    EXPECT_IS(cuStreamCreate(&stream, 0), fault);
    EXPECT_IS(cuMemcpyDtoH_v2(&word, address, 4), fault);
    EXPECT_IS(cuStreamQuery(nullptr), fault);
    EXPECT_IS(cuCtxSynchronize(), fault);
}

}  // namespace

CLAIM("a kernel's blocks and threads all run, on one thread or on all") {
    begin();
    const CUmodule module = claims::load_kernels();
    constexpr unsigned kCount = 1 << 20;
    const CUdeviceptr words = claims::zeroed_words(kCount);
    unsigned count = kCount - 3;
    CUdeviceptr address = words;
    for (int turn = 0; turn < 3; ++turn) {
        MUST(launch(kernel(module, "add_one"), kCount / 256, 256, {&address, &count}));
    }
    MUST(cuCtxSynchronize());
    const auto read = claims::read_words(words, kCount);
    for (std::size_t index = 0; index < kCount - 3; ++index) EXPECT_IS(read[index], 3U);
    EXPECT_IS(read[kCount - 2], 0U);
}

CLAIM("impossible shapes are refused at the call") {
    begin();
    const CUmodule module = claims::load_kernels();
    const CUfunction narrow = kernel(module, "narrow");
    const CUfunction exact = kernel(module, "exact");
    const CUfunction trap = kernel(module, "give_up");
    EXPECT_IS(launch_shape(trap, 0, 1, 1, 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(launch_shape(trap, 1, 1, 1, 1, 0, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(launch_shape(trap, 1, 1, 1, 1025, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(launch_shape(trap, 1, 1, 1, 1, 1, 65), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(launch_shape(trap, 1, 1, 1, 32, 64, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(launch_shape(trap, 1, 65536, 1, 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(launch_shape(trap, 0x80000000U, 1, 1, 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(launch_shape(narrow, 1, 1, 1, 65, 1, 1), CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
    EXPECT_IS(launch_shape(narrow, 1, 1, 1, 64, 1, 1), CUDA_SUCCESS);
    EXPECT_IS(launch_shape(exact, 1, 1, 1, 64, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(launch_shape(exact, 1, 1, 1, 32, 2, 1), CUDA_SUCCESS);
    EXPECT_IS(launch_shape(nullptr, 1, 1, 1, 1, 1, 1), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(launch_shape(reinterpret_cast<CUfunction>(module), 1, 1, 1, 1, 1, 1),
              CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(
        cuLaunchKernel(narrow, 1, 1, 1, 1, 1, 1, 0, reinterpret_cast<CUstream>(0x500), nullptr, nullptr),
        CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(launch_shape(kernel(module, "store"), 1, 1, 1, 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuCtxSynchronize(), CUDA_SUCCESS);
}

CLAIM("dynamic shared memory needs an opt-in above 48 KiB") {
    begin();
    const CUmodule module = claims::load_kernels();
    const CUfunction reverse = kernel(module, "reverse");
    const CUdeviceptr words = claims::zeroed_words(256);
    std::vector<std::uint32_t> host(256);
    for (unsigned index = 0; index < 256; ++index) host[index] = index;
    MUST(cuMemcpyHtoD_v2(words, host.data(), 1024));
    CUdeviceptr address = words;
    MUST(launch(reverse, 1, 256, {&address}, nullptr, 1024));
    EXPECT_IS(claims::read_words(words, 256)[0], 255U);
    EXPECT_IS(launch(reverse, 1, 256, {&address}, nullptr, (48 << 10) + 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 164 << 10),
              CUDA_ERROR_INVALID_VALUE);
    MUST(cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 100 << 10));
    MUST(launch(reverse, 1, 256, {&address}, nullptr, 100 << 10));
    EXPECT_IS(claims::read_words(words, 256)[1], 1U);
    int value = 0;
    EXPECT_IS(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, reverse),
              CUDA_SUCCESS);
    EXPECT_IS(value, 100 << 10);
    EXPECT_IS(cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_NUM_REGS, 1), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("arguments arrive by their layout, from pointers or from one buffer") {
    begin();
    const CUmodule module = claims::load_kernels();
    const CUfunction wide = kernel(module, "wide");
    const CUdeviceptr words = claims::zeroed_words(1);
    std::size_t offset = 0;
    std::size_t size = 0;
    EXPECT_IS(cuFuncGetParamInfo(wide, 1, &offset, &size), CUDA_SUCCESS);
    EXPECT_IS(offset, std::size_t{8});
    EXPECT_IS(size, std::size_t{24});
    EXPECT_IS(cuFuncGetParamInfo(wide, 3, &offset, &size), CUDA_SUCCESS);
    EXPECT_IS(offset, std::size_t{40});
    EXPECT_IS(cuFuncGetParamInfo(wide, 4, &offset, &size), CUDA_ERROR_INVALID_VALUE);
    unsigned char a = 200;
    std::uint32_t b[6] = {0, 0, 0, 0, 1000, 0};
    unsigned short c = 30000;
    CUdeviceptr p = words;
    MUST(launch(wide, 1, 1, {&a, b, &c, &p}));
    EXPECT_IS(claims::read_words(words, 1)[0], 31200U);
    unsigned char packed[48] = {};
    b[4] = 7;
    packed[0] = 1;
    std::memcpy(packed + 8, b, sizeof b);
    std::memcpy(packed + 40, &p, sizeof p);
    std::size_t packed_size = sizeof packed;
    void* extra[] = {reinterpret_cast<void*>(CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT), packed,
                     reinterpret_cast<void*>(CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT), &packed_size, nullptr};
    MUST(cuLaunchKernel(wide, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra));
    EXPECT_IS(claims::read_words(words, 1)[0], 8U);
    packed_size = 47;
    EXPECT_IS(cuLaunchKernel(wide, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra), CUDA_ERROR_INVALID_VALUE);
    void* both[] = {&a, b, &c, &p};
    EXPECT_IS(cuLaunchKernel(wide, 1, 1, 1, 1, 1, 1, 0, nullptr, both, extra), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("cuLaunchKernelEx takes ordinary attributes and refuses what it cannot do") {
    begin();
    const CUmodule module = claims::load_kernels();
    CUdeviceptr p = claims::zeroed_words(1);
    std::uint32_t value = 21;
    void* arguments[] = {&p, &value};
    CUlaunchAttribute attributes[2] = {};
    attributes[0].id = CU_LAUNCH_ATTRIBUTE_PRIORITY;
    attributes[1].id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
    attributes[1].value.cooperative = 1;
    CUlaunchConfig config{1, 1, 1, 1, 1, 1, 0, nullptr, attributes, 2};
    const CUfunction store = kernel(module, "store");
    MUST(cuLaunchKernelEx(&config, store, arguments, nullptr));
    EXPECT_IS(claims::read_words(p, 1)[0], 21U);
    attributes[0].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    attributes[0].value.clusterDim = {2, 1, 1};
    EXPECT_IS(cuLaunchKernelEx(&config, store, arguments, nullptr), CUDA_ERROR_INVALID_CLUSTER_SIZE);
    attributes[0].id = CU_LAUNCH_ATTRIBUTE_MAX;
    EXPECT_IS(cuLaunchKernelEx(&config, store, arguments, nullptr), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuLaunchKernelEx(nullptr, store, arguments, nullptr), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuLaunchCooperativeKernel(store, 100'000, 1, 1, 1024, 1, 1, 0, nullptr, arguments),
              CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
    MUST(cuLaunchCooperativeKernel(store, 2, 1, 1, 64, 1, 1, 0, nullptr, arguments));
    MUST(cuCtxSynchronize());
}

CLAIM("a launch records the events it is given, behind the kernel, and in a capture too") {
    begin();
    const CUmodule module = claims::load_kernels();
    CUdeviceptr p = claims::zeroed_words(1);
    std::uint32_t value = 33;
    void* arguments[] = {&p, &value};
    CUstream stream = nullptr;
    CUstream other = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    MUST(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
    CUevent events[3] = {};
    for (CUevent& event : events) MUST(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
    CUlaunchAttribute attributes[3] = {};
    attributes[0].id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT;
    attributes[0].value.programmaticEvent.event = events[0];
    attributes[1].id = CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT;
    attributes[1].value.launchCompletionEvent.event = events[1];
    attributes[2].id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    attributes[2].value.programmaticStreamSerializationAllowed = 1;
    CUlaunchConfig config{1, 1, 1, 1, 1, 1, 0, stream, attributes, 3};
    const CUfunction store = kernel(module, "store");
    MUST(cuLaunchKernelEx(&config, store, arguments, nullptr));
    MUST(cuEventSynchronize(events[0]));
    MUST(cuEventSynchronize(events[1]));
    EXPECT_IS(claims::read_words(p, 1)[0], 33U);

    MUST(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    MUST(cuLaunchKernelEx(&config, store, arguments, nullptr));
    MUST(cuStreamWaitEvent(other, events[0], 0));
    MUST(cuMemsetD32Async(p, 44, 1, other));
    MUST(cuEventRecord(events[2], other));
    MUST(cuStreamWaitEvent(stream, events[2], 0));
    CUgraph graph = nullptr;
    MUST(cuStreamEndCapture(stream, &graph));
    std::size_t edges = 0;
    MUST(cuGraphGetEdges_v2(graph, nullptr, nullptr, nullptr, &edges));
    EXPECT_IS(edges, 1U);

    CUevent timed = nullptr;
    MUST(cuEventCreate(&timed, CU_EVENT_DEFAULT));
    attributes[0].value.programmaticEvent.event = timed;
    EXPECT_IS(cuLaunchKernelEx(&config, store, arguments, nullptr), CUDA_ERROR_INVALID_VALUE);
    attributes[0].value.programmaticEvent.event = nullptr;
    EXPECT_IS(cuLaunchKernelEx(&config, store, arguments, nullptr), CUDA_ERROR_INVALID_HANDLE);
}

CLAIM("a launch's own priority becomes its node's") {
    begin();
    CUdeviceptr p = claims::zeroed_words(1);
    std::uint32_t value = 34;
    void* arguments[] = {&p, &value};
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    CUlaunchAttribute attribute{};
    attribute.id = CU_LAUNCH_ATTRIBUTE_PRIORITY;
    attribute.value.priority = -3;
    CUlaunchConfig config{1, 1, 1, 1, 1, 1, 0, stream, &attribute, 1};
    MUST(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    MUST(cuLaunchKernelEx(&config, kernel(claims::load_kernels(), "store"), arguments, nullptr));
    CUgraph graph = nullptr;
    MUST(cuStreamEndCapture(stream, &graph));
    std::size_t nodes = 1;
    CUgraphNode node = nullptr;
    MUST(cuGraphGetRootNodes(graph, &node, &nodes));
    CUkernelNodeAttrValue told{};
    MUST(cuGraphKernelNodeGetAttribute(node, CU_LAUNCH_ATTRIBUTE_PRIORITY, &told));
    EXPECT_IS(told.priority, -3);
    CUgraphExec exec = nullptr;
    MUST(cuGraphInstantiateWithFlags(&exec, graph, CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY));
    MUST(cuGraphLaunch(exec, stream));
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(p, 1)[0], 34U);
}

CLAIM("occupancy follows threads, shared memory and launch bounds") {
    begin();
    const CUmodule module = claims::load_kernels();
    const CUfunction reverse = kernel(module, "reverse");
    int blocks = 0;
    EXPECT_IS(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 256, 0), CUDA_SUCCESS);
    EXPECT_IS(blocks, 8);
    EXPECT_IS(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 32, 0), CUDA_SUCCESS);
    EXPECT_IS(blocks, 32);
    EXPECT_IS(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 64, 40 << 10), CUDA_SUCCESS);
    EXPECT_IS(blocks, 4);
    EXPECT_IS(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reverse, 0, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel(module, "narrow"), 128, 0),
              CUDA_SUCCESS);
    EXPECT_IS(blocks, 0);
    int grid = 0;
    int block = 0;
    int processors = 0;
    MUST(cuDeviceGetAttribute(&processors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 0));
    EXPECT_IS(cuOccupancyMaxPotentialBlockSize(&grid, &block, reverse, nullptr, 0, 0), CUDA_SUCCESS);
    EXPECT_IS(grid * block, processors * 2048);
    std::size_t room = 0;
    EXPECT_IS(cuOccupancyAvailableDynamicSMemPerBlock(&room, reverse, 2, 256), CUDA_SUCCESS);
    EXPECT_IS(room, std::size_t{81} << 10);
}

CLAIM("a store to address 0 ends the context with ILLEGAL_ADDRESS until it is reset") {
    begin();
    const CUmodule module = claims::load_kernels();
    MUST(launch(kernel(module, "null_store"), 1, 1, {}));
    expect_fault(CUDA_ERROR_ILLEGAL_ADDRESS);
    MUST(cuDevicePrimaryCtxReset_v2(0));
    MUST(cuDevicePrimaryCtxRelease_v2(0));
    begin();
    EXPECT_IS(claims::read_words(claims::zeroed_words(1), 1)[0], 0U);
}

CLAIM("a trap ends a context with LAUNCH_FAILED and leaves the others alone") {
    begin();
    const CUdeviceptr words = claims::zeroed_words(1);
    CUcontext context = nullptr;
    MUST(cuCtxCreate_v2(&context, 0, 0));
    const CUmodule module = claims::load_kernels();
    MUST(launch(kernel(module, "give_up"), 100, 64, {}));
    expect_fault(CUDA_ERROR_LAUNCH_FAILED);
    MUST(cuCtxDestroy_v2(context));
    begin();
    EXPECT_IS(claims::read_words(words, 1)[0], 0U);
}

CLAIM("memory that was freed cannot be written by a kernel") {
    begin();
    const CUmodule module = claims::load_kernels();
    CUdeviceptr words = claims::zeroed_words(1);
    CUdeviceptr neighbour = claims::zeroed_words(1);
    unsigned value = 1;
    MUST(launch(kernel(module, "store"), 1, 1, {&neighbour, &value}));
    MUST(cuMemFree_v2(words));
    EXPECT_IS(claims::read_words(neighbour, 1)[0], 1U);
    MUST(launch(kernel(module, "store"), 1, 1, {&words, &value}));
    EXPECT_IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("work queued behind a fault is dropped, and stream callbacks are told") {
    begin();
    const CUmodule module = claims::load_kernels();
    auto* gate = claims::pinned_word();
    void* gate_address = const_cast<std::uint32_t*>(gate);
    auto* target = claims::pinned_word();
    void* target_address = const_cast<std::uint32_t*>(target);
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    MUST(launch(kernel(module, "await"), 1, 1, {&gate_address}, stream));
    MUST(launch(kernel(module, "give_up"), 1, 1, {}, stream));
    unsigned value = 1;
    MUST(launch(kernel(module, "store"), 1, 1, {&target_address, &value}, stream));
    static CUresult told = CUDA_SUCCESS;
    static bool ran = false;
    MUST(cuLaunchHostFunc(stream, [](void*) { ran = true; }, nullptr));
    MUST(cuStreamAddCallback(stream, [](CUstream, CUresult status, void*) { told = status; }, nullptr, 0));
    *gate = 1;
    EXPECT_IS(cuStreamSynchronize(stream), CUDA_ERROR_LAUNCH_FAILED);
    EXPECT_IS(*target, 0U);
    EXPECT_IS(told, CUDA_ERROR_LAUNCH_FAILED);
    EXPECT(!ran);
}

CLAIM("device printf appears at the synchronisation and not before") {
    static std::string early;
    const std::string all = claims::captured_stdout([] {
        begin();
        const CUmodule module = claims::load_kernels();
        const CUfunction say = kernel(module, "say");
        for (unsigned number = 1; number <= 3; ++number) MUST(launch(say, 1, 1, {&number}));
        std::puts("between");
        std::fflush(stdout);
        MUST(cuCtxSynchronize());
        unsigned last = 44;
        MUST(launch(say, 1, 2, {&last}));
        MUST(cuDevicePrimaryCtxReset_v2(0));
    });
    EXPECT_IS(all, "between\n1\n2\n3\n44\n44\n");
}
