// Chapters "Texture Object Management" and "Surface Object Management". Objects are the driver's own 64-bit
// values, for kernels get them among their arguments; what they were made with is remembered here.
#include <span>

#include "copy.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

template <class T>
std::span<const std::byte> bytes_of_description(const T* description) {
    if (description == nullptr) return {};
    return std::as_bytes(std::span(description, 1));
}

// What the guest sees for sure of a resource. `image`: the array in it, if there is one.
abi::CUresult check_resource(Session& session, const abi::CUDA_RESOURCE_DESC& resource, wire::Handle& image) {
    switch (resource.resType) {
        case abi::CU_RESOURCE_TYPE_ARRAY:
            image = wire::to_handle(resource.res.array.hArray);
            return check(session, wire::HandleKind::array, image);
        case abi::CU_RESOURCE_TYPE_MIPMAPPED_ARRAY:
            image = wire::to_handle(resource.res.mipmap.hMipmappedArray);
            return check(session, wire::HandleKind::mipmap, image);
        case abi::CU_RESOURCE_TYPE_LINEAR: {
            const auto& linear = resource.res.linear;
            return check_device_range(session, linear.devPtr, linear.sizeInBytes);
        }
        case abi::CU_RESOURCE_TYPE_PITCH2D:
            return check_device_range(session, resource.res.pitch2D.devPtr, 1);
        default:
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
}

// The facts of an object made now in the current context.
abi::CUresult facts_of(const abi::CUDA_RESOURCE_DESC& resource, bool is_surface, TextureFacts& facts) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    facts.context = context;
    facts.epoch = context->epoch.load(std::memory_order_relaxed);
    facts.is_surface = is_surface;
    facts.resource = resource;
    return usable;
}

template <class Reply, class Request>
abi::CUresult ask_object(Session& session, const Request& request, const TextureFacts& facts,
                         std::uint64_t& object) {
    abi::CUresult result = call_alone(session, request);
    if (result != abi::CUDA_SUCCESS) return result;
    Reply reply;
    result = detail::decode_reply(session, *thread_state(), reply);
    if (result != abi::CUDA_SUCCESS) return result;
    session.textures.add(reply.object, facts);
    object = reply.object;
    return result;
}

template <class T>
abi::CUresult answer(Session& session, T* out, std::uint64_t object, bool is_surface,
                     T TextureFacts::* part) {
    TextureFacts facts;
    if (out == nullptr || !session.textures.find(object, is_surface, facts))
        return abi::CUDA_ERROR_INVALID_VALUE;
    *out = facts.*part;
    return abi::CUDA_SUCCESS;
}

}  // namespace

namespace hand {

abi::CUresult cuTexObjectCreate(Session& session, abi::CUtexObject* pTexObject,
                                const abi::CUDA_RESOURCE_DESC* pResDesc,
                                const abi::CUDA_TEXTURE_DESC* pTexDesc,
                                const abi::CUDA_RESOURCE_VIEW_DESC* pResViewDesc) {
    if (pTexObject == nullptr || pResDesc == nullptr || pTexDesc == nullptr)
        return abi::CUDA_ERROR_INVALID_VALUE;
    TextureFacts facts;
    abi::CUresult result = facts_of(*pResDesc, false, facts);
    wire::Handle image;
    if (result == abi::CUDA_SUCCESS) result = check_resource(session, *pResDesc, image);
    if (result != abi::CUDA_SUCCESS) return result;
    facts.reading = *pTexDesc;
    facts.has_view = pResViewDesc != nullptr;
    if (facts.has_view) facts.view = *pResViewDesc;
    const wire::cuTexObjectCreate_Request request{.image = image,
                                                  .resource = bytes_of_description(pResDesc),
                                                  .reading = bytes_of_description(pTexDesc),
                                                  .view = bytes_of_description(pResViewDesc)};
    std::uint64_t object = 0;
    result = ask_object<wire::cuTexObjectCreate_Reply>(session, request, facts, object);
    if (result == abi::CUDA_SUCCESS) *pTexObject = object;
    return result;
}

abi::CUresult cuTexObjectDestroy(Session& session, abi::CUtexObject texObject) {
    if (texObject == 0) return abi::CUDA_SUCCESS;
    if (!session.textures.remove(texObject, false)) return abi::CUDA_ERROR_INVALID_VALUE;
    return send(session, wire::cuTexObjectDestroy_Request{.object = texObject});
}

abi::CUresult cuSurfObjectCreate(Session& session, abi::CUsurfObject* pSurfObject,
                                 const abi::CUDA_RESOURCE_DESC* pResDesc) {
    if (pSurfObject == nullptr || pResDesc == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (pResDesc->resType != abi::CU_RESOURCE_TYPE_ARRAY || pResDesc->flags != 0)
        return abi::CUDA_ERROR_INVALID_VALUE;
    TextureFacts facts;
    abi::CUresult result = facts_of(*pResDesc, true, facts);
    wire::Handle image;
    if (result == abi::CUDA_SUCCESS) result = check_resource(session, *pResDesc, image);
    if (result != abi::CUDA_SUCCESS) return result;
    std::uint64_t object = 0;
    result = ask_object<wire::cuSurfObjectCreate_Reply>(
        session, wire::cuSurfObjectCreate_Request{.array = image}, facts, object);
    if (result == abi::CUDA_SUCCESS) *pSurfObject = object;
    return result;
}

abi::CUresult cuSurfObjectDestroy(Session& session, abi::CUsurfObject surfObject) {
    if (surfObject == 0) return abi::CUDA_SUCCESS;
    if (!session.textures.remove(surfObject, true)) return abi::CUDA_ERROR_INVALID_VALUE;
    return send(session, wire::cuSurfObjectDestroy_Request{.object = surfObject});
}

}  // namespace hand

namespace local {

abi::CUresult cuTexObjectGetResourceDesc(Session& session, abi::CUDA_RESOURCE_DESC* pResDesc,
                                         abi::CUtexObject texObject) {
    return answer(session, pResDesc, texObject, false, &TextureFacts::resource);
}

abi::CUresult cuTexObjectGetTextureDesc(Session& session, abi::CUDA_TEXTURE_DESC* pTexDesc,
                                        abi::CUtexObject texObject) {
    return answer(session, pTexDesc, texObject, false, &TextureFacts::reading);
}

abi::CUresult cuTexObjectGetResourceViewDesc(Session& session, abi::CUDA_RESOURCE_VIEW_DESC* pResViewDesc,
                                             abi::CUtexObject texObject) {
    TextureFacts facts;
    if (!session.textures.find(texObject, false, facts) || !facts.has_view)
        return abi::CUDA_ERROR_INVALID_VALUE;
    return answer(session, pResViewDesc, texObject, false, &TextureFacts::view);
}

abi::CUresult cuSurfObjectGetResourceDesc(Session& session, abi::CUDA_RESOURCE_DESC* pResDesc,
                                          abi::CUsurfObject surfObject) {
    return answer(session, pResDesc, surfObject, true, &TextureFacts::resource);
}

}  // namespace local
}  // namespace guest
