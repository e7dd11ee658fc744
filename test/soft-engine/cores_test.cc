// Where the device's threads compute: none stays on a core that another one has while there is a free one.
#include "soft/launch/cores.h"

#include <sched.h>

#include <iostream>
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

// Runs `body` on a thread that has begun on `core` and may use `allowed`.
template <typename Body>
void on_core(int core, const cpu_set_t& allowed, Body body) {
    std::thread([&] {
        const cpu_set_t first = only(core);
        CHECK_EQ(::sched_setaffinity(0, sizeof first, &first), 0);
        CHECK_EQ(::sched_setaffinity(0, sizeof allowed, &allowed), 0);
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
