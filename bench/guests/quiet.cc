// See quiet.h.
#include "quiet.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>

#include "clock.h"
#include "wire/relax.h"

namespace bench {
namespace {

// How much slower than alone is still quiet: a core's frequency moves by up to a third, and a neighbour who
// is at work costs a half and more (on a shared Xeon 90 to 120 us without one, 140 to 215 with).
constexpr double kStillQuiet = 1.35;
// How much longer than alone a word may take there and back. On a shared EPYC 130 ns, and 530 to 560
// while its host has the two cores in parts of the processor that share no cache.
constexpr double kStillNear = 2;
constexpr std::uint32_t kTrips = 200;
constexpr std::uint32_t kFirstTrips = 20;  // the other core has woken somebody, and comes late
// So long may be waited for quiet, in times of what is measured.
constexpr double kPatience = 2;
constexpr int kFewCores = 4;
// Ferry's ends and the software device look for 50 us before they sleep.
constexpr timespec kSettle{0, 200'000};
constexpr timespec kBetweenLooks{0, 2'000'000};
constexpr double kFirstPatienceNs = 100e6;

Switches thread_switches() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return {usage.ru_nvcsw, usage.ru_nivcsw};
}

std::vector<int> own_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    std::vector<int> cores;
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
    return cores;
}

}  // namespace

// Six sums of which three wait for one other each: one alone would leave units free for a neighbour, and
// notice none. In variables of their own, or they would stand in memory, whose latency hides a neighbour as
// well.
double burn() {
    constexpr std::uint64_t kSteps = 100'000;
    std::uint64_t a = 1, b = 2, c = 3;
    std::uint64_t p = 4, q = 5, r = 6;
    const double begin = now_ns();
    for (std::uint64_t index = 0; index < kSteps; ++index) {
        a += p ^ index;
        b += q ^ index;
        c += r ^ index;
        p += 3;
        q += 5;
        r += 7;
        // The compiler must neither widen nor foresee it.
        asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(p), "+r"(q), "+r"(r));
    }
    return now_ns() - begin;
}

double find_loop_ns(double seconds) {
    std::vector<double> all;
    const double end = now_ns() + seconds * 1e9;
    do {
        all.push_back(burn());
    } while (now_ns() < end);
    std::sort(all.begin(), all.end());
    return all[all.size() / 1000];
}

double find_trip_ns(double loop_ns, double seconds) {
    Quiet quiet;
    quiet.start({loop_ns, 0});
    std::vector<double> trips;
    const double end = now_ns() + seconds * 1e9;
    do {
        if (quiet.look() && quiet.trip_ns() != 0) trips.push_back(quiet.trip_ns());
    } while (now_ns() < end);
    std::sort(trips.begin(), trips.end());
    return trips.empty() ? 0 : trips[trips.size() / 20];
}

void Quiet::start(const Alone& alone) {
    alone_ = alone;
    const std::vector<int> cores = own_cores();
    if (cores.size() > kFewCores) return;
    for (const int core : cores) {
        Watcher& watcher = watchers_.emplace_back();
        watcher.core = core;
        watcher.thread = std::thread([&watcher, this] { watch(watcher, go_, over_); });
        pthread_setname_np(watcher.thread.native_handle(), "ferry-quiet");
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(core, &set);
        pthread_setaffinity_np(watcher.thread.native_handle(), sizeof set, &set);
    }
}

Quiet::~Quiet() {
    over_.store(true);
    for (Watcher& each : watchers_) {
        each.turn.fetch_add(1);
        each.turn.notify_one();
        each.thread.join();
    }
}

void Quiet::watch(Watcher& watcher, const std::atomic<std::uint32_t>& go, const std::atomic<bool>& over) {
    std::uint32_t seen = 0;
    for (;;) {
        watcher.turn.wait(seen);
        if (over.load()) return;
        seen = watcher.turn.load();
        watcher.ready.store(seen);
        while (go.load() != seen) {
        }
        watcher.took_ns = burn();
        watcher.done.store(seen);
        watcher.done.notify_one();
        for (std::uint32_t trip = 0; trip < kTrips; ++trip) {
            std::uint32_t word = watcher.pong.load(std::memory_order_relaxed);
            while (watcher.ping.load(std::memory_order_acquire) == word) wire::relax();
            watcher.pong.store(word + 1, std::memory_order_release);
        }
    }
}

double Quiet::trip_to(Watcher& watcher) {
    double begin = 0;
    for (std::uint32_t trip = 0; trip < kTrips; ++trip) {
        if (trip == kFirstTrips) begin = now_ns();
        const std::uint32_t word = watcher.ping.load(std::memory_order_relaxed) + 1;
        watcher.ping.store(word, std::memory_order_release);
        while (watcher.pong.load(std::memory_order_acquire) != word) wire::relax();
    }
    return (now_ns() - begin) / (kTrips - kFirstTrips);
}

// All at once: two cores of this machine may be the two hardware threads of one, and then are no quiet cores.
bool Quiet::measure() {
    nanosleep(&kSettle, nullptr);
    const int own = sched_getcpu();
    const std::uint32_t turn = go_.load() + 1;
    const auto others = [&](auto what) {
        for (Watcher& each : watchers_) {
            if (each.core != own) what(each);
        }
    };
    others([&](Watcher& each) {
        each.turn.store(turn);
        each.turn.notify_one();
    });
    others([&](Watcher& each) {
        while (each.ready.load() != turn) sched_yield();
    });
    go_.store(turn);
    double slowest = burn();
    others([&](Watcher& each) {
        for (std::uint32_t done = each.done.load(); done != turn; done = each.done.load()) {
            each.done.wait(done);
        }
        slowest = std::max(slowest, each.took_ns);
    });
    trip_ns_ = 0;
    others([&](Watcher& each) { trip_ns_ = std::max(trip_ns_, trip_to(each)); });
    const bool near = alone_.trip_ns == 0 || trip_ns_ < alone_.trip_ns * kStillNear;
    return near && slowest < alone_.loop_ns * kStillQuiet;
}

bool Quiet::look() { return await(0); }

bool Quiet::await(double patience_ns) {
    if (!started()) return false;
    const Switches before = thread_switches();
    const double begin = now_ns();
    bool quiet = measure();
    while (!quiet && now_ns() - begin < patience_ns) {
        nanosleep(&kBetweenLooks, nullptr);
        quiet = measure();
    }
    spent_ns_ += now_ns() - begin;
    switches_ = switches_ + (thread_switches() - before);
    return quiet;
}

void Blocks::begin() {
    budget_ns_ = kFirstPatienceNs;
    await();
}

void Blocks::await() {
    const double before = quiet_.spent_ns();
    open_ = {0, 0, quiet_.await(std::max(0.0, budget_ns_))};
    budget_ns_ -= quiet_.spent_ns() - before;
}

bool Blocks::end_sample(double took_ns) {
    ++open_.samples;
    open_.took_ns += took_ns;
    budget_ns_ += took_ns * kPatience;
    if (!quiet_.started() || open_.took_ns < block_ns_) return false;
    close();
    if (!open_.quiet) await();
    return true;
}

void Blocks::close() {
    const bool quiet = quiet_.look();
    blocks_.push_back({open_.samples, open_.took_ns, open_.quiet && quiet});
    open_ = {0, 0, quiet};
}

void Blocks::end() {
    if (open_.samples != 0) close();
}

std::vector<double> Blocks::quiet_of(const std::vector<double>& samples) const {
    std::vector<double> found;
    std::size_t at = 0;
    for (const Block& each : blocks_) {
        const std::size_t end = std::min(samples.size(), at + each.samples);
        for (; at < end; ++at) {
            if (each.quiet) found.push_back(samples[at]);
        }
    }
    return found;
}

}  // namespace bench
