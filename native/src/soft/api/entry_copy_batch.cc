// Exported: several copies in one call. Each becomes a command of its own, in the order of the list, which is
// one of the orders they may run in.
#include "soft/api/copies.h"
#include "soft/api/entry.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr unsigned kKnownFlags = 1;  // CU_MEMCPY_FLAG_PREFER_OVERLAP_WITH_COMPUTE, a hint

bool is_order(abi::CUmemcpySrcAccessOrder order) {
    return order >= abi::CU_MEMCPY_SRC_ACCESS_ORDER_STREAM && order <= abi::CU_MEMCPY_SRC_ACCESS_ORDER_ANY;
}

// The legacy default stream takes no batches.
bool takes_batches(abi::CUstream stream, bool per_thread) {
    const std::uint64_t value = address_of(stream);
    return value != 1 && (value != 0 || per_thread);
}

Request linear(abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size) {
    Request request;
    request.copy.target = target;
    request.copy.source = source;
    request.copy.width = size;
    return request;
}

// Which attributes each copy has: those of the last index that is not above it. False when that is not said
// for all of them.
bool attributes_fit(const abi::CUmemcpyAttributes* attributes, const std::size_t* firsts, std::size_t count,
                    std::size_t copies) {
    if (attributes == nullptr || firsts == nullptr || count == 0 || count > copies || firsts[0] != 0)
        return false;
    for (std::size_t k = 0; k < count; ++k) {
        if (firsts[k] >= copies || (k != 0 && firsts[k] <= firsts[k - 1])) return false;
        if (!is_order(attributes[k].srcAccessOrder)) return false;
        if ((attributes[k].flags & ~kKnownFlags) != 0) return false;
    }
    return true;
}

CUresult copy_batch(abi::CUdeviceptr* targets, abi::CUdeviceptr* sources, std::size_t* sizes,
                    std::size_t count, abi::CUmemcpyAttributes* attributes, std::size_t* firsts,
                    std::size_t attribute_count, abi::CUstream stream, bool per_thread) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    const bool listed = targets != nullptr && sources != nullptr && sizes != nullptr && count != 0;
    if (!listed || !takes_batches(stream, per_thread) ||
        !attributes_fit(attributes, firsts, attribute_count, count))
        return abi::CUDA_ERROR_INVALID_VALUE;
    std::size_t which = 0;
    for (std::size_t k = 0; k < count; ++k) {
        while (which + 1 < attribute_count && firsts[which + 1] <= k) ++which;
        Request request = linear(targets[k], sources[k], sizes[k]);
        request.reads_now =
            attributes[which].srcAccessOrder == abi::CU_MEMCPY_SRC_ACCESS_ORDER_DURING_API_CALL;
        const CUresult result = run_copy(stream, per_thread, request);
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return abi::CUDA_SUCCESS;
}

std::size_t texel_bytes(const Device& device, const abi::CUmemcpy3DOperand& operand) {
    if (operand.type != abi::CU_MEMCPY_OPERAND_TYPE_ARRAY) return 0;
    const Array* array = device.handles.find<Array>(operand.op.array.array);
    return array == nullptr ? 0 : array->image.texel_bytes();
}

// The bytes of what both sides count in: texels of the arrays that take part, or bytes. 0 when they differ.
CUresult find_unit(const abi::CUDA_MEMCPY3D_BATCH_OP& one, std::size_t& unit) {
    return enter_context([&](const Device& device, Context&) {
        const std::size_t source = texel_bytes(device, one.src);
        const std::size_t target = texel_bytes(device, one.dst);
        for (const auto* side : {&one.src, &one.dst}) {
            const bool is_array = side->type == abi::CU_MEMCPY_OPERAND_TYPE_ARRAY;
            if (is_array && texel_bytes(device, *side) == 0) return abi::CUDA_ERROR_INVALID_HANDLE;
            if (!is_array && side->type != abi::CU_MEMCPY_OPERAND_TYPE_POINTER)
                return abi::CUDA_ERROR_INVALID_VALUE;
        }
        if (source != 0 && target != 0 && source != target) return abi::CUDA_ERROR_INVALID_VALUE;
        unit = std::max<std::size_t>({source, target, 1});
        return abi::CUDA_SUCCESS;
    });
}

BoxSide side_of(const abi::CUmemcpy3DOperand& operand, std::size_t unit) {
    BoxSide side;
    if (operand.type == abi::CU_MEMCPY_OPERAND_TYPE_ARRAY) {
        const auto& in = operand.op.array;
        side.type = abi::CU_MEMORYTYPE_ARRAY;
        side.array = in.array;
        side.x = in.offset.x * unit;
        side.y = in.offset.y;
        side.z = in.offset.z;
        return side;
    }
    side.type = abi::CU_MEMORYTYPE_UNIFIED;
    side.on_device = operand.op.ptr.ptr;
    side.pitch = operand.op.ptr.rowLength * unit;
    side.height = operand.op.ptr.layerHeight;
    return side;
}

CUresult copy_boxes(std::size_t count, const abi::CUDA_MEMCPY3D_BATCH_OP* list, unsigned long long flags,
                    abi::CUstream stream, bool per_thread) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    if (list == nullptr || count == 0 || flags != 0 || !takes_batches(stream, per_thread))
        return abi::CUDA_ERROR_INVALID_VALUE;
    for (std::size_t k = 0; k < count; ++k) {
        const abi::CUDA_MEMCPY3D_BATCH_OP& one = list[k];
        if (!is_order(one.srcAccessOrder) || (one.flags & ~kKnownFlags) != 0)
            return abi::CUDA_ERROR_INVALID_VALUE;
        std::size_t unit = 1;
        if (const CUresult found = find_unit(one, unit); found != abi::CUDA_SUCCESS) return found;
        Request request;
        const BoxExtent extent{one.extent.width * unit, one.extent.height, one.extent.depth};
        const CUresult read = box_request(side_of(one.dst, unit), side_of(one.src, unit), extent, request);
        if (read != abi::CUDA_SUCCESS) return read;
        request.reads_now = one.srcAccessOrder == abi::CU_MEMCPY_SRC_ACCESS_ORDER_DURING_API_CALL;
        const CUresult result = run_copy(stream, per_thread, request);
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace

SOFT_TWIN(cuMemcpyBatchAsync_v2, _ptsz,
          (abi::CUdeviceptr * targets, abi::CUdeviceptr* sources, std::size_t* sizes, std::size_t count,
           abi::CUmemcpyAttributes* attributes, std::size_t* firsts, std::size_t attribute_count,
           abi::CUstream stream),
          copy_batch(targets, sources, sizes, count, attributes, firsts, attribute_count, stream, per_thread))
SOFT_TWIN(cuMemcpy3DBatchAsync_v2, _ptsz,
          (std::size_t count, abi::CUDA_MEMCPY3D_BATCH_OP* list, unsigned long long flags,
           abi::CUstream stream),
          copy_boxes(count, list, flags, stream, per_thread))
