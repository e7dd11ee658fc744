// A kernel that stores where nothing is: 700 at the synchronise, 700 for ever, and the process lives.
// Run by test/e2e as `wild_pointer SEED [KIND]`: 0 near null, 1 behind an allocation, 2 anywhere, 3 a trap.
#include "driver.h"

int main(int argc, char** argv) {
    guest::Run run("wild_pointer", argc, argv);
    guest::Session session;
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{7});
    const long kind = run.size(0, long(run.random.below(4)));
    CUdeviceptr wild = 8 + 8 * run.random.below(1000);
    if (kind == 1) wild = cell + (std::uint64_t(1) << 38);
    if (kind == 2) wild = (run.random.next() >> 17) & ~std::uint64_t(7);
    const CUfunction store = session.function("store");
    const CUresult expected = kind == 3 ? CUDA_ERROR_LAUNCH_FAILED : CUDA_ERROR_ILLEGAL_ADDRESS;
    const CUresult alternative = kind == 3 ? CUDA_ERROR_ILLEGAL_INSTRUCTION : expected;
    if (kind == 3) {
        CU_OK(guest::launch(session.function("trap_now"), 1, 32, nullptr));
    } else {
        CU_OK(guest::launch(store, 1, 1, nullptr, wild, 1u));
    }
    const CUresult first = cuCtxSynchronize();
    guest::require_one_of(first, expected, alternative, "cuCtxSynchronize after the wild store", __LINE__);
    unsigned here = 99;
    CUdeviceptr memory = 0;
    CUstream stream = nullptr;
    CU_FAILS(cuMemcpyDtoH_v2(&here, cell, sizeof here), first);
    CU_FAILS(cuMemAlloc_v2(&memory, 16), first);
    CU_FAILS(cuStreamCreate(&stream, 0), first);
    CU_FAILS(guest::launch(store, 1, 1, nullptr, cell, 1u), first);
    CU_FAILS(cuCtxSynchronize(), first);
    run.compare("the target of the failed copy", 0, 99u, here);
    // What needs no device still answers.
    const char* name = nullptr;
    int count = 0;
    CU_OK(cuGetErrorName(first, &name));
    CU_OK(cuDeviceGetCount(&count));
    return run.finish();
}
