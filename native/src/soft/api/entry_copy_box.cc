// Exported: copies of planes and boxes, and those to and from arrays. All become one form: each side's first
// byte and the distances of its rows and slices.
#include "soft/api/copies.h"
#include "soft/api/entry.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr std::uint64_t kLargestBox = std::uint64_t{1} << 47;  // bytes

struct Place {
    std::uint64_t start = 0;
    std::size_t pitch = 0;
    std::size_t slice = 0;
    bool must_be_known = false;
};

bool within(std::size_t from, std::size_t count, std::size_t limit) {
    return from <= limit && count <= limit - from;
}

CUresult place_in_array(const Device& device, const BoxSide& side, const BoxExtent& extent, Place& place) {
    const Array* array = device.handles.find<Array>(side.array);
    if (array == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    const Image& image = array->image;
    const bool fits = within(side.x, extent.width, array->row_bytes()) &&
                      within(side.y, extent.rows, image.height) && within(side.z, extent.slices, image.depth);
    if (!fits) return abi::CUDA_ERROR_INVALID_VALUE;
    place.start = image.address + side.z * image.slice + side.y * image.pitch + side.x;
    place.pitch = image.pitch;
    place.slice = image.slice;
    place.must_be_known = true;
    return abi::CUDA_SUCCESS;
}

CUresult place_in_memory(const BoxSide& side, const BoxExtent& extent, Place& place) {
    if (side.type < abi::CU_MEMORYTYPE_HOST || side.type > abi::CU_MEMORYTYPE_UNIFIED)
        return abi::CUDA_ERROR_INVALID_VALUE;
    const std::size_t row = side.x + extent.width;
    const std::size_t height = side.height == 0 ? side.y + extent.rows : side.height;
    place.pitch = side.pitch == 0 ? row : side.pitch;
    const bool narrow = place.pitch < row || row < extent.width;
    const bool huge = place.pitch > kMaxPitch || extent.rows > kMaxPitch;
    if ((narrow || huge) && (extent.rows > 1 || extent.slices > 1)) return abi::CUDA_ERROR_INVALID_VALUE;
    const bool low = height < side.y + extent.rows || height > kMaxPitch || extent.slices > kMaxPitch;
    if (low && extent.slices > 1) return abi::CUDA_ERROR_INVALID_VALUE;
    place.slice = place.pitch * height;
    if (extent.slices > 1 && place.slice > kLargestBox / extent.slices) return abi::CUDA_ERROR_INVALID_VALUE;
    const std::uint64_t base = side.type == abi::CU_MEMORYTYPE_HOST ? side.host : side.on_device;
    place.start = base + side.z * place.slice + side.y * place.pitch + side.x;
    place.must_be_known = side.type == abi::CU_MEMORYTYPE_DEVICE;
    return abi::CUDA_SUCCESS;
}

CUresult find_place(const Device& device, const BoxSide& side, const BoxExtent& extent, Place& place) {
    return side.type == abi::CU_MEMORYTYPE_ARRAY ? place_in_array(device, side, extent, place)
                                                 : place_in_memory(side, extent, place);
}

}  // namespace

namespace soft::driver {

CUresult box_request(const BoxSide& target, const BoxSide& source, const BoxExtent& extent,
                     Request& request) {
    return enter_context([&](const Device& device, Context&) {
        Place to;
        Place from;
        if (const CUresult found = find_place(device, source, extent, from); found != abi::CUDA_SUCCESS)
            return found;
        if (const CUresult found = find_place(device, target, extent, to); found != abi::CUDA_SUCCESS)
            return found;
        Copy& copy = request.copy;
        copy.target = to.start;
        copy.target_pitch = to.pitch;
        copy.target_slice = to.slice;
        copy.source = from.start;
        copy.source_pitch = from.pitch;
        copy.source_slice = from.slice;
        copy.width = extent.width;
        copy.rows = extent.rows;
        copy.slices = extent.slices;
        request.source_must_be_known = from.must_be_known;
        request.target_must_be_known = to.must_be_known;
        return abi::CUDA_SUCCESS;
    });
}

CUresult box_request(const abi::CUDA_MEMCPY3D& box, Request& request) {
    if (box.srcLOD != 0 || box.dstLOD != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const BoxSide source{box.srcMemoryType, address_of(box.srcHost), box.srcDevice, box.srcArray,
                         box.srcXInBytes,   box.srcY,                box.srcZ,      box.srcPitch,
                         box.srcHeight};
    const BoxSide target{box.dstMemoryType, address_of(box.dstHost), box.dstDevice, box.dstArray,
                         box.dstXInBytes,   box.dstY,                box.dstZ,      box.dstPitch,
                         box.dstHeight};
    return box_request(target, source, {box.WidthInBytes, box.Height, box.Depth}, request);
}

}  // namespace soft::driver

namespace {

CUresult copy_box(const BoxSide& target, const BoxSide& source, const BoxExtent& extent, bool blocking,
                  abi::CUstream stream, bool per_thread) {
    Request request;
    const CUresult read = box_request(target, source, extent, request);
    if (read != abi::CUDA_SUCCESS) return read;
    if (!blocking) return run_copy(stream, per_thread, request);
    return run_copy_blocking(per_thread, request, touches_host(request.copy.target, request.copy.source));
}

CUresult copy_2d(const abi::CUDA_MEMCPY2D* asked, bool blocking, abi::CUstream stream, bool per_thread) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    if (asked == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const BoxSide source{asked->srcMemoryType,
                      address_of(asked->srcHost),
                      asked->srcDevice,
                      asked->srcArray,
                      asked->srcXInBytes,
                      asked->srcY,
                      0,
                      asked->srcPitch,
                      0};
    const BoxSide target{asked->dstMemoryType,
                      address_of(asked->dstHost),
                      asked->dstDevice,
                      asked->dstArray,
                      asked->dstXInBytes,
                      asked->dstY,
                      0,
                      asked->dstPitch,
                      0};
    return copy_box(target, source, {asked->WidthInBytes, asked->Height, 1}, blocking, stream, per_thread);
}

// The same fields in both structures.
template <class Box>
CUresult copy_3d(const Box* asked, bool blocking, abi::CUstream stream, bool per_thread) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    if (asked == nullptr || asked->srcLOD != 0 || asked->dstLOD != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const BoxSide source{asked->srcMemoryType, address_of(asked->srcHost),
                      asked->srcDevice,     asked->srcArray,
                      asked->srcXInBytes,   asked->srcY,
                      asked->srcZ,          asked->srcPitch,
                      asked->srcHeight};
    const BoxSide target{asked->dstMemoryType, address_of(asked->dstHost),
                      asked->dstDevice,     asked->dstArray,
                      asked->dstXInBytes,   asked->dstY,
                      asked->dstZ,          asked->dstPitch,
                      asked->dstHeight};
    return copy_box(target, source, {asked->WidthInBytes, asked->Height, asked->Depth}, blocking, stream,
                    per_thread);
}

CUresult copy_peer(const abi::CUDA_MEMCPY3D_PEER* asked, bool blocking, abi::CUstream stream,
                   bool per_thread) {
    if (const CUresult ready = readiness(); ready != abi::CUDA_SUCCESS) return ready;
    if (asked == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const CUresult peers = check_peers(asked->dstContext, asked->srcContext);
    return peers != abi::CUDA_SUCCESS ? peers : copy_3d(asked, blocking, stream, per_thread);
}

// A stretch of an array's texels, row after row, as at most three boxes: the end of a row, whole rows, the
// beginning of one. `other` is linear.
template <class Order>
CUresult copy_stretch(abi::CUarray handle, std::size_t offset, BoxSide other, std::size_t size,
                      std::size_t most_rows, Order&& order) {
    std::size_t row = 0;
    const CUresult found = enter_context([&](const Device& device, Context&) {
        const Array* array = device.handles.find<Array>(handle);
        if (array == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        row = array->row_bytes();
        return within(offset, size, row * array->image.height) ? abi::CUDA_SUCCESS
                                                               : abi::CUDA_ERROR_INVALID_VALUE;
    });
    if (found != abi::CUDA_SUCCESS) return found;
    while (size != 0) {
        const std::size_t x = offset % row;
        const std::size_t width = std::min(row - x, size);
        const std::size_t rows = x == 0 && size >= row ? std::min(size / row, most_rows) : 1;
        const BoxSide inside{abi::CU_MEMORYTYPE_ARRAY, 0, 0, handle, x, offset / row, 0, 0, 0};
        const CUresult result = order(inside, other, BoxExtent{width, rows, 1});
        if (result != abi::CUDA_SUCCESS) return result;
        offset += width * rows;
        size -= width * rows;
        other.host += width * rows;
        other.on_device += width * rows;
    }
    return abi::CUDA_SUCCESS;
}

BoxSide host_side(const void* at) {
    return {abi::CU_MEMORYTYPE_HOST, address_of(at), 0, nullptr, 0, 0, 0, 0, 0};
}
BoxSide device_side(abi::CUdeviceptr at) {
    return {abi::CU_MEMORYTYPE_DEVICE, 0, at, nullptr, 0, 0, 0, 0, 0};
}

CUresult to_array(abi::CUarray array, std::size_t offset, const BoxSide& source, std::size_t size,
                  bool blocking, abi::CUstream stream, bool per_thread) {
    return copy_stretch(array, offset, source, size, kMaxPitch,
                        [&](const BoxSide& inside, const BoxSide& other, const BoxExtent& extent) {
                            return copy_box(inside, other, extent, blocking, stream, per_thread);
                        });
}

CUresult from_array(const BoxSide& target, abi::CUarray array, std::size_t offset, std::size_t size,
                    bool blocking, abi::CUstream stream, bool per_thread) {
    return copy_stretch(array, offset, target, size, kMaxPitch,
                        [&](const BoxSide& inside, const BoxSide& other, const BoxExtent& extent) {
                            return copy_box(other, inside, extent, blocking, stream, per_thread);
                        });
}

// Between arrays whose rows may differ in length: what is left of the shorter row at a time.
CUresult between_arrays(abi::CUarray target, std::size_t target_offset, abi::CUarray source,
                        std::size_t source_offset, std::size_t size, bool per_thread) {
    std::size_t row = 0;
    const CUresult found = enter_context([&](const Device& device, Context&) {
        const Array* array = device.handles.find<Array>(target);
        if (array == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        row = array->row_bytes();
        return within(target_offset, size, row * array->image.height) ? abi::CUDA_SUCCESS
                                                                      : abi::CUDA_ERROR_INVALID_VALUE;
    });
    if (found != abi::CUDA_SUCCESS) return found;
    while (size != 0) {
        const std::size_t x = target_offset % row;
        const std::size_t width = std::min(row - x, size);
        const BoxSide to{abi::CU_MEMORYTYPE_ARRAY, 0, 0, target, x, target_offset / row, 0, 0, 0};
        const auto piece = [&](const BoxSide& inside, const BoxSide& other, const BoxExtent& extent) {
            BoxSide at = to;
            at.x += other.host;  // how far this row has come
            return copy_box(at, inside, extent, true, nullptr, per_thread);
        };
        const BoxSide progress = host_side(nullptr);
        const CUresult result = copy_stretch(source, source_offset, progress, width, 1, piece);
        if (result != abi::CUDA_SUCCESS) return result;
        target_offset += width;
        source_offset += width;
        size -= width;
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace

SOFT_TWIN(cuMemcpy2D_v2, _ptds, (const abi::CUDA_MEMCPY2D* copy), copy_2d(copy, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpy2DUnaligned_v2, _ptds, (const abi::CUDA_MEMCPY2D* copy),
          copy_2d(copy, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpy2DAsync_v2, _ptsz, (const abi::CUDA_MEMCPY2D* copy, abi::CUstream stream),
          copy_2d(copy, false, stream, per_thread))
SOFT_TWIN(cuMemcpy3D_v2, _ptds, (const abi::CUDA_MEMCPY3D* copy), copy_3d(copy, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpy3DAsync_v2, _ptsz, (const abi::CUDA_MEMCPY3D* copy, abi::CUstream stream),
          copy_3d(copy, false, stream, per_thread))
SOFT_TWIN(cuMemcpy3DPeer, _ptds, (const abi::CUDA_MEMCPY3D_PEER* copy),
          copy_peer(copy, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpy3DPeerAsync, _ptsz, (const abi::CUDA_MEMCPY3D_PEER* copy, abi::CUstream stream),
          copy_peer(copy, false, stream, per_thread))
SOFT_TWIN(cuMemcpyAtoA_v2, _ptds,
          (abi::CUarray target, std::size_t target_offset, abi::CUarray source, std::size_t source_offset,
           std::size_t size),
          between_arrays(target, target_offset, source, source_offset, size, per_thread))
SOFT_TWIN(cuMemcpyAtoD_v2, _ptds,
          (abi::CUdeviceptr target, abi::CUarray source, std::size_t offset, std::size_t size),
          from_array(device_side(target), source, offset, size, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpyAtoH_v2, _ptds, (void* target, abi::CUarray source, std::size_t offset, std::size_t size),
          from_array(host_side(target), source, offset, size, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpyAtoHAsync_v2, _ptsz,
          (void* target, abi::CUarray source, std::size_t offset, std::size_t size, abi::CUstream stream),
          from_array(host_side(target), source, offset, size, false, stream, per_thread))
SOFT_TWIN(cuMemcpyDtoA_v2, _ptds,
          (abi::CUarray target, std::size_t offset, abi::CUdeviceptr source, std::size_t size),
          to_array(target, offset, device_side(source), size, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpyHtoA_v2, _ptds,
          (abi::CUarray target, std::size_t offset, const void* source, std::size_t size),
          to_array(target, offset, host_side(source), size, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpyHtoAAsync_v2, _ptsz,
          (abi::CUarray target, std::size_t offset, const void* source, std::size_t size,
           abi::CUstream stream),
          to_array(target, offset, host_side(source), size, false, stream, per_thread))
