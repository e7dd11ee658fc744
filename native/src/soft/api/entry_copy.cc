// Exported: copies. Each becomes one transfer command; the rules of when the caller waits are those of the
// API synchronisation behaviour chapter: pageable memory is read before the call returns and written before
// it returns.
#include <cstring>

#include "soft/api/entry.h"
#include "soft/memory/transfer.h"

using namespace soft;
using namespace soft::driver;

namespace {

// What an address may be: memory the device knows, the program's own memory, or nothing (inside the arena but
// free).
enum class Side : std::uint8_t { known, pageable, dead };

struct Request {
    Copy copy;
    bool source_must_be_known = false;  // said to be a device address
    bool target_must_be_known = false;
    bool blocking = false;  // the form without Async
};

std::size_t extent(const Copy& copy, std::size_t pitch) { return (copy.rows - 1) * pitch + copy.width; }

Side side_of(const Device& device, std::uint64_t address, std::size_t size, bool must_be_known) {
    Range range;
    if (device.memory.find_range(address, range))
        return size <= range.hi - address ? Side::known : Side::dead;
    const bool plausible = !must_be_known && address != 0 && !device.memory.in_arena(address);
    return plausible ? Side::pageable : Side::dead;
}

// Takes the bytes now, so that the program may change them while the copy waits for its turn.
std::function<void()> staged(const Copy& copy) {
    auto bytes = std::make_shared<std::vector<std::byte>>(copy.width * copy.rows);
    Copy take = copy;
    take.target = address_of(bytes->data());
    take.target_pitch = copy.width;
    perform(take);
    Copy rest = copy;
    rest.source = take.target;
    rest.source_pitch = copy.width;
    return [bytes, rest] { perform(rest); };
}

CUresult copy_on(Device& device, Context& context, const StreamRef& stream, const Request& request) {
    if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    Copy copy = request.copy;
    if (copy.width == 0 || copy.rows == 0) return abi::CUDA_SUCCESS;
    const Side source =
        side_of(device, copy.source, extent(copy, copy.source_pitch), request.source_must_be_known);
    const Side target =
        side_of(device, copy.target, extent(copy, copy.target_pitch), request.target_must_be_known);
    if (source == Side::dead || target == Side::dead) return abi::CUDA_ERROR_INVALID_VALUE;

    copy.is_shared = target == Side::known && !device.memory.in_arena(copy.target) &&
                     device.memory.in_arena(copy.source);
    const CommandRef command = make_command(CommandKind::transfer, stream);
    const bool wait = target == Side::pageable || (request.blocking && source == Side::pageable);
    const bool stage = source == Side::pageable && !wait && !device.scheduler.idle(*stream);
    command->work = stage ? staged(copy) : std::function<void()>([copy] { perform(copy); });
    if (const CUresult result = submit_work(device, context, command, wait); result != abi::CUDA_SUCCESS)
        return result;
    // Another thread may have got in between the look at the stream and the submission.
    if (source == Side::pageable && !stage && !wait) device.scheduler.wait(command, context.spins());
    return abi::CUDA_SUCCESS;
}

Copy linear(std::uint64_t target, std::uint64_t source, std::size_t size) {
    Copy copy;
    copy.target = target;
    copy.source = source;
    copy.width = size;
    return copy;
}

// The default stream when `handle` is null.
CUresult run(abi::CUstream handle, bool per_thread, const Request& request) {
    return enter_context([&](Device& device, Context& context) {
        return copy_on(device, context, find_stream(device, context, handle, per_thread), request);
    });
}

// A blocking copy to or from pinned memory waits too; between device addresses it does not.
CUresult run_blocking(bool per_thread, Request request, bool host_involved) {
    return enter_context([&](Device& device, Context& context) {
        const StreamRef stream = find_stream(device, context, nullptr, per_thread);
        request.blocking = true;
        const CUresult result = copy_on(device, context, stream, request);
        if (result != abi::CUDA_SUCCESS || !host_involved) return result;
        device.scheduler.wait_stream(*stream, context.spins());
        context.output.flush();
        return context.error();
    });
}

// Whether a unified copy touches host memory, pinned or not.
bool touches_host(std::uint64_t target, std::uint64_t source) {
    if (Device::phase() != Phase::ready) return false;
    for (const std::uint64_t address : {target, source}) {
        const auto block = Device::get().memory.find_block(address);
        if (!block || block->kind == BlockKind::pinned || block->kind == BlockKind::registered) return true;
    }
    return false;
}

CUresult check_peers(abi::CUcontext target, abi::CUcontext source) {
    return enter([&](const Device& device) {
        for (const abi::CUcontext handle : {target, source}) {
            const Context* context = handle == nullptr ? nullptr : device.handles.find<Context>(handle);
            if (context == nullptr || context->ended.load()) return abi::CUDA_ERROR_INVALID_CONTEXT;
        }
        return abi::CUDA_SUCCESS;
    });
}

CUresult peer_copy(bool per_thread, bool blocking, abi::CUdeviceptr target, abi::CUcontext target_context,
                   abi::CUdeviceptr source, abi::CUcontext source_context, std::size_t size,
                   abi::CUstream stream) {
    if (const CUresult peers = check_peers(target_context, source_context); peers != abi::CUDA_SUCCESS)
        return peers;
    const Request request{linear(target, source, size), true, true, blocking};
    return run(stream, per_thread, request);
}

// One side of a 2D copy: its first byte and whether it is said to be device memory.
CUresult side_2d(abi::CUmemorytype type, std::uint64_t host, std::uint64_t on_device, std::size_t x,
                 std::size_t y, std::size_t pitch, std::uint64_t& start, bool& must_be_known) {
    if (type == abi::CU_MEMORYTYPE_ARRAY) return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (type < abi::CU_MEMORYTYPE_HOST || type > abi::CU_MEMORYTYPE_UNIFIED)
        return abi::CUDA_ERROR_INVALID_VALUE;
    start = (type == abi::CU_MEMORYTYPE_HOST ? host : on_device) + y * pitch + x;
    must_be_known = type == abi::CU_MEMORYTYPE_DEVICE;
    return abi::CUDA_SUCCESS;
}

CUresult read_2d(const abi::CUDA_MEMCPY2D& asked, Request& request) {
    Copy& copy = request.copy;
    copy.width = asked.WidthInBytes;
    copy.rows = asked.Height;
    copy.source_pitch = asked.srcPitch == 0 ? asked.WidthInBytes + asked.srcXInBytes : asked.srcPitch;
    copy.target_pitch = asked.dstPitch == 0 ? asked.WidthInBytes + asked.dstXInBytes : asked.dstPitch;
    const bool narrow = copy.source_pitch < asked.WidthInBytes + asked.srcXInBytes ||
                        copy.target_pitch < asked.WidthInBytes + asked.dstXInBytes;
    const bool huge = copy.source_pitch > kMaxPitch || copy.target_pitch > kMaxPitch || copy.rows > kMaxPitch;
    if ((narrow || huge) && copy.rows > 1) return abi::CUDA_ERROR_INVALID_VALUE;
    const CUresult source =
        side_2d(asked.srcMemoryType, address_of(asked.srcHost), asked.srcDevice, asked.srcXInBytes,
                asked.srcY, copy.source_pitch, copy.source, request.source_must_be_known);
    if (source != abi::CUDA_SUCCESS) return source;
    return side_2d(asked.dstMemoryType, address_of(asked.dstHost), asked.dstDevice, asked.dstXInBytes,
                   asked.dstY, copy.target_pitch, copy.target, request.target_must_be_known);
}

CUresult copy_2d(const abi::CUDA_MEMCPY2D* asked, bool blocking, abi::CUstream stream, bool per_thread) {
    if (asked == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Request request;
    if (const CUresult read = read_2d(*asked, request); read != abi::CUDA_SUCCESS) return read;
    if (!blocking) return run(stream, per_thread, request);
    return run_blocking(per_thread, request, touches_host(request.copy.target, request.copy.source));
}

}  // namespace

SOFT_TWIN(cuMemcpyHtoD_v2, _ptds, (abi::CUdeviceptr target, const void* source, std::size_t size),
          run_blocking(per_thread, {linear(target, address_of(source), size), false, true}, true))
SOFT_TWIN(cuMemcpyDtoH_v2, _ptds, (void* target, abi::CUdeviceptr source, std::size_t size),
          run_blocking(per_thread, {linear(address_of(target), source, size), true, false}, true))
SOFT_TWIN(cuMemcpyDtoD_v2, _ptds, (abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size),
          run_blocking(per_thread, {linear(target, source, size), true, true}, false))
SOFT_TWIN(cuMemcpy, _ptds, (abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size),
          run_blocking(per_thread, {linear(target, source, size)}, touches_host(target, source)))
SOFT_TWIN(cuMemcpyPeer, _ptds,
          (abi::CUdeviceptr target, abi::CUcontext target_context, abi::CUdeviceptr source,
           abi::CUcontext source_context, std::size_t size),
          peer_copy(per_thread, true, target, target_context, source, source_context, size, nullptr))
SOFT_TWIN(cuMemcpyHtoDAsync_v2, _ptsz,
          (abi::CUdeviceptr target, const void* source, std::size_t size, abi::CUstream stream),
          run(stream, per_thread, {linear(target, address_of(source), size), false, true}))
SOFT_TWIN(cuMemcpyDtoHAsync_v2, _ptsz,
          (void* target, abi::CUdeviceptr source, std::size_t size, abi::CUstream stream),
          run(stream, per_thread, {linear(address_of(target), source, size), true, false}))
SOFT_TWIN(cuMemcpyDtoDAsync_v2, _ptsz,
          (abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size, abi::CUstream stream),
          run(stream, per_thread, {linear(target, source, size), true, true}))
SOFT_TWIN(cuMemcpyAsync, _ptsz,
          (abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size, abi::CUstream stream),
          run(stream, per_thread, {linear(target, source, size)}))
SOFT_TWIN(cuMemcpyPeerAsync, _ptsz,
          (abi::CUdeviceptr target, abi::CUcontext target_context, abi::CUdeviceptr source,
           abi::CUcontext source_context, std::size_t size, abi::CUstream stream),
          peer_copy(per_thread, false, target, target_context, source, source_context, size, stream))
SOFT_TWIN(cuMemcpy2D_v2, _ptds, (const abi::CUDA_MEMCPY2D* copy), copy_2d(copy, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpy2DUnaligned_v2, _ptds, (const abi::CUDA_MEMCPY2D* copy),
          copy_2d(copy, true, nullptr, per_thread))
SOFT_TWIN(cuMemcpy2DAsync_v2, _ptsz, (const abi::CUDA_MEMCPY2D* copy, abi::CUstream stream),
          copy_2d(copy, false, stream, per_thread))
