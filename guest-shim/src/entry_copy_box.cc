// Chapter "Memory Management", three-dimensional copies, and those that take a stretch of an array. All
// become boxes.
#include <algorithm>

#include "box.h"
#include "copy_nodes.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// The same fields in both structures.
template <class Copy>
abi::CUresult copy_3d(Session& session, const Copy* asked, abi::CUstream stream, Form form) {
    if (asked == nullptr || asked->srcLOD != 0 || asked->dstLOD != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const Copy& p = *asked;
    const BoxSide source{p.srcMemoryType, p.srcHost, p.srcDevice, p.srcArray, p.srcXInBytes,
                         p.srcY,          p.srcZ,    p.srcPitch,  p.srcHeight};
    const BoxSide target{p.dstMemoryType, p.dstHost, p.dstDevice, p.dstArray, p.dstXInBytes,
                         p.dstY,          p.dstZ,    p.dstPitch,  p.dstHeight};
    return copy_box(session, target, source, {p.WidthInBytes, p.Height, p.Depth}, stream, form);
}

// Both contexts are of one worker, whose driver has one address space.
abi::CUresult copy_peer(Session& session, const abi::CUDA_MEMCPY3D_PEER* asked, abi::CUstream stream,
                        Form form) {
    if (asked == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    for (const abi::CUcontext context : {asked->dstContext, asked->srcContext}) {
        const bool known = context != nullptr && check(session, wire::HandleKind::context,
                                                       wire::to_handle(context)) == abi::CUDA_SUCCESS;
        if (!known) return abi::CUDA_ERROR_INVALID_CONTEXT;
    }
    return copy_3d(session, asked, stream, form);
}

// A stretch of bytes of an array, row after row.
struct Stretch {
    abi::CUarray array;
    std::uint64_t offset;
};

abi::CUresult measure(Session& session, const Stretch& stretch, std::uint64_t size, std::uint64_t& row) {
    const abi::CUresult good = check(session, wire::HandleKind::array, wire::to_handle(stretch.array));
    if (good != abi::CUDA_SUCCESS) return good;
    std::uint64_t slice = 0;
    const bool fits = array_extent(session, stretch.array, row, slice) && stretch.offset <= slice &&
                      size <= slice - stretch.offset;
    return fits ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

// As at most three boxes: the end of a row, whole rows, the beginning of one. `copy` gets each box's side in
// the array, how far it is from the beginning, and its extent.
template <class Copy>
abi::CUresult for_each_box(Session& session, Stretch stretch, std::uint64_t size, Copy&& copy) {
    std::uint64_t row = 0;
    abi::CUresult result = measure(session, stretch, size, row);
    for (std::uint64_t done = 0; result == abi::CUDA_SUCCESS && done < size;) {
        const std::uint64_t at = stretch.offset + done;
        const std::uint64_t left = size - done;
        const std::uint64_t x = at % row;
        const BoxExtent extent{std::min(row - x, left), x == 0 && left >= row ? left / row : 1, 1};
        const BoxSide inside{abi::CU_MEMORYTYPE_ARRAY, nullptr, 0, stretch.array, x, at / row, 0, 0, 0};
        result = copy(inside, done, extent);
        done += extent.width * extent.rows;
    }
    return result;
}

BoxSide host_side(const void* memory, std::uint64_t offset) {
    BoxSide side;
    side.type = abi::CU_MEMORYTYPE_HOST;
    side.host = memory == nullptr ? nullptr : static_cast<const std::byte*>(memory) + offset;
    return side;
}

BoxSide device_side(abi::CUdeviceptr address, std::uint64_t offset) {
    BoxSide side;
    side.type = abi::CU_MEMORYTYPE_DEVICE;
    side.device = address == 0 ? 0 : address + offset;
    return side;
}

// `linear(done)` is the other side, so many bytes from its beginning.
template <class Linear>
abi::CUresult copy_into(Session& session, const Stretch& target, Linear&& linear, std::uint64_t size,
                        abi::CUstream stream, Form form) {
    return for_each_box(session, target, size,
                        [&](const BoxSide& inside, std::uint64_t done, const BoxExtent& extent) {
                            return copy_box(session, inside, linear(done), extent, stream, form);
                        });
}

template <class Linear>
abi::CUresult copy_out_of(Session& session, Linear&& linear, const Stretch& source, std::uint64_t size,
                          abi::CUstream stream, Form form) {
    return for_each_box(session, source, size,
                        [&](const BoxSide& inside, std::uint64_t done, const BoxExtent& extent) {
                            return copy_box(session, linear(done), inside, extent, stream, form);
                        });
}

// Rows of the two may differ in length: what is left of the shorter one at a time.
abi::CUresult copy_between(Session& session, const Stretch& target, const Stretch& source,
                           std::uint64_t size, abi::CUstream stream) {
    std::uint64_t target_row = 0;
    std::uint64_t source_row = 0;
    abi::CUresult result = measure(session, source, size, source_row);
    if (result == abi::CUDA_SUCCESS) result = measure(session, target, size, target_row);
    for (std::uint64_t done = 0; result == abi::CUDA_SUCCESS && done < size;) {
        const std::uint64_t to = target.offset + done;
        const std::uint64_t from = source.offset + done;
        const std::uint64_t width =
            std::min({target_row - to % target_row, source_row - from % source_row, size - done});
        const auto side = [](abi::CUarray array, std::uint64_t at, std::uint64_t row) {
            return BoxSide{abi::CU_MEMORYTYPE_ARRAY, nullptr, 0, array, at % row, at / row, 0, 0, 0};
        };
        result = copy_box(session, side(target.array, to, target_row), side(source.array, from, source_row),
                          {width, 1, 1}, stream, Form::waits);
        done += width;
    }
    return result;
}

}  // namespace

namespace hand {

abi::CUresult cuMemcpy3D_v2(Session& session, const abi::CUDA_MEMCPY3D* pCopy, abi::CUstream default_stream) {
    if (const auto diverted = divert_whole(session, pCopy, default_stream, true)) return *diverted;
    return copy_3d(session, pCopy, default_stream, Form::waits);
}

abi::CUresult cuMemcpy3DAsync_v2(Session& session, const abi::CUDA_MEMCPY3D* pCopy, abi::CUstream hStream) {
    if (const auto diverted = divert_whole(session, pCopy, hStream, false)) return *diverted;
    return copy_3d(session, pCopy, hStream, Form::may_return);
}

abi::CUresult cuMemcpy3DPeer(Session& session, const abi::CUDA_MEMCPY3D_PEER* pCopy,
                             abi::CUstream default_stream) {
    return copy_peer(session, pCopy, default_stream, Form::waits);
}

abi::CUresult cuMemcpy3DPeerAsync(Session& session, const abi::CUDA_MEMCPY3D_PEER* pCopy,
                                  abi::CUstream hStream) {
    return copy_peer(session, pCopy, hStream, Form::may_return);
}

abi::CUresult cuMemcpyAtoA_v2(Session& session, abi::CUarray dstArray, std::size_t dstOffset,
                              abi::CUarray srcArray, std::size_t srcOffset, std::size_t ByteCount,
                              abi::CUstream default_stream) {
    return copy_between(session, {dstArray, dstOffset}, {srcArray, srcOffset}, ByteCount, default_stream);
}

abi::CUresult cuMemcpyAtoD_v2(Session& session, abi::CUdeviceptr dstDevice, abi::CUarray srcArray,
                              std::size_t srcOffset, std::size_t ByteCount, abi::CUstream default_stream) {
    const auto linear = [&](std::uint64_t done) { return device_side(dstDevice, done); };
    return copy_out_of(session, linear, {srcArray, srcOffset}, ByteCount, default_stream, Form::waits);
}

abi::CUresult cuMemcpyAtoH_v2(Session& session, void* dstHost, abi::CUarray srcArray, std::size_t srcOffset,
                              std::size_t ByteCount, abi::CUstream default_stream) {
    const auto linear = [&](std::uint64_t done) { return host_side(dstHost, done); };
    return copy_out_of(session, linear, {srcArray, srcOffset}, ByteCount, default_stream, Form::waits);
}

abi::CUresult cuMemcpyAtoHAsync_v2(Session& session, void* dstHost, abi::CUarray srcArray,
                                   std::size_t srcOffset, std::size_t ByteCount, abi::CUstream hStream) {
    const auto linear = [&](std::uint64_t done) { return host_side(dstHost, done); };
    return copy_out_of(session, linear, {srcArray, srcOffset}, ByteCount, hStream, Form::may_return);
}

abi::CUresult cuMemcpyDtoA_v2(Session& session, abi::CUarray dstArray, std::size_t dstOffset,
                              abi::CUdeviceptr srcDevice, std::size_t ByteCount,
                              abi::CUstream default_stream) {
    const auto linear = [&](std::uint64_t done) { return device_side(srcDevice, done); };
    return copy_into(session, {dstArray, dstOffset}, linear, ByteCount, default_stream, Form::waits);
}

abi::CUresult cuMemcpyHtoA_v2(Session& session, abi::CUarray dstArray, std::size_t dstOffset,
                              const void* srcHost, std::size_t ByteCount, abi::CUstream default_stream) {
    const auto linear = [&](std::uint64_t done) { return host_side(srcHost, done); };
    return copy_into(session, {dstArray, dstOffset}, linear, ByteCount, default_stream, Form::waits);
}

abi::CUresult cuMemcpyHtoAAsync_v2(Session& session, abi::CUarray dstArray, std::size_t dstOffset,
                                   const void* srcHost, std::size_t ByteCount, abi::CUstream hStream) {
    const auto linear = [&](std::uint64_t done) { return host_side(srcHost, done); };
    return copy_into(session, {dstArray, dstOffset}, linear, ByteCount, hStream, Form::may_return);
}

}  // namespace hand
}  // namespace guest
