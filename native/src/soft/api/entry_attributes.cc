// Exported: attributes of streams. All but the priority are hints to hardware that is not here; they are kept
// and told.
#include <mutex>

#include "soft/api/entry.h"

using namespace soft;
using namespace soft::driver;

namespace {

constinit std::mutex attributes_mutex;  // of all streams

bool known(abi::CUstreamAttrID id) {
    return id == abi::CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW ||
           id == abi::CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY || id == abi::CU_LAUNCH_ATTRIBUTE_PRIORITY ||
           id == abi::CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP ||
           id == abi::CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN;
}

abi::CUstreamAttrValue initial(abi::CUstreamAttrID id) {
    abi::CUstreamAttrValue value{};
    if (id == abi::CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY) value.syncPolicy = abi::CU_SYNC_POLICY_AUTO;
    if (id == abi::CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP) value.memSyncDomainMap.remote = 1;
    return value;
}

bool good_window(const abi::CUaccessPolicyWindow& window) {
    const auto known = [](abi::CUaccessProperty property) {
        return property >= abi::CU_ACCESS_PROPERTY_NORMAL && property <= abi::CU_ACCESS_PROPERTY_PERSISTING;
    };
    return window.num_bytes <= std::size_t{kAccessPolicyWindow} && window.hitRatio >= 0 &&
           window.hitRatio <= 1 && known(window.hitProp) && known(window.missProp) &&
           window.missProp != abi::CU_ACCESS_PROPERTY_PERSISTING;
}

CUresult set(abi::CUstream handle, bool per_thread, abi::CUstreamAttrID id,
             const abi::CUstreamAttrValue* value) {
    return enter_context([&](Device& device, Context& context) {
        const StreamRef stream = find_stream(device, context, handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (value == nullptr || !known(id)) return abi::CUDA_ERROR_INVALID_VALUE;
        if (id == abi::CU_LAUNCH_ATTRIBUTE_PRIORITY) {
            device.scheduler.set_priority(*stream, value->priority);
            return abi::CUDA_SUCCESS;
        }
        const bool is_window = id == abi::CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW;
        if (is_window && !good_window(value->accessPolicyWindow)) return abi::CUDA_ERROR_INVALID_VALUE;
        const std::lock_guard lock(attributes_mutex);
        copy_exact(stream->attributes[id].data(), value, sizeof *value);
        return abi::CUDA_SUCCESS;
    });
}

CUresult get(abi::CUstream handle, bool per_thread, abi::CUstreamAttrID id, abi::CUstreamAttrValue* value) {
    return enter_context([&](Device& device, Context& context) {
        const StreamRef stream = find_stream(device, context, handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (value == nullptr || !known(id)) return abi::CUDA_ERROR_INVALID_VALUE;
        *value = initial(id);
        if (id == abi::CU_LAUNCH_ATTRIBUTE_PRIORITY) value->priority = stream->priority;
        const std::lock_guard lock(attributes_mutex);
        const auto found = stream->attributes.find(id);
        if (found != stream->attributes.end()) copy_exact(value, found->second.data(), sizeof *value);
        return abi::CUDA_SUCCESS;
    });
}

CUresult copy(abi::CUstream to, abi::CUstream from, bool per_thread) {
    return enter_context([&](Device& device, Context& context) {
        const StreamRef target = find_stream(device, context, to, per_thread);
        const StreamRef source = find_stream(device, context, from, per_thread);
        if (target == nullptr || source == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        device.scheduler.set_priority(*target, source->priority);
        const std::lock_guard lock(attributes_mutex);
        target->attributes = source->attributes;
        return abi::CUDA_SUCCESS;
    });
}

}  // namespace

SOFT_TWIN(cuStreamSetAttribute, _ptsz,
          (abi::CUstream stream, abi::CUstreamAttrID id, const abi::CUstreamAttrValue* value),
          set(stream, per_thread, id, value))
SOFT_TWIN(cuStreamGetAttribute, _ptsz,
          (abi::CUstream stream, abi::CUstreamAttrID id, abi::CUstreamAttrValue* value),
          get(stream, per_thread, id, value))
SOFT_TWIN(cuStreamCopyAttributes, _ptsz, (abi::CUstream to, abi::CUstream from), copy(to, from, per_thread))
