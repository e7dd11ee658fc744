// For the tests of broken connections: calls nothing for a while, then finds its memory as it was. Run as
// `idle SEED MS`.
#include <unistd.h>

#include "driver.h"

int main(int argc, char** argv) {
    guest::Run run("idle", argc, argv);
    guest::Session session;
    const std::vector<unsigned> expected{1, 2, 3, 5, 8};
    const CUdeviceptr memory = guest::allocate(expected);
    CU_OK(cuCtxSynchronize());
    std::printf("idle\n");
    std::fflush(stdout);
    usleep(static_cast<useconds_t>(run.size(0, 100)) * 1000);
    run.compare_all("word", expected, guest::download<unsigned>(memory, expected.size()));
    CU_OK(cuMemFree_v2(memory));
    session.close();
    return run.finish();
}
