// Claims about which core the device's threads wake on, and when they sleep. They count what the library
// asks the system for (its sched_setaffinity() is the one below) and how often its threads went to sleep.
#include <dirent.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "soft-api/claim.h"

using namespace abi;

namespace {

std::atomic<int> steered{0};  // calls that said where another thread than the caller may run

int set_affinity(pid_t thread, const cpu_set_t& cores) {
    return static_cast<int>(::syscall(SYS_sched_setaffinity, thread, sizeof cores, &cores));
}

cpu_set_t only(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(core), &set);
    return set;
}

std::vector<pid_t> pool_threads() {
    std::vector<pid_t> found;
    DIR* tasks = ::opendir("/proc/self/task");
    while (const dirent* entry = ::readdir(tasks)) {
        std::string name;
        std::getline(std::ifstream(std::string("/proc/self/task/") + entry->d_name + "/comm"), name);
        if (name == "ferry-soft") found.push_back(static_cast<pid_t>(std::stol(entry->d_name)));
    }
    ::closedir(tasks);
    return found;
}

// The first of the cores that this process may use, which are put into `allowed`; -1, aloud, where it is one.
int first_of_several(cpu_set_t& allowed) {
    EXPECT_IS(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
    if (CPU_COUNT(&allowed) < 2) {
        std::puts("SKIP: this process may use one core only");
        return -1;
    }
    int first = 0;
    while (!CPU_ISSET(static_cast<unsigned>(first), &allowed)) ++first;
    return first;
}

void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

}  // namespace

// In place of libc's, also for the library.
extern "C" int sched_setaffinity(pid_t thread, std::size_t size, const cpu_set_t* cores) noexcept {
    if (thread != 0 && thread != ::gettid()) ++steered;
    return static_cast<int>(::syscall(SYS_sched_setaffinity, thread, size, cores));
}

CLAIM("a thread that goes on with a long kernel has the one it wakes begin on another core") {
    cpu_set_t allowed;
    const int first = first_of_several(allowed);
    if (first < 0) return;
    cpu_set_t others = allowed;
    CPU_CLR(static_cast<unsigned>(first), &others);
    claims::begin();
    const CUfunction burn = claims::kernel(claims::load_kernels(), "burn");
    CUdeviceptr word = claims::zeroed_words(1);
    unsigned turns = 300'000;
    const auto run = [&] {
        MUST(claims::launch(burn, 16, 1, {&word, &turns}));
        rest();  // who waits helps, and would take the place of one of the device's threads
        MUST(cuCtxSynchronize());
        rest();
    };
    for (int warm_up = 0; warm_up < 3; ++warm_up) run();
    // This thread is not in the way; all of the device's sleep on one core, and may leave it.
    EXPECT_IS(set_affinity(0, others), 0);
    for (int attempt = 0; attempt < 100 && steered == 0; ++attempt) {
        for (const pid_t thread : pool_threads()) EXPECT_IS(set_affinity(thread, only(first)), 0);
        run();
        for (const pid_t thread : pool_threads()) EXPECT_IS(set_affinity(thread, allowed), 0);
        run();
    }
    EXPECT(steered != 0);
    for (const pid_t thread : pool_threads()) {
        cpu_set_t after;
        EXPECT_IS(::sched_getaffinity(thread, sizeof after, &after), 0);
        EXPECT(CPU_EQUAL(&after, &allowed));
    }
}

CLAIM("a thread that goes on to launch short kernels has the one it wakes begin on another core") {
    cpu_set_t allowed;
    const int first = first_of_several(allowed);
    if (first < 0) return;
    claims::begin();
    const CUfunction burn = claims::kernel(claims::load_kernels(), "burn");
    CUdeviceptr word = claims::zeroed_words(1);
    unsigned turns = 10;
    const auto run = [&] {
        for (int kernel = 0; kernel < 50; ++kernel) MUST(claims::launch(burn, 1, 1, {&word, &turns}));
        rest();
        MUST(cuCtxSynchronize());
        rest();
    };
    run();
    EXPECT_IS(set_affinity(0, only(first)), 0);
    const int before = steered;
    for (int attempt = 0; attempt < 100 && steered == before; ++attempt) {
        // The device's thread sleeps on this one's core, and may leave it.
        for (const pid_t thread : pool_threads()) EXPECT_IS(set_affinity(thread, only(first)), 0);
        run();
        for (const pid_t thread : pool_threads()) EXPECT_IS(set_affinity(thread, allowed), 0);
        run();
    }
    EXPECT_IS(set_affinity(0, allowed), 0);
    EXPECT(steered != before);
}

namespace {

// How often this process's pool threads have gone to sleep so far.
long pool_sleeps() {
    long sleeps = 0;
    for (const pid_t thread : pool_threads()) {
        std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
        for (std::string word; status >> word;) {
            long count = 0;
            if (word == "voluntary_ctxt_switches:" && status >> count) sleeps += count;
        }
    }
    return sleeps;
}

// Without helping, as a thread that waits would.
void sleep_until_idle() {
    while (cuStreamQuery(nullptr) == CUDA_ERROR_NOT_READY) rest();
}

}  // namespace

CLAIM("threads that share kernels stay awake from one short kernel to the next") {
    if (std::thread::hardware_concurrency() < 2) {
        std::puts("SKIP: one thread shares nothing");
        return;
    }
    claims::begin();
    const CUfunction burn = claims::kernel(claims::load_kernels(), "burn");
    CUdeviceptr word = claims::zeroed_words(1);
    constexpr long kKernels = 300;
    // About 20 us a block, and blocks that end at different times.
    unsigned turns = 1'500;
    long fewest = kKernels;
    for (int attempt = 0; attempt < 30 && fewest >= kKernels / 2; ++attempt) {
        const long before = pool_sleeps();
        for (long kernel = 0; kernel < kKernels; ++kernel) MUST(claims::launch(burn, 5, 1, {&word, &turns}));
        sleep_until_idle();
        fewest = std::min(fewest, pool_sleeps() - before);
    }
    EXPECT(fewest < kKernels / 2);
}
