// How the benchmark guests measure: the monotonic clock, percentiles over samples, of all and of those taken
// while the cores were left alone, context switches of this process and of its host's worker over a section,
// and one line of JSON per process at the end.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "clock.h"
#include "quiet.h"
#include "system_calls.h"

namespace bench {

// Of one metric. Which of the samples are quiet is known by when they were taken, never by what they are.
struct Samples {
    std::vector<double> all;
    std::vector<double> quiet;

    template <class Change>
    void each(Change change) {
        for (double& sample : all) sample = change(sample);
        for (double& sample : quiet) sample = change(sample);
    }
};

// Of this process, ended threads included, without the software device's pool.
Switches own_switches();
// Of process `pid`, without the software device's pool; zero when there is no such process.
Switches switches_of(int pid);

// What the runner gave on the command line, and where the results go.
class Run {
public:
    // argv: NAME, then --quick, --rounds N, --alone NS[,NS], --handshake in any order. Ends the process on
    // anything else.
    Run(int argc, char** argv);

    // Tells the runner that the session stands, and hears which process is its worker. Without --handshake
    // there is none.
    void meet_host();
    // Adds a result in `unit`. `samples` are in that unit already; `calls` is how many API calls the switches
    // were counted over.
    void add(const std::string& metric, const char* unit, Samples samples, double calls,
             const Switches& guest, const Switches& host);
    // Tells the runner, and whoever reads stderr, that there is no such result, and why, without quotes.
    void leave_out(const char* metric, const std::string& reason);
    // Prints the JSON line: what was measured, on what device.
    void print(const char* device_name) const;

    int host_pid = 0;
    bool quick = false;
    // Steps of the kernel `work` that take the device 50 us; from the benchmark `calibrate`.
    unsigned rounds = 0;
    std::string name;
    // Looks whether the cores are left alone; with --alone.
    Quiet quiet;
    // What a program did for the looks' sake, which counts as little as they do.
    double unmeasured_ns = 0;
    // Counts from before the session on, for the benchmarks that main.cc says.
    SystemCalls system_calls;

private:
    std::string results_;
    std::string left_out_;
};

// Switches of both processes between construction and stop(), without those of this thread's looks for quiet.
class Section {
public:
    explicit Section(const Run& run)
        : run_(run), guest_(own_switches() - run.quiet.switches()), host_(switches_of(run.host_pid)) {}
    void stop() {
        guest_ = own_switches() - run_.quiet.switches() - guest_;
        host_ = switches_of(run_.host_pid) - host_;
    }
    const Switches& guest() const { return guest_; }
    const Switches& host() const { return host_; }

private:
    const Run& run_;
    Switches guest_;
    Switches host_;
};

// Calls `body` until `limit_s` have been spent in it or it has run `most` times, at least `least` times;
// answers what each run took, in ns. Reserves first, so that nothing is allocated between runs. After a look
// for quiet the body runs once unmeasured: who serves it has fallen asleep meanwhile.
template <class Body>
Samples sample(Run& run, std::size_t least, std::size_t most, double limit_s, Body body) {
    std::vector<double> samples;
    samples.reserve(most);
    Blocks blocks(run.quiet);
    blocks.begin();
    body();
    double measured_ns = 0;
    double last = now_ns();
    while (samples.size() < most && (samples.size() < least || measured_ns < limit_s * 1e9)) {
        body();
        double now = now_ns();
        samples.push_back(now - last);
        measured_ns += now - last;
        if (blocks.end_sample(now - last)) {
            body();
            now = now_ns();
        }
        last = now;
    }
    blocks.end();
    std::vector<double> quiet = blocks.quiet_of(samples);
    return {std::move(samples), std::move(quiet)};
}

}  // namespace bench
