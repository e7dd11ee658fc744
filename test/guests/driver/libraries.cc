// Context-independent code: a library loaded before any context is current, its kernels launched as
// functions, its module and globals, two contexts. Run by test/e2e as `libraries SEED`.
#include "driver.h"

static void use(guest::Run& run, const char* what, CUfunction affine) {
    std::vector<unsigned> values(300), expected(300);
    const unsigned factor = 1 + run.random.below(100), term = run.random.below(100);
    for (unsigned i = 0; i < 300; ++i)
        expected[i] = (values[i] = unsigned(run.random.next())) * factor + term;
    const CUdeviceptr memory = guest::allocate(values);
    CU_OK(guest::launch(affine, 3, 100, nullptr, memory, 300u, factor, term));
    run.compare_all(what, expected, guest::download<unsigned>(memory, 300));
    CU_OK(cuMemFree_v2(memory));
}

int main(int argc, char** argv) {
    guest::Run run("libraries", argc, argv);
    CU_OK(cuInit(0));
    CUlibrary library = nullptr;
    CUkernel kernel = nullptr, none = nullptr;
    CU_OK(cuLibraryLoadData(&library, kernels_ptx, nullptr, nullptr, 0, nullptr, nullptr, 0));
    CU_OK(cuLibraryGetKernel(&kernel, library, "affine"));
    CU_FAILS(cuLibraryGetKernel(&none, library, "no_such"), CUDA_ERROR_NOT_FOUND);

    CUcontext context = nullptr;
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    CUdeviceptr counter = 0;
    std::size_t size = 0;
    CU_OK(cuDevicePrimaryCtxRetain(&context, 0));
    CU_OK(cuCtxSetCurrent(context));
    use(run, "kernel as function", reinterpret_cast<CUfunction>(kernel));
    CU_OK(cuKernelGetFunction(&function, kernel));
    use(run, "function of the kernel", function);
    CU_OK(cuLibraryGetModule(&module, library));
    CU_OK(cuModuleGetFunction(&function, module, "affine"));
    use(run, "function of the module", function);
    CU_OK(cuLibraryGetGlobal(&counter, &size, library, "counter"));
    run.compare("size of counter", 0, std::size_t(4), size);
    run.compare("counter", 0, 41u, guest::download<unsigned>(counter, 1)[0]);
    int blocks = 0, threads = 0;
    CU_OK(cuFuncGetAttribute(&threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK,
                             reinterpret_cast<CUfunction>(kernel)));
    CU_OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, reinterpret_cast<CUfunction>(kernel), 64, 0));
    run.require(threads >= 64 && blocks >= 1, "attributes and occupancy of a kernel");

    const std::string broken = std::string(kernels_ptx) + "\n.visible .entry x() { oops; }\n";
    CUlibrary bad = nullptr;
    CU_FAILS(cuLibraryLoadData(&bad, broken.c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0),
             CUDA_ERROR_INVALID_PTX);
    CU_OK(cuLibraryUnload(library));
    CU_FAILS_EITHER(cuLibraryUnload(library), CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE);
    CU_FAILS_EITHER(guest::launch(reinterpret_cast<CUfunction>(kernel), 1, 1, nullptr, counter, 1u, 1u, 1u),
                    CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuDevicePrimaryCtxRelease_v2(0));
    return run.finish();
}
