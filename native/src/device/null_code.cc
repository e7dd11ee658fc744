// The null device's modules, libraries and launches. See null_state.h; what is in an image comes from
// null_image.cc.
#include <thread>

#include "device/null_state.h"

namespace device::null {
namespace {

constexpr std::uint64_t kGlobalSize = 64 << 10;  // what any variable is said to have
constexpr int kThreadsPerBlock = 1024;
constexpr int kRegisters = 32;
constexpr std::size_t kSharedPerBlock = 227 << 10;

template <class Handle>
Code& code_of(Handle handle) {
    return *static_cast<Code*>(static_cast<void*>(handle));
}
template <class Handle>
Kernel& kernel_of(Handle handle) {
    return *static_cast<Kernel*>(static_cast<void*>(handle));
}
template <class Handle>
Handle handle_to(void* object) {
    return static_cast<Handle>(object);
}

template <class Handle>
abi::CUresult load(Handle* handle, const void* image) {
    std::unique_ptr<Code> code = read_image(image);
    if (code == nullptr) return abi::CUDA_ERROR_INVALID_IMAGE;
    *handle = handle_to<Handle>(code.release());
    return abi::CUDA_SUCCESS;
}
void take_time() { std::this_thread::sleep_for(std::chrono::milliseconds(load_ms())); }
abi::CUresult load_module(abi::CUmodule* module, const void* image, unsigned, abi::CUjit_option*, void**) {
    take_time();
    return load(module, image);
}
abi::CUresult load_library(abi::CUlibrary* library, const void* image, abi::CUjit_option*, void**, unsigned,
                           abi::CUlibraryOption*, void**, unsigned) {
    take_time();
    return load(library, image);
}
template <class Handle>
abi::CUresult unload(Handle handle) {
    for (const auto& [name, address] : code_of(handle).globals) (void)memory().free(address);
    delete &code_of(handle);
    return abi::CUDA_SUCCESS;
}

template <class Found, class Handle>
abi::CUresult find_kernel(Found* found, Handle handle, const char* name) {
    for (const auto& kernel : code_of(handle).kernels) {
        if (kernel->name != name) continue;
        *found = handle_to<Found>(kernel.get());
        return abi::CUDA_SUCCESS;
    }
    return abi::CUDA_ERROR_NOT_FOUND;
}
template <class Handle>
abi::CUresult kernel_count(unsigned* count, Handle handle) {
    *count = static_cast<unsigned>(code_of(handle).kernels.size());
    return abi::CUDA_SUCCESS;
}
template <class Found, class Handle>
abi::CUresult enumerate(Found* found, unsigned count, Handle handle) {
    const auto& kernels = code_of(handle).kernels;
    for (unsigned index = 0; index < count && index < kernels.size(); ++index) {
        found[index] = handle_to<Found>(kernels[index].get());
    }
    return abi::CUDA_SUCCESS;
}
template <class Handle>
abi::CUresult find_global(abi::CUdeviceptr* address, std::size_t* size, Handle handle, const char* name) {
    std::uint64_t& place = code_of(handle).globals[name];
    if (place == 0) place = memory().allocate(kGlobalSize);
    if (address != nullptr) *address = place;
    if (size != nullptr) *size = kGlobalSize;
    return place != 0 ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_OUT_OF_MEMORY;
}
abi::CUresult module_of(abi::CUmodule* module, abi::CUlibrary library) {
    *module = handle_to<abi::CUmodule>(library);
    return abi::CUDA_SUCCESS;
}
abi::CUresult function_of(abi::CUfunction* function, abi::CUkernel kernel) {
    *function = handle_to<abi::CUfunction>(kernel);
    return abi::CUDA_SUCCESS;
}

template <class Handle>
abi::CUresult name_of(const char** name, Handle handle) {
    *name = kernel_of(handle).name.c_str();
    return abi::CUDA_SUCCESS;
}
template <class Handle>
abi::CUresult parameter_of(Handle handle, std::size_t index, std::size_t* offset, std::size_t* size) {
    const auto& parameters = kernel_of(handle).parameters;
    if (index >= parameters.size()) return abi::CUDA_ERROR_INVALID_VALUE;
    *offset = parameters[index].offset;
    if (size != nullptr) *size = parameters[index].size;
    return abi::CUDA_SUCCESS;
}
int attribute_value(const Kernel& kernel, abi::CUfunction_attribute attribute) {
    switch (attribute) {
        case abi::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
            return kThreadsPerBlock;
        case abi::CU_FUNC_ATTRIBUTE_NUM_REGS:
            return kRegisters;
        case abi::CU_FUNC_ATTRIBUTE_PTX_VERSION:
        case abi::CU_FUNC_ATTRIBUTE_BINARY_VERSION:
            return kComputeMajor * 10 + kComputeMinor;
        case abi::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
            return static_cast<int>(kernel.max_dynamic_shared);
        case abi::CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
            return -1;
        default:
            return 0;
    }
}
abi::CUresult function_attribute(int* value, abi::CUfunction_attribute attribute, abi::CUfunction function) {
    *value = attribute_value(kernel_of(function), attribute);
    return abi::CUDA_SUCCESS;
}
abi::CUresult kernel_attribute(int* value, abi::CUfunction_attribute attribute, abi::CUkernel kernel,
                               abi::CUdevice) {
    *value = attribute_value(kernel_of(kernel), attribute);
    return abi::CUDA_SUCCESS;
}
abi::CUresult set_attribute(abi::CUfunction function, abi::CUfunction_attribute attribute, int value) {
    const bool is_shared = attribute == abi::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    if (is_shared) kernel_of(function).max_dynamic_shared = static_cast<std::size_t>(value);
    return abi::CUDA_SUCCESS;
}
abi::CUresult set_kernel_attribute(abi::CUfunction_attribute attribute, int value, abi::CUkernel kernel,
                                   abi::CUdevice) {
    return set_attribute(handle_to<abi::CUfunction>(kernel), attribute, value);
}

bool fits(unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned x, unsigned y, unsigned z) {
    const std::uint64_t threads = std::uint64_t{x} * y * z;
    const bool grid = grid_x != 0 && grid_y != 0 && grid_z != 0 && grid_y <= 65535 && grid_z <= 65535;
    return grid && threads != 0 && threads <= kThreadsPerBlock && x <= 1024 && y <= 1024 && z <= 64;
}
abi::CUresult launch(abi::CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned x,
                     unsigned y, unsigned z, unsigned, abi::CUstream, void**, void**) {
    if (function == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    return fits(grid_x, grid_y, grid_z, x, y, z) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}
abi::CUresult launch_in_queue(abi::CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                              unsigned x, unsigned y, unsigned z, unsigned shared, abi::CUstream stream,
                              void** arguments, void** extra) {
    host_queue().enter();
    return launch(function, grid_x, grid_y, grid_z, x, y, z, shared, stream, arguments, extra);
}
abi::CUresult launch_cooperative(abi::CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                                 unsigned x, unsigned y, unsigned z, unsigned shared, abi::CUstream stream,
                                 void** arguments) {
    return launch(function, grid_x, grid_y, grid_z, x, y, z, shared, stream, arguments, nullptr);
}
abi::CUresult occupancy(int* blocks, abi::CUfunction, int block, std::size_t, unsigned) {
    if (block <= 0 || block > kThreadsPerBlock) return abi::CUDA_ERROR_INVALID_VALUE;
    *blocks = 2048 / block;
    return abi::CUDA_SUCCESS;
}
abi::CUresult free_shared(std::size_t* size, abi::CUfunction, int blocks, int) {
    if (blocks <= 0) return abi::CUDA_ERROR_INVALID_VALUE;
    *size = kSharedPerBlock / static_cast<std::size_t>(blocks);
    return abi::CUDA_SUCCESS;
}

}  // namespace

void fill_code(DriverTable& table) {
    table.cuModuleLoadDataEx = load_module;
    table.cuModuleUnload = unload<abi::CUmodule>;
    table.cuModuleGetFunction = find_kernel<abi::CUfunction, abi::CUmodule>;
    table.cuModuleGetFunctionCount = kernel_count<abi::CUmodule>;
    table.cuModuleEnumerateFunctions = enumerate<abi::CUfunction, abi::CUmodule>;
    table.cuModuleGetGlobal_v2 = find_global<abi::CUmodule>;
    table.cuFuncGetName = name_of<abi::CUfunction>;
    table.cuFuncGetParamInfo = parameter_of<abi::CUfunction>;
    table.cuFuncGetAttribute = function_attribute;
    table.cuFuncSetAttribute = set_attribute;
    table.cuFuncSetCacheConfig = [](abi::CUfunction, abi::CUfunc_cache) { return abi::CUDA_SUCCESS; };
    table.cuLibraryLoadData = load_library;
    table.cuLibraryUnload = unload<abi::CUlibrary>;
    table.cuLibraryGetKernel = find_kernel<abi::CUkernel, abi::CUlibrary>;
    table.cuLibraryGetModule = module_of;
    table.cuLibraryGetGlobal = find_global<abi::CUlibrary>;
    table.cuLibraryGetKernelCount = kernel_count<abi::CUlibrary>;
    table.cuLibraryEnumerateKernels = enumerate<abi::CUkernel, abi::CUlibrary>;
    table.cuKernelGetFunction = function_of;
    table.cuKernelGetName = name_of<abi::CUkernel>;
    table.cuKernelGetParamInfo = parameter_of<abi::CUkernel>;
    table.cuKernelGetAttribute = kernel_attribute;
    table.cuKernelSetAttribute = set_kernel_attribute;
    table.cuKernelSetCacheConfig = [](abi::CUkernel, abi::CUfunc_cache, abi::CUdevice) {
        return abi::CUDA_SUCCESS;
    };
    table.cuLaunchKernel = launch;
    table.cuLaunchCooperativeKernel = launch_cooperative;
    table.cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags = occupancy;
    table.cuOccupancyAvailableDynamicSMemPerBlock = free_shared;
}

void limit_queue(DriverTable& table, std::uint64_t launches) {
    host_queue().limit(launches);
    if (launches != 0) table.cuLaunchKernel = launch_in_queue;
}

}  // namespace device::null
