// See driver.h.
#include "driver.h"

#include <dlfcn.h>

#include <cstring>

#include "kernels.h"

namespace bench {

Driver driver;

namespace {

template <class Function>
void find(void* library, const char* name, Function& function) {
    void* symbol = dlsym(library, name);
    if (symbol == nullptr) {
        std::fprintf(stderr, "libcuda.so.1 has no %s\n", name);
        std::exit(1);
    }
    static_assert(sizeof function == sizeof symbol);
    std::memcpy(&function, &symbol, sizeof symbol);
}

void open_driver() {
    void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        std::exit(1);
    }
#define DRIVER_CALL(name, parameters) find(library, #name, driver.name);
#include "driver.inc"
#undef DRIVER_CALL
}

}  // namespace

Session::Session() : Session(kKernels) {}

Session::Session(const char* ptx) {
    open_driver();
    CU(cuInit(0));
    CU(cuDeviceGet(&device, 0));
    CU(cuDeviceGetName(device_name, sizeof device_name, device));
    CU(cuDevicePrimaryCtxRetain(&context, device));
    CU(cuCtxSetCurrent(context));
    CU(cuModuleLoadData(&module, ptx));
}

abi::CUfunction Session::function(const char* name) const {
    abi::CUfunction found = nullptr;
    CU(cuModuleGetFunction(&found, module, name));
    return found;
}

}  // namespace bench
