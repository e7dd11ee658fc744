// Exported: modules and their functions.
#include <algorithm>

#include "soft/api/entry.h"
#include "soft/api/function_view.h"
#include "soft/api/load.h"

using namespace soft;
using namespace soft::driver;

namespace {

CUresult load(abi::CUmodule* module, const void* image, const JitOptions& options) {
    return enter_context([&](Device&, Context& context) {
        if (module == nullptr || image == nullptr || !options.valid()) return abi::CUDA_ERROR_INVALID_VALUE;
        return load_into(context, image, options, *module);
    });
}

// Runs `body(Device&, Module&)` with the module that `handle` names.
template <class Body>
CUresult on_module(abi::CUmodule handle, Body&& body) {
    return enter_context([&](Device& device, Context&) -> CUresult {
        Module* module = device.handles.find<Module>(handle);
        return module == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : body(device, *module);
    });
}

// Runs `body(FunctionView)` with the function or kernel that `handle` names.
template <class Body>
CUresult on_function(abi::CUfunction handle, Body&& body) {
    return enter_context([&](const Device& device, Context&) -> CUresult {
        FunctionView view;
        if (!view_function(device, address_of(handle), view)) return abi::CUDA_ERROR_INVALID_HANDLE;
        return body(view);
    });
}

}  // namespace

SOFT_EXPORT CUresult cuModuleLoadDataEx(abi::CUmodule* module, const void* image, unsigned int count,
                                        abi::CUjit_option* options, void** values) {
    return load(module, image, JitOptions(count, options, values));
}

SOFT_EXPORT CUresult cuModuleLoadData(abi::CUmodule* module, const void* image) {
    return load(module, image, JitOptions(0, nullptr, nullptr));
}

SOFT_EXPORT CUresult cuModuleLoadFatBinary(abi::CUmodule* module, const void* image) {
    return cuModuleLoadData(module, image);
}

SOFT_EXPORT CUresult cuModuleLoad(abi::CUmodule* module, const char* path) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    if (module == nullptr || path == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const auto bytes = read_file(path);
    return bytes == nullptr ? abi::CUDA_ERROR_FILE_NOT_FOUND : cuModuleLoadData(module, bytes->data());
}

SOFT_EXPORT CUresult cuModuleUnload(abi::CUmodule handle) {
    return on_module(handle, [](Device& device, const Module& module) {
        Context* owner = device.context_of(module.context_number());
        if (owner == nullptr || module.library != nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        owner->synchronize();
        owner->remove_module(module);
        return owner->error();
    });
}

SOFT_EXPORT CUresult cuModuleGetFunction(abi::CUfunction* function, abi::CUmodule handle, const char* name) {
    return on_module(handle, [&](Device&, Module& module) {
        if (function == nullptr || name == nullptr || *name == '\0') return abi::CUDA_ERROR_INVALID_VALUE;
        const ModuleFunction* found = module.find_function(name);
        if (found == nullptr) return abi::CUDA_ERROR_NOT_FOUND;
        *function = as_handle<abi::CUfunction>(found->handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuModuleGetFunctionCount(unsigned int* count, abi::CUmodule handle) {
    return on_module(handle, [&](Device&, Module& module) {
        if (count == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *count = static_cast<unsigned>(module.functions().size());
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuModuleEnumerateFunctions(abi::CUfunction* functions, unsigned int count,
                                                abi::CUmodule handle) {
    return on_module(handle, [&](Device&, Module& module) {
        if (functions == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto all = module.functions();
        for (std::size_t index = 0; index < std::min<std::size_t>(count, all.size()); ++index) {
            functions[index] = as_handle<abi::CUfunction>(all[index].handle);
        }
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuModuleGetGlobal_v2(abi::CUdeviceptr* dptr, std::size_t* bytes, abi::CUmodule handle,
                                          const char* name) {
    return on_module(handle, [&](Device&, const Module& module) {
        if (name == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const GlobalInfo* found = module.find_global(name);
        if (found == nullptr) return abi::CUDA_ERROR_NOT_FOUND;
        if (dptr != nullptr) *dptr = found->address;
        if (bytes != nullptr) *bytes = found->size;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuFuncGetModule(abi::CUmodule* module, abi::CUfunction handle) {
    return enter_context([&](Device& device, Context& context) {
        if (module == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        CUresult error = abi::CUDA_SUCCESS;
        const ModuleFunction* function = find_function(device, context, handle, error);
        if (function == nullptr) return error;
        *module = as_handle<abi::CUmodule>(function->module->handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuFuncGetName(const char** name, abi::CUfunction handle) {
    return on_function(handle, [&](const FunctionView& view) {
        if (name == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *name = view.declared->name.c_str();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuFuncGetParamInfo(abi::CUfunction handle, std::size_t index, std::size_t* offset,
                                        std::size_t* size) {
    return on_function(handle,
                       [&](const FunctionView& view) { return get_parameter(view, index, offset, size); });
}

SOFT_EXPORT CUresult cuFuncIsLoaded(abi::CUfunctionLoadingState* state, abi::CUfunction handle) {
    return on_function(handle, [&](const FunctionView&) {
        if (state == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *state = abi::CU_FUNCTION_LOADING_STATE_LOADED;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuFuncLoad(abi::CUfunction handle) {
    return on_function(handle, [](const FunctionView&) { return abi::CUDA_SUCCESS; });
}

SOFT_EXPORT CUresult cuFuncGetAttribute(int* value, abi::CUfunction_attribute attribute,
                                        abi::CUfunction handle) {
    return on_function(handle, [&](const FunctionView& view) {
        return value == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : get_attribute(view, attribute, *value);
    });
}

SOFT_EXPORT CUresult cuFuncSetAttribute(abi::CUfunction handle, abi::CUfunction_attribute attribute,
                                        int value) {
    return on_function(handle,
                       [&](const FunctionView& view) { return set_attribute(view, attribute, value); });
}

SOFT_EXPORT CUresult cuFuncSetCacheConfig(abi::CUfunction handle, abi::CUfunc_cache config) {
    return on_function(handle, [&](const FunctionView&) {
        const bool known = config >= 0 && config <= abi::CU_FUNC_CACHE_PREFER_EQUAL;
        return known ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    });
}

SOFT_EXPORT CUresult cuFuncSetSharedMemConfig(abi::CUfunction handle, abi::CUsharedconfig config) {
    return on_function(handle, [&](const FunctionView&) {
        const bool known = config >= 0 && config <= abi::CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE;
        return known ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    });
}
