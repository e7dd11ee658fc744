// Code that is loaded, run and unloaded over and over, contexts that come and go with work in them, and code
// and contexts that need memory which the program has been lent and does not use.
// Run by test/e2e as `code_again SEED [ROUNDS]`: ROUNDS of loading the same code, for the counters.
#include "driver.h"

constexpr std::size_t kMiB = std::size_t{1} << 20;

static const char kBigVariable[] =
    ".version 7.0\n.target sm_70\n.address_size 64\n.visible .global .align 8 .b8 big[4194304];\n"
    ".visible .entry nothing()\n{\nret;\n}\n";

static std::size_t left() {
    std::size_t free = 0, total = 0;
    CU_OK(cuMemGetInfo_v2(&free, &total));
    return free;
}

static void check_rounds(guest::Run& run, std::size_t rounds) {
    const CUdeviceptr target = guest::allocate(4);
    for (std::size_t round = 0; round < rounds; ++round) {
        CUmodule module = nullptr;
        CUfunction store = nullptr;
        CU_OK(cuModuleLoadData(&module, kernels_ptx));
        CU_OK(cuModuleGetFunction(&store, module, "store"));
        CU_OK(guest::launch(store, 1, 1, nullptr, target, unsigned(round + 7)));
        CU_OK(cuCtxSynchronize());
        CU_OK(cuModuleUnload(module));
        CU_FAILS(cuModuleGetFunction(&store, module, "store"), CUDA_ERROR_INVALID_HANDLE);
    }
    if (rounds != 0) {
        run.compare("what the last round wrote", 0, unsigned(rounds + 6),
                    guest::download<unsigned>(target, 1)[0]);
    }
    CU_OK(cuMemFree_v2(target));
}

// An end that is not waited for still comes before what follows it.
static void check_contexts(guest::Run& run, const guest::Session& session) {
    const std::size_t before = left();
    for (int round = 0; round < 4; ++round) {
        CUcontext second = nullptr;
        CU_OK(cuCtxCreate_v2(&second, 0, session.device));
        const std::size_t size = left() / 4 * 3;
        const CUdeviceptr most = guest::allocate(size);
        CU_OK(cuMemsetD8_v2(most, 1, 1 + run.random.below(1u << 20)));
        CU_OK(cuCtxDestroy_v2(second));
        CU_OK(cuCtxSetCurrent(session.context));
    }
    run.require(left() == before, "contexts that end give back what they had");
}

static void check_idle_memory(guest::Run& run) {
    const CUdeviceptr most = guest::allocate(left() - 80 * kMiB);
    CU_OK(cuMemFree_v2(guest::allocate(1000)));  // what was lent for it lies idle from now on
    const CUdeviceptr rest = guest::allocate(left() - 12 * kMiB);
    CUmodule module = nullptr;
    CU_OK(cuModuleLoadData(&module, kBigVariable));
    CUdeviceptr big = 0;
    std::size_t size = 0;
    CU_OK(cuModuleGetGlobal_v2(&big, &size, module, "big"));
    run.compare("size of the variable", 0, 4 * kMiB, size);
    CU_OK(cuModuleUnload(module));
    CU_OK(cuMemFree_v2(rest));
    CU_OK(cuMemFree_v2(most));
}

int main(int argc, char** argv) {
    guest::Run run("code_again", argc, argv);
    const auto rounds = static_cast<std::size_t>(run.size(0, 5));
    guest::Session session;
    check_rounds(run, rounds);
    check_contexts(run, session);
    check_idle_memory(run);
    session.close();
    return run.finish();
}
