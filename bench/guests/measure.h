// How the benchmark guests measure: the monotonic clock, percentiles over samples, context switches of this
// process and of its host's worker over a section, and one line of JSON per process at the end.
#pragma once
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

inline double now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

struct Switches {
    long voluntary = 0;
    long involuntary = 0;
};
inline Switches operator-(const Switches& left, const Switches& right) {
    return {left.voluntary - right.voluntary, left.involuntary - right.involuntary};
}

// Of this process, ended threads included, without the software device's pool.
Switches own_switches();
// Of process `pid`, without the software device's pool; zero when there is no such process.
Switches switches_of(int pid);

// What the runner gave on the command line, and where the results go.
class Run {
public:
    // argv: NAME, then --quick, --rounds N, --handshake in any order. Ends the process on anything else.
    Run(int argc, char** argv);

    // Tells the runner that the session stands, and hears which process is its worker. Without --handshake
    // there is none.
    void meet_host();
    // Adds a result in `unit`. `samples` are in that unit already; `calls` is how many API calls the switches
    // were counted over.
    void add(const std::string& metric, const char* unit, std::vector<double> samples, double calls,
             const Switches& guest, const Switches& host);
    // Prints the JSON line: what was measured, on what device.
    void print(const char* device_name) const;

    int host_pid = 0;
    bool quick = false;
    // Steps of the kernel `work` that take the device 50 us; from the benchmark `calibrate`.
    unsigned rounds = 0;
    std::string name;

private:
    std::string results_;
};

// Switches of both processes between construction and stop().
class Section {
public:
    explicit Section(const Run& run) : run_(run), guest_(own_switches()), host_(switches_of(run.host_pid)) {}
    void stop() {
        guest_ = own_switches() - guest_;
        host_ = switches_of(run_.host_pid) - host_;
    }
    const Switches& guest() const { return guest_; }
    const Switches& host() const { return host_; }

private:
    const Run& run_;
    Switches guest_;
    Switches host_;
};

// Calls `body` until `limit_s` have passed or it has run `most` times, at least `least` times; answers what
// each run took, in ns. Reserves first, so that nothing is allocated between runs.
template <class Body>
std::vector<double> sample(std::size_t least, std::size_t most, double limit_s, Body body) {
    std::vector<double> samples;
    samples.reserve(most);
    const double begin = now_ns();
    double last = begin;
    while (samples.size() < most && (samples.size() < least || last - begin < limit_s * 1e9)) {
        body();
        const double now = now_ns();
        samples.push_back(now - last);
        last = now;
    }
    return samples;
}

}  // namespace bench
