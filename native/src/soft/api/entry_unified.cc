// Exported: what CUDA knows of an address.
#include "soft/api/entry.h"

using namespace soft;
using namespace soft::driver;

namespace {

template <class T>
CUresult put(void* data, T value) {
    copy_exact(data, &value, sizeof value);
    return abi::CUDA_SUCCESS;
}

// How many bytes the attribute writes; 0 for one that CUDA does not have or that cannot be asked here.
std::size_t size_of(abi::CUpointer_attribute attribute) {
    switch (attribute) {
        case abi::CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
        case abi::CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
        case abi::CU_POINTER_ATTRIBUTE_IS_MANAGED:
        case abi::CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
        case abi::CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
        case abi::CU_POINTER_ATTRIBUTE_MAPPED:
        case abi::CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
        case abi::CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
        case abi::CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
            return sizeof(int);
        case abi::CU_POINTER_ATTRIBUTE_CONTEXT:
        case abi::CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
        case abi::CU_POINTER_ATTRIBUTE_HOST_POINTER:
        case abi::CU_POINTER_ATTRIBUTE_BUFFER_ID:
        case abi::CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
        case abi::CU_POINTER_ATTRIBUTE_RANGE_SIZE:
        case abi::CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
        case abi::CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
        case abi::CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
        case abi::CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
        case abi::CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
            return sizeof(std::uint64_t);
        default:
            return 0;
    }
}

// The answer for an address CUDA does not know.
void put_unknown(void* data, abi::CUpointer_attribute attribute) {
    constexpr int kNoDevice = -2;
    const std::uint64_t zero = 0;
    copy_exact(data, &zero, size_of(attribute));
    if (attribute == abi::CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL) put(data, kNoDevice);
}

CUresult put_known(Device& device, const Block& block, abi::CUdeviceptr ptr,
                   abi::CUpointer_attribute attribute, void* data) {
    const bool on_host = block.kind == BlockKind::pinned || block.kind == BlockKind::registered;
    const bool managed = block.kind == BlockKind::managed;
    switch (attribute) {
        case abi::CU_POINTER_ATTRIBUTE_CONTEXT: {
            // As VMM's, memory of a pool belongs to a device and not to a context.
            const bool pooled = block.kind == BlockKind::pool;
            const Context* owner = pooled ? nullptr : device.context_of(block.owner);
            return put(data, owner == nullptr ? std::uint64_t{0} : owner->handle);
        }
        case abi::CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
            return put(data, on_host ? abi::CU_MEMORYTYPE_HOST : abi::CU_MEMORYTYPE_DEVICE);
        case abi::CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
            return put(data, std::uint64_t{ptr});
        case abi::CU_POINTER_ATTRIBUTE_HOST_POINTER:
            return on_host || managed ? put(data, std::uint64_t{ptr}) : abi::CUDA_ERROR_INVALID_VALUE;
        case abi::CU_POINTER_ATTRIBUTE_IS_MANAGED:
            return put(data, managed ? 1 : 0);
        case abi::CU_POINTER_ATTRIBUTE_BUFFER_ID:
        case abi::CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
            return put(data, block.id);
        case abi::CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
            return put(data, static_cast<int>(device_of(block.owner)));
        case abi::CU_POINTER_ATTRIBUTE_MAPPED:
            return put(data, 1);
        case abi::CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
            return put(data, 0);
        case abi::CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
            return put(data, 3);  // CU_POINTER_ATTRIBUTE_ACCESS_FLAG_READWRITE
        case abi::CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
        case abi::CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
            return put(data, block.address);
        case abi::CU_POINTER_ATTRIBUTE_RANGE_SIZE:
        case abi::CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
            return put(data, block.size);
        case abi::CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
            return put(data, device.pools.handle_of(block.address));
        default: {
            const std::uint64_t zero = 0;
            copy_exact(data, &zero, size_of(attribute));
            return abi::CUDA_SUCCESS;
        }
    }
}

}  // namespace

SOFT_EXPORT CUresult cuPointerGetAttribute(void* data, abi::CUpointer_attribute attribute,
                                           abi::CUdeviceptr ptr) {
    return enter_context([&](Device& device, Context&) {
        if (data == nullptr || size_of(attribute) == 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto block = device.memory.find_block(ptr);
        if (!block) return abi::CUDA_ERROR_INVALID_VALUE;
        return put_known(device, *block, ptr, attribute, data);
    });
}

SOFT_EXPORT CUresult cuPointerGetAttributes(unsigned int count, abi::CUpointer_attribute* attributes,
                                            void** data, abi::CUdeviceptr ptr) {
    return enter_context([&](Device& device, Context&) {
        if (attributes == nullptr || data == nullptr || count == 0) return abi::CUDA_ERROR_INVALID_VALUE;
        for (unsigned index = 0; index < count; ++index) {
            if (data[index] == nullptr || size_of(attributes[index]) == 0)
                return abi::CUDA_ERROR_INVALID_VALUE;
        }
        const auto block = device.memory.find_block(ptr);
        for (unsigned index = 0; index < count; ++index) {
            put_unknown(data[index], attributes[index]);
            if (block) put_known(device, *block, ptr, attributes[index], data[index]);
        }
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuPointerSetAttribute(const void* value, abi::CUpointer_attribute attribute,
                                           abi::CUdeviceptr ptr) {
    return enter_context([&](const Device& device, Context&) {
        if (value == nullptr || attribute != abi::CU_POINTER_ATTRIBUTE_SYNC_MEMOPS) {
            return abi::CUDA_ERROR_INVALID_VALUE;
        }
        return device.memory.find_block(ptr) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    });
}
