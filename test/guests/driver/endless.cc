// For the chaos tests: works until it is killed or the driver is lost, then says which error it saw and exits
// with 7. With CHILD a forked child sleeps beside it and holds its descriptors. Run as `endless SEED
// [CHILD]`.
#include <unistd.h>

#include "driver.h"

int main(int argc, char** argv) {
    guest::Run run("endless", argc, argv);
    guest::Session session;
    const CUfunction spin = session.function("spin");
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{0});
    CU_OK(guest::launch(spin, 1, 1, nullptr, cell, 1u));
    CU_OK(cuCtxSynchronize());
    if (run.size(0, 0) != 0 && fork() == 0) {
        sleep(600);
        _exit(0);
    }
    std::printf("ready\n");
    std::fflush(stdout);
    CUresult result = CUDA_SUCCESS;
    for (unsigned done = 1; result == CUDA_SUCCESS; ++done) {
        result = guest::launch(spin, 1, 1, nullptr, cell, 1 + run.random.below(2000));
        if (result == CUDA_SUCCESS && run.random.below(10) == 0) result = cuCtxSynchronize();
    }
    // The code stays the same from now on, whatever is called.
    for (int i = 0; i < 10; ++i) CU_FAILS(cuCtxSynchronize(), result);
    CUdeviceptr memory = 0;
    CU_FAILS(cuMemAlloc_v2(&memory, 16), result);
    std::printf("lost %d\n", int(result));
    std::fflush(stdout);
    return 7;
}
