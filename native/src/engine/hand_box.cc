// Copies of boxes by hand: to, from and between device memory and arrays, their bytes packed in the record,
// landing, or named in the arena. Called by generated dispatch.
#include "engine/executor.h"
#include "engine/referred.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

// Of cuMemcpy3DAsync_v2's record.
enum Kind : std::uint32_t { kOnDevice = 0, kPackedIn = 1, kLandsPacked = 2, kFromArena = 3, kToArena = 4 };

using Request = wire::cuMemcpy3DAsync_v2_Request;

// The side that is on the device: an array, or memory.
abi::CUresult fill_target(Executor& executor, const Request& request, abi::CUDA_MEMCPY3D& shape) {
    shape.dstMemoryType = abi::CU_MEMORYTYPE_DEVICE;
    shape.dstDevice = request.dst;
    shape.dstPitch = request.dst_pitch;
    shape.dstHeight = request.dst_height;
    if (request.dst_array.value == 0) return abi::CUDA_SUCCESS;
    shape.dstMemoryType = abi::CU_MEMORYTYPE_ARRAY;
    shape.dstArray = static_cast<abi::CUarray>(
        executor.handles().find(wire::HandleKind::array, request.dst_array));
    shape.dstXInBytes = request.dst_x;
    shape.dstY = request.dst_y;
    shape.dstZ = request.dst_z;
    return shape.dstArray == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : abi::CUDA_SUCCESS;
}

abi::CUresult fill_source(Executor& executor, const Request& request, abi::CUDA_MEMCPY3D& shape) {
    shape.srcMemoryType = abi::CU_MEMORYTYPE_DEVICE;
    shape.srcDevice = request.src;
    shape.srcPitch = request.src_pitch;
    shape.srcHeight = request.src_height;
    if (request.src_array.value == 0) return abi::CUDA_SUCCESS;
    shape.srcMemoryType = abi::CU_MEMORYTYPE_ARRAY;
    shape.srcArray = static_cast<abi::CUarray>(
        executor.handles().find(wire::HandleKind::array, request.src_array));
    shape.srcXInBytes = request.src_x;
    shape.srcY = request.src_y;
    shape.srcZ = request.src_z;
    return shape.srcArray == nullptr ? abi::CUDA_ERROR_INVALID_HANDLE : abi::CUDA_SUCCESS;
}

// Bytes from the first to the last of the rows in the arena; false when that wraps.
bool span_of(const Request& request, std::uint64_t pitch, std::uint64_t height, std::uint64_t& span) {
    std::uint64_t slice = 0;
    std::uint64_t rows = 0;
    return !__builtin_mul_overflow(pitch, height, &slice) &&
           !__builtin_mul_overflow(request.depth - 1, slice, &span) &&
           !__builtin_mul_overflow(request.height - 1, pitch, &rows) &&
           !__builtin_add_overflow(span, rows, &span) && !__builtin_add_overflow(span, request.width, &span);
}

abi::CUresult copy_by_reference(Executor& executor, const wire::RecordHeader& header, const Request& request,
                                abi::CUDA_MEMCPY3D shape, abi::CUstream stream) {
    const bool is_source = request.kind == kFromArena;
    std::uint64_t span = 0;
    const std::uint64_t pitch = is_source ? request.src_pitch : request.dst_pitch;
    const std::uint64_t height = is_source ? request.src_height : request.dst_height;
    if (!span_of(request, pitch, height, span)) return abi::CUDA_ERROR_INVALID_VALUE;
    std::byte* memory = pinned_memory(executor, is_source ? request.src : request.dst, span);
    if (memory == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (is_source) {
        shape.srcMemoryType = abi::CU_MEMORYTYPE_HOST;
        shape.srcHost = memory;
    } else {
        shape.dstMemoryType = abi::CU_MEMORYTYPE_HOST;
        shape.dstHost = memory;
    }
    (is_source ? executor.pins().bytes_in : executor.pins().bytes_out) +=
        request.width * request.height * request.depth;
    return referred(executor, header, stream, executor.driver().cuMemcpy3DAsync_v2(&shape, stream));
}

}  // namespace

abi::CUresult cuMemcpy3DAsync_v2(Executor& executor, const wire::RecordHeader& header, const Request& request,
                                 ReplySink&) {
    if (executor.driver().cuMemcpy3DAsync_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUstream stream = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    if (request.width == 0 || request.height == 0 || request.depth == 0) return abi::CUDA_SUCCESS;
    abi::CUDA_MEMCPY3D shape{};
    shape.WidthInBytes = request.width;
    shape.Height = request.height;
    shape.Depth = request.depth;
    const bool to_device =
        request.kind == kOnDevice || request.kind == kPackedIn || request.kind == kFromArena;
    const bool from_device =
        request.kind == kOnDevice || request.kind == kLandsPacked || request.kind == kToArena;
    if (to_device) result = fill_target(executor, request, shape);
    if (from_device && result == abi::CUDA_SUCCESS) result = fill_source(executor, request, shape);
    if (result != abi::CUDA_SUCCESS) return result;
    switch (request.kind) {
        case kOnDevice:
            return executor.driver().cuMemcpy3DAsync_v2(&shape, stream);
        case kPackedIn:
            return executor.landing().stage_box(shape, request.data, executor.place(stream));
        case kLandsPacked:
            if (!names_a_landing(executor, header)) return abi::CUDA_ERROR_INVALID_VALUE;
            return executor.landing().land_box(header, shape, executor.place(stream));
        case kFromArena:
            shape.srcPitch = request.src_pitch;
            shape.srcHeight = request.src_height;
            return copy_by_reference(executor, header, request, shape, stream);
        case kToArena:
            shape.dstPitch = request.dst_pitch;
            shape.dstHeight = request.dst_height;
            return copy_by_reference(executor, header, request, shape, stream);
        default:
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
}

}  // namespace engine::hand
