// How fast the software device runs kernels, beside the same loops of g++'s on one thread of this machine.
// Called by main.ts with the PTX of kernels.cu; prints a line of JSON a measurement.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "../guests/measure.h"
#include "cases.h"
#include "pair.h"

namespace {

using bench_soft::Case;

// Of all threads of this process: what else runs on the machine does not count.
double cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

template <class Body>
double time_of(double (*clock)(), Body body) {
    const double begin = clock();
    body();
    return clock() - begin;
}

void print(const char* kernel, const char* what, std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    std::printf("{\"kernel\":\"%s\",\"what\":\"%s\",\"us\":%.6g,\"least\":%.6g,\"most\":%.6g}\n", kernel,
                what, samples[samples.size() / 2] * 1e-3, samples.front() * 1e-3, samples.back() * 1e-3);
    std::fflush(stdout);
}

void run_alone(Case& each, const bench_soft::Reference& with) {
    each.begin_host();
    each.run_host(with, 0, each.host_units(), 0);
}

// What the machine itself makes of two threads: the loops dealt in pieces to two that are both awake.
double time_of_pair(Case& each, bench_soft::Pair& pair, double (*clock)()) {
    constexpr int kPieces = 32;
    const int units = each.host_units();
    each.begin_host();
    pair.wake();
    return time_of(clock, [&] {
        pair.run(kPieces, [&](int piece, int thread) {
            each.run_host(bench_soft::kPlain, units / kPieces * piece,
                          piece + 1 == kPieces ? units : units / kPieces * (piece + 1), thread);
        });
    });
}

// Engine, -O3 and -march=native in turn, so that a change in the machine falls on all alike, and with `pair`
// two threads of -O3 as well. False when the device's result is not the loops'.
bool measure(Case& each, int rounds, double (*clock)(), bench_soft::Pair* pair) {
    std::vector<double> device, plain, native, both;
    for (int round = 0; round < rounds + 1; ++round) {
        const double times[] = {time_of(clock, [&] { each.run_device(); }),
                                time_of(clock, [&] { run_alone(each, bench_soft::kPlain); }),
                                time_of(clock, [&] { run_alone(each, bench_soft::kNative); }),
                                pair != nullptr ? time_of_pair(each, *pair, clock) : 0};
        if (round == 0) continue;  // the caches were cold
        device.push_back(times[0]);
        plain.push_back(times[1]);
        native.push_back(times[2]);
        both.push_back(times[3]);
    }
    print(each.name(), "engine", device);
    print(each.name(), "plain", plain);
    print(each.name(), "native", native);
    if (pair != nullptr) print(each.name(), "plain on two threads", both);
    const double difference = each.difference();
    if (difference < 0.01) return true;
    std::fprintf(stderr, "ferry-bench-soft: %s differs by %g from what the loops answer\n", each.name(),
                 difference);
    return false;
}

void measure_launches(const std::string& ptx, const bench::Session& session, int rounds) {
    std::vector<double> cold, small;
    for (int round = 0; round < rounds; ++round) {
        // Another text each time, or the device may know it.
        const std::string text = ptx + "// " + std::to_string(round) + "\n";
        cold.push_back(time_of(bench::now_ns, [&] {
            abi::CUmodule module = nullptr;
            abi::CUfunction nothing = nullptr;
            CU(cuModuleLoadData(&module, text.c_str()));
            CU(cuModuleGetFunction(&nothing, module, "nothing"));
            bench::launch(nothing, 1, 32, nullptr);
            CU(cuCtxSynchronize());
        }));
    }
    const abi::CUfunction nothing = session.function("nothing");
    for (int round = 0; round < rounds * 200; ++round) {
        small.push_back(time_of(bench::now_ns, [&] {
            bench::launch(nothing, 1, 32, nullptr);
            CU(cuCtxSynchronize());
        }));
    }
    print("nothing", "load and first launch", cold);
    print("nothing", "small launch", small);
}

}  // namespace

// PTXFILE [--quick] [--wall] [KERNEL]...: --wall times by the clock on the wall, for runs with several
// threads, and the loops on two threads as well.
int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "--instruction-sets") == 0) {
        __builtin_cpu_init();
        std::printf("base%s%s\n", __builtin_cpu_supports("avx2") ? " avx2" : "",
                    __builtin_cpu_supports("avx512dq") ? " avx512" : "");
        return 0;
    }
    bool quick = false;
    auto* clock = cpu_ns;
    std::vector<std::string> only;
    for (int index = 2; index < argc; ++index) {
        if (std::strcmp(argv[index], "--quick") == 0) {
            quick = true;
        } else if (std::strcmp(argv[index], "--wall") == 0) {
            clock = bench::now_ns;
        } else {
            only.emplace_back(argv[index]);
        }
    }
    std::ifstream file(argc > 1 ? argv[1] : "");
    const std::string ptx{std::istreambuf_iterator<char>(file), {}};
    if (ptx.empty()) {
        std::fprintf(stderr, "usage: ferry-bench-soft PTXFILE [--quick] [--wall] [KERNEL]...\n");
        return 2;
    }
    const bench::Session session(ptx.c_str());
    bool is_right = true;
    const auto pair = clock == cpu_ns ? nullptr : std::make_unique<bench_soft::Pair>();
    const auto wanted = [&](const char* name) {
        return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
    };
    for (const auto& each : bench_soft::make_cases(session, quick)) {
        if (wanted(each->name())) is_right &= measure(*each, quick ? 3 : 11, clock, pair.get());
    }
    if (wanted("nothing")) measure_launches(ptx, session, quick ? 3 : 11);
    return is_right ? 0 : 1;
}
