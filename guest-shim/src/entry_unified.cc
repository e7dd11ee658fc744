// Chapter "Unified Addressing": attributes of an address, from the region table.
#include <string.h>

#include "guest/hand.h"
#include "host_memory.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

constexpr int kNoDevice = -2;  // CU_DEVICE_INVALID

template <typename T>
abi::CUresult store(void* data, T value) {
    memcpy(data, &value, sizeof value);
    return abi::CUDA_SUCCESS;
}

// Boolean attributes are four bytes: what programs declare (unsigned, int) and read.
abi::CUresult answer(Session& session, const Region& region, abi::CUpointer_attribute attribute, void* data,
                     std::uint64_t address) {
    const bool device = region.is_device();
    const bool reached = device || is_mapped(session, region);
    switch (attribute) {
        case abi::CU_POINTER_ATTRIBUTE_CONTEXT:
            // Memory of a pool belongs to a device and not to a context.
            return store(data, region.context == nullptr || region.pool.value != 0
                                   ? std::uint64_t{0}
                                   : region.context->handle.value);
        case abi::CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
            return store(data, device ? abi::CU_MEMORYTYPE_DEVICE : abi::CU_MEMORYTYPE_HOST);
        case abi::CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
            return reached ? store(data, address) : abi::CUDA_ERROR_INVALID_VALUE;
        case abi::CU_POINTER_ATTRIBUTE_HOST_POINTER:
            return device ? abi::CUDA_ERROR_INVALID_VALUE : store(data, address);
        case abi::CU_POINTER_ATTRIBUTE_BUFFER_ID:
            return store(data, region.buffer_id);
        case abi::CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
            return store(data, region.buffer_id);
        case abi::CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
            return store(data, region.context == nullptr ? kNoDevice : region.context->device);
        case abi::CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
        case abi::CU_POINTER_ATTRIBUTE_IS_MANAGED:
        case abi::CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
        case abi::CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
        case abi::CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
            return store(data, 0u);
        case abi::CU_POINTER_ATTRIBUTE_MAPPED:
            return store(data, reached ? 1u : 0u);
        case abi::CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
            return store(data, region.start);
        case abi::CU_POINTER_ATTRIBUTE_RANGE_SIZE:
            return store(data, region.size);
        case abi::CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
            return store(data, region.start);
        case abi::CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
            return store(data, region.size);
        case abi::CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
            return store(data, std::uint64_t{0});
        case abi::CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
            return store(data, 3u);  // read and write
        case abi::CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
            return store(data, region.pool.value);
        case abi::CU_POINTER_ATTRIBUTE_P2P_TOKENS:
            break;
    }
    return abi::CUDA_ERROR_INVALID_VALUE;
}

bool known_attribute(abi::CUpointer_attribute attribute) {
    return attribute >= abi::CU_POINTER_ATTRIBUTE_CONTEXT &&
           attribute <= abi::CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE;
}

// What cuPointerGetAttributes stores for an address or an attribute that has no answer.
void store_default(abi::CUpointer_attribute attribute, void* data) {
    switch (attribute) {
        case abi::CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
            store(data, kNoDevice);
            return;
        case abi::CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
        case abi::CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
        case abi::CU_POINTER_ATTRIBUTE_IS_MANAGED:
        case abi::CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
        case abi::CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
        case abi::CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
        case abi::CU_POINTER_ATTRIBUTE_MAPPED:
        case abi::CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
            store(data, 0u);
            return;
        default:
            store(data, std::uint64_t{0});
            return;
    }
}

}  // namespace

namespace local {

abi::CUresult cuPointerGetAttribute(Session& session, void* data, abi::CUpointer_attribute attribute,
                                    abi::CUdeviceptr ptr) {
    Region region;
    if (data == nullptr || !known_attribute(attribute) || !session.regions.find(ptr, region)) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    return answer(session, region, attribute, data, ptr);
}

abi::CUresult cuPointerGetAttributes(Session& session, unsigned int numAttributes,
                                     abi::CUpointer_attribute* attributes, void** data,
                                     abi::CUdeviceptr ptr) {
    if (numAttributes == 0 || attributes == nullptr || data == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Region region;
    const bool known = session.regions.find(ptr, region);
    for (unsigned index = 0; index < numAttributes; ++index) {
        if (!known_attribute(attributes[index]) || data[index] == nullptr)
            return abi::CUDA_ERROR_INVALID_VALUE;
        const bool answered =
            known && answer(session, region, attributes[index], data[index], ptr) == abi::CUDA_SUCCESS;
        if (!answered) store_default(attributes[index], data[index]);
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuPointerSetAttribute(Session& session, const void* value, abi::CUpointer_attribute attribute,
                                    abi::CUdeviceptr ptr) {
    Region region;
    if (value == nullptr || attribute != abi::CU_POINTER_ATTRIBUTE_SYNC_MEMOPS ||
        !session.regions.find(ptr, region)) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace local
}  // namespace guest
