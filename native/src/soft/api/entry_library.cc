// Exported: libraries and their kernels, which belong to no context.
#include <algorithm>

#include "soft/api/entry.h"
#include "soft/api/function_view.h"
#include "soft/api/load.h"

using namespace soft;
using namespace soft::driver;

namespace {

template <class Body>
CUresult on_library(abi::CUlibrary handle, Body&& body) {
    return enter([&](Device& device) -> CUresult {
        Library* library = device.handles.find<Library>(handle);
        return library == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : body(device, *library);
    });
}

template <class Body>
CUresult on_kernel(abi::CUkernel handle, Body&& body) {
    return enter([&](Device& device) -> CUresult {
        LibraryKernel* kernel = device.handles.find<LibraryKernel>(handle);
        return kernel == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : body(device, *kernel);
    });
}

FunctionView view(const LibraryKernel& kernel) { return {&kernel.declared, kernel.settings.get()}; }

// The library's module in the current context.
CUresult current_instance(Device& device, Library& library, std::shared_ptr<Module>& module) {
    Context* context = nullptr;
    if (const CUresult found = find_current(device, context); found != abi::CUDA_SUCCESS) return found;
    if (const CUresult error = context->error(); error != abi::CUDA_SUCCESS) return error;
    CUresult error = abi::CUDA_SUCCESS;
    std::string log;
    module = context->instance_of(library, error, log);
    return error;
}

}  // namespace

SOFT_EXPORT CUresult cuLibraryLoadData(abi::CUlibrary* library, const void* code, abi::CUjit_option* options,
                                       void** values, unsigned int count,
                                       abi::CUlibraryOption* library_options, void**,
                                       unsigned int library_count) {
    return enter([&](Device& device) {
        const JitOptions jit(count, options, values);
        const bool unnamed = library_count != 0 && library_options == nullptr;
        if (library == nullptr || code == nullptr || !jit.valid() || unnamed)
            return abi::CUDA_ERROR_INVALID_VALUE;
        return load_library(device, code, jit, *library);
    });
}

SOFT_EXPORT CUresult cuLibraryLoadFromFile(abi::CUlibrary* library, const char* path,
                                           abi::CUjit_option* options, void** values, unsigned int count,
                                           abi::CUlibraryOption* library_options, void** library_values,
                                           unsigned int library_count) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    if (library == nullptr || path == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const auto bytes = read_file(path);
    if (bytes == nullptr) return abi::CUDA_ERROR_FILE_NOT_FOUND;
    return cuLibraryLoadData(library, bytes->data(), options, values, count, library_options, library_values,
                             library_count);
}

SOFT_EXPORT CUresult cuLibraryUnload(abi::CUlibrary handle) {
    return on_library(handle, [](Device& device, const Library& library) {
        const auto kept = device.remove_library(library);
        if (!kept) return abi::CUDA_ERROR_INVALID_HANDLE;
        for (const auto& module : kept->all_instances()) {
            Context* context = device.context_of(module->context_number());
            if (context == nullptr) continue;
            context->synchronize();
            context->unname(module);
        }
        for (const LibraryKernel& kernel : kept->kernels()) device.handles.remove(kernel.handle);
        device.handles.remove(kept->handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuLibraryGetKernel(abi::CUkernel* out, abi::CUlibrary handle, const char* name) {
    return on_library(handle, [&](Device&, Library& library) {
        if (out == nullptr || name == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const LibraryKernel* kernel = library.find_kernel(name);
        if (kernel == nullptr) return abi::CUDA_ERROR_NOT_FOUND;
        *out = as_handle<abi::CUkernel>(kernel->handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuLibraryGetModule(abi::CUmodule* out, abi::CUlibrary handle) {
    return on_library(handle, [&](Device& device, Library& library) {
        if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::shared_ptr<Module> module;
        const CUresult result = current_instance(device, library, module);
        if (result == abi::CUDA_SUCCESS) *out = as_handle<abi::CUmodule>(module->handle);
        return result;
    });
}

SOFT_EXPORT CUresult cuLibraryGetGlobal(abi::CUdeviceptr* dptr, std::size_t* bytes, abi::CUlibrary handle,
                                        const char* name) {
    return on_library(handle, [&](Device& device, Library& library) {
        if (name == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::shared_ptr<Module> module;
        if (const CUresult result = current_instance(device, library, module); result != abi::CUDA_SUCCESS) {
            return result;
        }
        const GlobalInfo* found = module->find_global(name);
        if (found == nullptr) return abi::CUDA_ERROR_NOT_FOUND;
        if (dptr != nullptr) *dptr = found->address;
        if (bytes != nullptr) *bytes = found->size;
        return abi::CUDA_SUCCESS;
    });
}

// A runtime asks before any context is current: the one it will use is the primary one.
SOFT_EXPORT CUresult cuLibraryGetManaged(abi::CUdeviceptr* dptr, std::size_t* bytes, abi::CUlibrary handle,
                                         const char* name) {
    return on_library(handle, [&](Device& device, Library& library) {
        if (name == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        Context* context = nullptr;
        if (find_current(device, context) != abi::CUDA_SUCCESS) context = &device.primary(0);
        CUresult error = abi::CUDA_SUCCESS;
        std::string log;
        const auto module = context->instance_of(library, error, log);
        if (!module) return error;
        const GlobalInfo* found = module->find_global(name);
        if (found == nullptr || !found->is_managed) return abi::CUDA_ERROR_NOT_FOUND;
        if (dptr != nullptr) *dptr = found->address;
        if (bytes != nullptr) *bytes = found->size;
        return abi::CUDA_SUCCESS;
    });
}

// Host code cannot be called from a kernel.

SOFT_EXPORT CUresult cuLibraryGetUnifiedFunction(void** function, abi::CUlibrary handle, const char* symbol) {
    return on_library(handle, [&](Device&, Library&) {
        const bool asked = function != nullptr && symbol != nullptr;
        return asked ? abi::CUDA_ERROR_NOT_FOUND : abi::CUDA_ERROR_INVALID_VALUE;
    });
}

SOFT_EXPORT CUresult cuLibraryGetKernelCount(unsigned int* count, abi::CUlibrary handle) {
    return on_library(handle, [&](Device&, Library& library) {
        if (count == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *count = static_cast<unsigned>(library.kernels().size());
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuLibraryEnumerateKernels(abi::CUkernel* out, unsigned int count,
                                               abi::CUlibrary handle) {
    return on_library(handle, [&](Device&, Library& library) {
        if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto& kernels = library.kernels();
        for (std::size_t index = 0; index < std::min<std::size_t>(count, kernels.size()); ++index) {
            out[index] = as_handle<abi::CUkernel>(kernels[index].handle);
        }
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuKernelGetFunction(abi::CUfunction* out, abi::CUkernel handle) {
    return on_kernel(handle, [&](Device& device, const LibraryKernel& kernel) {
        if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::shared_ptr<Module> module;
        const CUresult result = current_instance(device, *kernel.library, module);
        if (result == abi::CUDA_SUCCESS)
            *out = as_handle<abi::CUfunction>(module->functions()[kernel.index].handle);
        return result;
    });
}

SOFT_EXPORT CUresult cuKernelGetLibrary(abi::CUlibrary* out, abi::CUkernel handle) {
    return on_kernel(handle, [&](Device&, const LibraryKernel& kernel) {
        if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *out = as_handle<abi::CUlibrary>(kernel.library->handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuKernelGetAttribute(int* value, abi::CUfunction_attribute attribute,
                                          abi::CUkernel handle, abi::CUdevice dev) {
    return on_kernel(handle, [&](const Device& device, const LibraryKernel& kernel) {
        if (!device.has(dev)) return abi::CUDA_ERROR_INVALID_DEVICE;
        return value == nullptr ? abi::CUDA_ERROR_INVALID_VALUE
                                : get_attribute(view(kernel), attribute, *value);
    });
}

SOFT_EXPORT CUresult cuKernelSetAttribute(abi::CUfunction_attribute attribute, int value,
                                          abi::CUkernel handle, abi::CUdevice dev) {
    return on_kernel(handle, [&](const Device& device, const LibraryKernel& kernel) {
        return device.has(dev) ? set_attribute(view(kernel), attribute, value)
                               : abi::CUDA_ERROR_INVALID_DEVICE;
    });
}

SOFT_EXPORT CUresult cuKernelSetCacheConfig(abi::CUkernel handle, abi::CUfunc_cache config,
                                            abi::CUdevice dev) {
    return on_kernel(handle, [&](const Device& device, const LibraryKernel&) {
        if (!device.has(dev)) return abi::CUDA_ERROR_INVALID_DEVICE;
        const bool known = config >= 0 && config <= abi::CU_FUNC_CACHE_PREFER_EQUAL;
        return known ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    });
}

SOFT_EXPORT CUresult cuKernelGetName(const char** name, abi::CUkernel handle) {
    return on_kernel(handle, [&](Device&, const LibraryKernel& kernel) {
        if (name == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *name = kernel.declared.name.c_str();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuKernelGetParamInfo(abi::CUkernel handle, std::size_t index, std::size_t* offset,
                                          std::size_t* size) {
    return on_kernel(handle, [&](Device&, const LibraryKernel& kernel) {
        return get_parameter(view(kernel), index, offset, size);
    });
}
