// CUDA_VISIBLE_DEVICES as the program sets it before cuInit: nothing visible is error 100, the first device
// alone is one device. Run by test/e2e as `no_devices SEED`.
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

struct Case {
    const char* value;
    int count;  // -1: cuInit must answer 100
};

// In a process of its own, because a driver reads the variable once.
static int check(const Case& one) {
    setenv("CUDA_VISIBLE_DEVICES", one.value, 1);
    const CUresult result = cuInit(0);
    int count = 0;
    if (one.count < 0) return result == CUDA_ERROR_NO_DEVICE ? 0 : 10 + int(result);
    if (result != CUDA_SUCCESS) return 20 + int(result);
    if (cuDeviceGetCount(&count) != CUDA_SUCCESS) return 1;
    return count == one.count ? 0 : 2;
}

int main(int argc, char** argv) {
    guest::Run run("no_devices", argc, argv);
    const Case cases[] = {{"", -1}, {"-1", -1}, {"0", 1}, {"0,-1,1", 1}, {"no-such-device", -1}, {"99", -1}};
    for (const Case& one : cases) {
        const pid_t child = fork();
        if (child == 0) _exit(check(one));
        int status = 0;
        waitpid(child, &status, 0);
        const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
        if (code != 0) guest::fail("CUDA_VISIBLE_DEVICES='%s' ended with %d", one.value, code);
    }
    CUdevice device = 0;
    CU_FAILS(cuDeviceGet(&device, 0), CUDA_ERROR_NOT_INITIALIZED);
    return run.finish();
}
