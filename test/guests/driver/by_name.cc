// A program that is linked to nothing: dlopen, dlsym and cuGetProcAddress only, as frameworks load the
// driver. Run by test/e2e as `by_name SEED`.
#include <dlfcn.h>

#include "driver.h"

static decltype(&cuGetProcAddress_v2) get_proc_address = nullptr;

template <class Function>
static Function find(const char* name, int version, std::uint64_t flags = 0) {
    void* address = nullptr;
    int status = -1;
    const CUresult result = get_proc_address(name, &address, version, flags, &status);
    if (result != CUDA_SUCCESS || address == nullptr || status != CU_GET_PROC_ADDRESS_SUCCESS) {
        guest::fail("cuGetProcAddress(%s, %d) answers %d, status %d", name, version, int(result), status);
    }
    return reinterpret_cast<Function>(address);
}
#define FIND(name, version) find<decltype(&name)>(#name, version)

static void check_unknown(guest::Run& run) {
    void* address = &address;
    int status = -1;
    const CUresult result = get_proc_address("cuNoSuchCall", &address, 13000, 0, &status);
    run.require(result == CUDA_ERROR_NOT_FOUND || (result == CUDA_SUCCESS && address == nullptr),
                "an unknown name");
    run.compare("status of an unknown name", 0, int(CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND), status);
    get_proc_address("cuMemAlloc", &address, 1000, 0, &status);
    run.require(status != CU_GET_PROC_ADDRESS_SUCCESS || address != nullptr,
                "a version before there was any");
}

int main(int argc, char** argv) {
    guest::Run run("by_name", argc, argv);
    void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) guest::fail("dlopen: %s", dlerror());
    get_proc_address = reinterpret_cast<decltype(get_proc_address)>(dlsym(library, "cuGetProcAddress_v2"));
    run.require(get_proc_address != nullptr, "cuGetProcAddress_v2 is exported");
    run.require(dlsym(library, "cuNoSuchCall") == nullptr, "an unknown symbol is not exported");
    check_unknown(run);

    const auto init = find<CUresult (*)(unsigned)>("cuInit", 2000);
    const auto retain = find<CUresult (*)(CUcontext*, CUdevice)>("cuDevicePrimaryCtxRetain", 7000);
    const auto set_current = find<CUresult (*)(CUcontext)>("cuCtxSetCurrent", 4000);
    const auto allocate = find<CUresult (*)(CUdeviceptr*, std::size_t)>("cuMemAlloc", 3020);
    const auto to_device = find<CUresult (*)(CUdeviceptr, const void*, std::size_t)>("cuMemcpyHtoD", 3020);
    const auto to_host = find<CUresult (*)(void*, CUdeviceptr, std::size_t)>("cuMemcpyDtoH", 3020);
    const auto load = find<CUresult (*)(CUmodule*, const void*)>("cuModuleLoadData", 2000);
    const auto get = find<CUresult (*)(CUfunction*, CUmodule, const char*)>("cuModuleGetFunction", 2000);
    const auto launch = find<CUresult (*)(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned,
                                          unsigned, unsigned, CUstream, void**, void**)>(
        "cuLaunchKernel", 7000, CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM);
    const auto synchronize = find<CUresult (*)(CUstream)>("cuStreamSynchronize", 7000,
                                                          CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM);
    run.require(reinterpret_cast<void*>(allocate) == dlsym(library, "cuMemAlloc_v2"),
                "the name and the symbol are one");
    CUcontext context = nullptr;
    CUmodule module = nullptr;
    CUfunction affine = nullptr;
    CUdeviceptr memory = 0;
    CU_OK(init(0));
    CU_OK(retain(&context, 0));
    CU_OK(set_current(context));
    std::vector<unsigned> values(1000), expected(1000);
    unsigned count = 1000, factor = 1 + run.random.below(100), term = run.random.below(100);
    for (unsigned i = 0; i < count; ++i)
        expected[i] = (values[i] = unsigned(run.random.next())) * factor + term;
    CU_OK(allocate(&memory, 4000));
    CU_OK(to_device(memory, values.data(), 4000));
    CU_OK(load(&module, kernels_ptx));
    CU_OK(get(&affine, module, "affine"));
    void* parameters[] = {&memory, &count, &factor, &term};
    CU_OK(launch(affine, 8, 1, 1, 128, 1, 1, 0, nullptr, parameters, nullptr));
    CU_OK(synchronize(nullptr));
    CU_OK(to_host(values.data(), memory, 4000));
    run.compare_all("value", expected, values);
    dlclose(library);
    return run.finish();
}
