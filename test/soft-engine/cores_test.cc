// Where the device's threads compute: none stays on a core that another one has while there is a free one.
#include "soft/launch/cores.h"

#include <sched.h>

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

cpu_set_t only(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(core), &set);
    return set;
}

cpu_set_t allowed_here() {
    cpu_set_t set;
    CPU_ZERO(&set);
    CHECK_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

// Two cores that this process may use; empty where there is only one.
std::vector<int> two_cores() {
    const cpu_set_t set = allowed_here();
    std::vector<int> found;
    for (int core = 0; core < CPU_SETSIZE && found.size() < 2; ++core) {
        if (CPU_ISSET(static_cast<unsigned>(core), &set)) found.push_back(core);
    }
    if (found.size() < 2) {
        std::cout << "SKIP: this process may use one core only\n";
        found.clear();
    }
    return found;
}

// The calling thread runs on `core` now, and may use `allowed` from now on.
void on_this_core(int core, const cpu_set_t& allowed) {
    const cpu_set_t first = only(core);
    CHECK_EQ(::sched_setaffinity(0, sizeof first, &first), 0);
    CHECK_EQ(::sched_setaffinity(0, sizeof allowed, &allowed), 0);
}

// Runs `body` on a thread that has begun on `core` and may use `allowed`.
template <typename Body>
void on_core(int core, const cpu_set_t& allowed, Body body) {
    std::thread([&] {
        on_this_core(core, allowed);
        body();
    }).join();
}

TEST("a thread leaves a core that another one has for a free one, and may come back") {
    const std::vector<int> cores = two_cores();
    if (cores.empty()) return;
    soft::Seat sitting;
    on_core(cores[0], only(cores[0]), [&] { sitting.take(); });
    cpu_set_t both = only(cores[0]);
    CPU_SET(static_cast<unsigned>(cores[1]), &both);
    soft::Seat other;
    on_core(cores[0], both, [&] {
        other.take();
        CHECK_EQ(::sched_getcpu(), cores[1]);
        const cpu_set_t after = allowed_here();
        CHECK_EQ(static_cast<bool>(CPU_EQUAL(&after, &both)), true);
    });
}

TEST("a thread that may use no other core stays, and takes it when it is free") {
    const std::vector<int> cores = two_cores();
    if (cores.empty()) return;
    const cpu_set_t here = only(cores[0]);
    soft::Seat first;
    soft::Seat second;
    soft::Seat third;
    on_core(cores[0], here, [&] { first.take(); });
    on_core(cores[0], here, [&] {
        second.take();
        const cpu_set_t after = allowed_here();
        CHECK_EQ(static_cast<bool>(CPU_EQUAL(&after, &here)), true);
        first.leave();
        second.take();
    });
    cpu_set_t both = here;
    CPU_SET(static_cast<unsigned>(cores[1]), &both);
    on_core(cores[0], both, [&] {
        third.take();
        CHECK_EQ(::sched_getcpu(), cores[1]);
    });
}

// A thread that has gone to sleep on `core`, may use `allowed`, and wakes once `call` has been made.
struct Woken {
    int core = -1;
    cpu_set_t allowed{};
};
template <typename Call>
Woken wake_from(int core, const cpu_set_t& allowed, soft::Berth& berth, Call call) {
    std::mutex mutex;
    std::condition_variable changed;
    bool asleep = false;
    bool called = false;
    Woken woken;
    std::thread sleeper([&] {
        on_this_core(core, only(core));
        std::unique_lock lock(mutex);
        berth.lie_down();
        CHECK_EQ(::sched_setaffinity(0, sizeof allowed, &allowed), 0);
        asleep = true;
        changed.notify_all();
        changed.wait(lock, [&] { return called; });
        woken.core = ::sched_getcpu();
        berth.get_up();
        woken.allowed = allowed_here();
    });
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return asleep; });
        call();
        called = true;
    }
    changed.notify_all();
    sleeper.join();
    return woken;
}

TEST("a sleeper wakes apart from the thread that calls it and computes, and may come back") {
    const std::vector<int> cores = two_cores();
    if (cores.empty()) return;
    cpu_set_t both = only(cores[0]);
    CPU_SET(static_cast<unsigned>(cores[1]), &both);
    on_core(cores[0], only(cores[0]), [&] {
        soft::Berth berth;
        const Woken woken = wake_from(cores[0], both, berth, [&] {
            CHECK_EQ(berth.is_apart(), false);
            berth.steer();
        });
        CHECK_EQ(woken.core, cores[1]);
        CHECK_EQ(static_cast<bool>(CPU_EQUAL(&woken.allowed, &both)), true);
    });
}

TEST("a sleeper stays where it is when it is apart already, or has no other core") {
    const std::vector<int> cores = two_cores();
    if (cores.empty()) return;
    on_core(cores[0], only(cores[0]), [&] {
        for (const int core : cores) {
            soft::Berth berth;
            const Woken woken = wake_from(core, only(core), berth, [&] {
                CHECK_EQ(berth.is_apart(), core == cores[1]);
                berth.steer();
            });
            CHECK_EQ(woken.core, core);
            const cpu_set_t here = only(core);
            CHECK_EQ(static_cast<bool>(CPU_EQUAL(&woken.allowed, &here)), true);
        }
    });
}

TEST("a core that a seat has is not apart") {
    const std::vector<int> cores = two_cores();
    if (cores.empty()) return;
    soft::Seat sitting;
    on_core(cores[1], only(cores[1]), [&] { sitting.take(); });
    on_core(cores[0], only(cores[0]), [&] {
        soft::Berth berth;
        (void)wake_from(cores[1], only(cores[1]), berth, [&] { CHECK_EQ(berth.is_apart(), false); });
        sitting.leave();
        (void)wake_from(cores[1], only(cores[1]), berth, [&] { CHECK_EQ(berth.is_apart(), true); });
    });
}

TEST("kernels of several blocks, and a block of several turns, leave a core that another one has") {
    const std::vector<int> cores = two_cores();
    if (cores.empty()) return;
    soft::Seat sitting;
    on_core(cores[0], only(cores[0]), [&] { sitting.take(); });
    cpu_set_t both = only(cores[0]);
    CPU_SET(static_cast<unsigned>(cores[1]), &both);
    for (const Shape& shape : {Shape{{2, 1, 1}, {1, 1, 1}}, Shape{{1, 1, 1}, {64, 1, 1}}}) {
        on_core(cores[0], both, [&] {
            HeapDevice device;
            Kernels kernels(device, plain_kernel("bar.sync 0; bar.sync 0; red.global.add.u32 [%out], 1;"));
            CHECK_EQ(kernels.log, std::string());
            Buffer<std::uint32_t> count(device, 1);
            const auto fault = kernels.launch("k", shape, Arguments().add(count.address()));
            CHECK_EQ(fault.text, std::string());
            CHECK_EQ(count[0], shape.grid[0] * shape.block[0]);
            CHECK_EQ(::sched_getcpu(), cores[1]);
        });
    }
}

}  // namespace
}  // namespace soft_test
