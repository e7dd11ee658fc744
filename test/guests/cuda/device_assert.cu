// A failed device assertion: error 710 at the synchronise, its text on stderr, and the same error for every
// later call. Run by test/e2e as `device_assert SEED`. The program catches its own stderr in a file to check
// the text.
#undef NDEBUG
#include <assert.h>
#include <unistd.h>

#include <string>

#include "../common.h"

__global__ void check_below(int limit) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    assert(i < limit);
}

int main(int argc, char** argv) {
    guest::Run run("device_assert", argc, argv);
    const int failing = 1 + int(run.random.below(8)), limit = 64 - failing;
    check_below<<<2, 32>>>(64);
    CUDA_OK(cudaDeviceSynchronize());

    std::FILE* file = std::tmpfile();
    const int saved = dup(2);
    dup2(fileno(file), 2);
    check_below<<<2, 32>>>(limit);
    const cudaError_t error = cudaDeviceSynchronize();
    std::fflush(stderr);
    dup2(saved, 2);
    run.compare("error at the synchronise", 0, int(cudaErrorAssert), int(error));
    run.compare("error of the next copy", 0, int(cudaErrorAssert), int(cudaDeviceSynchronize()));
    void* memory = nullptr;
    run.compare("error of a later allocation", 0, int(cudaErrorAssert), int(cudaMalloc(&memory, 16)));

    std::rewind(file);
    int lines = 0;
    for (char line[1024]; std::fgets(line, sizeof line, file) != nullptr;) {
        if (std::strstr(line, "Assertion `i < limit` failed.") == nullptr) continue;
        char thread[64];
        std::snprintf(thread, sizeof thread, "block: [1,0,0], thread: [%d,0,0]", 32 - failing + lines);
        if (std::strstr(line, thread) == nullptr) guest::fail("expected '%s' in '%s'", thread, line);
        run.require(std::strstr(line, "device_assert.cu") != nullptr,
                    "the file name stands in the assert line");
        ++lines;
    }
    run.compare("assert lines", 0, failing, lines);
    return run.finish();
}
