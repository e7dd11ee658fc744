// Exported: arrays and mipmapped arrays. Copies to and from them are in entry_copy_box.cc.
#include <bit>

#include "soft/api/entry.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr std::size_t kArrayAlignment = 512;

template <class Handle>
CUresult create(Handle* out, const abi::CUDA_ARRAY3D_DESCRIPTOR& description) {
    return enter_context([&](Device&, Context& context) {
        if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t handle = 0;
        const CUresult result = context.images.create_array(description, handle);
        if (result == abi::CUDA_SUCCESS) *out = as_handle<Handle>(handle);
        return result;
    });
}

template <class Object, class Handle, class Body>
CUresult on_image(Handle handle, Body&& body) {
    return enter_context([&](Device& device, Context& context) -> CUresult {
        const Object* object = device.handles.find<Object>(handle);
        return object == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : body(context, *object);
    });
}

// As with every free of CUDA, work that may still use the array finishes first.
template <class Object>
CUresult destroy(Context& context, const Object& object) {
    context.synchronize();
    if (const CUresult error = context.error(); error != abi::CUDA_SUCCESS) return error;
    return context.images.destroy(object) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_HANDLE;
}

CUresult answer_size(abi::CUDA_ARRAY_MEMORY_REQUIREMENTS* out, std::uint64_t size) {
    if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *out = {};
    out->size = size;
    out->alignment = kArrayAlignment;
    return abi::CUDA_SUCCESS;
}

unsigned most_levels(const abi::CUDA_ARRAY3D_DESCRIPTOR& description) {
    const bool sliced = (description.Flags & (abi::CUDA_ARRAY3D_LAYERED | abi::CUDA_ARRAY3D_CUBEMAP)) != 0;
    const std::size_t longest =
        std::max({description.Width, description.Height, sliced ? std::size_t{1} : description.Depth});
    return static_cast<unsigned>(std::bit_width(longest));
}

}  // namespace

SOFT_EXPORT CUresult cuArrayCreate_v2(abi::CUarray* out, const abi::CUDA_ARRAY_DESCRIPTOR* asked) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    if (asked == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return create(out, {asked->Width, asked->Height, 0, asked->Format, asked->NumChannels, 0});
}

SOFT_EXPORT CUresult cuArray3DCreate_v2(abi::CUarray* out, const abi::CUDA_ARRAY3D_DESCRIPTOR* asked) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    return asked == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : create(out, *asked);
}

SOFT_EXPORT CUresult cuArrayGetDescriptor_v2(abi::CUDA_ARRAY_DESCRIPTOR* out, abi::CUarray handle) {
    return on_image<Array>(handle, [&](Context&, const Array& array) {
        if (out == nullptr || array.description.Depth != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto& has = array.description;
        *out = {has.Width, has.Height, has.Format, has.NumChannels};
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuArray3DGetDescriptor_v2(abi::CUDA_ARRAY3D_DESCRIPTOR* out, abi::CUarray handle) {
    return on_image<Array>(handle, [&](Context&, const Array& array) {
        if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *out = array.description;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuArrayDestroy(abi::CUarray handle) {
    return on_image<Array>(handle, [](Context& context, const Array& array) {
        return array.whole != nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : destroy(context, array);
    });
}

SOFT_EXPORT CUresult cuArrayGetMemoryRequirements(abi::CUDA_ARRAY_MEMORY_REQUIREMENTS* out,
                                                  abi::CUarray handle, abi::CUdevice) {
    return on_image<Array>(
        handle, [&](Context&, const Array& array) { return answer_size(out, image_bytes(array.image)); });
}

// No format here has planes.
SOFT_EXPORT CUresult cuArrayGetPlane(abi::CUarray*, abi::CUarray handle, unsigned int) {
    return on_image<Array>(handle, [](Context&, const Array&) { return abi::CUDA_ERROR_INVALID_VALUE; });
}

SOFT_EXPORT CUresult cuMipmappedArrayCreate(abi::CUmipmappedArray* out,
                                            const abi::CUDA_ARRAY3D_DESCRIPTOR* asked, unsigned int levels) {
    return enter_context([&](Device&, Context& context) {
        if (out == nullptr || asked == nullptr || levels == 0) return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t handle = 0;
        const unsigned most = std::max(most_levels(*asked), 1u);
        const CUresult result = context.images.create_mipmap(*asked, std::min(levels, most), handle);
        if (result == abi::CUDA_SUCCESS) *out = as_handle<abi::CUmipmappedArray>(handle);
        return result;
    });
}

SOFT_EXPORT CUresult cuMipmappedArrayGetLevel(abi::CUarray* out, abi::CUmipmappedArray handle,
                                              unsigned int level) {
    return on_image<Mipmap>(handle, [&](Context&, const Mipmap& mipmap) {
        if (out == nullptr || level >= mipmap.levels.size()) return abi::CUDA_ERROR_INVALID_VALUE;
        *out = as_handle<abi::CUarray>(mipmap.levels[level]->handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuMipmappedArrayDestroy(abi::CUmipmappedArray handle) {
    return on_image<Mipmap>(handle,
                            [](Context& context, const Mipmap& mipmap) { return destroy(context, mipmap); });
}

SOFT_EXPORT CUresult cuMipmappedArrayGetMemoryRequirements(abi::CUDA_ARRAY_MEMORY_REQUIREMENTS* out,
                                                           abi::CUmipmappedArray handle, abi::CUdevice) {
    return on_image<Mipmap>(handle,
                            [&](Context&, const Mipmap& mipmap) { return answer_size(out, mipmap.size); });
}
