// Chapter "Memory Management", copies: linear and two-dimensional, and the unified ones that find out which
// way.
#include <string.h>

#include <algorithm>
#include <memory>

#include "box.h"
#include "copy.h"
#include "copy_nodes.h"
#include "guest/hand.h"
#include "reference.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// SAFETY: a unified address that is not the device's is a pointer of the program.
void* host_pointer(abi::CUdeviceptr address) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
}

abi::CUresult check_stream(Session& session, abi::CUstream stream) {
    return check(session, wire::HandleKind::stream, wire::to_handle(stream));
}

// Both ends in the guest: in stream order, then copied here.
abi::CUresult copy_in_guest(Session& session, void* target, const void* source, std::size_t size,
                            wire::Handle stream) {
    if (size == 0) return abi::CUDA_SUCCESS;
    if (target == nullptr || source == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUresult result = call(session, wire::cuStreamSynchronize_Request{.hStream = stream});
    if (result == abi::CUDA_SUCCESS) memmove(target, source, size);
    return result;
}

// One side of a two-dimensional copy, its offsets applied.
struct Plane {
    bool on_device = false;
    std::uint64_t address = 0;
    std::uint64_t pitch = 0;  // bytes
};

bool resolve_plane(Session& session, abi::CUmemorytype type, const void* host, abi::CUdeviceptr device,
                   std::size_t pitch, std::size_t x, std::size_t y, Plane& plane) {
    // SAFETY: a pointer of the program as an address.
    const auto host_address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(host));
    plane.pitch = pitch;
    if (type == abi::CU_MEMORYTYPE_HOST) {
        plane.address = host_address;
    } else if (type == abi::CU_MEMORYTYPE_DEVICE || type == abi::CU_MEMORYTYPE_UNIFIED) {
        plane.address = device;
        plane.on_device = type == abi::CU_MEMORYTYPE_DEVICE || is_device_address(session, device);
    } else {
        return false;
    }
    std::uint64_t offset = 0;
    if (__builtin_mul_overflow(y, pitch, &offset) || __builtin_add_overflow(offset, x, &offset)) return false;
    return plane.address != 0 && !__builtin_add_overflow(plane.address, offset, &plane.address);
}

struct Copy2D {
    Plane target;
    Plane source;
    std::uint64_t width;   // bytes
    std::uint64_t height;  // rows
    wire::Handle stream;
    Form form;
};

// Bytes from the first to the last of a plane; false when that wraps.
bool extent_of(const Plane& plane, std::uint64_t width, std::uint64_t height, std::uint64_t& extent) {
    return !__builtin_mul_overflow(height - 1, plane.pitch, &extent) &&
           !__builtin_add_overflow(extent, width, &extent);
}

wire::cuMemcpy2DAsync_v2_Request record_of(const Copy2D& copy, std::uint32_t kind) {
    return {.kind = kind,
            .dst = copy.target.on_device ? copy.target.address : 0,
            .dst_pitch = copy.target.on_device ? copy.target.pitch : 0,
            .src = copy.source.on_device ? copy.source.address : 0,
            .src_pitch = copy.source.on_device ? copy.source.pitch : 0,
            .width = copy.width,
            .height = copy.height,
            .stream = copy.stream,
            .data = {}};
}

// Pinned rows of the arena, which the device reads or writes by itself.
abi::CUresult copy_rows_by_reference(Session& session, const Copy2D& copy) {
    const bool to_device = copy.target.on_device;
    auto record = record_of(copy, to_device ? 3 : 4);
    const Plane& host = to_device ? copy.source : copy.target;
    (to_device ? record.src : record.dst) = host.address;
    (to_device ? record.src_pitch : record.dst_pitch) = host.pitch;
    return send_reference(session, record, !to_device, copy.form);
}

abi::CUresult copy_rows_to_device(Session& session, Copy2D copy) {
    const std::uint64_t rows = wire::limits::kCopySliceBytes / copy.width;
    const std::unique_ptr<std::byte[]> packed(
        rows == 0 ? nullptr : new std::byte[std::min(rows, copy.height) * copy.width]);
    for (std::uint64_t left = copy.height; left > 0;) {
        const std::uint64_t count = std::clamp<std::uint64_t>(rows, 1, left);
        abi::CUresult result = abi::CUDA_SUCCESS;
        if (packed == nullptr) {  // a row longer than a slice goes by itself
            result = copy_to_device(session, copy.target.address, host_pointer(copy.source.address),
                                    copy.width, copy.stream, Form::waits);
        } else {
            for (std::uint64_t row = 0; row < count; ++row) {
                memcpy(packed.get() + row * copy.width,
                       host_pointer(copy.source.address + row * copy.source.pitch), copy.width);
            }
            copy.height = count;
            auto record = record_of(copy, 1);
            record.data = {packed.get(), static_cast<std::size_t>(count * copy.width)};
            result = send(session, record);
        }
        if (result != abi::CUDA_SUCCESS) return result;
        copy.target.address += count * copy.target.pitch;
        copy.source.address += count * copy.source.pitch;
        left -= count;
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult copy_rows_to_host(Session& session, const Copy2D& copy) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const std::size_t size = copy.width * copy.height;
    const bool direct = copy.target.pitch == copy.width || copy.height == 1;
    const std::unique_ptr<std::byte[]> packed(direct ? nullptr : new std::byte[size]);
    Slot* slot = session.replies.take_slot();
    if (slot == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    slot->landing = direct ? static_cast<std::byte*>(host_pointer(copy.target.address)) : packed.get();
    slot->landing_size = size;
    const abi::CUresult result =
        detail::exchange_with(session, *thread_state(), context, record_of(copy, 2), slot);
    for (std::uint64_t row = 0; !direct && result == abi::CUDA_SUCCESS && row < copy.height; ++row) {
        memcpy(host_pointer(copy.target.address + row * copy.target.pitch), packed.get() + row * copy.width,
               copy.width);
    }
    return result;
}

abi::CUresult copy_rows_in_guest(Session& session, const Copy2D& copy) {
    const abi::CUresult result = call(session, wire::cuStreamSynchronize_Request{.hStream = copy.stream});
    for (std::uint64_t row = 0; result == abi::CUDA_SUCCESS && row < copy.height; ++row) {
        memmove(host_pointer(copy.target.address + row * copy.target.pitch),
                host_pointer(copy.source.address + row * copy.source.pitch), copy.width);
    }
    return result;
}

abi::CUresult check_plane(Session& session, const Plane& plane, std::uint64_t width, std::uint64_t height) {
    std::uint64_t extent = 0;
    if (!extent_of(plane, width, height, extent)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (plane.on_device) return check_device_range(session, plane.address, extent);
    return plane.address + extent < plane.address ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
}

abi::CUresult copy_plane_as_box(Session& session, const abi::CUDA_MEMCPY2D& p, abi::CUstream stream,
                                Form form) {
    const BoxSide source{p.srcMemoryType, p.srcHost, p.srcDevice, p.srcArray, p.srcXInBytes, p.srcY, 0,
                         p.srcPitch,      0};
    const BoxSide target{p.dstMemoryType, p.dstHost, p.dstDevice, p.dstArray, p.dstXInBytes, p.dstY, 0,
                         p.dstPitch,      0};
    return copy_box(session, target, source, {p.WidthInBytes, p.Height, 1}, stream, form);
}

abi::CUresult copy_2d(Session& session, const abi::CUDA_MEMCPY2D* parameters, abi::CUstream stream,
                      Form form) {
    if (parameters == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUresult good = check_stream(session, stream);
    if (good != abi::CUDA_SUCCESS) return good;
    const abi::CUDA_MEMCPY2D& p = *parameters;
    const bool has_array =
        p.srcMemoryType == abi::CU_MEMORYTYPE_ARRAY || p.dstMemoryType == abi::CU_MEMORYTYPE_ARRAY;
    if (has_array) return copy_plane_as_box(session, p, stream, form);
    if (p.WidthInBytes == 0 || p.Height == 0) return abi::CUDA_SUCCESS;
    Copy2D copy{{}, {}, p.WidthInBytes, p.Height, wire::to_handle(stream), form};
    // A pitch of 0 stands for rows without gaps.
    const std::size_t source_pitch = p.srcPitch != 0 ? p.srcPitch : p.srcXInBytes + p.WidthInBytes;
    const std::size_t target_pitch = p.dstPitch != 0 ? p.dstPitch : p.dstXInBytes + p.WidthInBytes;
    if (source_pitch < p.WidthInBytes || target_pitch < p.WidthInBytes) return abi::CUDA_ERROR_INVALID_VALUE;
    if (!resolve_plane(session, p.srcMemoryType, p.srcHost, p.srcDevice, source_pitch, p.srcXInBytes, p.srcY,
                       copy.source) ||
        !resolve_plane(session, p.dstMemoryType, p.dstHost, p.dstDevice, target_pitch, p.dstXInBytes, p.dstY,
                       copy.target)) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    const abi::CUresult source_good = check_plane(session, copy.source, copy.width, copy.height);
    if (source_good != abi::CUDA_SUCCESS) return source_good;
    const abi::CUresult target_good = check_plane(session, copy.target, copy.width, copy.height);
    if (target_good != abi::CUDA_SUCCESS) return target_good;
    if (copy.source.on_device && copy.target.on_device) return send(session, record_of(copy, 0));
    if (!copy.target.on_device && !copy.source.on_device) return copy_rows_in_guest(session, copy);
    const Plane& host = copy.target.on_device ? copy.source : copy.target;
    std::uint64_t extent = 0;
    extent_of(host, copy.width, copy.height, extent);
    bool in_arena = false;
    const abi::CUresult whole = find_in_arena(session, host_pointer(host.address), extent, in_arena);
    if (whole != abi::CUDA_SUCCESS) return whole;
    if (in_arena) return copy_rows_by_reference(session, copy);
    if (copy.source.on_device) return copy_rows_to_host(session, copy);
    const abi::CUresult settled = settle_source(session, host_pointer(host.address), extent, copy.stream);
    return settled != abi::CUDA_SUCCESS ? settled : copy_rows_to_device(session, copy);
}

}  // namespace

abi::CUresult copy_unified(Session& session, abi::CUdeviceptr target, abi::CUdeviceptr source,
                           std::size_t size, abi::CUstream stream, Form form) {
    const abi::CUresult good = check_stream(session, stream);
    if (good != abi::CUDA_SUCCESS) return good;
    const wire::Handle name = wire::to_handle(stream);
    const bool to_device = is_device_address(session, target);
    const bool from_device = is_device_address(session, source);
    if (to_device && from_device) return copy_on_device(session, target, source, size, name);
    if (to_device) return copy_to_device(session, target, host_pointer(source), size, name, form);
    if (from_device) return copy_to_host(session, host_pointer(target), source, size, name, form);
    return copy_in_guest(session, host_pointer(target), host_pointer(source), size, name);
}

namespace hand {

abi::CUresult cuMemcpy(Session& session, abi::CUdeviceptr dst, abi::CUdeviceptr src, std::size_t ByteCount,
                       abi::CUstream default_stream) {
    if (const auto diverted = divert_row(session, Row::unified, dst, src, ByteCount, default_stream, true))
        return *diverted;
    return copy_unified(session, dst, src, ByteCount, default_stream, Form::waits);
}

abi::CUresult cuMemcpyAsync(Session& session, abi::CUdeviceptr dst, abi::CUdeviceptr src,
                            std::size_t ByteCount, abi::CUstream hStream) {
    if (const auto diverted = divert_row(session, Row::unified, dst, src, ByteCount, hStream, false))
        return *diverted;
    return copy_unified(session, dst, src, ByteCount, hStream, Form::may_return);
}

abi::CUresult cuMemcpyHtoD_v2(Session& session, abi::CUdeviceptr dstDevice, const void* srcHost,
                              std::size_t ByteCount, abi::CUstream default_stream) {
    const auto diverted = divert_row(session, Row::to_device, dstDevice, graphs::to_number(srcHost),
                                     ByteCount, default_stream, true);
    if (diverted) return *diverted;
    const abi::CUresult good = check_stream(session, default_stream);
    if (good != abi::CUDA_SUCCESS) return good;
    return copy_to_device(session, dstDevice, srcHost, ByteCount, wire::to_handle(default_stream),
                          Form::waits);
}

abi::CUresult cuMemcpyDtoH_v2(Session& session, void* dstHost, abi::CUdeviceptr srcDevice,
                              std::size_t ByteCount, abi::CUstream default_stream) {
    const auto diverted = divert_row(session, Row::to_host, graphs::to_number(dstHost), srcDevice, ByteCount,
                                     default_stream, true);
    if (diverted) return *diverted;
    return copy_to_host(session, dstHost, srcDevice, ByteCount, wire::to_handle(default_stream), Form::waits);
}

abi::CUresult cuMemcpyHtoDAsync_v2(Session& session, abi::CUdeviceptr dstDevice, const void* srcHost,
                                   std::size_t ByteCount, abi::CUstream hStream) {
    const auto diverted = divert_row(session, Row::to_device, dstDevice, graphs::to_number(srcHost),
                                     ByteCount, hStream, false);
    if (diverted) return *diverted;
    const abi::CUresult good = check_stream(session, hStream);
    if (good != abi::CUDA_SUCCESS) return good;
    return copy_to_device(session, dstDevice, srcHost, ByteCount, wire::to_handle(hStream), Form::may_return);
}

abi::CUresult cuMemcpyDtoHAsync_v2(Session& session, void* dstHost, abi::CUdeviceptr srcDevice,
                                   std::size_t ByteCount, abi::CUstream hStream) {
    const auto diverted = divert_row(session, Row::to_host, graphs::to_number(dstHost), srcDevice, ByteCount,
                                     hStream, false);
    if (diverted) return *diverted;
    const abi::CUresult good = check_stream(session, hStream);
    if (good != abi::CUDA_SUCCESS) return good;
    return copy_to_host(session, dstHost, srcDevice, ByteCount, wire::to_handle(hStream), Form::may_return);
}

abi::CUresult cuMemcpyDtoDAsync_v2(Session& session, abi::CUdeviceptr dstDevice, abi::CUdeviceptr srcDevice,
                                   std::size_t ByteCount, abi::CUstream hStream) {
    const auto diverted =
        divert_row(session, Row::on_device, dstDevice, srcDevice, ByteCount, hStream, false);
    if (diverted) return *diverted;
    const abi::CUresult good = check_stream(session, hStream);
    if (good != abi::CUDA_SUCCESS) return good;
    return send(session, wire::cuMemcpyDtoDAsync_v2_Request{.dst = dstDevice,
                                                            .src = srcDevice,
                                                            .size = ByteCount,
                                                            .stream = wire::to_handle(hStream)});
}

abi::CUresult cuMemcpy2D_v2(Session& session, const abi::CUDA_MEMCPY2D* pCopy, abi::CUstream default_stream) {
    if (const auto diverted = divert_plane(session, pCopy, default_stream, true)) return *diverted;
    return copy_2d(session, pCopy, default_stream, Form::waits);
}

abi::CUresult cuMemcpy2DUnaligned_v2(Session& session, const abi::CUDA_MEMCPY2D* pCopy,
                                     abi::CUstream default_stream) {
    if (const auto diverted = divert_plane(session, pCopy, default_stream, true)) return *diverted;
    return copy_2d(session, pCopy, default_stream, Form::waits);
}

abi::CUresult cuMemcpy2DAsync_v2(Session& session, const abi::CUDA_MEMCPY2D* pCopy, abi::CUstream hStream) {
    if (const auto diverted = divert_plane(session, pCopy, hStream, false)) return *diverted;
    return copy_2d(session, pCopy, hStream, Form::may_return);
}

}  // namespace hand
}  // namespace guest
