// Code by hand: loading answers with a description of what was loaded, unloading waits for what runs. Called
// by generated dispatch; the work itself is in modules.h.
#include "engine/executor.h"
#include "host/hand.h"
#include "wire/text.h"

namespace engine::hand {
namespace {

wire::Handle handle_of(const Watch& watch) { return wire::Handle{watch.argument}; }

// Kernels have attributes per device: the current context's, or the first when none is current.
abi::CUdevice device_in_use(Executor& executor) {
    abi::CUdevice device = 0;
    const bool none = executor.contexts().current() == nullptr || executor.driver().cuCtxGetDevice == nullptr;
    if (none || executor.driver().cuCtxGetDevice(&device) != abi::CUDA_SUCCESS) return 0;
    return device;
}

abi::CUresult unload_module(Executor& executor, const Watch& watch) {
    auto* module =
        static_cast<abi::CUmodule>(executor.handles().find(wire::HandleKind::module, handle_of(watch)));
    if (module == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    const abi::CUresult result = executor.driver().cuModuleUnload(module);
    executor.note_launch();  // unloading may deliver device printf
    if (result == abi::CUDA_SUCCESS) executor.handles().forget(handle_of(watch), [](wire::Handle, void*) {});
    return result;
}

abi::CUresult unload_library(Executor& executor, wire::Handle handle) {
    auto* library = static_cast<abi::CUlibrary>(executor.handles().find(wire::HandleKind::library, handle));
    if (library == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    if (executor.driver().cuLibraryUnload == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const abi::CUresult result = executor.driver().cuLibraryUnload(library);
    executor.note_launch();
    if (result != abi::CUDA_SUCCESS) return result;
    executor.modules().forget_library(handle);
    executor.handles().forget(handle, [](wire::Handle, void*) {});
    return result;
}

abi::CUresult unload_quiet_library(Executor& executor, const Watch& watch) {
    return unload_library(executor, handle_of(watch));
}

}  // namespace

abi::CUresult cuModuleLoadDataEx(Executor& executor, const wire::RecordHeader& header,
                                 const wire::cuModuleLoadDataEx_Request& request, ReplySink& sink) {
    Modules& modules = executor.modules();
    abi::CUmodule module = nullptr;
    abi::CUresult result = modules.load_module(modules.image_of(request.image), request.options, module);
    if (result == abi::CUDA_SUCCESS) result = executor.bind(wire::HandleKind::module, request.module, module);
    if (header.ticket == 0) return result;  // of a known image: the guest knows what is in it
    wire::cuModuleLoadDataEx_Reply reply;
    reply.result_detail = static_cast<std::uint32_t>(result);
    reply.log = modules.log();
    if (result == abi::CUDA_SUCCESS) {
        reply.kernels = modules.describe_module(module);
        modules.keep(request.image, request.options, false, device_in_use(executor));
    }
    sink.outputs(reply);
    return result;
}

abi::CUresult cuLibraryLoadData(Executor& executor, const wire::RecordHeader& header,
                                const wire::cuLibraryLoadData_Request& request, ReplySink& sink) {
    if (executor.driver().cuLibraryLoadData == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    Modules& modules = executor.modules();
    abi::CUlibrary library = nullptr;
    abi::CUresult result = modules.load_library(modules.image_of(request.image), request.options, library);
    if (result == abi::CUDA_SUCCESS)
        result = executor.bind(wire::HandleKind::library, request.library, library);
    if (result == abi::CUDA_SUCCESS && !modules.name_module(request.module, request.library)) {
        executor.violate("a library's module handle cannot be a name");
        return abi::CUDA_ERROR_INVALID_HANDLE;
    }
    if (header.ticket == 0) return result;
    wire::cuLibraryLoadData_Reply reply;
    reply.result_detail = static_cast<std::uint32_t>(result);
    reply.log = modules.log();
    if (result == abi::CUDA_SUCCESS) {
        const abi::CUdevice device = device_in_use(executor);
        reply.kernels = modules.describe_library(library, device);
        modules.keep(request.image, request.options, true, device);
    }
    sink.outputs(reply);
    return result;
}

abi::CUresult cuModuleUnload(Executor& executor, const wire::RecordHeader& header,
                             const wire::cuModuleUnload_Request& request, ReplySink&) {
    if (executor.handles().find(wire::HandleKind::module, request.module) == nullptr) {
        return abi::CUDA_ERROR_INVALID_HANDLE;
    }
    const wire::Handle context = executor.handles().parent_of(request.module);
    return executor.wait_for_context(context, header, unload_module, request.module.value);
}

abi::CUresult cuLibraryUnload(Executor& executor, const wire::RecordHeader& header,
                              const wire::cuLibraryUnload_Request& request, ReplySink&) {
    if (executor.handles().find(wire::HandleKind::library, request.library) == nullptr) {
        return abi::CUDA_ERROR_INVALID_HANDLE;
    }
    const wire::Handle context = executor.contexts().current_handle();
    if (context.value == 0) return unload_library(executor, request.library);
    return executor.wait_for_context(context, header, unload_quiet_library, request.library.value);
}

abi::CUresult cuModuleGetFunction(Executor& executor, const wire::RecordHeader& header,
                                  const wire::cuModuleGetFunction_Request& request, ReplySink& sink) {
    abi::CUmodule module = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::module, request.module, header, module);
    if (result != abi::CUDA_SUCCESS) return result;
    const char* name = wire::c_string(request.name);
    abi::CUfunction function = nullptr;
    result = executor.driver().cuModuleGetFunction(&function, module, name);
    if (result != abi::CUDA_SUCCESS) return result;
    const wire::Handle owner = executor.modules().owner_of(request.module);
    result = executor.bind_under(owner, wire::HandleKind::function, request.function, function);
    if (result != abi::CUDA_SUCCESS || header.ticket == 0) return result;
    wire::cuModuleGetFunction_Reply reply;
    reply.kernels = executor.modules().describe_function(function, name);
    sink.outputs(reply);
    return result;
}

abi::CUresult cuLibraryGetKernel(Executor& executor, const wire::RecordHeader& header,
                                 const wire::cuLibraryGetKernel_Request& request, ReplySink& sink) {
    abi::CUlibrary library = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::library, request.library, header, library);
    if (result != abi::CUDA_SUCCESS) return result;
    if (executor.driver().cuLibraryGetKernel == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const char* name = wire::c_string(request.name);
    abi::CUkernel kernel = nullptr;
    result = executor.driver().cuLibraryGetKernel(&kernel, library, name);
    if (result != abi::CUDA_SUCCESS) return result;
    result = executor.bind_under(request.library, wire::HandleKind::kernel, request.kernel, kernel);
    if (result != abi::CUDA_SUCCESS || header.ticket == 0) return result;
    wire::cuLibraryGetKernel_Reply reply;
    reply.kernels = executor.modules().describe_kernel(kernel, name, device_in_use(executor));
    sink.outputs(reply);
    return result;
}

}  // namespace engine::hand
