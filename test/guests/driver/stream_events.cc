// Streams and events: waits across streams, queries in every state, flags and priorities, work that is still
// under way. Run by test/e2e as `stream_events SEED [ROUNDS]`.
#include "driver.h"

static void check_properties(guest::Run& run, const guest::Session& session) {
    CUstream blocking = nullptr, free_running = nullptr;
    CU_OK(cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
    CU_OK(cuStreamCreateWithPriority(&free_running, CU_STREAM_NON_BLOCKING, -1));
    unsigned flags = 77;
    int priority = 77;
    CUcontext context = nullptr;
    CU_OK(cuStreamGetFlags(free_running, &flags));
    run.compare("flags", 0, unsigned(CU_STREAM_NON_BLOCKING), flags);
    CU_OK(cuStreamGetFlags(blocking, &flags));
    run.compare("flags", 1, unsigned(CU_STREAM_DEFAULT), flags);
    CU_OK(cuStreamGetPriority(blocking, &priority));
    run.compare("priority", 0, 0, priority);
    CU_OK(cuStreamGetCtx(blocking, &context));
    run.require(context == session.context, "a stream knows its context");
    CU_OK(cuStreamQuery(blocking));
    CU_FAILS(cuStreamCreate(&blocking, 0x80), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuStreamCreate(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuStreamDestroy_v2(blocking));
    CU_OK(cuStreamDestroy_v2(free_running));
}

// A long kernel: the query may say "not ready" but must become ready, and then the result is there.
static void check_under_way(guest::Run& run, const guest::Session& session, unsigned rounds) {
    CUstream stream = nullptr;
    CUevent done = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    CU_OK(cuEventCreate(&done, CU_EVENT_DISABLE_TIMING));
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{5});
    CU_OK(guest::launch(session.function("spin"), 1, 1, stream, cell, rounds));
    CU_OK(cuEventRecord(done, stream));
    CUresult state = cuEventQuery(done);
    while (state == CUDA_ERROR_NOT_READY) state = cuEventQuery(done);
    CU_OK(state);
    CU_OK(cuStreamQuery(stream));
    run.compare("after the query", 0, 5 + rounds, guest::download<unsigned>(cell, 1)[0]);

    // Destroying a stream with work in it lets the work finish.
    CU_OK(guest::launch(session.function("spin"), 1, 1, stream, cell, rounds));
    CU_OK(cuEventRecord(done, stream));
    CU_OK(cuStreamDestroy_v2(stream));
    CU_OK(cuEventSynchronize(done));
    run.compare("after the destroyed stream", 0, 5 + 2 * rounds, guest::download<unsigned>(cell, 1)[0]);
    CU_OK(cuEventDestroy_v2(done));
    CU_OK(cuMemFree_v2(cell));
}

// One lane per stream; every round each stream waits for its neighbour of the round before.
static void check_ring(guest::Run& run, const guest::Session& session, int rounds) {
    constexpr int kStreams = 4, kCount = 256;
    CUstream streams[kStreams];
    CUevent events[kStreams];
    const CUfunction affine = session.function("affine");
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>(kCount, 1));
    for (int s = 0; s < kStreams; ++s) {
        CU_OK(cuStreamCreate(&streams[s], CU_STREAM_NON_BLOCKING));
        CU_OK(cuEventCreate(&events[s], CU_EVENT_DEFAULT));
    }
    unsigned expected = 1;
    for (int i = 0; i < rounds * kStreams; ++i) {
        const int s = i % kStreams;
        const unsigned factor = run.random.below(1000) | 1, term = run.random.below(1000);
        if (i > 0) CU_OK(cuStreamWaitEvent(streams[s], events[(i - 1) % kStreams], 0));
        CU_OK(guest::launch(affine, 4, 64, streams[s], cell, unsigned(kCount), factor, term));
        CU_OK(cuEventRecord(events[s], streams[s]));
        expected = expected * factor + term;
    }
    CU_OK(cuEventSynchronize(events[(rounds * kStreams - 1) % kStreams]));
    run.compare_all("ring", std::vector<unsigned>(kCount, expected), guest::download<unsigned>(cell, kCount));
    float elapsed_ms = -1;
    CU_OK(cuEventElapsedTime(&elapsed_ms, events[0], events[kStreams - 1]));
    run.require(elapsed_ms >= 0, "the elapsed time is not negative");
    for (int s = 0; s < kStreams; ++s) {
        CU_OK(cuStreamDestroy_v2(streams[s]));
        CU_OK(cuEventDestroy_v2(events[s]));
    }
    CU_OK(cuMemFree_v2(cell));
}

int main(int argc, char** argv) {
    guest::Run run("stream_events", argc, argv);
    guest::Session session;
    check_properties(run, session);
    check_under_way(run, session, 20000 + run.random.below(1000));
    check_ring(run, session, int(run.size(0, 25)));
    CUevent start = nullptr, stop = nullptr;
    float elapsed_ms = -1;
    CU_OK(cuEventCreate(&start, CU_EVENT_DEFAULT));
    CU_OK(cuEventCreate(&stop, CU_EVENT_DISABLE_TIMING));
    CU_OK(cuEventQuery(start));
    CU_OK(cuEventSynchronize(start));
    CU_FAILS(cuEventElapsedTime(&elapsed_ms, start, start), CUDA_ERROR_INVALID_HANDLE);
    CU_OK(cuEventRecord(start, nullptr));
    CU_OK(cuEventRecord(stop, nullptr));
    CU_OK(cuCtxSynchronize());
    CU_OK(cuEventElapsedTime(&elapsed_ms, start, start));
    run.compare("time from an event to itself", 0, 0.0f, elapsed_ms);
    CU_FAILS(cuEventElapsedTime(&elapsed_ms, start, stop), CUDA_ERROR_INVALID_HANDLE);
    CU_OK(cuEventDestroy_v2(start));
    CU_OK(cuEventDestroy_v2(stop));
    session.close();
    return run.finish();
}
