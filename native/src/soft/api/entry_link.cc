// Exported: linking of code at run time. Inputs are kept as PTX texts and checked one by one; the link loads
// them all and throws the result away, so that what fails fails here. Its image is a fatbin that holds the
// texts together (see module/image.h), good at any address.
#include <cstdio>

#include "cudart/fatbin_image.h"
#include "soft/api/entry.h"
#include "soft/api/jit_options.h"
#include "soft/api/load.h"
#include "soft/module/image.h"

namespace soft::driver {

// A CUlinkState.
class LinkState {
  public:
    explicit LinkState(const JitOptions& options_) : options(options_) {}

    const JitOptions options;  // whose buffers the program keeps until the link is destroyed
    std::vector<std::string> texts;
    std::vector<std::byte> image;
};

}  // namespace soft::driver

using namespace soft;
using namespace soft::driver;

namespace {

// What went wrong goes to the buffers of the link, and of the call that brought the input.
CUresult refuse(const LinkState& link, CUresult error, const std::string& log) {
    link.options.report({}, log, 0);
    return error;
}

CUresult add(LinkState& link, abi::CUjitInputType type, const void* data, const char* name) {
    const bool known = type == abi::CU_JIT_INPUT_CUBIN || type == abi::CU_JIT_INPUT_PTX ||
                       type == abi::CU_JIT_INPUT_FATBINARY || type == abi::CU_JIT_INPUT_OBJECT ||
                       type == abi::CU_JIT_INPUT_LIBRARY;
    if (!known || data == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    CodeUnits units = read_units(data);
    const std::string where = name == nullptr ? "input" : name;
    if (units.error != abi::CUDA_SUCCESS) return refuse(link, units.error, where + ": " + units.log);
    for (std::string& text : units.texts) link.texts.push_back(std::move(text));
    return abi::CUDA_SUCCESS;
}

template <class Body>
CUresult on_link(abi::CUlinkState handle, Body&& body) {
    return enter_context([&](Device& device, Context& context) -> CUresult {
        LinkState* link = device.handles.find<LinkState>(handle);
        return link == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : body(device, context, *link);
    });
}

}  // namespace

SOFT_EXPORT CUresult cuLinkCreate_v2(unsigned int count, abi::CUjit_option* options, void** values,
                                     abi::CUlinkState* out) {
    return enter_context([&](Device& device, Context&) {
        const JitOptions read(count, options, values);
        if (out == nullptr || !read.valid()) return abi::CUDA_ERROR_INVALID_VALUE;
        auto link = std::make_unique<LinkState>(read);
        const std::uint64_t handle = device.handles.add(link.get());
        if (handle == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        link.release();
        *out = as_handle<abi::CUlinkState>(handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuLinkAddData_v2(abi::CUlinkState handle, abi::CUjitInputType type, void* data,
                                      std::size_t size, const char* name, unsigned int, abi::CUjit_option*,
                                      void**) {
    return on_link(handle, [&](Device&, Context&, LinkState& link) {
        if (data == nullptr || size == 0) return abi::CUDA_ERROR_INVALID_VALUE;
        if (type != abi::CU_JIT_INPUT_PTX) return add(link, type, data, name);
        // A text need not end in a NUL when its size is given.
        return add(link, type, std::string(static_cast<const char*>(data), size).c_str(), name);
    });
}

SOFT_EXPORT CUresult cuLinkAddFile_v2(abi::CUlinkState handle, abi::CUjitInputType type, const char* path,
                                      unsigned int, abi::CUjit_option*, void**) {
    return on_link(handle, [&](Device&, Context&, LinkState& link) {
        if (path == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto bytes = read_file(path);
        if (bytes == nullptr) return abi::CUDA_ERROR_FILE_NOT_FOUND;
        return add(link, type, bytes->data(), path);
    });
}

SOFT_EXPORT CUresult cuLinkComplete(abi::CUlinkState handle, void** image, std::size_t* size) {
    return on_link(handle, [&](Device&, Context& context, LinkState& link) {
        if (image == nullptr || link.texts.empty()) return abi::CUDA_ERROR_INVALID_VALUE;
        CUresult error = abi::CUDA_SUCCESS;
        std::string log;
        if (load_module(link.texts, context.number, context, error, log) == nullptr)
            return refuse(link, error, log);
        link.options.report("", {}, 0);
        link.image = linked_image(link.texts);
        *image = link.image.data();
        if (size != nullptr) *size = link.image.size();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuLinkDestroy(abi::CUlinkState handle) {
    return enter([&](Device& device) {
        LinkState* link = device.handles.find<LinkState>(handle);
        if (link == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        device.handles.remove(address_of(handle));
        delete link;
        return abi::CUDA_SUCCESS;
    });
}
