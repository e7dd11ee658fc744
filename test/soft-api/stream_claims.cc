// Claims about order: streams, events, host functions, and progress without anybody waiting.
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::kernel;
using claims::launch;

namespace {

struct Scene {
    CUmodule module = nullptr;
    CUfunction store = nullptr;
    CUfunction await = nullptr;
    CUfunction follow = nullptr;
    volatile std::uint32_t* gate = nullptr;
    void* gate_address = nullptr;
};

Scene make_scene() {
    begin();
    Scene scene;
    scene.module = claims::load_kernels();
    scene.store = kernel(scene.module, "store");
    scene.await = kernel(scene.module, "await");
    scene.follow = kernel(scene.module, "follow");
    scene.gate = claims::pinned_word();
    scene.gate_address = const_cast<std::uint32_t*>(scene.gate);
    return scene;
}

// A stream that is stuck until `scene.gate` is opened.
CUstream stuck_stream(Scene& scene, unsigned flags) {
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, flags));
    MUST(launch(scene.await, 1, 1, {&scene.gate_address}, stream));
    return stream;
}

bool becomes(const volatile std::uint32_t& word, std::uint32_t value, int milliseconds) {
    for (int waited = 0; waited < milliseconds && word != value; ++waited) usleep(1000);
    return word == value;
}

template <class Query>
bool becomes_success(Query&& query, int milliseconds) {
    CUresult result = query();
    for (int waited = 0; waited < milliseconds && result == CUDA_ERROR_NOT_READY; ++waited) {
        usleep(1000);
        result = query();
    }
    return result == CUDA_SUCCESS;
}

}  // namespace

// Not CUDA's, so no header of CUDA's declares them.
extern "C" CUresult ferry_soft_stream_query(CUstream stream);
extern "C" CUresult ferry_soft_event_query(CUevent event);

CLAIM("work runs though nobody waits for it") {
    Scene scene = make_scene();
    unsigned value = 77;
    MUST(launch(scene.store, 1, 1, {&scene.gate_address, &value}));
    EXPECT(becomes(*scene.gate, 77, 5000));
    usleep(30'000);
    value = 78;
    MUST(launch(scene.store, 1, 1, {&scene.gate_address, &value}));
    EXPECT(becomes(*scene.gate, 78, 5000));
    value = 79;
    MUST(launch(scene.store, 64, 1, {&scene.gate_address, &value}));
    EXPECT(becomes(*scene.gate, 79, 5000));
}

CLAIM("a stream runs in order and says when it is done") {
    Scene scene = make_scene();
    const CUstream stream = stuck_stream(scene, CU_STREAM_NON_BLOCKING);
    CUdeviceptr words = claims::zeroed_words(2);
    CUdeviceptr second = words + 4;
    unsigned value = 5;
    MUST(launch(scene.store, 1, 1, {&words, &value}, stream));
    MUST(launch(scene.follow, 1, 1, {&words, &second}, stream));
    EXPECT_IS(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    EXPECT_IS(claims::read_words(words, 2)[1], 0U);
    *scene.gate = 1;
    EXPECT_IS(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_IS(cuStreamQuery(stream), CUDA_SUCCESS);
    EXPECT_IS(claims::read_words(words, 2)[1], 5U);
    EXPECT_IS(cuStreamDestroy_v2(stream), CUDA_SUCCESS);
    EXPECT_IS(cuStreamDestroy_v2(stream), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(cuStreamQuery(stream), CUDA_ERROR_INVALID_HANDLE);
}

CLAIM("a query that helps runs what is quick, and leaves what is not to others") {
    Scene scene = make_scene();
    CUdeviceptr words = claims::zeroed_words(2);
    CUdeviceptr second = words + 4;
    unsigned value = 5;
    CUevent event = nullptr;
    MUST(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
    for (unsigned round = 1; round <= 200; ++round) {
        value = round;
        MUST(launch(scene.store, 1, 1, {&words, &value}));
        MUST(launch(scene.follow, 1, 1, {&words, &second}));
        MUST(cuEventRecord(event, nullptr));
        const auto query = [&] {
            return round % 2 == 0 ? ferry_soft_stream_query(nullptr) : ferry_soft_event_query(event);
        };
        EXPECT(becomes_success(query, 5000));
        EXPECT_IS(claims::read_words(words, 2)[1], round);
    }
    // The kernel that waits has always been quick so far. The thread that asks must come back all the same,
    // for only then does it open the gate.
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    for (const std::uint32_t open : {1U, 1U, 1U, 0U}) {
        *scene.gate = open;
        MUST(launch(scene.await, 1, 1, {&scene.gate_address}, stream));
        if (open != 0) MUST(cuStreamSynchronize(stream));
    }
    EXPECT_IS(ferry_soft_stream_query(stream), CUDA_ERROR_NOT_READY);
    EXPECT_IS(ferry_soft_stream_query(stream), CUDA_ERROR_NOT_READY);
    *scene.gate = 1;
    EXPECT(becomes_success([&] { return ferry_soft_stream_query(stream); }, 5000));
}

CLAIM("the default stream waits for blocking streams and not for the others") {
    Scene scene = make_scene();
    const CUstream apart = stuck_stream(scene, CU_STREAM_NON_BLOCKING);
    CUdeviceptr words = claims::zeroed_words(2);
    unsigned value = 9;
    MUST(launch(scene.store, 1, 1, {&words, &value}));
    EXPECT_IS(cuStreamSynchronize(nullptr), CUDA_SUCCESS);
    EXPECT_IS(cuStreamQuery(apart), CUDA_ERROR_NOT_READY);
    const CUstream blocking = stuck_stream(scene, CU_STREAM_DEFAULT);
    MUST(launch(scene.store, 1, 1, {&words, &value}));
    EXPECT_IS(cuStreamQuery(nullptr), CUDA_ERROR_NOT_READY);
    CUstream later = nullptr;
    MUST(cuStreamCreate(&later, CU_STREAM_DEFAULT));
    MUST(launch(scene.store, 1, 1, {&words, &value}, later));
    usleep(20'000);
    EXPECT_IS(cuStreamQuery(later), CUDA_ERROR_NOT_READY);
    *scene.gate = 1;
    EXPECT_IS(cuStreamSynchronize(later), CUDA_SUCCESS);
    EXPECT_IS(cuStreamQuery(blocking), CUDA_SUCCESS);
    EXPECT_IS(cuCtxSynchronize(), CUDA_SUCCESS);
}

CLAIM("events order streams, answer queries and measure time") {
    Scene scene = make_scene();
    CUevent start = nullptr;
    CUevent end = nullptr;
    CUevent untimed = nullptr;
    MUST(cuEventCreate(&start, 0));
    MUST(cuEventCreate(&end, CU_EVENT_BLOCKING_SYNC));
    MUST(cuEventCreate(&untimed, CU_EVENT_DISABLE_TIMING));
    float elapsed = -1;
    EXPECT_IS(cuEventQuery(start), CUDA_SUCCESS);
    EXPECT_IS(cuEventElapsedTime(&elapsed, start, end), CUDA_ERROR_INVALID_HANDLE);
    const CUstream first = stuck_stream(scene, CU_STREAM_NON_BLOCKING);
    CUstream second = nullptr;
    MUST(cuStreamCreate(&second, CU_STREAM_NON_BLOCKING));
    MUST(cuEventRecord(start, second));
    CUdeviceptr words = claims::zeroed_words(1);
    unsigned value = 3;
    MUST(cuEventRecord(end, first));
    MUST(cuEventRecord(untimed, first));
    MUST(cuStreamWaitEvent(second, end, 0));
    MUST(launch(scene.store, 1, 1, {&words, &value}, second));
    EXPECT_IS(cuEventQuery(end), CUDA_ERROR_NOT_READY);
    EXPECT_IS(cuEventElapsedTime(&elapsed, start, end), CUDA_ERROR_NOT_READY);
    usleep(30'000);
    EXPECT_IS(cuStreamQuery(second), CUDA_ERROR_NOT_READY);
    *scene.gate = 1;
    EXPECT_IS(cuEventSynchronize(end), CUDA_SUCCESS);
    EXPECT_IS(cuEventElapsedTime(&elapsed, start, end), CUDA_SUCCESS);
    EXPECT(elapsed >= 29.0F && elapsed < 5000.0F);
    EXPECT_IS(cuEventElapsedTime(&elapsed, start, untimed), CUDA_ERROR_INVALID_HANDLE);
    MUST(cuStreamSynchronize(second));
    EXPECT_IS(claims::read_words(words, 1)[0], 3U);
    EXPECT_IS(cuEventDestroy_v2(end), CUDA_SUCCESS);
    EXPECT_IS(cuEventRecord(end, second), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(cuEventCreate(&end, 0x80), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a copy from pageable memory takes its bytes at the call") {
    Scene scene = make_scene();
    const CUstream stream = stuck_stream(scene, CU_STREAM_NON_BLOCKING);
    const CUdeviceptr words = claims::zeroed_words(1);
    std::uint32_t pageable = 11;
    MUST(cuMemcpyHtoDAsync_v2(words, &pageable, 4, stream));
    pageable = 12;
    *scene.gate = 1;
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(words, 1)[0], 11U);
}

CLAIM("a copy from pinned memory reads it when its turn comes") {
    Scene scene = make_scene();
    const CUstream stream = stuck_stream(scene, CU_STREAM_NON_BLOCKING);
    const CUdeviceptr words = claims::zeroed_words(1);
    auto* pinned = claims::pinned_word();
    *pinned = 11;
    MUST(cuMemcpyHtoDAsync_v2(words, const_cast<std::uint32_t*>(pinned), 4, stream));
    *pinned = 12;
    *scene.gate = 1;
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(words, 1)[0], 12U);
}

CLAIM("host functions run in stream order on a thread of their own and may not call CUDA") {
    Scene scene = make_scene();
    const CUstream stream = stuck_stream(scene, CU_STREAM_NON_BLOCKING);
    struct Seen {
        std::atomic<int> order{0};
        CUresult refused = CUDA_SUCCESS;
        CUresult status = CUDA_ERROR_UNKNOWN;
        std::thread::id thread;
    };
    static Seen seen;
    MUST(cuLaunchHostFunc(
        stream,
        [](void* argument) {
            seen.thread = std::this_thread::get_id();
            seen.refused = cuCtxSynchronize();
            if (argument == &seen) seen.order.store(1);
        },
        &seen));
    MUST(cuStreamAddCallback(
        stream,
        [](CUstream, CUresult status, void*) {
            seen.status = status;
            if (seen.order.load() == 1) seen.order.store(2);
        },
        nullptr, 0));
    usleep(10'000);
    EXPECT_IS(seen.order.load(), 0);
    *scene.gate = 1;
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(seen.order.load(), 2);
    EXPECT_IS(seen.status, CUDA_SUCCESS);
    EXPECT(seen.thread != std::this_thread::get_id());
    EXPECT(seen.refused != CUDA_SUCCESS);
    EXPECT_IS(cuLaunchHostFunc(stream, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a host function may wait for what the waiting thread does later") {
    Scene scene = make_scene();
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    static std::atomic<bool> open{false};
    MUST(cuLaunchHostFunc(
        stream,
        [](void*) {
            while (!open.load()) usleep(100);
        },
        nullptr));
    unsigned value = 4;
    MUST(launch(scene.store, 1, 1, {&scene.gate_address, &value}, stream));
    EXPECT_IS(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    open.store(true);
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(*scene.gate, 4U);
}

CLAIM("two thousand small launches on eight streams all count") {
    Scene scene = make_scene();
    const CUfunction add = kernel(scene.module, "add_one");
    CUdeviceptr words = claims::zeroed_words(8 * 512);
    std::vector<CUstream> streams(8);
    for (CUstream& stream : streams) MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    for (std::size_t turn = 0; turn < 2000; ++turn) {
        CUdeviceptr part = words + turn % 8 * 2048;
        unsigned count = 512;
        MUST(launch(add, turn % 3 == 0 ? 4 : 1, turn % 3 == 0 ? 128 : 512, {&part, &count},
                    streams[turn % 8]));
    }
    MUST(cuCtxSynchronize());
    for (const std::uint32_t word : claims::read_words(words, 8 * 512)) EXPECT_IS(word, 250U);
}

CLAIM("a destroyed stream finishes its work first") {
    Scene scene = make_scene();
    const CUstream stream = stuck_stream(scene, CU_STREAM_DEFAULT);
    CUdeviceptr words = claims::zeroed_words(0 + 1);
    unsigned value = 6;
    MUST(launch(scene.store, 1, 1, {&words, &value}, stream));
    MUST(cuStreamDestroy_v2(stream));
    *scene.gate = 1;
    MUST(cuCtxSynchronize());
    EXPECT_IS(claims::read_words(words, 1)[0], 6U);
}

CLAIM("each thread has a default stream of its own when it asks for one") {
    Scene scene = make_scene();
    CUcontext context = nullptr;
    MUST(cuCtxGetCurrent(&context));
    MUST(cuLaunchKernel_ptsz(scene.await, 1, 1, 1, 1, 1, 1, 0, nullptr,
                             std::vector<void*>{&scene.gate_address}.data(), nullptr));
    EXPECT_IS(cuStreamQuery_ptsz(nullptr), CUDA_ERROR_NOT_READY);
    EXPECT_IS(cuStreamQuery(reinterpret_cast<CUstream>(2)), CUDA_ERROR_NOT_READY);
    std::thread([&] {
        MUST(cuCtxSetCurrent(context));
        EXPECT_IS(cuStreamQuery_ptsz(nullptr), CUDA_SUCCESS);
    }).join();
    *scene.gate = 1;
    EXPECT_IS(cuStreamSynchronize_ptsz(nullptr), CUDA_SUCCESS);
}

CLAIM("a thread that waits does not crowd a grid that has all the threads it may have") {
    setenv("FERRY_SOFT_THREADS", "1", 1);
    begin();
    const CUfunction crowd = kernel(claims::load_kernels(), "crowd");
    void* memory = nullptr;
    MUST(cuMemAllocHost_v2(&memory, 2 * sizeof(std::uint32_t)));
    auto* const most = static_cast<volatile std::uint32_t*>(memory) + 1;
    memset(memory, 0, 2 * sizeof(std::uint32_t));
    auto address = reinterpret_cast<CUdeviceptr>(memory);
    MUST(launch(crowd, 100, 1, {&address}));
    while (*most == 0) EXPECT_IS(cuStreamQuery(nullptr), CUDA_ERROR_NOT_READY);
    EXPECT_IS(cuCtxSynchronize(), CUDA_SUCCESS);
    EXPECT_IS(*most, 1u);
}

CLAIM("streams say what they were made with") {
    begin();
    CUstream stream = nullptr;
    MUST(cuStreamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, -100));
    int least = 1;
    int greatest = 1;
    int priority = 1;
    unsigned flags = 0;
    unsigned long long id = 0;
    unsigned long long other = 0;
    MUST(cuCtxGetStreamPriorityRange(&least, &greatest));
    EXPECT_IS(cuStreamGetPriority(stream, &priority), CUDA_SUCCESS);
    EXPECT_IS(priority, greatest);
    EXPECT_IS(cuStreamGetFlags(stream, &flags), CUDA_SUCCESS);
    EXPECT_IS(flags, CU_STREAM_NON_BLOCKING);
    EXPECT_IS(cuStreamGetId(stream, &id), CUDA_SUCCESS);
    EXPECT_IS(cuStreamGetId(nullptr, &other), CUDA_SUCCESS);
    EXPECT(id != other);
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_ACTIVE;
    EXPECT_IS(cuStreamIsCapturing(stream, &status), CUDA_SUCCESS);
    EXPECT_IS(status, CU_STREAM_CAPTURE_STATUS_NONE);
    EXPECT_IS(cuStreamCreate(&stream, 2), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a stream keeps its attributes and gives them to others") {
    begin();
    CUstream one = nullptr;
    CUstream other = nullptr;
    MUST(cuStreamCreateWithPriority(&one, CU_STREAM_NON_BLOCKING, -1));
    MUST(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
    CUstreamAttrValue value{};
    MUST(cuStreamGetAttribute(one, CU_LAUNCH_ATTRIBUTE_PRIORITY, &value));
    EXPECT_IS(value.priority, -1);
    value = {};
    value.syncPolicy = CU_SYNC_POLICY_YIELD;
    MUST(cuStreamSetAttribute(one, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
    value.priority = -3;
    MUST(cuStreamSetAttribute(one, CU_LAUNCH_ATTRIBUTE_PRIORITY, &value));
    MUST(cuStreamCopyAttributes(other, one));
    value = {};
    MUST(cuStreamGetAttribute(other, CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, &value));
    EXPECT_IS(value.syncPolicy, CU_SYNC_POLICY_YIELD);
    int priority = 0;
    MUST(cuStreamGetPriority(other, &priority));
    EXPECT_IS(priority, -3);
    EXPECT_IS(cuStreamGetAttribute(one, CU_LAUNCH_ATTRIBUTE_COOPERATIVE, &value), CUDA_ERROR_INVALID_VALUE);
}
