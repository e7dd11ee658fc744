// The same calls from several threads at once, each on a stream of its own. See benchmarks.h.
#include <algorithm>
#include <atomic>
#include <thread>

#include "benchmarks.h"

namespace bench {
namespace {

constexpr int kThreadCounts[] = {1, 2, 4};

// Runs `body(thread)` on `count` threads that begin together; answers what all of it took, in ns.
template <class Body>
double run_together(const Session& session, int count, Body body) {
    std::atomic<int> waiting{count};
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    for (int index = 0; index < count; ++index) {
        threads.emplace_back([&, index] {
            CU(cuCtxSetCurrent(session.context));
            waiting.fetch_sub(1);
            go.wait(false);
            body(index);
        });
    }
    while (waiting.load() > 0) std::this_thread::yield();
    const double begin = now_ns();
    go.store(true);
    go.notify_all();
    for (std::thread& each : threads) each.join();
    return now_ns() - begin;
}

template <class Call>
void measure_with(Run& run, const Session& session, const char* name, double calls, Call call) {
    for (const int count : kThreadCounts) {
        const auto body = [&](int thread) {
            for (double index = 0; index < calls; ++index) call(thread);
        };
        run_together(session, count, body);
        CU(cuCtxSynchronize());
        Section section(run);
        Blocks blocks(run.quiet);
        blocks.begin();
        Samples samples;
        const int rounds = run.quick ? 3 : 10;
        for (int round = 0; round < rounds; ++round) {
            const double took_ns = run_together(session, count, body);
            samples.all.push_back(took_ns / (calls * count));
            CU(cuCtxSynchronize());
            blocks.end_sample(took_ns);
        }
        blocks.end();
        samples.quiet = blocks.quiet_of(samples.all);
        section.stop();
        const std::string metric =
            std::string(name) + ", " + std::to_string(count) + (count == 1 ? " thread" : " threads");
        run.add(metric, "ns", std::move(samples), rounds * (calls * count + 1), section.guest(),
                section.host());
    }
}

}  // namespace

void measure_threads(Run& run, const Session& session) {
    abi::CUstream streams[4] = {};
    for (abi::CUstream& each : streams) CU(cuStreamCreate(&each, 1));
    const abi::CUfunction empty = session.function("empty0");
    const auto launch_on = [&](int thread) {
        CU(cuLaunchKernel(empty, 1, 1, 1, 1, 1, 1, 0, streams[thread], nullptr, nullptr));
    };
    const double begin = now_ns();
    for (int index = 0; index < 100; ++index) launch_on(0);
    const bool slow = now_ns() - begin > 5e5;
    CU(cuCtxSynchronize());
    measure_with(run, session, "launches", slow ? 200 : 5000, launch_on);
    measure_with(run, session, "round trips", slow ? 100 : 1000,
                 [&](int thread) { CU(cuStreamSynchronize(streams[thread])); });
    for (abi::CUstream each : streams) CU(cuStreamDestroy_v2(each));
}

}  // namespace bench
