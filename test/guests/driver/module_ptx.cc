// Loading PTX text: functions, globals, attributes, logs, names that are not there, two copies of a module,
// unloading. Run by test/e2e as `module_ptx SEED`.
#include "driver.h"

static void check_globals(guest::Run& run, const guest::Session& session) {
    CUdeviceptr counter = 0, table = 0;
    std::size_t counter_size = 0, table_size = 0;
    CU_OK(cuModuleGetGlobal_v2(&counter, &counter_size, session.module, "counter"));
    CU_OK(cuModuleGetGlobal_v2(&table, &table_size, session.module, "table"));
    CU_OK(cuModuleGetGlobal_v2(&table, nullptr, session.module, "table"));
    CU_OK(cuModuleGetGlobal_v2(nullptr, &table_size, session.module, "table"));
    run.compare("size of counter", 0, std::size_t(4), counter_size);
    run.compare("size of table", 0, std::size_t(64), table_size);
    CU_FAILS(cuModuleGetGlobal_v2(&counter, nullptr, session.module, "no_such"), CUDA_ERROR_NOT_FOUND);

    const CUdeviceptr out = guest::allocate(8);
    const unsigned threads = 1 + run.random.below(64), factor = 1 + run.random.below(9);
    CUdeviceptr constant = 0;
    CU_OK(cuModuleGetGlobal_v2(&constant, nullptr, session.module, "factor"));
    CU_OK(guest::launch(session.function("bump"), 1, threads, nullptr, out));
    run.compare("counter", 0, 41 + 3 * threads, guest::download<unsigned>(counter, 1)[0]);
    CU_OK(cuMemcpyHtoD_v2(constant, &factor, sizeof factor));
    CU_OK(guest::launch(session.function("bump"), 1, threads, nullptr, out));
    run.compare("counter with the new constant", 0, 41 + (3 + factor) * threads,
                guest::download<unsigned>(counter, 1)[0]);
    run.require(guest::download<CUdeviceptr>(out, 1)[0] == table, "device code and the host see one address");
    CU_OK(cuMemFree_v2(out));
}

static void check_log() {
    char log[4096] = "untouched", errors[1024] = "";
    CUjit_option options[] = {CU_JIT_INFO_LOG_BUFFER, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES,
                              CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
                              CU_JIT_LOG_VERBOSE};
    void* values[] = {log, reinterpret_cast<void*>(sizeof log), errors,
                      reinterpret_cast<void*>(sizeof errors), reinterpret_cast<void*>(1)};
    CUmodule module = nullptr;
    CU_OK(cuModuleLoadDataEx(&module, kernels_ptx, 5, options, values));
    if (std::strlen(errors) != 0) guest::fail("error log of a good module: '%s'", errors);
    CU_OK(cuModuleUnload(module));
}

int main(int argc, char** argv) {
    guest::Run run("module_ptx", argc, argv);
    guest::Session session;
    check_globals(run, session);
    check_log();

    int value = -1;
    const CUfunction affine = session.function("affine");
    CU_OK(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, affine));
    run.require(value >= 32 && value <= 1024, "threads of a block");
    CU_OK(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_PTX_VERSION, affine));
    run.require(value == 75 || value == 70, "PTX version");
    CU_FAILS(cuFuncGetAttribute(&value, CUfunction_attribute(9999), affine), CUDA_ERROR_INVALID_VALUE);
    CUfunction none = nullptr;
    CU_FAILS(cuModuleGetFunction(&none, session.module, "no_such"), CUDA_ERROR_NOT_FOUND);
    CU_FAILS(cuModuleGetFunction(&none, session.module, "counter"), CUDA_ERROR_NOT_FOUND);
    CU_FAILS(cuModuleGetFunction(nullptr, session.module, "affine"), CUDA_ERROR_INVALID_VALUE);

    // A second copy has globals of its own.
    CUmodule second = nullptr;
    CUdeviceptr first_counter = 0, second_counter = 0;
    CU_OK(cuModuleLoadData(&second, kernels_ptx));
    CU_OK(cuModuleGetGlobal_v2(&first_counter, nullptr, session.module, "counter"));
    CU_OK(cuModuleGetGlobal_v2(&second_counter, nullptr, second, "counter"));
    run.require(first_counter != second_counter, "every module has its own globals");
    run.compare("counter of the second copy", 0, 41u, guest::download<unsigned>(second_counter, 1)[0]);
    CU_OK(cuModuleUnload(second));
    for (int round = 0; round < 20; ++round) {
        CU_OK(cuModuleLoadData(&second, kernels_ptx));
        CU_OK(cuModuleUnload(second));
    }
    session.close();
    return run.finish();
}
