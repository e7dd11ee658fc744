// ferry-bench-relay NEAR FAR GBIT RTT_US: passes TCP connections made to NEAR on to FAR, same port, over a
// link of that rate (0: no limit) and round trip. NEAR and FAR are loopback addresses. Ends when its standard
// input does, and then prints as one line of JSON what went through and the processor time it took itself.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "relay.h"

namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: ferry-bench-relay NEAR FAR GBIT RTT_US\n");
        return 2;
    }
    relay::LinkShape shape;
    shape.gbit_per_s = atof(argv[3]);
    shape.round_trip = static_cast<relay::Nanoseconds>(atof(argv[4]) * 1e3);
    // splice() has no way of its own to say of a broken connection that it is one.
    signal(SIGPIPE, SIG_IGN);
    // The default slack of a timer is 50 us: as much as the shortest round trip.
    prctl(PR_SET_TIMERSLACK, 1UL);
    relay::Relay relay(argv[1], argv[2], shape);
    const relay::Nanoseconds begin = relay::now();
    puts("ready");
    fflush(stdout);
    if (!relay.serve(0)) {
        perror("relay");
        return 1;
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const relay::Totals& totals = relay.totals();
    printf("{\"cpuSeconds\":%.3f,\"wallSeconds\":%.3f,\"connections\":%llu,"
           "\"bytesUp\":%llu,\"bytesDown\":%llu}\n",
           seconds(usage.ru_utime) + seconds(usage.ru_stime), static_cast<double>(relay::now() - begin) / 1e9,
           static_cast<unsigned long long>(totals.connections),
           static_cast<unsigned long long>(totals.bytes_up),
           static_cast<unsigned long long>(totals.bytes_down));
    return 0;
}
