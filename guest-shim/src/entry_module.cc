// Chapters "Module Management" and "Library Management": loading, names, unloading.
#include "guest/hand.h"
#include <string.h>

#include "modules.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

constexpr std::size_t kLongestName = wire::limits::kNameBytes - 1;

bool good_name(const char* name) {
    return name != nullptr && strnlen(name, kLongestName + 1) <= kLongestName;
}

// Sends what ends code; waits only where somebody could tell.
template <class Request>
abi::CUresult send_end(Session& session, const Request& request) {
    return session.contexts.may_end_later(session) ? send(session, request) : call(session, request);
}

// A library, or null; `arguments_good` is said first, as CUDA does.
abi::CUresult named_image(Session& session, wire::HandleKind kind, wire::Handle handle, bool arguments_good,
                          Image*& image) {
    if (!arguments_good) return abi::CUDA_ERROR_INVALID_VALUE;
    image = find_image(session, kind, handle);
    return image == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : abi::CUDA_SUCCESS;
}

// Names the first `count` kernels into `out`.
template <class Pointer>
abi::CUresult enumerate(Session& session, Image& image, Pointer* out, unsigned count) {
    const Image& source = image.library == nullptr ? image : *image.library;
    for (std::size_t index = 0; index < count && index < source.kernels.size(); ++index) {
        wire::Handle handle;
        const abi::CUresult result = name_kernel(session, image, source.kernels[index]->name.c_str(), handle);
        if (result != abi::CUDA_SUCCESS) return result;
        out[index] = wire::to_pointer<Pointer>(handle);
    }
    return abi::CUDA_SUCCESS;
}

unsigned count_kernels(const Image& image) {
    const Image& source = image.library == nullptr ? image : *image.library;
    return static_cast<unsigned>(source.kernels.size());
}

template <class Pointer, class Load>
abi::CUresult load_as(Pointer* out, Load&& load) {
    if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Image* image = nullptr;
    const abi::CUresult result = load(image);
    if (result == abi::CUDA_SUCCESS) *out = wire::to_pointer<Pointer>(image->handle);
    return result;
}

abi::CUresult variable_of(Session& session, wire::HandleKind kind, wire::Handle handle, const char* name,
                          abi::CUdeviceptr* address, std::size_t* size) {
    Image* image = nullptr;
    const abi::CUresult good = named_image(session, kind, handle, good_name(name), image);
    if (good != abi::CUDA_SUCCESS) return good;
    Variable variable{};
    const abi::CUresult result = find_variable(session, *image, name, variable);
    if (result != abi::CUDA_SUCCESS) return result;
    if (address != nullptr) *address = variable.address;
    if (size != nullptr) *size = variable.size;
    return abi::CUDA_SUCCESS;
}

}  // namespace

namespace hand {

abi::CUresult cuModuleLoad(Session& session, abi::CUmodule* module, const char* fname) {
    return load_as(module, [&](Image*& image) { return load_file(session, fname, {}, false, image); });
}

abi::CUresult cuModuleLoadDataEx(Session& session, abi::CUmodule* module, const void* image,
                                 unsigned int numOptions, abi::CUjit_option* options, void** optionValues) {
    if (image == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return load_as(module, [&](Image*& made) {
        return load_image(session, image, {numOptions, options, optionValues}, false, made);
    });
}

abi::CUresult cuModuleUnload(Session& session, abi::CUmodule hmod) {
    Image* image = nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::module, wire::to_handle(hmod), hmod != nullptr, image);
    if (good != abi::CUDA_SUCCESS) return good;
    if (image->library != nullptr) return abi::CUDA_ERROR_NOT_PERMITTED;
    const abi::CUresult result = send_end(session, wire::cuModuleUnload_Request{.module = image->handle});
    forget_image(session, wire::HandleKind::module, *image);
    return result;
}

abi::CUresult cuModuleGetFunction(Session& session, abi::CUfunction* hfunc, abi::CUmodule hmod,
                                  const char* name) {
    Image* image = nullptr;
    const abi::CUresult good = named_image(session, wire::HandleKind::module, wire::to_handle(hmod),
                                           hfunc != nullptr && good_name(name), image);
    if (good != abi::CUDA_SUCCESS) return good;
    wire::Handle handle;
    const abi::CUresult result = name_kernel(session, *image, name, handle);
    if (result == abi::CUDA_SUCCESS) *hfunc = wire::to_pointer<abi::CUfunction>(handle);
    return result;
}

abi::CUresult cuModuleEnumerateFunctions(Session& session, abi::CUfunction* functions,
                                         unsigned int numFunctions, abi::CUmodule mod) {
    Image* image = nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::module, wire::to_handle(mod), functions != nullptr, image);
    return good != abi::CUDA_SUCCESS ? good : enumerate(session, *image, functions, numFunctions);
}

abi::CUresult cuModuleGetGlobal_v2(Session& session, abi::CUdeviceptr* dptr, std::size_t* bytes,
                                   abi::CUmodule hmod, const char* name) {
    return variable_of(session, wire::HandleKind::module, wire::to_handle(hmod), name, dptr, bytes);
}

abi::CUresult cuLibraryLoadData(Session& session, abi::CUlibrary* library, const void* code,
                                abi::CUjit_option* jitOptions, void** jitOptionsValues,
                                unsigned int numJitOptions, abi::CUlibraryOption*, void**, unsigned int) {
    // Library options concern where code is kept in the guest and universal functions, neither of which
    // exists here.
    if (code == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return load_as(library, [&](Image*& made) {
        return load_image(session, code, {numJitOptions, jitOptions, jitOptionsValues}, true, made);
    });
}

abi::CUresult cuLibraryLoadFromFile(Session& session, abi::CUlibrary* library, const char* fileName,
                                    abi::CUjit_option* jitOptions, void** jitOptionsValues,
                                    unsigned int numJitOptions, abi::CUlibraryOption*, void**, unsigned int) {
    return load_as(library, [&](Image*& made) {
        return load_file(session, fileName, {numJitOptions, jitOptions, jitOptionsValues}, true, made);
    });
}

abi::CUresult cuLibraryUnload(Session& session, abi::CUlibrary library) {
    Image* image = nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::library, wire::to_handle(library), library != nullptr, image);
    if (good != abi::CUDA_SUCCESS) return good;
    const wire::cuLibraryUnload_Request request{.library = image->handle};
    const Context* current = thread_state()->current();
    const abi::CUresult result =
        current == nullptr ? call_in(session, current, request) : send_end(session, request);
    forget_image(session, wire::HandleKind::library, *image);
    return result;
}

abi::CUresult cuLibraryGetKernel(Session& session, abi::CUkernel* pKernel, abi::CUlibrary library,
                                 const char* name) {
    Image* image = nullptr;
    const abi::CUresult good = named_image(session, wire::HandleKind::library, wire::to_handle(library),
                                           pKernel != nullptr && good_name(name), image);
    if (good != abi::CUDA_SUCCESS) return good;
    wire::Handle handle;
    const abi::CUresult result = name_kernel(session, *image, name, handle);
    if (result == abi::CUDA_SUCCESS) *pKernel = wire::to_pointer<abi::CUkernel>(handle);
    return result;
}

abi::CUresult cuLibraryGetGlobal(Session& session, abi::CUdeviceptr* dptr, std::size_t* bytes,
                                 abi::CUlibrary library, const char* name) {
    return variable_of(session, wire::HandleKind::library, wire::to_handle(library), name, dptr, bytes);
}

abi::CUresult cuLibraryEnumerateKernels(Session& session, abi::CUkernel* kernels, unsigned int numKernels,
                                        abi::CUlibrary lib) {
    Image* image = nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::library, wire::to_handle(lib), kernels != nullptr, image);
    return good != abi::CUDA_SUCCESS ? good : enumerate(session, *image, kernels, numKernels);
}

}  // namespace hand

namespace local {

abi::CUresult cuModuleGetFunctionCount(Session& session, unsigned int* count, abi::CUmodule mod) {
    Image* image = nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::module, wire::to_handle(mod), count != nullptr, image);
    if (good == abi::CUDA_SUCCESS) *count = count_kernels(*image);
    return good;
}

abi::CUresult cuLibraryGetModule(Session& session, abi::CUmodule* pMod, abi::CUlibrary library) {
    Image* image = nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::library, wire::to_handle(library), pMod != nullptr, image);
    if (good == abi::CUDA_SUCCESS) *pMod = wire::to_pointer<abi::CUmodule>(image->module);
    return good;
}

abi::CUresult cuLibraryGetManaged(Session& session, abi::CUdeviceptr*, std::size_t*, abi::CUlibrary library,
                                  const char* name) {
    Image* image = nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::library, wire::to_handle(library), name != nullptr, image);
    return good != abi::CUDA_SUCCESS ? good : abi::CUDA_ERROR_NOT_FOUND;
}

abi::CUresult cuLibraryGetUnifiedFunction(Session& session, void** fptr, abi::CUlibrary library,
                                          const char* symbol) {
    Image* image = nullptr;
    const bool arguments_good = fptr != nullptr && symbol != nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::library, wire::to_handle(library), arguments_good, image);
    return good != abi::CUDA_SUCCESS ? good : abi::CUDA_ERROR_NOT_FOUND;
}

abi::CUresult cuLibraryGetKernelCount(Session& session, unsigned int* count, abi::CUlibrary lib) {
    Image* image = nullptr;
    const abi::CUresult good =
        named_image(session, wire::HandleKind::library, wire::to_handle(lib), count != nullptr, image);
    if (good == abi::CUDA_SUCCESS) *count = count_kernels(*image);
    return good;
}

}  // namespace local
}  // namespace guest
