// Chapter "Memory Management", arrays and mipmapped arrays. The guest names them and remembers their shapes,
// so that only making one asks the host.
#include <memory>
#include <new>

#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

template <class Kind>
abi::CUresult find_image(Session& session, wire::HandleKind kind, wire::Handle handle, Kind*& object) {
    const abi::CUresult good = check(session, kind, handle);
    if (good != abi::CUDA_SUCCESS) return good;
    object = static_cast<Kind*>(static_cast<Object*>(session.handles.find(kind, handle)));
    return object == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : abi::CUDA_SUCCESS;
}

abi::CUresult find_array(Session& session, abi::CUarray array, Array*& object) {
    return find_image(session, wire::HandleKind::array, wire::to_handle(array), object);
}

abi::CUresult find_mipmap(Session& session, abi::CUmipmappedArray mipmap, Mipmap*& object) {
    return find_image(session, wire::HandleKind::mipmap, wire::to_handle(mipmap), object);
}

template <class Request>
Request shaped(const abi::CUDA_ARRAY3D_DESCRIPTOR& shape) {
    Request request;
    request.width = shape.Width;
    request.height = shape.Height;
    request.depth = shape.Depth;
    request.format = static_cast<std::uint32_t>(shape.Format);
    request.channels = shape.NumChannels;
    request.flags = shape.Flags;
    return request;
}

// Names `object`, which becomes the handle table's, and asks the host for what `name(handle)` says. A name
// that came to nothing is taken back.
template <class Kind, class Name>
abi::CUresult make(Session& session, wire::HandleKind kind, std::unique_ptr<Kind> object, Name&& name,
                   wire::Handle& made) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    if (object == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    object->context = context;
    object->epoch = context->epoch.load(std::memory_order_relaxed);
    const wire::Handle handle = session.handles.create(kind, static_cast<Object*>(object.get()));
    if (handle.value == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    (void)object.release();
    const abi::CUresult result = call_alone(session, name(handle));
    if (result == abi::CUDA_SUCCESS) {
        made = handle;
    } else {
        forget_handle(session, handle);
    }
    return result;
}

abi::CUresult create_array(Session& session, abi::CUarray* out, const abi::CUDA_ARRAY3D_DESCRIPTOR& shape) {
    if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    std::unique_ptr<Array> object(new (std::nothrow) Array);
    if (object != nullptr) object->description = shape;
    const auto name = [&](wire::Handle handle) {
        auto request = shaped<wire::cuArray3DCreate_v2_Request>(shape);
        request.array = handle;
        return request;
    };
    wire::Handle made;
    const abi::CUresult result = make(session, wire::HandleKind::array, std::move(object), name, made);
    if (result != abi::CUDA_SUCCESS) return result;
    session.note_memory_change();
    *out = wire::to_pointer<abi::CUarray>(made);
    return result;
}

template <class Reply, class Request>
abi::CUresult ask_size(Session& session, abi::CUDA_ARRAY_MEMORY_REQUIREMENTS* out, const Request& request) {
    Reply reply;
    const abi::CUresult result = call(session, request, reply);
    if (result != abi::CUDA_SUCCESS) return result;
    *out = {};
    out->size = reply.size;
    out->alignment = reply.alignment;
    return result;
}

// The level has no name yet: makes one, and learns its shape. `mipmap.mutex` is held.
abi::CUresult name_level(Session& session, Mipmap& mipmap, wire::Handle handle, unsigned int level) {
    std::unique_ptr<Array> object(new (std::nothrow) Array);
    if (object != nullptr) object->is_level = true;
    Array* const array = object.get();
    const auto name = [&](wire::Handle named) {
        return wire::cuMipmappedArrayGetLevel_Request{.array = named, .mipmap = handle, .level = level};
    };
    wire::Handle made;
    abi::CUresult result = make(session, wire::HandleKind::array, std::move(object), name, made);
    if (result != abi::CUDA_SUCCESS) return result;
    wire::cuMipmappedArrayGetLevel_Reply reply;
    result = detail::decode_reply(session, *thread_state(), reply);
    if (result != abi::CUDA_SUCCESS) return result;
    array->description = {reply.width,
                          reply.height,
                          reply.depth,
                          static_cast<abi::CUarray_format>(reply.format),
                          reply.channels,
                          reply.flags};
    mipmap.levels[level] = made;
    return result;
}

}  // namespace

namespace hand {

abi::CUresult cuArrayCreate_v2(Session& session, abi::CUarray* pHandle,
                               const abi::CUDA_ARRAY_DESCRIPTOR* pAllocateArray) {
    if (pAllocateArray == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const auto& asked = *pAllocateArray;
    return create_array(session, pHandle, {asked.Width, asked.Height, 0, asked.Format, asked.NumChannels, 0});
}

abi::CUresult cuArray3DCreate_v2(Session& session, abi::CUarray* pHandle,
                                 const abi::CUDA_ARRAY3D_DESCRIPTOR* pAllocateArray) {
    if (pAllocateArray == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return create_array(session, pHandle, *pAllocateArray);
}

abi::CUresult cuArrayDestroy(Session& session, abi::CUarray hArray) {
    Array* object = nullptr;
    const abi::CUresult found = find_array(session, hArray, object);
    if (found != abi::CUDA_SUCCESS) return found;
    if (object->is_level) return abi::CUDA_ERROR_INVALID_HANDLE;
    const wire::Handle handle = wire::to_handle(hArray);
    const abi::CUresult result = send(session, wire::cuArrayDestroy_Request{.hArray = handle});
    forget_handle(session, handle);
    session.note_memory_change();
    return result;
}

abi::CUresult cuArrayGetMemoryRequirements(Session& session,
                                           abi::CUDA_ARRAY_MEMORY_REQUIREMENTS* memoryRequirements,
                                           abi::CUarray array, abi::CUdevice device) {
    Array* object = nullptr;
    const abi::CUresult found = find_array(session, array, object);
    if (found != abi::CUDA_SUCCESS) return found;
    if (memoryRequirements == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const wire::cuArrayGetMemoryRequirements_Request request{.array = wire::to_handle(array),
                                                             .device = device};
    return ask_size<wire::cuArrayGetMemoryRequirements_Reply>(session, memoryRequirements, request);
}

abi::CUresult cuMipmappedArrayCreate(Session& session, abi::CUmipmappedArray* pHandle,
                                     const abi::CUDA_ARRAY3D_DESCRIPTOR* pMipmappedArrayDesc,
                                     unsigned int numMipmapLevels) {
    if (pHandle == nullptr || pMipmappedArrayDesc == nullptr || numMipmapLevels == 0)
        return abi::CUDA_ERROR_INVALID_VALUE;
    std::unique_ptr<Mipmap> object(new (std::nothrow) Mipmap);
    if (object != nullptr) object->description = *pMipmappedArrayDesc;
    const auto name = [&](wire::Handle handle) {
        auto request = shaped<wire::cuMipmappedArrayCreate_Request>(*pMipmappedArrayDesc);
        request.mipmap = handle;
        request.levels = numMipmapLevels;
        return request;
    };
    wire::Handle made;
    const abi::CUresult result = make(session, wire::HandleKind::mipmap, std::move(object), name, made);
    if (result != abi::CUDA_SUCCESS) return result;
    session.note_memory_change();
    *pHandle = wire::to_pointer<abi::CUmipmappedArray>(made);
    return result;
}

abi::CUresult cuMipmappedArrayDestroy(Session& session, abi::CUmipmappedArray hMipmappedArray) {
    Mipmap* object = nullptr;
    const abi::CUresult found = find_mipmap(session, hMipmappedArray, object);
    if (found != abi::CUDA_SUCCESS) return found;
    const wire::Handle handle = wire::to_handle(hMipmappedArray);
    const abi::CUresult result =
        send(session, wire::cuMipmappedArrayDestroy_Request{.hMipmappedArray = handle});
    for (const wire::Handle level : object->levels) {
        if (level.value != 0) forget_handle(session, level);
    }
    forget_handle(session, handle);
    session.note_memory_change();
    return result;
}

abi::CUresult cuMipmappedArrayGetLevel(Session& session, abi::CUarray* pLevelArray,
                                       abi::CUmipmappedArray hMipmappedArray, unsigned int level) {
    constexpr unsigned int kMostLevels = 32;  // no array is longer than 2^32
    Mipmap* object = nullptr;
    const abi::CUresult found = find_mipmap(session, hMipmappedArray, object);
    if (found != abi::CUDA_SUCCESS) return found;
    if (pLevelArray == nullptr || level >= kMostLevels) return abi::CUDA_ERROR_INVALID_VALUE;
    Guard guard(object->mutex);
    if (level >= object->levels.size()) object->levels.resize(level + 1);
    if (object->levels[level].value == 0) {
        const abi::CUresult named = name_level(session, *object, wire::to_handle(hMipmappedArray), level);
        if (named != abi::CUDA_SUCCESS) return named;
    }
    *pLevelArray = wire::to_pointer<abi::CUarray>(object->levels[level]);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMipmappedArrayGetMemoryRequirements(
    Session& session, abi::CUDA_ARRAY_MEMORY_REQUIREMENTS* memoryRequirements, abi::CUmipmappedArray mipmap,
    abi::CUdevice device) {
    Mipmap* object = nullptr;
    const abi::CUresult found = find_mipmap(session, mipmap, object);
    if (found != abi::CUDA_SUCCESS) return found;
    if (memoryRequirements == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const wire::cuMipmappedArrayGetMemoryRequirements_Request request{.mipmap = wire::to_handle(mipmap),
                                                                      .device = device};
    return ask_size<wire::cuMipmappedArrayGetMemoryRequirements_Reply>(session, memoryRequirements, request);
}

}  // namespace hand

namespace local {

abi::CUresult cuArrayGetDescriptor_v2(Session& session, abi::CUDA_ARRAY_DESCRIPTOR* pArrayDescriptor,
                                      abi::CUarray hArray) {
    Array* object = nullptr;
    const abi::CUresult found = find_array(session, hArray, object);
    if (found != abi::CUDA_SUCCESS) return found;
    const auto& has = object->description;
    if (pArrayDescriptor == nullptr || has.Depth != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    *pArrayDescriptor = {has.Width, has.Height, has.Format, has.NumChannels};
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuArray3DGetDescriptor_v2(Session& session, abi::CUDA_ARRAY3D_DESCRIPTOR* pArrayDescriptor,
                                        abi::CUarray hArray) {
    Array* object = nullptr;
    const abi::CUresult found = find_array(session, hArray, object);
    if (found != abi::CUDA_SUCCESS) return found;
    if (pArrayDescriptor == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *pArrayDescriptor = object->description;
    return abi::CUDA_SUCCESS;
}

}  // namespace local
}  // namespace guest
