// Exported: linear copies, and what all copies come to. Each becomes one transfer command; the rules of when
// the caller waits are those of the API synchronisation behaviour chapter: pageable memory is read before the
// call returns and written before it returns.
#include <cstring>

#include "soft/api/copies.h"
#include "soft/api/graph_backend.h"

using namespace soft;
using namespace soft::driver;

namespace {

// What an address may be: memory the device knows, the program's own memory, memory that a graph has not
// allocated yet, or nothing (inside the arena but free).
enum class Side : std::uint8_t { known, pageable, promised, dead };

std::size_t extent(const Copy& copy, std::size_t pitch, std::size_t slice) {
    return (copy.slices - 1) * slice + (copy.rows - 1) * pitch + copy.width;
}

Side side_of(const Device& device, std::uint64_t address, std::size_t size, bool must_be_known) {
    Range range;
    if (device.memory.find_range(address, range))
        return size <= range.hi - address ? Side::known : Side::dead;
    if (device.memory.find_promised(address, range))
        return size <= range.hi - address ? Side::promised : Side::dead;
    const bool plausible = !must_be_known && address != 0 && !device.memory.in_arena(address);
    return plausible ? Side::pageable : Side::dead;
}

struct Sides {
    Side source;
    Side target;
};

Sides sides_of(const Device& device, const Request& request) {
    const Copy& copy = request.copy;
    return {side_of(device, copy.source, extent(copy, copy.source_pitch, copy.source_slice),
                    request.source_must_be_known),
            side_of(device, copy.target, extent(copy, copy.target_pitch, copy.target_slice),
                    request.target_must_be_known)};
}

// Takes the bytes now, so that the program may change them while the copy waits for its turn.
std::function<void()> staged(const Copy& copy) {
    auto bytes = std::make_shared<std::vector<std::byte>>(copy.width * copy.rows * copy.slices);
    Copy take = copy;
    take.target = address_of(bytes->data());
    take.target_pitch = copy.width;
    take.target_slice = copy.width * copy.rows;
    perform(take);
    Copy rest = copy;
    rest.source = take.target;
    rest.source_pitch = copy.width;
    rest.source_slice = take.target_slice;
    return [bytes, rest] { perform(rest); };
}

// What a copy that is captured becomes: it reads and writes at each run, also what is pageable.
graphs::CopyWork node_of(const Request& request, bool source_known, bool target_known) {
    const Copy& copy = request.copy;
    graphs::CopyWork node;
    node.context = graph_backend().current_context();
    abi::CUDA_MEMCPY3D& box = node.box;
    box.srcMemoryType = source_known ? abi::CU_MEMORYTYPE_UNIFIED : abi::CU_MEMORYTYPE_HOST;
    box.srcDevice = source_known ? copy.source : 0;
    box.srcHost = source_known ? nullptr : as_handle<const void*>(copy.source);
    box.srcPitch = copy.source_pitch;
    box.dstMemoryType = target_known ? abi::CU_MEMORYTYPE_UNIFIED : abi::CU_MEMORYTYPE_HOST;
    box.dstDevice = target_known ? copy.target : 0;
    box.dstHost = target_known ? nullptr : as_handle<void*>(copy.target);
    box.dstPitch = copy.target_pitch;
    box.WidthInBytes = copy.width;
    box.Height = copy.rows;
    box.Depth = copy.slices;
    if (copy.source_pitch != 0) box.srcHeight = copy.source_slice / copy.source_pitch;
    if (copy.target_pitch != 0) box.dstHeight = copy.target_slice / copy.target_pitch;
    return node;
}

CUresult copy_on(Device& device, Context& context, const StreamRef& stream, const Request& request) {
    if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    Copy copy = request.copy;
    if (copy.width == 0 || copy.rows == 0 || copy.slices == 0) return abi::CUDA_SUCCESS;
    const auto [source, target] = sides_of(device, request);
    if (source == Side::dead || target == Side::dead) return abi::CUDA_ERROR_INVALID_VALUE;

    const bool source_known = source != Side::pageable;
    const bool target_known = target != Side::pageable;
    const auto take = [&](graphs::Work& work) {
        work = node_of(request, source_known, target_known);
        return abi::CUDA_SUCCESS;
    };
    if (const auto diverted = divert(device, *stream, take, request.blocking)) return *diverted;
    if (source == Side::promised || target == Side::promised) return abi::CUDA_ERROR_INVALID_VALUE;
    copy.is_shared =
        target == Side::known && !device.memory.in_arena(copy.target) && device.memory.in_arena(copy.source);
    const CommandRef command = make_command(CommandKind::transfer, stream);
    const bool wait = target == Side::pageable || (request.blocking && source == Side::pageable);
    const bool now = request.reads_now || source == Side::pageable;
    const bool stage = now && !wait && !device.scheduler.idle(*stream);
    command->work = stage ? staged(copy) : std::function<void()>([copy] { perform(copy); });
    if (const CUresult result = submit_work(device, context, command, wait); result != abi::CUDA_SUCCESS)
        return result;
    // Another thread may have got in between the look at the stream and the submission.
    if (now && !stage && !wait) device.scheduler.wait(command, context.spins());
    return abi::CUDA_SUCCESS;
}

Copy linear(std::uint64_t target, std::uint64_t source, std::size_t size) {
    Copy copy;
    copy.target = target;
    copy.source = source;
    copy.width = size;
    return copy;
}

}  // namespace

namespace soft::driver {

CUresult check_copy(const Device& device, const Request& request) {
    const Copy& copy = request.copy;
    if (copy.width == 0 || copy.rows == 0 || copy.slices == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const auto [source, target] = sides_of(device, request);
    const bool dead = source == Side::dead || target == Side::dead;
    return dead ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
}

CUresult run_copy(abi::CUstream handle, bool per_thread, const Request& request) {
    return enter_context([&](Device& device, Context& context) {
        return copy_on(device, context, find_stream(device, context, handle, per_thread), request);
    });
}

CUresult run_copy_blocking(bool per_thread, Request request, bool host_involved) {
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

}  // namespace soft::driver

namespace {

CUresult peer_copy(abi::CUdeviceptr target, abi::CUcontext target_context, abi::CUdeviceptr source,
                   abi::CUcontext source_context, std::size_t size, abi::CUstream stream, bool per_thread) {
    if (const CUresult peers = check_peers(target_context, source_context); peers != abi::CUDA_SUCCESS)
        return peers;
    return run_copy(stream, per_thread, {linear(target, source, size), true, true});
}

// Makes what is given to `later` from now on wait for what `earlier` has been given.
void put_behind(Device& device, const StreamRef& later, const StreamRef& earlier) {
    const CommandRef mark = make_command(CommandKind::marker, earlier);
    const auto point = std::make_shared<EventPoint>();
    mark->point = point;
    point->command = mark;
    device.scheduler.submit(mark);
    device.scheduler.submit(make_command(CommandKind::marker, later), point.get());
}

// Waits for the work of the other contexts, and they for it, by their legacy streams.
CUresult peer_copy_blocking(abi::CUdeviceptr target, abi::CUcontext target_context, abi::CUdeviceptr source,
                            abi::CUcontext source_context, std::size_t size, bool per_thread) {
    if (const CUresult peers = check_peers(target_context, source_context); peers != abi::CUDA_SUCCESS)
        return peers;
    const Request request{linear(target, source, size), true, true, true};
    return enter_context([&](Device& device, Context& context) {
        const StreamRef stream = find_stream(device, context, nullptr, per_thread);
        std::vector<StreamRef> others;
        for (const abi::CUcontext handle : {target_context, source_context}) {
            const Context* other = device.handles.find<Context>(handle);
            if (other != nullptr && other != &context && other->group->legacy)
                others.push_back(other->group->legacy);
        }
        if (!graphs::Captures::any()) {
            for (const StreamRef& other : others) put_behind(device, stream, other);
        }
        const CUresult result = copy_on(device, context, stream, request);
        if (result != abi::CUDA_SUCCESS) return result;
        for (const StreamRef& other : others) put_behind(device, other, stream);
        return abi::CUDA_SUCCESS;
    });
}

}  // namespace

SOFT_TWIN(cuMemcpyHtoD_v2, _ptds, (abi::CUdeviceptr target, const void* source, std::size_t size),
          run_copy_blocking(per_thread, {linear(target, address_of(source), size), false, true}, true))
SOFT_TWIN(cuMemcpyDtoH_v2, _ptds, (void* target, abi::CUdeviceptr source, std::size_t size),
          run_copy_blocking(per_thread, {linear(address_of(target), source, size), true, false}, true))
SOFT_TWIN(cuMemcpyDtoD_v2, _ptds, (abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size),
          run_copy_blocking(per_thread, {linear(target, source, size), true, true}, false))
SOFT_TWIN(cuMemcpy, _ptds, (abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size),
          run_copy_blocking(per_thread, {linear(target, source, size)}, touches_host(target, source)))
SOFT_TWIN(cuMemcpyPeer, _ptds,
          (abi::CUdeviceptr target, abi::CUcontext target_context, abi::CUdeviceptr source,
           abi::CUcontext source_context, std::size_t size),
          peer_copy_blocking(target, target_context, source, source_context, size, per_thread))
SOFT_TWIN(cuMemcpyHtoDAsync_v2, _ptsz,
          (abi::CUdeviceptr target, const void* source, std::size_t size, abi::CUstream stream),
          run_copy(stream, per_thread, {linear(target, address_of(source), size), false, true}))
SOFT_TWIN(cuMemcpyDtoHAsync_v2, _ptsz,
          (void* target, abi::CUdeviceptr source, std::size_t size, abi::CUstream stream),
          run_copy(stream, per_thread, {linear(address_of(target), source, size), true, false}))
SOFT_TWIN(cuMemcpyDtoDAsync_v2, _ptsz,
          (abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size, abi::CUstream stream),
          run_copy(stream, per_thread, {linear(target, source, size), true, true}))
SOFT_TWIN(cuMemcpyAsync, _ptsz,
          (abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size, abi::CUstream stream),
          run_copy(stream, per_thread, {linear(target, source, size)}))
SOFT_TWIN(cuMemcpyPeerAsync, _ptsz,
          (abi::CUdeviceptr target, abi::CUcontext target_context, abi::CUdeviceptr source,
           abi::CUcontext source_context, std::size_t size, abi::CUstream stream),
          peer_copy(target, target_context, source, source_context, size, stream, per_thread))
