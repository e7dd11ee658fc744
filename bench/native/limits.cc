// ferry-bench-limits machine|alone|link HOST [--quick] [--alone NS[,NS]]: what this machine can do without
// Ferry, in the same run as the benchmarks: memory, wake-ups, raw sockets asleep and awake; `alone` finds
// what --alone asks for (quiet.h); `link` measures a raw TCP connection to its own server at the address
// HOST, that is through the relay. Prints one line of JSON as the guests do.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "../guests/measure.h"
#include "sockets.h"
#include "wire/relax.h"

namespace {

using bench::Run;
using bench::Section;

constexpr std::size_t kMessage = 32;
constexpr std::size_t kPiece = 1 << 20;
constexpr double kUs = 1e3;

// Where two ends run: on one core, or on two when the machine has them.
struct Cores {
    const char* name;
    int first;
    int second;
};

bool pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

// Two cores that this process may use, first == second when there is one only.
Cores two_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    int found[2] = {-1, -1};
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (!CPU_ISSET(core, &set)) continue;
        (found[0] < 0 ? found[0] : found[1]) = core;
        if (found[1] >= 0) break;
    }
    return {"two cores", found[0], found[1] >= 0 ? found[1] : found[0]};
}

template <class Trip>
void measure_trips(Run& run, const std::string& name, Trip trip) {
    for (int index = 0; index < 100; ++index) trip();
    Section section(run);
    auto samples = bench::sample(run, 100, 20000, run.quick ? 0.1 : 0.4, trip);
    section.stop();
    const auto calls = static_cast<double>(samples.all.size());
    samples.each([](double each) { return each / kUs; });
    run.add(name, "us", std::move(samples), calls, section.guest(), section.host());
}

void measure_memcpy(Run& run) {
    for (const std::size_t size :
         {std::size_t{64} << 10, std::size_t{1} << 20, std::size_t{16} << 20, std::size_t{64} << 20}) {
        std::vector<char> source(size, 1);
        std::vector<char> target(size, 2);
        auto samples = bench::sample(run, 5, 4000, run.quick ? 0.05 : 0.2, [&] {
            memcpy(target.data(), source.data(), size);
            asm volatile("" : : "r"(target.data()) : "memory");
        });
        samples.each([=](double each) { return static_cast<double>(size) / each; });
        const std::size_t kib = size >> 10;
        const bool large = kib >= 1024;
        const std::string name = std::to_string(large ? kib >> 10 : kib) + (large ? " MiB" : " KiB");
        run.add("memcpy, " + name, "GB/s", std::move(samples), 0, {}, {});
    }
}

// A word that goes there and back through shared memory, both ends looking for it all the time.
void measure_shared_memory(Run& run, const Cores& cores) {
    alignas(64) std::atomic<unsigned> ping{0};
    alignas(64) std::atomic<unsigned> pong{0};
    std::atomic<bool> stop{false};
    std::thread other([&] {
        pin(cores.second);
        unsigned seen = 0;
        while (!stop.load(std::memory_order_relaxed)) {
            const unsigned now = ping.load(std::memory_order_acquire);
            if (now == seen) {
                wire::relax();
                continue;
            }
            seen = now;
            pong.store(now, std::memory_order_release);
        }
    });
    unsigned turn = 0;
    measure_trips(run, "shared memory, awake", [&] {
        ping.store(++turn, std::memory_order_release);
        while (pong.load(std::memory_order_acquire) != turn) wire::relax();
    });
    stop.store(true);
    other.join();
}

// An echo at the other end of `pair`, on a core of its own or on the same; ends when the pair is closed.
void measure_echo(Run& run, const std::string& name, bench::SocketPair pair, const Cores& cores, bool awake) {
    std::thread other([&] {
        pin(cores.second);
        char message[kMessage];
        while (bench::receive_all(pair.far.get(), message, kMessage, awake) &&
               bench::send_all(pair.far.get(), message, kMessage)) {
        }
    });
    char message[kMessage] = {};
    measure_trips(run, name, [&] {
        if (!bench::send_all(pair.near.get(), message, kMessage) ||
            !bench::receive_all(pair.near.get(), message, kMessage, awake)) {
            fprintf(stderr, "%s: the connection broke\n", name.c_str());
            exit(1);
        }
    });
    pair.near.shut();
    other.join();
}

// Bulk one way in pieces of 1 MiB, out of `buffer_size` bytes and into as many, again and again; the other
// end answers with a byte when all of it has come.
void measure_bulk(Run& run, const std::string& name, bench::SocketPair pair, const Cores& cores,
                  std::size_t total, std::size_t buffer_size = kPiece) {
    std::thread other([&] {
        pin(cores.second);
        std::vector<char> buffer(buffer_size);
        for (;;) {
            for (std::size_t done = 0; done < total; done += kPiece) {
                char* at = buffer.data() + done % buffer_size;
                if (!bench::receive_all(pair.far.get(), at, kPiece, false)) return;
            }
            bench::send_all(pair.far.get(), "", 1);
        }
    });
    std::vector<char> buffer(buffer_size, 1);
    auto samples = bench::sample(run, 3, 1000, run.quick ? 0.1 : 0.5, [&] {
        for (std::size_t done = 0; done < total; done += kPiece) {
            bench::send_all(pair.near.get(), buffer.data() + done % buffer_size, kPiece);
        }
        char answer = 0;
        bench::receive_all(pair.near.get(), &answer, 1, false);
    });
    samples.each([=](double each) { return static_cast<double>(total) / each; });
    run.add(name, "GB/s", std::move(samples), 0, {}, {});
    pair.near.shut();
    other.join();
}

void measure_machine(Run& run) {
    constexpr std::size_t kTotal = 64 << 20;
    constexpr std::size_t kCopied = 16 << 20;
    const Cores two = two_cores();
    const Cores one{"one core", two.first, two.first};
    measure_memcpy(run);
    pin(two.first);
    if (two.first != two.second) measure_shared_memory(run, two);
    for (const Cores& cores : {one, two}) {
        const std::string where = cores.name;
        measure_echo(run, "Unix socket, asleep, " + where, bench::unix_pair(), cores, false);
        measure_echo(run, "TCP socket, asleep, " + where, bench::tcp_pair("127.0.0.1"), cores, false);
    }
    if (two.first != two.second) {
        measure_echo(run, "Unix socket, awake, two cores", bench::unix_pair(), two, true);
        measure_echo(run, "TCP socket, awake, two cores", bench::tcp_pair("127.0.0.1"), two, true);
    }
    measure_bulk(run, "Unix socket, bulk", bench::unix_pair(), two, kTotal);
    measure_bulk(run, "TCP socket, bulk", bench::tcp_pair("127.0.0.1"), two, kTotal);
    measure_bulk(run, "Unix socket, copies of 16 MiB", bench::unix_pair(), two, kCopied, kCopied);
    measure_bulk(run, "TCP socket, copies of 16 MiB", bench::tcp_pair("127.0.0.1"), two, kCopied, kCopied);
}

// On each core in turn: the neighbours of one may be at work all the time.
void measure_alone(Run& run) {
    const Cores two = two_cores();
    cpu_set_t all;
    CPU_ZERO(&all);
    sched_getaffinity(0, sizeof all, &all);
    bench::Alone least{1e9, 0};
    for (const int core : {two.first, two.second}) {
        pin(core);
        least.loop_ns = std::min(least.loop_ns, bench::find_loop_ns(run.quick ? 0.3 : 1));
    }
    sched_setaffinity(0, sizeof all, &all);
    least.trip_ns = bench::find_trip_ns(least.loop_ns, run.quick ? 0.3 : 3);
    run.add("alone", "ns", {{least.loop_ns}, {}}, 0, {}, {});
    run.add("trip", "ns", {{least.trip_ns}, {}}, 0, {}, {});
}

void measure_link(Run& run, const char* host) {
    const Cores two = two_cores();
    measure_echo(run, "round trip", bench::tcp_pair(host), two, false);
    measure_bulk(run, "bulk", bench::tcp_pair(host), two, 16 << 20);
}

}  // namespace

int main(int argc, char** argv) {
    const bool link = argc > 2 && strcmp(argv[1], "link") == 0;
    const char* host = link ? argv[2] : nullptr;
    // Run takes the name first; the host has been taken out of what it reads.
    if (link) argv[2] = argv[1];
    Run run(link ? argc - 1 : argc, link ? argv + 1 : argv);
    if (link) {
        measure_link(run, host);
    } else if (run.name == "machine") {
        measure_machine(run);
    } else if (run.name == "alone") {
        measure_alone(run);
    } else {
        fprintf(stderr, "usage: ferry-bench-limits machine|alone|link HOST [--quick] [--alone NS[,NS]]\n");
        return 2;
    }
    run.print("this machine");
    return 0;
}
