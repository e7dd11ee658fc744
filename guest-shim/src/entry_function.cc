// Functions and kernels: what the guest answers about them from the metadata of their image, and the
// attributes that can be set. A CUkernel is taken wherever a CUfunction is.
#include "guest/hand.h"
#include "modules.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

abi::CUresult named_function(Session& session, wire::Handle handle, bool arguments_good,
                             Function*& function) {
    if (!arguments_good) return abi::CUDA_ERROR_INVALID_VALUE;
    function = find_function(session, handle);
    return function == nullptr || function->facts == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE
                                                             : abi::CUDA_SUCCESS;
}

abi::CUresult parameter_of(Session& session, wire::Handle handle, std::size_t index, std::size_t* offset,
                           std::size_t* size) {
    Function* function = nullptr;
    const abi::CUresult good = named_function(session, handle, offset != nullptr, function);
    if (good != abi::CUDA_SUCCESS) return good;
    if (index >= function->facts->parameters.size()) return abi::CUDA_ERROR_INVALID_VALUE;
    *offset = function->facts->parameters[index].offset;
    if (size != nullptr) *size = function->facts->parameters[index].size;
    return abi::CUDA_SUCCESS;
}

abi::CUresult attribute_of(Session& session, wire::Handle handle, abi::CUfunction_attribute attribute,
                           int* value) {
    Function* function = nullptr;
    const bool known = attribute >= 0 && attribute < abi::CU_FUNC_ATTRIBUTE_MAX;
    const abi::CUresult good = named_function(session, handle, value != nullptr && known, function);
    if (good == abi::CUDA_SUCCESS)
        *value = function->facts->attributes[attribute].load(std::memory_order_relaxed);
    return good;
}

// Whether CUDA would take the value; the host is told only of those.
bool can_set(const Session& session, int device, const KernelFacts& facts,
             abi::CUfunction_attribute attribute, int value) {
    const DeviceFacts* limits = session.snapshot.device(device);
    switch (attribute) {
        case abi::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: {
            const int most =
                limits->attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN) -
                facts.attributes[abi::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES].load(std::memory_order_relaxed);
            return value >= 0 && value <= most;
        }
        case abi::CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
            return value >= abi::CU_SHAREDMEM_CARVEOUT_DEFAULT &&
                   value <= abi::CU_SHAREDMEM_CARVEOUT_MAX_SHARED;
        case abi::CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
        case abi::CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
        case abi::CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
        case abi::CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
        case abi::CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
            return value >= 0;
        default:
            return false;  // read-only, or unknown
    }
}

}  // namespace

namespace hand {

abi::CUresult cuFuncSetAttribute(Session& session, abi::CUfunction hfunc, abi::CUfunction_attribute attrib,
                                 int value) {
    Function* function = nullptr;
    const abi::CUresult good = named_function(session, wire::to_handle(hfunc), true, function);
    if (good != abi::CUDA_SUCCESS) return good;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    if (!can_set(session, context->device, *function->facts, attrib, value))
        return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUresult result =
        send(session,
             wire::cuFuncSetAttribute_Request{.f = function->handle, .attribute = attrib, .value = value});
    if (result == abi::CUDA_SUCCESS)
        function->facts->attributes[attrib].store(value, std::memory_order_relaxed);
    return result;
}

abi::CUresult cuKernelSetAttribute(Session& session, abi::CUfunction_attribute attrib, int val,
                                   abi::CUkernel kernel, abi::CUdevice dev) {
    Function* function = nullptr;
    const abi::CUresult good = named_function(session, wire::to_handle(kernel), true, function);
    if (good != abi::CUDA_SUCCESS) return good;
    const DeviceFacts* device = session.snapshot.device(dev);
    if (device == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    if (!can_set(session, dev, *function->facts, attrib, val)) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUresult result = send_free(
        session, wire::cuKernelSetAttribute_Request{
                     .attrib = attrib, .val = val, .kernel = function->handle, .dev = device->host_ordinal});
    if (result == abi::CUDA_SUCCESS)
        function->facts->attributes[attrib].store(val, std::memory_order_relaxed);
    return result;
}

}  // namespace hand

namespace local {

abi::CUresult cuFuncGetModule(Session& session, abi::CUmodule* hmod, abi::CUfunction hfunc) {
    Function* function = nullptr;
    const abi::CUresult good = named_function(session, wire::to_handle(hfunc), hmod != nullptr, function);
    if (good != abi::CUDA_SUCCESS) return good;
    const bool of_library = function->image->handle.kind() == wire::HandleKind::library;
    *hmod = wire::to_pointer<abi::CUmodule>(of_library ? function->image->module : function->image->handle);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuFuncGetName(Session& session, const char** name, abi::CUfunction hfunc) {
    Function* function = nullptr;
    const abi::CUresult good = named_function(session, wire::to_handle(hfunc), name != nullptr, function);
    if (good == abi::CUDA_SUCCESS) *name = function->facts->name.c_str();
    return good;
}

abi::CUresult cuFuncGetParamInfo(Session& session, abi::CUfunction func, std::size_t paramIndex,
                                 std::size_t* paramOffset, std::size_t* paramSize) {
    return parameter_of(session, wire::to_handle(func), paramIndex, paramOffset, paramSize);
}

abi::CUresult cuFuncIsLoaded(Session& session, abi::CUfunctionLoadingState* state, abi::CUfunction function) {
    Function* named = nullptr;
    const abi::CUresult good = named_function(session, wire::to_handle(function), state != nullptr, named);
    if (good == abi::CUDA_SUCCESS) *state = abi::CU_FUNCTION_LOADING_STATE_LOADED;
    return good;
}

abi::CUresult cuFuncLoad(Session& session, abi::CUfunction function) {
    Function* named = nullptr;
    return named_function(session, wire::to_handle(function), true, named);
}

abi::CUresult cuFuncGetAttribute(Session& session, int* pi, abi::CUfunction_attribute attrib,
                                 abi::CUfunction hfunc) {
    return attribute_of(session, wire::to_handle(hfunc), attrib, pi);
}

abi::CUresult cuFuncSetSharedMemConfig(Session& session, abi::CUfunction hfunc, abi::CUsharedconfig) {
    Function* function = nullptr;
    return named_function(session, wire::to_handle(hfunc), true, function);
}

abi::CUresult cuKernelGetFunction(Session& session, abi::CUfunction* pFunc, abi::CUkernel kernel) {
    Function* function = nullptr;
    const abi::CUresult good = named_function(session, wire::to_handle(kernel), pFunc != nullptr, function);
    if (good == abi::CUDA_SUCCESS) *pFunc = wire::to_pointer<abi::CUfunction>(function->handle);
    return good;
}

abi::CUresult cuKernelGetLibrary(Session& session, abi::CUlibrary* pLib, abi::CUkernel kernel) {
    Function* function = nullptr;
    const abi::CUresult good = named_function(session, wire::to_handle(kernel), pLib != nullptr, function);
    if (good == abi::CUDA_SUCCESS) *pLib = wire::to_pointer<abi::CUlibrary>(function->image->handle);
    return good;
}

abi::CUresult cuKernelGetAttribute(Session& session, int* pi, abi::CUfunction_attribute attrib,
                                   abi::CUkernel kernel, abi::CUdevice dev) {
    if (session.snapshot.device(dev) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    return attribute_of(session, wire::to_handle(kernel), attrib, pi);
}

abi::CUresult cuKernelGetName(Session& session, const char** name, abi::CUkernel hfunc) {
    Function* function = nullptr;
    const abi::CUresult good = named_function(session, wire::to_handle(hfunc), name != nullptr, function);
    if (good == abi::CUDA_SUCCESS) *name = function->facts->name.c_str();
    return good;
}

abi::CUresult cuKernelGetParamInfo(Session& session, abi::CUkernel kernel, std::size_t paramIndex,
                                   std::size_t* paramOffset, std::size_t* paramSize) {
    return parameter_of(session, wire::to_handle(kernel), paramIndex, paramOffset, paramSize);
}

}  // namespace local
}  // namespace guest
