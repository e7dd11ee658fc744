// See measure.h. The runner reads the line that print() writes; its fields are parsed in bench/run/guest.ts.
#include "measure.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace bench {
namespace {

struct Thread {
    bool pool = false;
    Switches switches;
};

// The software device computes on threads of these names; they stand for the GPU, and a GPU's own scheduling
// is no cost of a call. Nor is what looks for quiet.
bool is_pool(const char* name) {
    return strncmp(name, "ferry-soft", 10) == 0 || strncmp(name, "ferry-callback", 14) == 0 ||
           strncmp(name, "ferry-quiet", 11) == 0;
}

bool read_thread(int pid, const char* thread, Thread& out) {
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", pid, thread);
    FILE* file = fopen(path, "re");
    if (file == nullptr) return false;
    char line[256];
    while (fgets(line, sizeof line, file) != nullptr) {
        char name[64] = "";
        if (sscanf(line, "Name: %63s", name) == 1) out.pool = is_pool(name);
        sscanf(line, "voluntary_ctxt_switches: %ld", &out.switches.voluntary);
        sscanf(line, "nonvoluntary_ctxt_switches: %ld", &out.switches.involuntary);
    }
    fclose(file);
    return true;
}

Switches sum_threads(int pid, bool pool) {
    Switches sum;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR* folder = opendir(path);
    if (folder == nullptr) return sum;
    while (const dirent* entry = readdir(folder)) {
        Thread thread;
        if (entry->d_name[0] == '.' || !read_thread(pid, entry->d_name, thread)) continue;
        if (thread.pool != pool) continue;
        sum.voluntary += thread.switches.voluntary;
        sum.involuntary += thread.switches.involuntary;
    }
    closedir(folder);
    return sum;
}

double percentile(const std::vector<double>& sorted, double part) {
    if (sorted.empty()) return 0;
    const auto last = static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(last * part + 0.5)];
}

[[noreturn]] void refuse(const char* what) {
    fprintf(stderr,
            "ferry-bench-guest: %s\n"
            "usage: NAME [--quick] [--rounds N] [--alone NS[,NS]] [--handshake]\n",
            what);
    exit(2);
}

}  // namespace

Switches own_switches() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return Switches{usage.ru_nvcsw, usage.ru_nivcsw} - sum_threads(getpid(), true);
}

Switches switches_of(int pid) { return pid > 0 ? sum_threads(pid, false) : Switches{}; }

Run::Run(int argc, char** argv) {
    if (argc < 2) refuse("expected the name of a benchmark");
    name = argv[1];
    host_pid = 0;
    for (int index = 2; index < argc; ++index) {
        const std::string word = argv[index];
        if (word == "--quick") {
            quick = true;
        } else if (word == "--handshake") {
            host_pid = -1;
        } else if (word == "--rounds" && index + 1 < argc) {
            rounds = static_cast<unsigned>(strtoul(argv[++index], nullptr, 10));
        } else if (word == "--alone" && index + 1 < argc) {
            char* rest = argv[++index];
            Alone alone{strtod(rest, &rest), 0};
            if (*rest == ',') alone.trip_ns = strtod(rest + 1, &rest);
            if (*rest != 0) refuse("--alone: expected ns, or ns,ns");
            if (alone.loop_ns > 0) quiet.start(alone);
        } else {
            refuse(("unknown: " + word).c_str());
        }
    }
}

void Run::meet_host() {
    if (host_pid != -1) return;
    printf("ready %d\n", getpid());
    fflush(stdout);
    char line[32] = "";
    host_pid = fgets(line, sizeof line, stdin) != nullptr ? atoi(line) : 0;
}

void Run::add(const std::string& metric, const char* unit, Samples samples, double calls,
              const Switches& guest, const Switches& host) {
    // From best to worst: of rates the highest is the best, of times the lowest.
    const bool is_rate = strcmp(unit, "GB/s") == 0;
    for (std::vector<double>* each : {&samples.all, &samples.quiet}) {
        std::sort(each->begin(), each->end());
        if (is_rate) std::reverse(each->begin(), each->end());
    }
    char line[640];
    snprintf(line, sizeof line,
             "%s{\"metric\":\"%s\",\"unit\":\"%s\",\"p50\":%.6g,\"p99\":%.6g,\"best\":%.6g,\"samples\":%zu,"
             "\"quiet\":{\"p50\":%.6g,\"samples\":%zu},"
             "\"calls\":%.0f,\"guestSwitches\":[%ld,%ld],\"hostSwitches\":[%ld,%ld]}",
             results_.empty() ? "" : ",", metric.c_str(), unit, percentile(samples.all, 0.5),
             percentile(samples.all, 0.99), percentile(samples.all, 0), samples.all.size(),
             percentile(samples.quiet, 0.5), samples.quiet.size(), calls, guest.voluntary, guest.involuntary,
             host.voluntary, host.involuntary);
    results_ += line;
}

void Run::leave_out(const char* metric, const std::string& reason) {
    fprintf(stderr, "ferry-bench-guest: not measured: %s (%s)\n", metric, reason.c_str());
    left_out_ += left_out_.empty() ? "" : ",";
    left_out_ += std::string("{\"metric\":\"") + metric + "\",\"reason\":\"" + reason + "\"}";
}

void Run::print(const char* device_name) const {
    printf("{\"benchmark\":\"%s\",\"device\":\"%s\",\"lookedMs\":%.3f,\"results\":[%s],"
           "\"unavailable\":[%s]}\n",
           name.c_str(), device_name, (quiet.spent_ns() + unmeasured_ns) / 1e6, results_.c_str(),
           left_out_.c_str());
    fflush(stdout);
}

}  // namespace bench
