// For the tests of silent connections: waits for a stream whose host function sleeps, so that for all that
// time neither end has anything to say. Run as `long_wait SEED MS`.
#include <unistd.h>

#include "driver.h"

int main(int argc, char** argv) {
    guest::Run run("long_wait", argc, argv);
    guest::Session session;
    unsigned sleep_ms = static_cast<unsigned>(run.size(0, 100));
    const std::vector<unsigned> expected{1, 2, 3, 5, 8};
    const CUdeviceptr memory = guest::allocate(expected);
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    const CUhostFn sleep = [](void* ms) { usleep(*static_cast<unsigned*>(ms) * 1000); };
    CU_OK(cuLaunchHostFunc(stream, sleep, &sleep_ms));
    CU_OK(cuStreamSynchronize(stream));
    run.compare_all("word", expected, guest::download<unsigned>(memory, expected.size()));
    CU_OK(cuStreamDestroy_v2(stream));
    CU_OK(cuMemFree_v2(memory));
    session.close();
    return run.finish();
}
