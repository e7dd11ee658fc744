// Handles after their end, handles of another kind, and plain garbage: refused, never followed.
// Run by test/e2e as `stale_handles SEED`.
#include "driver.h"

template <class T>
static T garbage(std::uint64_t value) {
    return reinterpret_cast<T>(value);
}

static void check_streams(const guest::Session& session, CUdeviceptr cell) {
    CUstream stream = nullptr;
    CUevent event = nullptr;
    CU_OK(cuStreamCreate(&stream, 0));
    CU_OK(cuEventCreate(&event, 0));
    CU_OK(cuStreamDestroy_v2(stream));
    CU_OK(cuEventDestroy_v2(event));
    const CUfunction store = session.function("store");
    CU_FAILS_EITHER(cuStreamSynchronize(stream), CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_CONTEXT_IS_DESTROYED);
    CU_FAILS_EITHER(cuStreamQuery(stream), CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_CONTEXT_IS_DESTROYED);
    CU_FAILS_EITHER(cuStreamDestroy_v2(stream), CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_CONTEXT_IS_DESTROYED);
    CU_FAILS_EITHER(guest::launch(store, 1, 1, stream, cell, 1u), CUDA_ERROR_INVALID_HANDLE,
                    CUDA_ERROR_CONTEXT_IS_DESTROYED);
    CU_FAILS(cuEventRecord(event, nullptr), CUDA_ERROR_INVALID_HANDLE);
    CU_FAILS(cuEventDestroy_v2(event), CUDA_ERROR_INVALID_HANDLE);
    CU_FAILS(cuEventQuery(event), CUDA_ERROR_INVALID_HANDLE);
    // A new one must not bring the old one back to life, even if it takes its place.
    CUstream fresh = nullptr;
    CU_OK(cuStreamCreate(&fresh, 0));
    if (fresh != stream) CU_FAILS(cuStreamQuery(stream), CUDA_ERROR_INVALID_HANDLE);
    CU_OK(cuStreamDestroy_v2(fresh));
}

static void check_code(guest::Session& session, CUdeviceptr cell) {
    CUmodule module = nullptr;
    CUfunction store = nullptr;
    CU_OK(cuModuleLoadData(&module, kernels_ptx));
    CU_OK(cuModuleGetFunction(&store, module, "store"));
    CU_OK(cuModuleUnload(module));
    CU_FAILS_EITHER(cuModuleUnload(module), CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE);
    CU_FAILS_EITHER(guest::launch(store, 1, 1, nullptr, cell, 1u), CUDA_ERROR_INVALID_HANDLE,
                    CUDA_ERROR_INVALID_VALUE);
    CU_FAILS_EITHER(cuModuleGetFunction(&store, module, "store"), CUDA_ERROR_INVALID_HANDLE,
                    CUDA_ERROR_INVALID_VALUE);
    CU_FAILS_EITHER(cuModuleGetFunction(&store, reinterpret_cast<CUmodule>(session.context), "store"),
                    CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE);
}

int main(int argc, char** argv) {
    guest::Run run("stale_handles", argc, argv);
    guest::Session session;
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{123});
    for (int round = 0; round < 20; ++round) check_streams(session, cell);
    check_code(session, cell);
    const CUfunction store = session.function("store");
    for (int round = 0; round < 200; ++round) {
        // Above 2, which are CUDA's own names for streams, and anywhere in 64 bits.
        const std::uint64_t value = (run.random.next() >> run.random.below(61)) | 8;
        CU_FAILS_EITHER(guest::launch(store, 1, 1, garbage<CUstream>(value), cell, 1u),
                        CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE);
        CU_FAILS_EITHER(cuEventQuery(garbage<CUevent>(value)), CUDA_ERROR_INVALID_HANDLE,
                        CUDA_ERROR_INVALID_VALUE);
        CU_FAILS_EITHER(guest::launch(garbage<CUfunction>(value), 1, 1, nullptr, cell, 1u),
                        CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE);
        CU_FAILS_EITHER(cuCtxSetCurrent(garbage<CUcontext>(value)), CUDA_ERROR_INVALID_CONTEXT,
                        CUDA_ERROR_CONTEXT_IS_DESTROYED);
    }
    CU_FAILS(cuStreamWaitEvent(nullptr, nullptr, 0), CUDA_ERROR_INVALID_HANDLE);
    CU_OK(cuCtxSynchronize());
    run.compare("untouched", 0, 123u, guest::download<unsigned>(cell, 1)[0]);

    // What belongs to a context ends with it.
    CUcontext other = nullptr;
    CUstream stream = nullptr;
    CU_OK(cuCtxCreate_v2(&other, 0, session.device));
    CU_OK(cuStreamCreate(&stream, 0));
    CU_OK(cuCtxDestroy_v2(other));
    CU_FAILS_EITHER(cuStreamSynchronize(stream), CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_CONTEXT_IS_DESTROYED);
    CU_OK(cuCtxSetCurrent(session.context));
    session.close();
    return run.finish();
}
