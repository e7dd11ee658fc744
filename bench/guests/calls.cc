// Benchmarks of single calls: queued ones in bursts, and ones that wait. See benchmarks.h.
#include <algorithm>

#include "benchmarks.h"

namespace bench {
namespace {

constexpr double kNs = 1;
constexpr double kUs = 1e3;

// A burst is long enough to hide the clock, and short enough where every call waits. The fastest of several
// probes decides: one that was interrupted says nothing.
template <class Call>
double burst_size(Call call) {
    constexpr int kProbe = 50;
    constexpr double kSlowNs = 5e3;
    double each = 1e9;
    for (int probe = 0; probe < 3; ++probe) {
        const double begin = now_ns();
        for (int index = 0; index < kProbe; ++index) call();
        each = std::min(each, (now_ns() - begin) / kProbe);
        CU(cuCtxSynchronize());
    }
    return each > kSlowNs ? 300 : 10000;
}

// Two results: what the program pays per call, and what a call takes until it has been executed.
template <class Call>
void measure_burst(Run& run, const char* name, Call call) {
    const double size = burst_size(call);
    const std::size_t most = run.quick ? 10 : 60;
    Samples queued;
    Samples executed;
    queued.all.reserve(most);
    executed.all.reserve(most);
    Section section(run);
    Blocks blocks(run.quiet);
    blocks.begin();
    double measured_ns = 0;
    const double limit_ns = run.quick ? 1e8 : 6e8;
    while (queued.all.size() < most && (queued.all.size() < 3 || measured_ns < limit_ns)) {
        // The executor is awake: it has just answered.
        CU(cuCtxSynchronize());
        const double start = now_ns();
        for (double index = 0; index < size; ++index) call();
        queued.all.push_back(now_ns() - start);
        CU(cuCtxSynchronize());
        executed.all.push_back(now_ns() - start);
        measured_ns += executed.all.back();
        blocks.end_sample(executed.all.back());
    }
    blocks.end();
    section.stop();
    const double calls = static_cast<double>(queued.all.size()) * (size + 2);
    for (Samples* each : {&queued, &executed}) each->quiet = blocks.quiet_of(each->all);
    run.add(name, "ns", per_call(queued, size, kNs), calls, section.guest(), section.host());
    run.add(std::string(name) + ", executed", "ns", per_call(executed, size, kNs), calls, section.guest(),
            section.host());
}

template <class Call>
void measure_wait(Run& run, const char* name, double calls_each, Call call) {
    for (int index = 0; index < 20; ++index) call();
    Section section(run);
    const auto samples = sample(run, 50, run.quick ? 2000 : 20000, run.quick ? 0.1 : 0.5, call);
    section.stop();
    run.add(name, "us", per_call(samples, 1, kUs), calls_each * static_cast<double>(samples.all.size()),
            section.guest(), section.host());
}

// What a launch-heavy program does all day, step by step, without the device's share.
template <class Call>
void measure_steps(Run& run, Call launch) {
    constexpr int kLaunches = 500;
    measure_wait(run, "500 launches and a wait", kLaunches + 1, [launch] {
        for (int index = 0; index < kLaunches; ++index) launch();
        CU(cuCtxSynchronize());
    });
}

// cuLaunchKernel with its arguments prepared once: what is timed is the call.
struct Launch {
    abi::CUfunction function;
    void** parameters;
    void operator()() const {
        CU(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr));
    }
};

}  // namespace

void measure_calls(Run& run, const Session& session) {
    constexpr std::size_t kWords = 256;
    abi::CUdeviceptr memory = 0;
    CU(cuMemAlloc_v2(&memory, kWords * sizeof(unsigned)));
    abi::CUevent event = nullptr;
    CU(cuEventCreate(&event, 0));
    abi::CUdeviceptr wide[16] = {};
    void* parameters[17] = {};
    for (int index = 0; index < 16; ++index) parameters[index] = &wide[index];
    wide[0] = memory;
    measure_burst(run, "launch, no arguments", Launch{session.function("empty0"), nullptr});
    measure_burst(run, "launch, 4 arguments", Launch{session.function("empty4"), parameters});
    measure_burst(run, "launch, 16 arguments", Launch{session.function("empty16"), parameters});
    measure_steps(run, Launch{session.function("empty4"), parameters});
    measure_burst(run, "memset, 1 KiB", [&] { CU(cuMemsetD32Async(memory, 7, kWords, nullptr)); });
    measure_burst(run, "event record", [&] { CU(cuEventRecord(event, nullptr)); });
    measure_burst(run, "stream waits for event", [&] { CU(cuStreamWaitEvent(nullptr, event, 0)); });
    CU(cuEventDestroy_v2(event));
    CU(cuMemFree_v2(memory));
}

void measure_million(Run& run, const Session& session) {
    constexpr double kCalls = 1e6;
    constexpr char kSystemCalls[] = "system calls in a million launches";
    unsigned long long wide[4] = {};
    void* parameters[] = {&wide[0], &wide[1], &wide[2], &wide[3], nullptr};
    const Launch launch{session.function("empty4"), parameters};
    for (int index = 0; index < 1000; ++index) launch();
    CU(cuCtxSynchronize());
    Section section(run);
    const long calls_before = run.system_calls.count();
    const double begin = now_ns();
    for (double index = 0; index < kCalls; ++index) launch();
    const double took = now_ns() - begin;
    const auto calls = static_cast<double>(run.system_calls.count() - calls_before);
    CU(cuCtxSynchronize());
    section.stop();
    const std::string& why_not = run.system_calls.why_not();
    if (why_not.empty()) {
        run.add(kSystemCalls, "", {{calls}, {}}, kCalls, section.guest(), section.host());
    } else {
        run.leave_out(kSystemCalls, why_not);
    }
    run.add("launch, in a row of a million", "ns", {{took / kCalls}, {}}, kCalls, section.guest(),
            section.host());
}

void measure_round_trips(Run& run, const Session& session) {
    abi::CUdeviceptr memory = 0;
    CU(cuMemAlloc_v2(&memory, 4096));
    abi::CUstream stream = nullptr;
    CU(cuStreamCreate(&stream, 0));
    unsigned word = 0;
    const Launch empty{session.function("empty0"), nullptr};
    measure_wait(run, "synchronise, idle context", 1, [] { CU(cuCtxSynchronize()); });
    measure_wait(run, "synchronise, idle stream", 1, [&] { CU(cuStreamSynchronize(stream)); });
    measure_wait(run, "copy 4 B to the host", 1, [&] { CU(cuMemcpyDtoH_v2(&word, memory, sizeof word)); });
    measure_wait(run, "copy 4 B to the device, synchronise", 2, [&] {
        CU(cuMemcpyHtoD_v2(memory, &word, sizeof word));
        CU(cuCtxSynchronize());
    });
    measure_wait(run, "launch a block, synchronise", 2, [&] {
        empty();
        CU(cuCtxSynchronize());
    });
    CU(cuStreamDestroy_v2(stream));
    CU(cuMemFree_v2(memory));
}

}  // namespace bench
