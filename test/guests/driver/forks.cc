// fork: before cuInit the child is a process of its own; after it every call of the child is refused, the
// parent goes on. Run by test/e2e as `forks SEED`.
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

static void add_up(guest::Run& run, unsigned rounds) {
    guest::Session session;
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{1});
    CU_OK(guest::launch(session.function("spin"), 1, 1, nullptr, cell, rounds));
    run.compare("sum", 0, 1 + rounds, guest::download<unsigned>(cell, 1)[0]);
    session.close();
}

static int wait_for(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child) guest::fail("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// What a child of an initialised process must see: refusals, no hang, and an end by _exit or by exit.
static int run_refused_child(CUcontext context, CUdeviceptr cell, bool leaves_by_exit) {
    CUdeviceptr memory = 0;
    unsigned value = 0;
    int count = 0;
    int wrong = 0;
    wrong += cuMemAlloc_v2(&memory, 16) != CUDA_ERROR_NOT_INITIALIZED;
    wrong += cuMemcpyDtoH_v2(&value, cell, sizeof value) != CUDA_ERROR_NOT_INITIALIZED;
    wrong += cuCtxSetCurrent(context) != CUDA_ERROR_NOT_INITIALIZED;
    wrong += cuDeviceGetCount(&count) != CUDA_ERROR_NOT_INITIALIZED;
    wrong += cuCtxSynchronize() != CUDA_ERROR_NOT_INITIALIZED;
    if (leaves_by_exit) std::exit(wrong);
    _exit(wrong);
}

int main(int argc, char** argv) {
    guest::Run run("forks", argc, argv);
    const unsigned rounds = 100 + run.random.below(1000);
    std::fflush(stdout);
    for (int i = 0; i < 2; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            add_up(run, rounds + unsigned(i));
            std::fflush(stdout);
            std::exit(0);
        }
        run.compare("child before cuInit", i, 0, wait_for(child));
    }
    guest::Session session;
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{1});
    const CUfunction spin = session.function("spin");
    for (int i = 0; i < 4; ++i) {
        CU_OK(guest::launch(spin, 1, 1, nullptr, cell, rounds));
        const pid_t child = fork();
        if (child == 0) run_refused_child(session.context, cell, i % 2 == 1);
        CU_OK(guest::launch(spin, 1, 1, nullptr, cell, rounds));
        run.compare("child after cuInit", i, 0, wait_for(child));
    }
    run.compare("parent", 0, 1 + 8 * rounds, guest::download<unsigned>(cell, 1)[0]);
    session.close();
    return run.finish();
}
