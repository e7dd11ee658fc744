// Memory by hand: allocations are counted, frees wait for what could use the memory, copies go through the
// landing. Called by generated dispatch.
#include <memory>

#include "engine/executor.h"
#include "engine/limits.h"
#include "engine/referred.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

// Of cuMemcpy2DAsync_v2's record.
constexpr std::uint32_t kDeviceToDevice = 0;
constexpr std::uint32_t kGuestToDevice = 1;
constexpr std::uint32_t kDeviceToGuest = 2;

abi::CUresult free_memory(Executor& executor, const Watch& watch) {
    const abi::CUresult result = executor.driver().cuMemFree_v2(watch.argument);
    if (result == abi::CUDA_SUCCESS) executor.note_free(watch.argument);
    return result;
}

abi::CUresult copy_rows_on_device(Executor& executor, const wire::cuMemcpy2DAsync_v2_Request& request,
                                  abi::CUstream stream) {
    abi::CUDA_MEMCPY2D shape{};
    shape.srcMemoryType = abi::CU_MEMORYTYPE_DEVICE;
    shape.srcDevice = request.src;
    shape.srcPitch = request.src_pitch;
    shape.dstMemoryType = abi::CU_MEMORYTYPE_DEVICE;
    shape.dstDevice = request.dst;
    shape.dstPitch = request.dst_pitch;
    shape.WidthInBytes = request.width;
    shape.Height = request.height;
    return executor.driver().cuMemcpy2DAsync_v2(&shape, stream);
}

constexpr std::uint32_t kArenaToDevice = 3;
constexpr std::uint32_t kDeviceToArena = 4;

abi::CUresult copy_rows_by_reference(Executor& executor, const wire::RecordHeader& header,
                                     const wire::cuMemcpy2DAsync_v2_Request& request, abi::CUstream stream) {
    const bool to_device = request.kind == kArenaToDevice;
    const std::uint64_t host = to_device ? request.src : request.dst;
    const std::uint64_t host_pitch = to_device ? request.src_pitch : request.dst_pitch;
    std::uint64_t extent = 0;
    if (request.height == 0 || request.width == 0) return abi::CUDA_SUCCESS;
    if (__builtin_mul_overflow(request.height - 1, host_pitch, &extent) ||
        __builtin_add_overflow(extent, request.width, &extent)) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    std::byte* memory = pinned_memory(executor, host, extent);
    if (memory == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    abi::CUDA_MEMCPY2D shape{};
    shape.srcMemoryType = to_device ? abi::CU_MEMORYTYPE_HOST : abi::CU_MEMORYTYPE_DEVICE;
    shape.dstMemoryType = to_device ? abi::CU_MEMORYTYPE_DEVICE : abi::CU_MEMORYTYPE_HOST;
    if (to_device) {
        shape.srcHost = memory;
        shape.dstDevice = request.dst;
    } else {
        shape.srcDevice = request.src;
        shape.dstHost = memory;
    }
    shape.srcPitch = request.src_pitch;
    shape.dstPitch = request.dst_pitch;
    shape.WidthInBytes = request.width;
    shape.Height = request.height;
    (to_device ? executor.pins().bytes_in : executor.pins().bytes_out) += request.width * request.height;
    return referred(executor, header, stream, executor.driver().cuMemcpy2DAsync_v2(&shape, stream));
}

// More than a loan takes a driver long.
abi::CUresult allocate_aside(Executor& executor, const wire::RecordHeader& header, std::uint64_t size) {
    const auto address = std::make_shared<abi::CUdeviceptr>();
    const wire::Handle context = executor.contexts().current_handle();
    const auto finish = [&executor, header, context, address, size](abi::CUresult result) {
        std::vector<std::byte> payload;
        ReplySink sink(payload);
        if (result == abi::CUDA_SUCCESS) result = executor.contexts().use(context);
        if (result == abi::CUDA_SUCCESS) {
            executor.note_allocation(*address, size);
            sink.outputs(wire::cuMemAlloc_v2_Reply{.address = *address});
        }
        executor.answer(header, result, sink.payload());
    };
    return executor.aside([allocate = executor.driver().cuMemAlloc_v2, address,
                           size] { return allocate(address.get(), size); },
                          finish);
}

}  // namespace

abi::CUresult cuMemAlloc_v2(Executor& executor, const wire::RecordHeader& header,
                            const wire::cuMemAlloc_v2_Request& request, ReplySink& sink) {
    if (!executor.may_allocate()) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    if (request.size > wire::limits::kLendBytes) return allocate_aside(executor, header, request.size);
    abi::CUdeviceptr address = 0;
    const abi::CUresult result = executor.driver().cuMemAlloc_v2(&address, request.size);
    if (result != abi::CUDA_SUCCESS) return result;
    executor.note_allocation(address, request.size);
    sink.outputs(wire::cuMemAlloc_v2_Reply{.address = address});
    return result;
}

abi::CUresult cuMemAllocPitch_v2(Executor& executor, const wire::RecordHeader&,
                                 const wire::cuMemAllocPitch_v2_Request& request, ReplySink& sink) {
    if (!executor.may_allocate()) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    if (executor.driver().cuMemAllocPitch_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUdeviceptr address = 0;
    std::size_t pitch = 0;
    const abi::CUresult result = executor.driver().cuMemAllocPitch_v2(
        &address, &pitch, request.WidthInBytes, request.Height, request.ElementSizeBytes);
    if (result != abi::CUDA_SUCCESS) return result;
    executor.note_allocation(address, pitch * request.Height);
    wire::cuMemAllocPitch_v2_Reply reply;
    reply.address = address;
    reply.pitch = pitch;
    sink.outputs(reply);
    return result;
}

abi::CUresult cuMemFree_v2(Executor& executor, const wire::RecordHeader& header,
                           const wire::cuMemFree_v2_Request& request, ReplySink&) {
    if (request.address == 0) return abi::CUDA_SUCCESS;
    if (executor.contexts().current() == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (header.ticket == 0) {
        const bool own = executor.is_allocation(request.address);
        if (!own && executor.driver().lent_memory == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto kind = own ? Freed::Kind::allocation : Freed::Kind::block;
        return executor.free_later({.kind = kind, .urgent = own, .address = request.address});
    }
    // cuMemFree itself would block the engine thread until the device is quiet.
    return executor.wait(Awaited::Kind::context, nullptr, header, free_memory, request.address);
}

abi::CUresult cuMemcpyHtoDAsync_v2(Executor& executor, const wire::RecordHeader& header,
                                   const wire::cuMemcpyHtoDAsync_v2_Request& request, ReplySink&) {
    abi::CUstream stream = nullptr;
    const abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    if (request.from != 0) {
        const std::byte* memory = pinned_memory(executor, request.from, request.size);
        if (memory == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        executor.pins().bytes_in += request.size;
        return referred(
            executor, header, stream,
            executor.driver().cuMemcpyHtoDAsync_v2(request.dst, memory, request.size, stream));
    }
    if (request.data.size() <= kUnstagedCopy) {
        return executor.driver().cuMemcpyHtoDAsync_v2(request.dst, request.data.data(), request.data.size(),
                                                      stream);
    }
    return executor.landing().stage(request.dst, request.data, executor.place(stream), executor.progress());
}

abi::CUresult cuMemcpyDtoHAsync_v2(Executor& executor, const wire::RecordHeader& header,
                                   const wire::cuMemcpyDtoHAsync_v2_Request& request, ReplySink&) {
    if (request.to == 0 && !names_a_landing(executor, header)) return abi::CUDA_ERROR_INVALID_VALUE;
    abi::CUstream stream = nullptr;
    const abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    if (request.to != 0) {
        std::byte* memory = pinned_memory(executor, request.to, request.size);
        if (memory == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        executor.pins().bytes_out += request.size;
        return referred(
            executor, header, stream,
            executor.driver().cuMemcpyDtoHAsync_v2(memory, request.src, request.size, stream));
    }
    const DeviceRows rows{request.src, request.size, request.size, 1};
    return executor.landing().land(header, rows, executor.place(stream), executor.progress());
}

abi::CUresult cuMemcpy2DAsync_v2(Executor& executor, const wire::RecordHeader& header,
                                 const wire::cuMemcpy2DAsync_v2_Request& request, ReplySink&) {
    if (executor.driver().cuMemcpy2DAsync_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUstream stream = nullptr;
    const abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    const CopyPlace place = executor.place(stream);
    switch (request.kind) {
        case kDeviceToDevice:
            return copy_rows_on_device(executor, request, stream);
        case kGuestToDevice: {
            const DeviceRows rows{request.dst, request.dst_pitch, request.width, request.height};
            return executor.landing().stage_rows(rows, request.data, place);
        }
        case kDeviceToGuest: {
            if (!names_a_landing(executor, header)) return abi::CUDA_ERROR_INVALID_VALUE;
            const DeviceRows rows{request.src, request.src_pitch, request.width, request.height};
            return executor.landing().land(header, rows, place, executor.progress());
        }
        case kArenaToDevice:
        case kDeviceToArena:
            return copy_rows_by_reference(executor, header, request, stream);
        default:
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
}

}  // namespace engine::hand
