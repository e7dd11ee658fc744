// Names inside an image: kernels and variables; see modules.h. A kernel is named to the host when the program
// first asks for it, without waiting when the metadata knows it.
#include <memory>

#include "kernel_metadata.h"
#include "modules.h"
#include "stub_runtime.h"
#include "wire/text.h"

namespace guest {
namespace {

// One for all images: look-ups are rare (a program asks once per kernel) and short, but for what has to be
// asked.
constinit Mutex names_mutex;

// The kernel as the image knows it. The module of a library learns from the library, kernel by kernel.
KernelFacts* known_kernel(Image& image, const char* name) {
    const auto own = image.by_name.find(name);
    if (own != image.by_name.end()) return own->second;
    if (image.library == nullptr) return nullptr;
    const auto original = image.library->by_name.find(name);
    if (original == image.library->by_name.end()) return nullptr;
    auto facts = std::make_unique<KernelFacts>();
    facts->name = original->second->name;
    facts->parameters = original->second->parameters;
    facts->parameter_bytes = original->second->parameter_bytes;
    facts->has_gaps = original->second->has_gaps;
    for (std::size_t index = 0; index < kFunctionAttributes; ++index) {
        facts->attributes[index].store(original->second->attributes[index].load());
    }
    image.kernels.push_back(facts.get());
    image.by_name.emplace(facts->name, facts.get());
    return facts.release();
}

wire::HandleKind kernel_kind(const Image& image) {
    const bool of_library = image.handle.kind() == wire::HandleKind::library;
    return of_library ? wire::HandleKind::kernel : wire::HandleKind::function;
}

wire::Handle make_function(Session& session, Image& image, KernelFacts* facts) {
    auto function = std::make_unique<Function>();
    function->context = image.context;
    function->epoch = image.epoch;
    function->image = &image;
    function->facts = facts;
    function->handle = session.handles.create(kernel_kind(image), static_cast<Object*>(function.get()));
    if (function->handle.value == 0) return {};
    return function.release()->handle;
}

abi::CUresult tell_host(Session& session, const Image& image, wire::Handle handle, const char* name) {
    if (handle.kind() == wire::HandleKind::kernel) {
        return send_free(session, wire::cuLibraryGetKernel_Request{
                                      .kernel = handle, .library = image.handle, .name = wire::text(name)});
    }
    return send_free(session, wire::cuModuleGetFunction_Request{
                                  .function = handle, .module = image.handle, .name = wire::text(name)});
}

abi::CUresult ask_host(Session& session, const Image& image, wire::Handle handle, const char* name) {
    const Context* context = thread_state()->current();
    if (handle.kind() == wire::HandleKind::kernel) {
        return call_in(session, context,
                       wire::cuLibraryGetKernel_Request{
                           .kernel = handle, .library = image.handle, .name = wire::text(name)});
    }
    return call_in(session, context,
                   wire::cuModuleGetFunction_Request{
                       .function = handle, .module = image.handle, .name = wire::text(name)});
}

// A kernel the metadata does not list: images of very many kernels, and drivers that cannot enumerate.
abi::CUresult ask_for_kernel(Session& session, Image& image, const char* name, wire::Handle& handle) {
    handle = make_function(session, image, nullptr);
    if (handle.value == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const abi::CUresult result = ask_host(session, image, handle, name);
    if (result != abi::CUDA_SUCCESS) {
        forget_handle(session, handle);
        return result;
    }
    // Both calls' replies have the same single field.
    wire::cuLibraryGetKernel_Reply reply;
    wire::Cursor cursor(thread_state()->reply.bytes());
    if (!decode(cursor, reply) || !read_kernels(reply.kernels, image) || image.by_name.count(name) == 0) {
        session.end(abi::CUDA_ERROR_UNKNOWN, "the host sent malformed kernel metadata");
        return session.lost();
    }
    KernelFacts* facts = image.by_name.find(name)->second;
    facts->handle.store(handle.value, std::memory_order_release);
    find_function(session, handle)->facts = facts;
    return abi::CUDA_SUCCESS;
}

template <class Request, class Reply>
abi::CUresult ask_for_variable(Session& session, const Image& image, const Request& request,
                               Variable& variable, Reply& reply) {
    const abi::CUresult result = call(session, request, reply);
    if (result != abi::CUDA_SUCCESS) return result;
    variable = {reply.address, reply.size};
    session.regions.add({.start = variable.address,
                         .size = variable.size,
                         .kind = RegionKind::variable,
                         .context = image.context != nullptr ? image.context : thread_state()->current(),
                         .flags = 0,
                         .buffer_id = 0});
    return abi::CUDA_SUCCESS;
}

}  // namespace

abi::CUresult name_kernel(Session& session, Image& image, const char* name, wire::Handle& handle) {
    Guard guard(names_mutex);
    KernelFacts* facts = known_kernel(image, name);
    if (facts == nullptr) return ask_for_kernel(session, image, name, handle);
    handle = wire::Handle{facts->handle.load(std::memory_order_acquire)};
    if (handle.value != 0) return abi::CUDA_SUCCESS;
    handle = make_function(session, image, facts);
    if (handle.value == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const abi::CUresult result = tell_host(session, image, handle, name);
    if (result != abi::CUDA_SUCCESS) {
        forget_handle(session, handle);
        return result;
    }
    facts->handle.store(handle.value, std::memory_order_release);
    return abi::CUDA_SUCCESS;
}

abi::CUresult find_variable(Session& session, Image& image, const char* name, Variable& variable) {
    // A library has its variables once per context: what is cached is only good for the context it was asked
    // in.
    const Context* context = thread_state()->current();
    const std::string key = std::string(name) + '@' + std::to_string(context == nullptr ? 0 : context->id) +
                            '.' + std::to_string(context == nullptr ? 0 : context->epoch.load());
    {
        Guard guard(names_mutex);
        const auto known = image.variables.find(key);
        if (known != image.variables.end()) {
            variable = known->second;
            return abi::CUDA_SUCCESS;
        }
    }
    abi::CUresult result = abi::CUDA_SUCCESS;
    if (image.handle.kind() == wire::HandleKind::library) {
        wire::cuLibraryGetGlobal_Reply reply;
        result = ask_for_variable(
            session, image,
            wire::cuLibraryGetGlobal_Request{.library = image.handle, .name = wire::text(name)}, variable,
            reply);
    } else {
        wire::cuModuleGetGlobal_v2_Reply reply;
        result = ask_for_variable(
            session, image,
            wire::cuModuleGetGlobal_v2_Request{.module = image.handle, .name = wire::text(name)}, variable,
            reply);
    }
    if (result != abi::CUDA_SUCCESS) return result;
    Guard guard(names_mutex);
    image.variables.emplace(key, variable);
    return abi::CUDA_SUCCESS;
}

}  // namespace guest
