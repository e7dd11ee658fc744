// Chapter "Memory Management", several copies in one call: each is sent as what it would be alone, in the
// order of the list, which is one of the orders they may run in.
#include <algorithm>

#include "box.h"
#include "cudart/texels.h"
#include "graph_backend.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

constexpr unsigned kKnownFlags = 1;  // CU_MEMCPY_FLAG_PREFER_OVERLAP_WITH_COMPUTE, a hint

bool is_order(abi::CUmemcpySrcAccessOrder order) {
    return order >= abi::CU_MEMCPY_SRC_ACCESS_ORDER_STREAM && order <= abi::CU_MEMCPY_SRC_ACCESS_ORDER_ANY;
}

Form form_of(abi::CUmemcpySrcAccessOrder order) {
    return order == abi::CU_MEMCPY_SRC_ACCESS_ORDER_DURING_API_CALL ? Form::takes : Form::may_return;
}

// The legacy default stream takes no batches.
bool takes_batches(abi::CUstream stream) {
    const wire::Handle handle = wire::to_handle(stream);
    return handle.value != wire::kStreamDefault && handle.value != wire::kStreamLegacy;
}

// What is read during the call but lies on the device has been read once the stream has come so far.
abi::CUresult wait_for_source(Session& session, bool on_device, Form form, abi::CUstream stream) {
    if (!on_device || form != Form::takes) return abi::CUDA_SUCCESS;
    return call(session, wire::cuStreamSynchronize_Request{.hStream = wire::to_handle(stream)});
}

// Each copy has the attributes of the last index that is not above it.
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

// Bytes of a texel of the array behind an operand; 0 for a pointer.
abi::CUresult find_texel(Session& session, const abi::CUmemcpy3DOperand& operand, std::uint64_t& bytes) {
    bytes = 0;
    if (operand.type == abi::CU_MEMCPY_OPERAND_TYPE_POINTER) return abi::CUDA_SUCCESS;
    if (operand.type != abi::CU_MEMCPY_OPERAND_TYPE_ARRAY) return abi::CUDA_ERROR_INVALID_VALUE;
    const wire::Handle handle = wire::to_handle(operand.op.array.array);
    const abi::CUresult good = check(session, wire::HandleKind::array, handle);
    if (good != abi::CUDA_SUCCESS) return good;
    const auto* object =
        static_cast<const Array*>(static_cast<Object*>(session.handles.find(handle.kind(), handle)));
    if (object == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    bytes = cudart::bytes_per_channel(object->description.Format) * object->description.NumChannels;
    return bytes != 0 ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_NOT_SUPPORTED;
}

BoxSide side_of(const abi::CUmemcpy3DOperand& operand, std::uint64_t unit) {
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
    side.device = operand.op.ptr.ptr;
    side.pitch = operand.op.ptr.rowLength * unit;
    side.height = operand.op.ptr.layerHeight;
    return side;
}

// Both sides count in texels of the arrays that take part, which must be of one size, or else in bytes.
abi::CUresult copy_one(Session& session, const abi::CUDA_MEMCPY3D_BATCH_OP& one, abi::CUstream stream) {
    if (!is_order(one.srcAccessOrder) || (one.flags & ~kKnownFlags) != 0)
        return abi::CUDA_ERROR_INVALID_VALUE;
    std::uint64_t source = 0;
    std::uint64_t target = 0;
    abi::CUresult result = find_texel(session, one.src, source);
    if (result == abi::CUDA_SUCCESS) result = find_texel(session, one.dst, target);
    if (result != abi::CUDA_SUCCESS) return result;
    if (source != 0 && target != 0 && source != target) return abi::CUDA_ERROR_INVALID_VALUE;
    const std::uint64_t unit = std::max<std::uint64_t>({source, target, 1});
    const Form form = form_of(one.srcAccessOrder);
    const BoxExtent extent{one.extent.width * unit, one.extent.height, one.extent.depth};
    result = copy_box(session, side_of(one.dst, unit), side_of(one.src, unit), extent, stream, form);
    if (result != abi::CUDA_SUCCESS) return result;
    const bool on_device = source != 0 || is_device_address(session, one.src.op.ptr.ptr);
    return wait_for_source(session, on_device, form, stream);
}

}  // namespace

namespace hand {

abi::CUresult cuMemcpyBatchAsync_v2(Session& session, abi::CUdeviceptr* dsts, abi::CUdeviceptr* srcs,
                                    std::size_t* sizes, std::size_t count, abi::CUmemcpyAttributes* attrs,
                                    std::size_t* attrIdxs, std::size_t numAttrs, abi::CUstream hStream) {
    if (const auto refused = refuse_capture(session, hStream)) return *refused;
    const bool listed = dsts != nullptr && srcs != nullptr && sizes != nullptr && count != 0;
    if (!listed || !takes_batches(hStream) || !attributes_fit(attrs, attrIdxs, numAttrs, count))
        return abi::CUDA_ERROR_INVALID_VALUE;
    std::size_t which = 0;
    for (std::size_t k = 0; k < count; ++k) {
        while (which + 1 < numAttrs && attrIdxs[which + 1] <= k) ++which;
        const Form form = form_of(attrs[which].srcAccessOrder);
        abi::CUresult result = copy_unified(session, dsts[k], srcs[k], sizes[k], hStream, form);
        if (result == abi::CUDA_SUCCESS)
            result = wait_for_source(session, is_device_address(session, srcs[k]), form, hStream);
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuMemcpy3DBatchAsync_v2(Session& session, std::size_t numParams,
                                      abi::CUDA_MEMCPY3D_BATCH_OP* opList, unsigned long long flags,
                                      abi::CUstream hStream) {
    if (const auto refused = refuse_capture(session, hStream)) return *refused;
    if (opList == nullptr || numParams == 0 || flags != 0 || !takes_batches(hStream))
        return abi::CUDA_ERROR_INVALID_VALUE;
    abi::CUresult result = abi::CUDA_SUCCESS;
    for (std::size_t k = 0; k < numParams && result == abi::CUDA_SUCCESS; ++k)
        result = copy_one(session, opList[k], hStream);
    return result;
}

}  // namespace hand
}  // namespace guest
