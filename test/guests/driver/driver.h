// What the driver-API guests share: prototypes, the embedded device code, and checks of results.
// Types come from Ferry's statement of the ABI, so that no toolkit is needed to build these; the programs are
// linked to libcuda.so.1 by name and run on whatever library has that name.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "../common.h"
#include "cudart/abi.h"

using namespace abi;

#define DRIVER_CALL(name, parameters) extern "C" CUresult name parameters;
#include "calls.inc"
#undef DRIVER_CALL

// kernels.ptx with a NUL at its end.
asm(".pushsection .rodata\n"
    "kernels_ptx: .incbin \"kernels.ptx\"\n"
    ".byte 0\n"
    "kernels_ptx_end: .popsection\n");
extern "C" const char kernels_ptx[] __attribute__((visibility("hidden")));
extern "C" const char kernels_ptx_end[] __attribute__((visibility("hidden")));

namespace guest {

inline void require_result(CUresult result, CUresult expected, const char* call, int line) {
    if (result == expected) return;
    fail("%s line %d expected %d got %d", call, line, int(expected), int(result));
}
// Where CUDA's own documentation leaves open which of two errors it is.
inline void require_one_of(CUresult result, CUresult first, CUresult second, const char* call, int line) {
    if (result == first || result == second) return;
    fail("%s line %d expected %d or %d got %d", call, line, int(first), int(second), int(result));
}
#define CU_OK(call) guest::require_result((call), CUDA_SUCCESS, #call, __LINE__)
#define CU_FAILS(call, expected) guest::require_result((call), (expected), #call, __LINE__)
#define CU_FAILS_EITHER(call, first, second) guest::require_one_of((call), (first), (second), #call, __LINE__)

// An initialised driver with a current context of its own and kernels.ptx loaded.
class Session {
public:
    Session() {
        CU_OK(cuInit(0));
        CU_OK(cuDeviceGet(&device, 0));
        CU_OK(cuCtxCreate_v2(&context, 0, device));
        CU_OK(cuModuleLoadData(&module, kernels_ptx));
    }
    CUfunction function(const char* name) const {
        CUfunction found = nullptr;
        CU_OK(cuModuleGetFunction(&found, module, name));
        return found;
    }
    void close() {
        CU_OK(cuModuleUnload(module));
        CU_OK(cuCtxDestroy_v2(context));
    }

    CUdevice device = -1;
    CUcontext context = nullptr;
    CUmodule module = nullptr;
};

inline CUdeviceptr allocate(std::size_t size) {
    CUdeviceptr address = 0;
    CU_OK(cuMemAlloc_v2(&address, size));
    return address;
}
template <class T>
CUdeviceptr allocate(const std::vector<T>& source) {
    const CUdeviceptr address = allocate(source.size() * sizeof(T));
    CU_OK(cuMemcpyHtoD_v2(address, source.data(), source.size() * sizeof(T)));
    return address;
}
template <class T>
std::vector<T> download(CUdeviceptr address, std::size_t count) {
    std::vector<T> target(count);
    CU_OK(cuMemcpyDtoH_v2(target.data(), address, count * sizeof(T)));
    return target;
}

// A one-dimensional launch with the arguments by address.
template <class... Arguments>
CUresult launch(CUfunction function, unsigned blocks, unsigned threads, CUstream stream,
                Arguments... arguments) {
    void* parameters[] = {&arguments..., nullptr};
    return cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr);
}

}  // namespace guest
