// Arrays, textures and surfaces by hand: arrays have the guest's names, texture and surface objects the
// driver's values. Called by generated dispatch.
#include <algorithm>
#include <cstring>

#include "cudart/texels.h"
#include "engine/executor.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

// SAFETY: the driver's own pointer, kept as a number.
template <class Object>
std::uint64_t number_of(Object* object) {
    return reinterpret_cast<std::uintptr_t>(object);
}

template <class Request>
abi::CUDA_ARRAY3D_DESCRIPTOR shape_of(const Request& request) {
    return {request.width,
            request.height,
            request.depth,
            static_cast<abi::CUarray_format>(request.format),
            request.channels,
            request.flags};
}

// About what an array takes of the device.
std::uint64_t size_of(const abi::CUDA_ARRAY3D_DESCRIPTOR& shape) {
    const std::size_t channel = std::max<std::size_t>(cudart::bytes_per_channel(shape.Format), 1);
    return shape.Width * std::max<std::size_t>(shape.Height, 1) * std::max<std::size_t>(shape.Depth, 1) *
           channel * shape.NumChannels;
}

abi::CUresult end_array(Executor& executor, const Watch& watch) {
    executor.end_array(watch.argument, false);
    return abi::CUDA_SUCCESS;
}

abi::CUresult end_mipmap(Executor& executor, const Watch& watch) {
    executor.end_array(watch.argument, true);
    return abi::CUDA_SUCCESS;
}

// The name goes now, the array once the work before this has ended.
abi::CUresult end_later(Executor& executor, const wire::RecordHeader& header, wire::HandleKind kind,
                        wire::Handle handle) {
    void* object = nullptr;
    const abi::CUresult taken = executor.take(kind, handle, &object);
    if (taken != abi::CUDA_SUCCESS) return taken;
    const bool is_mipmap = kind == wire::HandleKind::mipmap;
    if (header.ticket == 0) {
        const auto freed = is_mipmap ? Freed::Kind::mipmap : Freed::Kind::array;
        return executor.free_later({.kind = freed, .urgent = true, .address = number_of(object)});
    }
    return executor.wait(Awaited::Kind::context, nullptr, header, is_mipmap ? end_mipmap : end_array,
                         number_of(object));
}

// Reads a description that travelled as it lay in memory. False when it is of another size.
template <class T>
bool read_description(std::span<const std::byte> bytes, T& description) {
    if (bytes.size() != sizeof description) return false;
    std::memcpy(&description, bytes.data(), sizeof description);
    return true;
}

// The driver's array in place of the guest's name.
abi::CUresult place_image(Executor& executor, wire::Handle image, abi::CUDA_RESOURCE_DESC& resource) {
    const bool is_mipmap = resource.resType == abi::CU_RESOURCE_TYPE_MIPMAPPED_ARRAY;
    if (!is_mipmap && resource.resType != abi::CU_RESOURCE_TYPE_ARRAY) return abi::CUDA_SUCCESS;
    const auto kind = is_mipmap ? wire::HandleKind::mipmap : wire::HandleKind::array;
    void* const object = executor.handles().find(kind, image);
    if (object == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    if (is_mipmap) {
        resource.res.mipmap.hMipmappedArray = static_cast<abi::CUmipmappedArray>(object);
    } else {
        resource.res.array.hArray = static_cast<abi::CUarray>(object);
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace

abi::CUresult cuArray3DCreate_v2(Executor& executor, const wire::RecordHeader&,
                                 const wire::cuArray3DCreate_v2_Request& request, ReplySink&) {
    const device::DriverTable& driver = executor.driver();
    if (driver.cuArray3DCreate_v2 == nullptr || driver.cuArrayDestroy == nullptr)
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    const abi::CUDA_ARRAY3D_DESCRIPTOR shape = shape_of(request);
    abi::CUarray array = nullptr;
    const abi::CUresult result = driver.cuArray3DCreate_v2(&array, &shape);
    if (result != abi::CUDA_SUCCESS) return result;
    const abi::CUresult bound = executor.bind(wire::HandleKind::array, request.array, array);
    if (bound != abi::CUDA_SUCCESS) return bound;
    executor.images().note_array(number_of(array), size_of(shape), executor.contexts().current_handle());
    return result;
}

abi::CUresult cuArrayDestroy(Executor& executor, const wire::RecordHeader& header,
                             const wire::cuArrayDestroy_Request& request, ReplySink&) {
    // A level hangs under its mipmapped array and ends with it.
    const wire::Handle parent = executor.handles().parent_of(request.hArray);
    if (parent.kind() == wire::HandleKind::mipmap) return abi::CUDA_ERROR_INVALID_HANDLE;
    return end_later(executor, header, wire::HandleKind::array, request.hArray);
}

abi::CUresult cuArrayGetMemoryRequirements(Executor& executor, const wire::RecordHeader& header,
                                           const wire::cuArrayGetMemoryRequirements_Request& request,
                                           ReplySink& sink) {
    if (executor.driver().cuArrayGetMemoryRequirements == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUarray array = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::array, request.array, header, array);
    if (result != abi::CUDA_SUCCESS) return result;
    abi::CUDA_ARRAY_MEMORY_REQUIREMENTS needs{};
    result = executor.driver().cuArrayGetMemoryRequirements(&needs, array, executor.device(request.device));
    if (result != abi::CUDA_SUCCESS) return result;
    wire::cuArrayGetMemoryRequirements_Reply reply;
    reply.size = needs.size;
    reply.alignment = needs.alignment;
    sink.outputs(reply);
    return result;
}

abi::CUresult cuMipmappedArrayCreate(Executor& executor, const wire::RecordHeader&,
                                     const wire::cuMipmappedArrayCreate_Request& request, ReplySink&) {
    const device::DriverTable& driver = executor.driver();
    if (driver.cuMipmappedArrayCreate == nullptr || driver.cuMipmappedArrayDestroy == nullptr)
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    const abi::CUDA_ARRAY3D_DESCRIPTOR shape = shape_of(request);
    abi::CUmipmappedArray mipmap = nullptr;
    const abi::CUresult result = driver.cuMipmappedArrayCreate(&mipmap, &shape, request.levels);
    if (result != abi::CUDA_SUCCESS) return result;
    const abi::CUresult bound = executor.bind(wire::HandleKind::mipmap, request.mipmap, mipmap);
    if (bound != abi::CUDA_SUCCESS) return bound;
    executor.images().note_array(number_of(mipmap), size_of(shape), executor.contexts().current_handle());
    return result;
}

abi::CUresult cuMipmappedArrayDestroy(Executor& executor, const wire::RecordHeader& header,
                                      const wire::cuMipmappedArrayDestroy_Request& request, ReplySink&) {
    return end_later(executor, header, wire::HandleKind::mipmap, request.hMipmappedArray);
}

abi::CUresult cuMipmappedArrayGetLevel(Executor& executor, const wire::RecordHeader& header,
                                       const wire::cuMipmappedArrayGetLevel_Request& request,
                                       ReplySink& sink) {
    const device::DriverTable& driver = executor.driver();
    if (driver.cuMipmappedArrayGetLevel == nullptr || driver.cuArray3DGetDescriptor_v2 == nullptr)
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUmipmappedArray mipmap = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::mipmap, request.mipmap, header, mipmap);
    if (result != abi::CUDA_SUCCESS) return result;
    abi::CUarray array = nullptr;
    abi::CUDA_ARRAY3D_DESCRIPTOR shape{};
    result = driver.cuMipmappedArrayGetLevel(&array, mipmap, request.level);
    if (result == abi::CUDA_SUCCESS) result = driver.cuArray3DGetDescriptor_v2(&shape, array);
    if (result != abi::CUDA_SUCCESS) return result;
    result = executor.bind_under(request.mipmap, wire::HandleKind::array, request.array, array);
    if (result != abi::CUDA_SUCCESS) return result;
    wire::cuMipmappedArrayGetLevel_Reply reply;
    reply.width = shape.Width;
    reply.height = shape.Height;
    reply.depth = shape.Depth;
    reply.format = static_cast<std::uint32_t>(shape.Format);
    reply.channels = shape.NumChannels;
    reply.flags = shape.Flags;
    sink.outputs(reply);
    return result;
}

abi::CUresult cuMipmappedArrayGetMemoryRequirements(
    Executor& executor, const wire::RecordHeader& header,
    const wire::cuMipmappedArrayGetMemoryRequirements_Request& request, ReplySink& sink) {
    if (executor.driver().cuMipmappedArrayGetMemoryRequirements == nullptr)
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUmipmappedArray mipmap = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::mipmap, request.mipmap, header, mipmap);
    if (result != abi::CUDA_SUCCESS) return result;
    abi::CUDA_ARRAY_MEMORY_REQUIREMENTS needs{};
    result = executor.driver().cuMipmappedArrayGetMemoryRequirements(&needs, mipmap,
                                                                     executor.device(request.device));
    if (result != abi::CUDA_SUCCESS) return result;
    wire::cuMipmappedArrayGetMemoryRequirements_Reply reply;
    reply.size = needs.size;
    reply.alignment = needs.alignment;
    sink.outputs(reply);
    return result;
}

abi::CUresult cuTexObjectCreate(Executor& executor, const wire::RecordHeader&,
                                const wire::cuTexObjectCreate_Request& request, ReplySink& sink) {
    if (executor.driver().cuTexObjectCreate == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (!executor.images().may_make_object()) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    abi::CUDA_RESOURCE_DESC resource{};
    abi::CUDA_TEXTURE_DESC reading{};
    abi::CUDA_RESOURCE_VIEW_DESC view{};
    const bool has_view = !request.view.empty();
    if (!read_description(request.resource, resource) || !read_description(request.reading, reading) ||
        (has_view && !read_description(request.view, view))) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    abi::CUresult result = place_image(executor, request.image, resource);
    if (result != abi::CUDA_SUCCESS) return result;
    abi::CUtexObject object = 0;
    result = executor.driver().cuTexObjectCreate(&object, &resource, &reading, has_view ? &view : nullptr);
    if (result != abi::CUDA_SUCCESS) return result;
    executor.images().note_object(object, false, executor.contexts().current_handle());
    sink.outputs(wire::cuTexObjectCreate_Reply{.object = object});
    return result;
}

abi::CUresult cuTexObjectDestroy(Executor& executor, const wire::RecordHeader&,
                                 const wire::cuTexObjectDestroy_Request& request, ReplySink&) {
    if (!executor.images().drop_object(request.object, false)) return abi::CUDA_ERROR_INVALID_VALUE;
    return executor.driver().cuTexObjectDestroy(request.object);
}

abi::CUresult cuSurfObjectCreate(Executor& executor, const wire::RecordHeader&,
                                 const wire::cuSurfObjectCreate_Request& request, ReplySink& sink) {
    if (executor.driver().cuSurfObjectCreate == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (!executor.images().may_make_object()) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    abi::CUDA_RESOURCE_DESC resource{};
    resource.resType = abi::CU_RESOURCE_TYPE_ARRAY;
    abi::CUresult result = place_image(executor, request.array, resource);
    if (result != abi::CUDA_SUCCESS) return result;
    abi::CUsurfObject object = 0;
    result = executor.driver().cuSurfObjectCreate(&object, &resource);
    if (result != abi::CUDA_SUCCESS) return result;
    executor.images().note_object(object, true, executor.contexts().current_handle());
    sink.outputs(wire::cuSurfObjectCreate_Reply{.object = object});
    return result;
}

abi::CUresult cuSurfObjectDestroy(Executor& executor, const wire::RecordHeader&,
                                  const wire::cuSurfObjectDestroy_Request& request, ReplySink&) {
    if (!executor.images().drop_object(request.object, true)) return abi::CUDA_ERROR_INVALID_VALUE;
    return executor.driver().cuSurfObjectDestroy(request.object);
}

}  // namespace engine::hand
