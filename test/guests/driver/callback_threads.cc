// Several threads that allocate, copy, queue host functions and free at once: a free waits for the whole
// context, and so for host functions of other threads. Run by test/e2e as `callback_threads SEED [THREADS]
// [ROUNDS]`.
#include <atomic>
#include <cstring>
#include <thread>

#include "driver.h"

static std::atomic<int> ran{0};
static void count_one(void*) { ran += 1; }

// One thread's rounds; answers how many host functions it queued.
static int work(CUcontext context, std::uint64_t seed, int rounds) {
    guest::Random random(seed);
    CU_OK(cuCtxSetCurrent(context));
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    int queued = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<unsigned char> source(4 * (1 + random.below(4000)));
        for (unsigned char& byte : source) byte = static_cast<unsigned char>(random.below(256));
        const CUdeviceptr memory = guest::allocate(source.size());
        CU_OK(cuMemcpyHtoDAsync_v2(memory, source.data(), source.size(), stream));
        if (random.below(2)) {
            CU_OK(cuLaunchHostFunc(stream, count_one, nullptr));
            ++queued;
        }
        std::vector<unsigned char> target(source.size());
        CU_OK(cuMemcpyDtoHAsync_v2(target.data(), memory, target.size(), stream));
        CU_OK(cuStreamSynchronize(stream));
        if (random.below(2)) {
            CU_OK(cuLaunchHostFunc(stream, count_one, nullptr));
            ++queued;
        }
        if (source != target) guest::fail("round %d of a thread came back changed", round);
        CU_OK(cuMemFree_v2(memory));
    }
    CU_OK(cuStreamSynchronize(stream));
    CU_OK(cuStreamDestroy_v2(stream));
    return queued;
}

int main(int argc, char** argv) {
    guest::Run run("callback_threads", argc, argv);
    guest::Session session;
    const int thread_count = int(run.size(0, 6));
    const int rounds = int(run.size(1, 40));
    std::atomic<int> queued{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < thread_count; ++i) {
        const std::uint64_t seed = run.random.below(1u << 30);
        threads.emplace_back([&, seed] { queued += work(session.context, seed, rounds); });
    }
    for (std::thread& thread : threads) thread.join();
    CU_OK(cuCtxSynchronize());
    run.compare("host functions run", 0, queued.load(), ran.load());
    session.close();
    return run.finish();
}
