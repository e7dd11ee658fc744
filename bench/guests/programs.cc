// Whole programs, each with a result that is checked: the runner compares their time directly and forwarded.
// The device must compute for the checks, so they are not run on the null device. See benchmarks.h.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "benchmarks.h"

namespace bench {
namespace {

constexpr double kMs = 1e6;
constexpr unsigned kThreads = 64;
// More blocks than small machines have cores: a program that fills its device.
constexpr unsigned kBlocks = 4;
constexpr unsigned kValues = kBlocks * kThreads;
constexpr double kLaunchNs = 50e3;
// Each block costs a look and a step that is not measured.
constexpr double kBlockNs = 20e6;

[[noreturn]] void wrong(const char* what, unsigned expected, unsigned actual) {
    std::fprintf(stderr, "%s: expected %u, got %u\n", what, expected, actual);
    std::exit(1);
}

unsigned read_word(abi::CUdeviceptr address) {
    unsigned word = 0;
    CU(cuMemcpyDtoH_v2(&word, address, sizeof word));
    return word;
}

abi::CUdeviceptr zeroed(std::size_t bytes) {
    abi::CUdeviceptr address = 0;
    CU(cuMemAlloc_v2(&address, bytes));
    CU(cuMemsetD32Async(address, 0, bytes / sizeof(unsigned), nullptr));
    return address;
}

// What `work` makes of `value` in `rounds` steps: the kernel's arithmetic.
unsigned worked(unsigned value, unsigned rounds) {
    for (unsigned index = 0; index < rounds; ++index) value = value * 1664525u + 1013904223u;
    return value;
}

unsigned rounds_of(const Run& run) {
    if (run.rounds == 0) {
        std::fprintf(stderr, "%s needs --rounds, which the benchmark `calibrate` finds\n", run.name.c_str());
        std::exit(2);
    }
    return run.rounds;
}

// Times `steps` steps of `calls_each` API calls, each of which leaves nothing pending: what all took, and
// what all would have taken at the pace of each quiet block. After a look one more runs unmeasured: who
// serves it has fallen asleep meanwhile, and the look's own threads have taken the cores. Answers how many
// ran.
template <class Step>
unsigned time_steps(Run& run, unsigned steps, double calls_each, Step step) {
    Samples loop{{0}, {}};
    Section section(run);
    Blocks blocks(run.quiet, kBlockNs);
    blocks.begin();
    unsigned ran = 0;
    const auto step_unmeasured = [&] {
        const double begin = now_ns();
        step(ran++);
        run.unmeasured_ns += now_ns() - begin;
    };
    if (run.quiet.started()) step_unmeasured();
    for (unsigned index = 0; index < steps; ++index) {
        const double begin = now_ns();
        step(ran++);
        const double took_ns = now_ns() - begin;
        loop.all[0] += took_ns / kMs;
        if (blocks.end_sample(took_ns) && index + 1 < steps) step_unmeasured();
    }
    blocks.end();
    section.stop();
    for (const Blocks::Block& each : blocks.all()) {
        if (each.quiet) loop.quiet.push_back(each.took_ns / kMs * steps / static_cast<double>(each.samples));
    }
    run.add("loop", "ms", loop, ran * calls_each, section.guest(), section.host());
    return ran;
}

}  // namespace

void program_startup(Run& run, const Session& session) {
    time_steps(run, 1, 4, [&](unsigned) {
        const abi::CUdeviceptr values = zeroed(kValues * sizeof(unsigned));
        launch(session.function("add"), kBlocks, kThreads, nullptr, values, kValues, 1u);
        if (const unsigned word = read_word(values); word != 1) wrong("startup", 1, word);
    });
}

// Long kernels, a scalar read after each: almost nothing to forward.
void program_compute(Run& run, const Session& session) {
    const unsigned steps = run.quick ? 10 : 60;
    const unsigned rounds = rounds_of(run) * 400;
    const abi::CUfunction work = session.function("work");
    const abi::CUdeviceptr values = zeroed(kValues * sizeof(unsigned));
    unsigned word = 0;
    const unsigned ran = time_steps(run, steps, 2, [&](unsigned) {
        launch(work, kBlocks, kThreads, nullptr, values, rounds);
        word = read_word(values);
    });
    const unsigned expected = worked(0, ran * rounds);
    if (word != expected) wrong("compute", expected, word);
}

// Launches too short to matter, waited for every 500: almost nothing but forwarding.
void program_launches(Run& run, const Session& session) {
    const unsigned steps = run.quick ? 20 : 400;
    constexpr unsigned kLaunches = 500;
    const abi::CUfunction add = session.function("add");
    const abi::CUdeviceptr values = zeroed(kThreads * sizeof(unsigned));
    const unsigned ran = time_steps(run, steps, kLaunches + 1, [&](unsigned) {
        for (unsigned index = 0; index < kLaunches; ++index) {
            launch(add, 1, kThreads, nullptr, values, kThreads, 1u);
        }
        CU(cuCtxSynchronize());
    });
    const unsigned word = read_word(values);
    if (word != ran * kLaunches) wrong("launches", ran * kLaunches, word);
}

namespace {

// One step of a training loop: 300 launches of 50 us, 20 events, 8 asynchronous copies of 64 KiB, 2
// allocations and frees, one scalar read back.
class Training {
public:
    static constexpr unsigned kLaunches = 300;
    static constexpr unsigned kEvents = 20;
    static constexpr unsigned kCopies = 8;
    static constexpr std::size_t kCopySize = 64 << 10;
    static constexpr double kCalls = kLaunches + kEvents + kCopies + 4 + 1;

    Training(const Session& session, unsigned rounds)
        : work_(session.function("work")), rounds_(rounds), values_(zeroed(kValues * sizeof(unsigned))) {
        CU(cuMemAlloc_v2(&input_, kCopies * kCopySize));
        void* pinned = nullptr;
        CU(cuMemAllocHost_v2(&pinned, kCopies * kCopySize));
        pinned_ = static_cast<std::byte*>(pinned);
        std::memset(pinned_, 3, kCopies * kCopySize);
        CU(cuStreamCreate(&stream_, 0));
        for (abi::CUevent& each : events_) CU(cuEventCreate(&each, 0));
        CU(cuCtxSynchronize());
    }
    unsigned step() {
        for (unsigned index = 0; index < kCopies; ++index) {
            const std::size_t offset = index * kCopySize;
            CU(cuMemcpyHtoDAsync_v2(input_ + offset, pinned_ + offset, kCopySize, stream_));
        }
        abi::CUdeviceptr scratch[2] = {};
        for (abi::CUdeviceptr& each : scratch) CU(cuMemAlloc_v2(&each, 1 << 20));
        for (unsigned index = 0; index < kLaunches; ++index) {
            launch(work_, kBlocks, kThreads, stream_, values_, rounds_);
            if (index % (kLaunches / kEvents) == 0) {
                CU(cuEventRecord(events_[index / (kLaunches / kEvents)], stream_));
            }
        }
        // On the null stream, which waits for ours: the one call of a step that must wait.
        const unsigned word = read_word(values_);
        for (const abi::CUdeviceptr each : scratch) CU(cuMemFree_v2(each));
        return word;
    }

private:
    abi::CUfunction work_;
    unsigned rounds_;
    abi::CUdeviceptr values_;
    abi::CUdeviceptr input_ = 0;
    std::byte* pinned_ = nullptr;
    abi::CUstream stream_ = nullptr;
    abi::CUevent events_[kEvents] = {};
};

}  // namespace

void program_training(Run& run, const Session& session) {
    const unsigned steps = run.quick ? 10 : 100;
    const unsigned rounds = rounds_of(run);
    Training training(session, rounds);
    training.step();
    unsigned word = 0;
    const unsigned ran = time_steps(run, steps, Training::kCalls, [&](unsigned) { word = training.step(); });
    const unsigned expected = worked(0, (ran + 1) * Training::kLaunches * rounds);
    if (word != expected) wrong("training", expected, word);
}

namespace {

constexpr std::size_t kBulk = 16 << 20;

// Bytes that differ by place and by round, so that a copy that went wrong cannot look right.
void fill(std::byte* at, std::size_t size, unsigned seed) {
    for (std::size_t index = 0; index < size; index += 4096) {
        at[index] = static_cast<std::byte>(index / 4096 * 7 + seed);
    }
}

bool same(const std::byte* left, const std::byte* right) { return std::memcmp(left, right, kBulk) == 0; }

// There and back, `rounds` times over: 16 MiB each way, whatever kind of memory the buffers are.
template <class Copy>
void copy_bulk(Run& run, double calls_each, std::byte* source, std::byte* target, Copy copy) {
    const unsigned rounds = run.quick ? 8 : 150;
    std::memset(source, 1, kBulk);
    std::memset(target, 0, kBulk);
    copy();
    time_steps(run, rounds, calls_each, [&](unsigned round) {
        fill(source, kBulk, round);
        copy();
    });
    if (!same(source, target)) wrong(run.name.c_str(), 0, 1);
}

}  // namespace

void program_pinned_copies(Run& run, const Session&) {
    void* pinned[2] = {};
    for (void*& each : pinned) CU(cuMemAllocHost_v2(&each, kBulk));
    auto* source = static_cast<std::byte*>(pinned[0]);
    auto* target = static_cast<std::byte*>(pinned[1]);
    abi::CUdeviceptr device = zeroed(kBulk);
    copy_bulk(run, 3, source, target, [&] {
        CU(cuMemcpyHtoDAsync_v2(device, source, kBulk, nullptr));
        CU(cuMemcpyDtoHAsync_v2(target, device, kBulk, nullptr));
        CU(cuStreamSynchronize(nullptr));
    });
}

void program_pageable_copies(Run& run, const Session&) {
    std::vector<std::byte> source(kBulk);
    std::vector<std::byte> target(kBulk);
    abi::CUdeviceptr device = zeroed(kBulk);
    copy_bulk(run, 2, source.data(), target.data(), [&] {
        CU(cuMemcpyHtoD_v2(device, source.data(), kBulk));
        CU(cuMemcpyDtoH_v2(target.data(), device, kBulk));
    });
}

void calibrate(Run& run, const Session& session) {
    const abi::CUfunction work = session.function("work");
    const abi::CUdeviceptr values = zeroed(kValues * sizeof(unsigned));
    constexpr unsigned kLaunches = 300;
    // Of launches in a row, as the programs make them. A few turns find the size, and a second of them the
    // median, of those between quiet looks if there are some: cores that neighbours use make it too small. So
    // does what follows a look, as in time_steps(): launches of their own go before those that are measured.
    constexpr int kFirst = 3;
    constexpr double kPatienceNs = 30e6;
    const int turns = kFirst + (run.quick ? 5 : 65);
    Samples found;
    double rounds = 100;
    const auto turn_ns = [&] {
        const double begin = now_ns();
        for (unsigned index = 0; index < kLaunches; ++index) {
            launch(work, kBlocks, kThreads, nullptr, values, static_cast<unsigned>(rounds));
        }
        CU(cuCtxSynchronize());
        return now_ns() - begin;
    };
    for (int turn = 0; turn < turns; ++turn) {
        const bool was_quiet = run.quiet.await(kPatienceNs);
        turn_ns();
        const double each = turn_ns() / kLaunches;
        const double wanted = std::clamp(rounds * kLaunchNs / each, 1.0, double{1u << 24});
        if (turn < kFirst) {
            rounds = wanted;
        } else {
            found.all.push_back(wanted);
            if (was_quiet && run.quiet.look()) found.quiet.push_back(wanted);
        }
    }
    run.add("rounds", "steps", std::move(found), 0, {}, {});
}

}  // namespace bench
