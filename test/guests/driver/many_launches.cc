// Launches without a synchronise between them, one at the end: what batching is for. The counters of the shim
// tell test/e2e how often the program really waited. Run by test/e2e as `many_launches SEED [LAUNCHES]`.
#include "driver.h"

int main(int argc, char** argv) {
    guest::Run run("many_launches", argc, argv);
    guest::Session session;
    const long launches = run.size(0, 100000);
    const CUfunction affine = session.function("affine");
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{1});
    unsigned expected = 1;
    for (long i = 0; i < launches; ++i) {
        const unsigned factor = run.random.below(1000) | 1, term = run.random.below(1000);
        CU_OK(guest::launch(affine, 1, 1, nullptr, cell, 1u, factor, term));
        expected = expected * factor + term;
    }
    CU_OK(cuCtxSynchronize());
    run.compare("value", 0, expected, guest::download<unsigned>(cell, 1)[0]);
    return run.finish();
}
