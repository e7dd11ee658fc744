// Loads a file of code and looks a kernel up in it: prints what the load, the look-up, a launch and the
// synchronise after it answer. A tool of test/e2e: `load_file PATH`.
#include "driver.h"

int main(int, char** argv) {
    guest::Session session;
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{1});
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    const CUresult loaded = cuModuleLoad(&module, argv[1]);
    const CUresult found = loaded == CUDA_SUCCESS ? cuModuleGetFunction(&function, module, "affine") : loaded;
    const CUresult launched =
        found == CUDA_SUCCESS ? guest::launch(function, 1, 1, nullptr, cell, 1u, 3u, 4u) : found;
    std::printf("%d %d %d %d\n", int(loaded), int(found), int(launched), int(cuCtxSynchronize()));
    return 0;
}
