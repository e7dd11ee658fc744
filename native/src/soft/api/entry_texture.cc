// Exported: texture and surface objects. Kernels get the handles as plain 64-bit arguments.
#include "soft/api/entry.h"
#include "soft/api/texture_object.h"

using namespace soft;
using namespace soft::driver;

namespace {

template <class Body>
CUresult on_texture(abi::CUtexObject handle, Body&& body) {
    return enter_context([&](Device& device, Context& context) -> CUresult {
        const TextureObject* object = device.handles.at<TextureObject>(handle);
        return object == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : body(context, *object);
    });
}

template <class Body>
CUresult on_surface(abi::CUsurfObject handle, Body&& body) {
    return enter_context([&](Device& device, Context& context) -> CUresult {
        const SurfaceObject* object = device.handles.at<SurfaceObject>(handle);
        return object == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : body(context, *object);
    });
}

CUresult done(bool fine) { return fine ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE; }

template <class T>
CUresult answer(T* out, const T& value) {
    if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *out = value;
    return abi::CUDA_SUCCESS;
}

}  // namespace

SOFT_EXPORT CUresult cuTexObjectCreate(abi::CUtexObject* out, const abi::CUDA_RESOURCE_DESC* resource,
                                       const abi::CUDA_TEXTURE_DESC* reading,
                                       const abi::CUDA_RESOURCE_VIEW_DESC* view) {
    return enter_context([&](const Device& device, Context& context) {
        if (out == nullptr || resource == nullptr || reading == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        auto object = std::make_unique<TextureObject>();
        object->resource = *resource;
        object->reading = *reading;
        object->has_view = view != nullptr;
        if (view != nullptr) object->view = *view;
        const CUresult result = describe(device, *object);
        if (result != abi::CUDA_SUCCESS) return result;
        std::uint64_t handle = 0;
        const CUresult added = context.images.add(std::move(object), handle);
        if (added == abi::CUDA_SUCCESS) *out = handle;
        return added;
    });
}

SOFT_EXPORT CUresult cuTexObjectDestroy(abi::CUtexObject handle) {
    if (handle == 0) return readiness();
    return on_texture(handle, [](Context& context, const TextureObject& object) {
        return done(context.images.destroy(object));
    });
}

SOFT_EXPORT CUresult cuTexObjectGetResourceDesc(abi::CUDA_RESOURCE_DESC* out, abi::CUtexObject handle) {
    return on_texture(handle,
                      [&](Context&, const TextureObject& object) { return answer(out, object.resource); });
}

SOFT_EXPORT CUresult cuTexObjectGetTextureDesc(abi::CUDA_TEXTURE_DESC* out, abi::CUtexObject handle) {
    return on_texture(handle,
                      [&](Context&, const TextureObject& object) { return answer(out, object.reading); });
}

SOFT_EXPORT CUresult cuTexObjectGetResourceViewDesc(abi::CUDA_RESOURCE_VIEW_DESC* out,
                                                    abi::CUtexObject handle) {
    return on_texture(handle, [&](Context&, const TextureObject& object) {
        return object.has_view ? answer(out, object.view) : abi::CUDA_ERROR_INVALID_VALUE;
    });
}

SOFT_EXPORT CUresult cuSurfObjectCreate(abi::CUsurfObject* out, const abi::CUDA_RESOURCE_DESC* resource) {
    return enter_context([&](const Device& device, Context& context) {
        if (out == nullptr || resource == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        auto object = std::make_unique<SurfaceObject>();
        object->resource = *resource;
        const CUresult result = describe(device, *object);
        if (result != abi::CUDA_SUCCESS) return result;
        std::uint64_t handle = 0;
        const CUresult added = context.images.add(std::move(object), handle);
        if (added == abi::CUDA_SUCCESS) *out = handle;
        return added;
    });
}

SOFT_EXPORT CUresult cuSurfObjectDestroy(abi::CUsurfObject handle) {
    if (handle == 0) return readiness();
    return on_surface(handle, [](Context& context, const SurfaceObject& object) {
        return done(context.images.destroy(object));
    });
}

SOFT_EXPORT CUresult cuSurfObjectGetResourceDesc(abi::CUDA_RESOURCE_DESC* out, abi::CUsurfObject handle) {
    return on_surface(handle,
                      [&](Context&, const SurfaceObject& object) { return answer(out, object.resource); });
}
