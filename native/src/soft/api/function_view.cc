// Attributes and occupancy of functions.
#include "soft/api/function_view.h"

#include <algorithm>

namespace soft::driver {
namespace {

constexpr int round_up(int value, int unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

bool view_function(const Device& device, std::uint64_t handle, FunctionView& view) {
    if (const auto* function = device.handles.at<ModuleFunction>(handle)) {
        view = {function->declared, function->settings.get()};
        return true;
    }
    if (const auto* kernel = device.handles.at<LibraryKernel>(handle)) {
        view = {&kernel->declared, kernel->settings.get()};
        return true;
    }
    return false;
}

int registers_of(const FunctionInfo& declared) {
    const int block = round_up(static_cast<int>(std::clamp(declared.max_threads, 32U, 1024U)), kWarpSize);
    return std::clamp(static_cast<int>(declared.registers), 1,
                      std::min(255, kRegistersPerMultiprocessor / block));
}

abi::CUresult get_attribute(const FunctionView& view, abi::CUfunction_attribute attribute, int& value) {
    const FunctionInfo& declared = *view.declared;
    switch (attribute) {
        case abi::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
            value = static_cast<int>(std::min(declared.max_threads, kMaxThreadsPerBlock));
            break;
        case abi::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
            value = static_cast<int>(declared.static_shared);
            break;
        case abi::CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
            value = static_cast<int>(declared.local_bytes);
            break;
        case abi::CU_FUNC_ATTRIBUTE_NUM_REGS:
            value = registers_of(declared);
            break;
        case abi::CU_FUNC_ATTRIBUTE_PTX_VERSION:
            value = declared.ptx_version;
            break;
        case abi::CU_FUNC_ATTRIBUTE_BINARY_VERSION:
            value = 80;
            break;
        case abi::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
            value = view.settings->max_dynamic_shared.load(std::memory_order_relaxed);
            break;
        case abi::CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
            value = view.settings->carveout.load(std::memory_order_relaxed);
            break;
        case abi::CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
            value = view.settings->non_portable_cluster.load(std::memory_order_relaxed);
            break;
        case abi::CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
            value = view.settings->cluster_policy.load(std::memory_order_relaxed);
            break;
        default:
            if (attribute < 0 || attribute >= abi::CU_FUNC_ATTRIBUTE_MAX)
                return abi::CUDA_ERROR_INVALID_VALUE;
            value = 0;  // constant memory, cache mode and clusters: there are none
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult set_attribute(const FunctionView& view, abi::CUfunction_attribute attribute, int value) {
    std::atomic<int>* kept = nullptr;
    int least = 0;
    int most = 0;
    switch (attribute) {
        case abi::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
            kept = &view.settings->max_dynamic_shared;
            most = kSharedPerBlockOptIn - static_cast<int>(view.declared->static_shared);
            break;
        case abi::CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
            kept = &view.settings->carveout;
            least = abi::CU_SHAREDMEM_CARVEOUT_DEFAULT;
            most = abi::CU_SHAREDMEM_CARVEOUT_MAX_SHARED;
            break;
        case abi::CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
            kept = &view.settings->non_portable_cluster;
            most = 1;
            break;
        case abi::CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
            kept = &view.settings->cluster_policy;
            most = abi::CU_CLUSTER_SCHEDULING_POLICY_LOAD_BALANCING;
            break;
        default:
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
    if (value < least || value > most) return abi::CUDA_ERROR_INVALID_VALUE;
    kept->store(value, std::memory_order_relaxed);
    return abi::CUDA_SUCCESS;
}

abi::CUresult get_parameter(const FunctionView& view, std::size_t index, std::size_t* offset,
                            std::size_t* size) {
    if (offset == nullptr || index >= view.declared->params.size()) return abi::CUDA_ERROR_INVALID_VALUE;
    *offset = view.declared->params[index].offset;
    if (size != nullptr) *size = view.declared->params[index].size;
    return abi::CUDA_SUCCESS;
}

cudart::OccupancyKernel occupancy_of(const FunctionView& view) {
    const FunctionInfo& declared = *view.declared;
    return {.max_threads = static_cast<int>(std::min(declared.max_threads, kMaxThreadsPerBlock)),
            .registers = registers_of(declared),
            .static_shared = declared.static_shared};
}

int resident_blocks(const FunctionView& view, int threads, std::size_t dynamic_shared) {
    return cudart::resident_blocks(kOccupancyDevice, occupancy_of(view), threads, dynamic_shared);
}

}  // namespace soft::driver
