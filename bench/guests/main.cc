// ferry-bench-guest NAME [--quick] [--rounds N] [--handshake]: runs one benchmark on whatever libcuda.so.1
// the process finds and prints one line of JSON. Started by the runner in bench/run, or by hand.

#include "benchmarks.h"

namespace {

struct Named {
    const char* name;
    bench::Benchmark benchmark;
    bool counts_system_calls = false;
};

constexpr Named kBenchmarks[] = {
    {"calls", bench::measure_calls},
    {"round-trips", bench::measure_round_trips},
    {"copies", bench::measure_copies},
    {"million", bench::measure_million, true},
    {"objects", bench::measure_objects},
    {"threads", bench::measure_threads},
    {"startup", bench::program_startup},
    {"compute", bench::program_compute},
    {"launches", bench::program_launches},
    {"training", bench::program_training},
    {"pinned-copies", bench::program_pinned_copies},
    {"pageable-copies", bench::program_pageable_copies},
    {"calibrate", bench::calibrate},
};

}  // namespace

int main(int argc, char** argv) {
    bench::Run run(argc, argv);
    for (const Named& each : kBenchmarks) {
        if (run.name != each.name) continue;
        // Before the session: a thread that the shim has begun by then would not be counted.
        if (each.counts_system_calls) run.system_calls.open();
        const bench::Session session;
        run.meet_host();
        each.benchmark(run, session);
        run.print(session.device_name);
        return 0;
    }
    std::fprintf(stderr, "ferry-bench-guest: no benchmark named %s; there are:", run.name.c_str());
    for (const Named& each : kBenchmarks) std::fprintf(stderr, " %s", each.name);
    std::fprintf(stderr, "\n");
    return 2;
}
