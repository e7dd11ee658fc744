// Code by hand: loading answers with a description of what was loaded, unloading waits for what runs; both go
// aside. Called by generated dispatch; the work itself is in modules.h.
#include <memory>

#include "engine/executor.h"
#include "host/hand.h"
#include "wire/text.h"

namespace engine::hand {
namespace {

wire::Handle module_of(const Watch& watch) { return wire::Handle{watch.argument}; }

// Kernels have attributes per device: the current context's, or the first when none is current.
abi::CUdevice device_in_use(Executor& executor) {
    abi::CUdevice device = 0;
    const bool none = executor.contexts().current() == nullptr || executor.driver().cuCtxGetDevice == nullptr;
    if (none || executor.driver().cuCtxGetDevice(&device) != abi::CUDA_SUCCESS) return 0;
    return device;
}

// Answers `header` with what `unload` answers; nothing names what it unloads any more. A guest that does not
// wait has launched nothing that this could bring text out of: what else there is is waited for aside.
template <class Unload>
abi::CUresult unload_aside(Executor& executor, const wire::RecordHeader& header, Unload&& unload) {
    const auto work = [unload, waits = header.ticket == 0, wait = executor.driver().cuCtxSynchronize] {
        if (waits) (void)wait();
        return unload();
    };
    return executor.aside(work, [&executor, header](abi::CUresult result) {
        executor.note_launch();  // unloading may deliver device printf
        executor.answer(header, result, {});
    });
}

abi::CUresult unload_module(Executor& executor, const Watch& watch) {
    auto* module =
        static_cast<abi::CUmodule>(executor.handles().find(wire::HandleKind::module, module_of(watch)));
    if (module == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    executor.handles().forget(module_of(watch), [](wire::Handle, void*) {});
    const auto unload = executor.driver().cuModuleUnload;
    return unload_aside(executor, watch.record, [=] { return unload(module); });
}

abi::CUresult unload_library(Executor& executor, const wire::RecordHeader& header, wire::Handle handle) {
    auto* library = static_cast<abi::CUlibrary>(executor.handles().find(wire::HandleKind::library, handle));
    if (library == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    const auto unload = executor.driver().cuLibraryUnload;
    if (unload == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    executor.modules().forget_library(handle);
    executor.handles().forget(handle, [](wire::Handle, void*) {});
    return unload_aside(executor, header, [=] { return unload(library); });
}

abi::CUresult unload_quiet_library(Executor& executor, const Watch& watch) {
    return unload_library(executor, watch.record, module_of(watch));
}

// What both kinds of loads need to be answered.
struct Loading {
    wire::RecordHeader header;
    wire::Handle context;
    bool describes;  // the guest does not know what is in it
    bool keeps;
    abi::CUdevice device;
    std::shared_ptr<Modules::Load> load;
    abi::CUmodule module = nullptr;
    abi::CUlibrary library = nullptr;
    std::span<const std::byte> kernels;
};

template <class Request>
abi::CUresult prepare(Executor& executor, const wire::RecordHeader& header, const Request& request,
                      std::shared_ptr<Loading>& loading) {
    Modules& modules = executor.modules();
    loading = std::make_shared<Loading>();
    loading->header = header;
    loading->context = executor.contexts().current_handle();
    loading->describes = header.ticket != 0;
    loading->keeps = loading->describes && !Modules::is_reference(request.image);
    loading->device = device_in_use(executor);
    return modules.prepare(modules.image_of(request.image), request.options, loading->load);
}

template <class Reply>
void answer_load(Executor& executor, const Loading& loading, abi::CUresult result, bool library) {
    std::vector<std::byte> payload;
    ReplySink sink(payload);
    if (loading.describes) {
        Reply reply;
        reply.result_detail = static_cast<std::uint32_t>(result);
        reply.log = executor.modules().log();
        if (result == abi::CUDA_SUCCESS) reply.kernels = loading.kernels;
        if (result == abi::CUDA_SUCCESS && loading.keeps)
            executor.modules().keep(*loading.load, library, loading.device);
        sink.outputs(reply);
    }
    executor.answer(loading.header, result, sink.payload());
}

}  // namespace

abi::CUresult cuModuleLoadDataEx(Executor& executor, const wire::RecordHeader& header,
                                 const wire::cuModuleLoadDataEx_Request& request, ReplySink&) {
    std::shared_ptr<Loading> loading;
    const auto finish = [&executor, handle = request.module](const Loading& loaded, abi::CUresult result) {
        if (result == abi::CUDA_SUCCESS)
            result = executor.bind_under(loaded.context, wire::HandleKind::module, handle, loaded.module);
        answer_load<wire::cuModuleLoadDataEx_Reply>(executor, loaded, result, false);
        return kPending;
    };
    const abi::CUresult good = prepare(executor, header, request, loading);
    if (good != abi::CUDA_SUCCESS) return finish(*loading, good);
    const auto load = [&modules = executor.modules(), loading] {
        const abi::CUresult result = modules.load_module(*loading->load, loading->module);
        if (result == abi::CUDA_SUCCESS && loading->describes)
            loading->kernels = modules.describe_module(loading->module);
        return result;
    };
    return executor.aside(load, [loading, finish](abi::CUresult result) { (void)finish(*loading, result); });
}

abi::CUresult cuLibraryLoadData(Executor& executor, const wire::RecordHeader& header,
                                const wire::cuLibraryLoadData_Request& request, ReplySink&) {
    if (executor.driver().cuLibraryLoadData == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    std::shared_ptr<Loading> loading;
    const auto finish = [&executor, library = request.library, module = request.module](
                            const Loading& loaded, abi::CUresult result) {
        if (result == abi::CUDA_SUCCESS)
            result = executor.bind(wire::HandleKind::library, library, loaded.library);
        if (result == abi::CUDA_SUCCESS && !executor.modules().name_module(module, library)) {
            executor.violate("a library's module handle cannot be a name");
            result = abi::CUDA_ERROR_INVALID_HANDLE;
        }
        answer_load<wire::cuLibraryLoadData_Reply>(executor, loaded, result, true);
        return kPending;
    };
    const abi::CUresult good = prepare(executor, header, request, loading);
    if (good != abi::CUDA_SUCCESS) return finish(*loading, good);
    const auto load = [&modules = executor.modules(), loading] {
        const abi::CUresult result = modules.load_library(*loading->load, loading->library);
        if (result == abi::CUDA_SUCCESS && loading->describes)
            loading->kernels = modules.describe_library(loading->library, loading->device);
        return result;
    };
    return executor.aside(load, [loading, finish](abi::CUresult result) { (void)finish(*loading, result); });
}

abi::CUresult cuModuleUnload(Executor& executor, const wire::RecordHeader& header,
                             const wire::cuModuleUnload_Request& request, ReplySink&) {
    if (executor.handles().find(wire::HandleKind::module, request.module) == nullptr) {
        return abi::CUDA_ERROR_INVALID_HANDLE;
    }
    const wire::Handle context = executor.handles().parent_of(request.module);
    if (header.ticket != 0)
        return executor.wait_for_context(context, header, unload_module, request.module.value);
    const abi::CUresult current = executor.contexts().use(context);
    if (current != abi::CUDA_SUCCESS) return current;
    return unload_module(executor, {{}, context, header, unload_module, request.module.value});
}

abi::CUresult cuLibraryUnload(Executor& executor, const wire::RecordHeader& header,
                              const wire::cuLibraryUnload_Request& request, ReplySink&) {
    if (executor.handles().find(wire::HandleKind::library, request.library) == nullptr) {
        return abi::CUDA_ERROR_INVALID_HANDLE;
    }
    const wire::Handle context = executor.contexts().current_handle();
    if (context.value == 0 || header.ticket == 0) return unload_library(executor, header, request.library);
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
