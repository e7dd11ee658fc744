// See copy_nodes.h.
#include "copy_nodes.h"

#include "copy.h"
#include "cudart/graphs/objects.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// `make(box)` says what is copied.
template <class Make>
graphs::Diverted divert_box(Session& session, abi::CUstream stream, bool blocking, Make&& make) {
    if (!graphs::Captures::any()) [[likely]]
        return std::nullopt;
    const wire::Handle name = wire::to_handle(stream);
    const abi::CUresult good = check(session, wire::HandleKind::stream, name);
    if (good != abi::CUDA_SUCCESS) return good;
    const auto take = [&](graphs::Work& work) {
        graphs::CopyWork copy;
        make(copy.box);
        copy.context = graph_backend(session).current_context();
        const abi::CUresult possible = graph_backend(session).check(copy);
        if (possible == abi::CUDA_SUCCESS) work = copy;
        return possible;
    };
    return divert(session, name, take, blocking);
}

}  // namespace

graphs::Diverted divert_row(Session& session, Row kind, std::uint64_t target, std::uint64_t source,
                            std::size_t size, abi::CUstream stream, bool blocking) {
    return divert_box(session, stream, blocking, [&](abi::CUDA_MEMCPY3D& box) {
        const bool to_host = kind == Row::to_host ||
                             (kind == Row::unified && !is_device_address(session, target));
        const bool from_host = kind == Row::to_device ||
                               (kind == Row::unified && !is_device_address(session, source));
        box.srcMemoryType = from_host ? abi::CU_MEMORYTYPE_HOST : abi::CU_MEMORYTYPE_DEVICE;
        box.srcHost = from_host ? graphs::to_handle<const void*>(source) : nullptr;
        box.srcDevice = from_host ? 0 : source;
        box.dstMemoryType = to_host ? abi::CU_MEMORYTYPE_HOST : abi::CU_MEMORYTYPE_DEVICE;
        box.dstHost = to_host ? graphs::to_handle<void*>(target) : nullptr;
        box.dstDevice = to_host ? 0 : target;
        box.WidthInBytes = size;
        box.Height = box.Depth = 1;
    });
}

graphs::Diverted divert_whole(Session& session, const abi::CUDA_MEMCPY3D* box, abi::CUstream stream,
                              bool blocking) {
    if (box == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return divert_box(session, stream, blocking, [&](abi::CUDA_MEMCPY3D& out) { out = *box; });
}

graphs::Diverted divert_plane(Session& session, const abi::CUDA_MEMCPY2D* plane, abi::CUstream stream,
                              bool blocking) {
    if (plane == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return divert_box(session, stream, blocking, [&](abi::CUDA_MEMCPY3D& box) {
        box.srcXInBytes = plane->srcXInBytes;
        box.srcY = plane->srcY;
        box.srcMemoryType = plane->srcMemoryType;
        box.srcHost = plane->srcHost;
        box.srcDevice = plane->srcDevice;
        box.srcArray = plane->srcArray;
        box.srcPitch = plane->srcPitch;
        box.dstXInBytes = plane->dstXInBytes;
        box.dstY = plane->dstY;
        box.dstMemoryType = plane->dstMemoryType;
        box.dstHost = plane->dstHost;
        box.dstDevice = plane->dstDevice;
        box.dstArray = plane->dstArray;
        box.dstPitch = plane->dstPitch;
        box.WidthInBytes = plane->WidthInBytes;
        box.Height = plane->Height;
        box.Depth = 1;
    });
}

}  // namespace guest
