// Boxes in flight: one slot each. See landing.h.
#include <cstring>

#include "engine/landing.h"
#include "engine/limits.h"
#include "engine/outcome.h"

namespace engine {
namespace {

// Bytes of the box; false when no slot holds them.
bool fits_a_slot(const abi::CUDA_MEMCPY3D& shape, std::uint64_t& size) {
    return !__builtin_mul_overflow(shape.WidthInBytes, shape.Height, &size) &&
           !__builtin_mul_overflow(size, shape.Depth, &size) && size <= kSlotSize;
}

}  // namespace

abi::CUresult Landing::stage_box(abi::CUDA_MEMCPY3D shape, std::span<const std::byte> data,
                                 const CopyPlace& place) {
    std::uint64_t size = 0;
    if (!fits_a_slot(shape, size) || size != data.size()) return abi::CUDA_ERROR_INVALID_VALUE;
    if (size == 0) return abi::CUDA_SUCCESS;
    Copy copy{{}, place, nullptr, 0, static_cast<std::uint32_t>(size), 0, false, false, false};
    if (!slots_.take(copy.slot)) return kRetry;
    std::byte* slot = slots_.memory(copy.slot).data();
    std::memcpy(slot, data.data(), data.size());
    shape.srcMemoryType = abi::CU_MEMORYTYPE_HOST;
    shape.srcHost = slot;
    shape.srcPitch = shape.WidthInBytes;
    shape.srcHeight = shape.Height;
    const abi::CUresult result = driver_.cuMemcpy3DAsync_v2(&shape, place.stream);
    if (result != abi::CUDA_SUCCESS) {
        slots_.give(copy.slot);
        return result;
    }
    return follow(copy);
}

abi::CUresult Landing::land_box(const wire::RecordHeader& record, abi::CUDA_MEMCPY3D shape,
                                const CopyPlace& place) {
    std::uint64_t size = 0;
    if (!fits_a_slot(shape, size)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (size == 0) return abi::CUDA_SUCCESS;
    if (replies_.unwritten() / kSlotSize >= kLandingsAhead) return kRetry;
    Copy copy{record, place, nullptr, 0, static_cast<std::uint32_t>(size), 0, true, true, false};
    if (!slots_.take(copy.slot)) return kRetry;
    shape.dstMemoryType = abi::CU_MEMORYTYPE_HOST;
    shape.dstHost = slots_.memory(copy.slot).data();
    shape.dstPitch = shape.WidthInBytes;
    shape.dstHeight = shape.Height;
    const abi::CUresult result = driver_.cuMemcpy3DAsync_v2(&shape, place.stream);
    if (result != abi::CUDA_SUCCESS) {
        slots_.give(copy.slot);
        return result;
    }
    const abi::CUresult followed = follow(copy);
    return followed == abi::CUDA_SUCCESS ? kPending : followed;
}

}  // namespace engine
