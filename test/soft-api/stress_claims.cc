// Claims about many threads at once: nothing is lost, freed early or left lying when launches, waits and
// streams meet.
#include <atomic>
#include <thread>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::kernel;
using claims::launch;

CLAIM("a grid outlives every thread that is on its way into it") {
    begin();
    const CUmodule module = claims::load_kernels();
    const CUfunction add = kernel(module, "add_one");
    CUdeviceptr words = claims::zeroed_words(256);
    unsigned count = 256;
    for (int turn = 0; turn < 20'000; ++turn) {
        MUST(launch(add, 2 + static_cast<unsigned>(turn % 7), 32, {&words, &count}));
        MUST(cuCtxSynchronize());
    }
    EXPECT_IS(claims::read_words(words, 64)[63], 20'000U);
}

CLAIM("a single block that becomes ready late finds a thread though the launcher sleeps") {
    begin();
    const CUmodule module = claims::load_kernels();
    const CUfunction burn = kernel(module, "burn");
    constexpr std::size_t kStreams = 8;
    CUdeviceptr words = claims::zeroed_words(kStreams + 1);
    CUevent started = nullptr;
    MUST(cuEventCreate(&started, 0));
    std::vector<CUstream> streams(kStreams);
    std::vector<CUevent> events(kStreams);
    for (CUstream& stream : streams) MUST(cuStreamCreate(&stream, CU_STREAM_DEFAULT));
    for (CUevent& event : events) MUST(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
    for (int turn = 0; turn < 15; ++turn) {
        MUST(cuEventRecord(started, nullptr));
        for (std::size_t index = 0; index < kStreams; ++index) {
            CUdeviceptr word = words + index * 4;
            unsigned turns = 20'000;
            MUST(launch(burn, 1, 1, {&word, &turns}, streams[index]));
            MUST(launch(burn, 1, 1, {&word, &turns}, streams[index]));
            MUST(cuEventRecord(events[index], streams[index]));
            MUST(cuStreamWaitEvent(streams.back(), events[index], 0));
        }
        CUdeviceptr word = words + kStreams * 4;
        unsigned once = 1;
        MUST(launch(burn, 1, 1, {&word, &once}, streams.back()));
        MUST(launch(burn, 1, 1, {&word, &once}));
        EXPECT_IS(claims::read_words(words, kStreams)[0], 20'000U);
    }
}

CLAIM("four threads launch, copy, record and wait at once") {
    const CUcontext context = begin();
    const CUmodule module = claims::load_kernels();
    const CUfunction add = kernel(module, "add_one");
    std::atomic<int> wrong{0};
    const auto body = [&](int number) {
        MUST(cuCtxSetCurrent(context));
        CUstream stream = nullptr;
        CUevent event = nullptr;
        MUST(cuStreamCreate(&stream, number % 2 == 0 ? CU_STREAM_NON_BLOCKING : CU_STREAM_DEFAULT));
        MUST(cuEventCreate(&event, 0));
        CUdeviceptr words = 0;
        MUST(cuMemAlloc_v2(&words, 4096));
        unsigned count = 1024;
        std::vector<std::uint32_t> host(1024);
        for (unsigned turn = 0; turn < 300; ++turn) {
            MUST(cuMemsetD32Async(words, turn, 1024, stream));
            MUST(launch(add, turn % 2 == 0 ? 1 : 8, turn % 2 == 0 ? 1024 : 128, {&words, &count}, stream));
            MUST(cuEventRecord(event, stream));
            if (turn % 5 == 0) MUST(cuEventSynchronize(event));
            if (turn % 7 == 0) MUST(cuMemcpyDtoH_v2(host.data(), words, 64));
            MUST(cuMemcpyDtoHAsync_v2(host.data(), words, 4096, stream));
            if (host[1023] != turn + 1) ++wrong;
        }
        MUST(cuMemFree_v2(words));
        MUST(cuStreamDestroy_v2(stream));
        MUST(cuEventDestroy_v2(event));
    };
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) threads.emplace_back(body, number);
    for (std::thread& thread : threads) thread.join();
    EXPECT_IS(wrong.load(), 0);
}
