// cuInit, versions, error texts and cuModuleGetLoadingMode: what works before there is a session, or without
// a host.
#include <string.h>

#include <atomic>

#include "cudart/errors.h"
#include "environment.h"
#include "guest/hand.h"
#include "process.h"
#include "session.h"

namespace guest::local {
namespace {

// Answered when no host has ever been reached: the version this shim was built for, so that a program hears
// of the missing device rather than of an old driver.
constinit std::atomic<int> last_version{13000};

}  // namespace

abi::CUresult cuInit(unsigned int Flags) {
    if (Flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    return initialise();
}

abi::CUresult cuDriverGetVersion(int* driverVersion) {
    if (driverVersion == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    abi::CUresult ignored = abi::CUDA_SUCCESS;
    const Session* session = attached_session(ignored);
    if (session != nullptr) last_version.store(session->snapshot.driver_version, std::memory_order_relaxed);
    *driverVersion = last_version.load(std::memory_order_relaxed);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuGetErrorString(abi::CUresult error, const char** pStr) {
    if (pStr == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::ErrorText* found = abi::find_error(error);
    *pStr = found == nullptr ? nullptr : found->text;
    return found == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
}

abi::CUresult cuGetErrorName(abi::CUresult error, const char** pStr) {
    if (pStr == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::ErrorText* found = abi::find_error(error);
    *pStr = found == nullptr ? nullptr : found->name;
    return found == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
}

abi::CUresult cuModuleGetLoadingMode(Session&, abi::CUmoduleLoadingMode* mode) {
    if (mode == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const char* chosen = environment("CUDA_MODULE_LOADING");
    const bool eager = chosen != nullptr && strcmp(chosen, "EAGER") == 0;
    *mode = eager ? abi::CU_MODULE_EAGER_LOADING : abi::CU_MODULE_LAZY_LOADING;
    return abi::CUDA_SUCCESS;
}

}  // namespace guest::local
