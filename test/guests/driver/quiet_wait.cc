// For the test that a program which waits is left alone: how often the shim's own thread sleeps, that is, has
// woken before, while the program waits for kernels of 20 ms. Run as `quiet_wait SEED WAITS`.
#include <dirent.h>

#include <chrono>
#include <fstream>
#include <string>

#include "driver.h"

namespace {

// Voluntary switches of the threads named ferry-pump.
long pump_sleeps() {
    long sleeps = 0;
    DIR* tasks = opendir("/proc/self/task");
    if (tasks == nullptr) guest::fail("no /proc");
    while (const dirent* entry = readdir(tasks)) {
        const std::string task = std::string("/proc/self/task/") + entry->d_name;
        std::string name;
        std::getline(std::ifstream(task + "/comm"), name);
        if (name != "ferry-pump") continue;
        std::ifstream status(task + "/status");
        for (std::string word; status >> word;) {
            long count = 0;
            if (word == "voluntary_ctxt_switches:" && status >> count) sleeps += count;
        }
    }
    closedir(tasks);
    return sleeps;
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("quiet_wait", argc, argv);
    const long waits = run.size(0, 10);
    guest::Session session;
    const CUfunction spin = session.function("spin");
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{0});
    const auto wait_ms = [&](unsigned rounds) {
        const auto begun = std::chrono::steady_clock::now();
        CU_OK(guest::launch(spin, 1, 1, nullptr, cell, rounds));
        CU_OK(cuCtxSynchronize());
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
    };
    unsigned rounds = 1000;
    while (wait_ms(rounds) < 20 && rounds < 1u << 30) rounds *= 2;
    const long before = pump_sleeps();
    for (long wait = 0; wait < waits; ++wait) wait_ms(rounds);
    std::printf("sleeps %ld\n", pump_sleeps() - before);
    CU_OK(cuMemFree_v2(cell));
    session.close();
    return run.finish();
}
