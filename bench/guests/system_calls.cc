// See system_calls.h. The kernel asks for a privilege twice: to read a tracepoint's number, and to count on
// its own side of the process.
#include "system_calls.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr const char* kNumberFiles[] = {
    "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
    "/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id",
};

// The kernel's number for the tracepoint; 0, and errno of the first place, where neither tells.
unsigned long long tracepoint_number() {
    int first = 0;
    for (const char* path : kNumberFiles) {
        unsigned long long number = 0;
        FILE* file = fopen(path, "re");
        if (first == 0) first = file == nullptr ? errno : EINVAL;
        if (file == nullptr) continue;
        const bool has_number = fscanf(file, "%llu", &number) == 1;
        fclose(file);
        if (has_number) return number;
    }
    errno = first;
    return 0;
}

std::string because_of(const char* what) { return std::string(what) + ": " + strerror(errno) + "; root may"; }

}  // namespace

SystemCalls::~SystemCalls() {
    if (counter_ >= 0) close(counter_);
}

void SystemCalls::open() {
    perf_event_attr event{};
    event.size = sizeof event;
    event.type = PERF_TYPE_TRACEPOINT;
    event.config = tracepoint_number();
    event.inherit = 1;
    if (event.config == 0) {
        why_not_ = because_of(kNumberFiles[0]);
        return;
    }
    counter_ = static_cast<int>(syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
    if (counter_ < 0) {
        why_not_ = because_of("perf_event_open of raw_syscalls:sys_enter");
        return;
    }
    // Where a kernel only seems to count, a good number would mean nothing.
    const long none = count();
    syscall(SYS_getppid);
    const long one = count();
    why_not_ = "";
    if (none != 0 || one != 1) {
        why_not_ = "raw_syscalls:sys_enter counts " + std::to_string(none) + " and " + std::to_string(one) +
                   " calls where there are 0 and 1";
    }
}

long SystemCalls::count() {
    // The tracepoint is passed before the counter is read: each reading holds its own call, too.
    uint64_t calls = 0;
    if (counter_ < 0) return 0;
    if (read(counter_, &calls, sizeof calls) != sizeof calls) why_not_ = because_of("reading the counter");
    own_ += 1;
    return static_cast<long>(calls) - own_;
}

}  // namespace bench
