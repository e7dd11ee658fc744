// Launches of executable graphs: the records of the nodes, on streams that wait for each other as the graph
// says. The first lane is the stream the program named, so a graph without branches is its nodes' records and
// nothing else. Pageable memory is read while the launch is sent; what may still write it, a host function or
// a landing, is waited for first.
#include <vector>

#include "copy.h"
#include "cudart/graphs/objects.h"
#include "graph_backend.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// What an executable graph keeps between its runs: streams of the lanes but the first, an event for each step
// that another lane waits for, one for the beginning and one for the end.
class Runs {
public:
    explicit Runs(Session& session) : session_(session) {}
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;
    ~Runs() {
        if (live_session() != &session_) return;
        for (const abi::CUstream stream : lanes) hand::cuStreamDestroy_v2(session_, stream);
        for (const wire::Handle event : events) {
            if (event.value == 0) continue;
            send(session_, wire::cuEventDestroy_v2_Request{.event = event});
            forget_handle(session_, event);
        }
    }

    abi::CUresult prepare(const graphs::Exec& exec);
    abi::CUresult record(std::size_t event, wire::Handle stream) {
        return send(session_, wire::cuEventRecordWithFlags_Request{
                                  .event = events[event], .stream = stream, .flags = 0});
    }
    abi::CUresult wait(std::size_t event, wire::Handle stream) {
        return send(session_, wire::cuStreamWaitEvent_Request{
                                  .hStream = stream, .hEvent = events[event], .Flags = 0});
    }

    std::vector<abi::CUstream> lanes;   // of lane 1 on
    std::vector<wire::Handle> events;   // by step; the last two: begin, end
    std::vector<bool> signals;          // whether another lane waits for the step
    graphs::StreamName last_stream{};   // of the latest run
    bool has_run = false;
    bool prepared = false;

private:
    abi::CUresult make_event(wire::Handle& event);
    Session& session_;
};

abi::CUresult Runs::make_event(wire::Handle& event) {
    event = name_handle(session_, wire::HandleKind::event);
    if (event.value == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    return send(session_,
                wire::cuEventCreate_Request{.event = event, .flags = abi::CU_EVENT_DISABLE_TIMING});
}

abi::CUresult Runs::prepare(const graphs::Exec& exec) {
    if (prepared) return abi::CUDA_SUCCESS;
    const std::vector<graphs::Step>& plan = exec.plan();
    while (lanes.size() + 1 < exec.lane_count()) {
        abi::CUstream stream = nullptr;
        const abi::CUresult made =
            hand::cuStreamCreateWithPriority(session_, &stream, abi::CU_STREAM_NON_BLOCKING, 0);
        if (made != abi::CUDA_SUCCESS) return made;
        lanes.push_back(stream);
    }
    signals.assign(plan.size() + 2, false);
    for (std::size_t step = 0; step < plan.size(); ++step) {
        for (const std::uint32_t on : plan[step].after) {
            if (plan[on].lane != plan[step].lane) signals[on] = true;
        }
        if (plan[step].last && plan[step].lane != 0) signals[step] = true;
    }
    signals[plan.size()] = signals[plan.size() + 1] = true;
    events.resize(signals.size());
    for (std::size_t index = 0; index < events.size(); ++index) {
        if (!signals[index] || events[index].value != 0) continue;
        const abi::CUresult made = make_event(events[index]);
        if (made != abi::CUDA_SUCCESS) return made;
    }
    prepared = true;
    return abi::CUDA_SUCCESS;
}

abi::CUresult run_kernel(Session& session, const graphs::KernelWork& kernel, wire::Handle stream) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const auto& params = kernel.params;
    const wire::Handle function{kernel.code.identity};
    const wire::HandleKind kind = function.kind();
    if (check(session, kind, function) != abi::CUDA_SUCCESS) return abi::CUDA_ERROR_INVALID_HANDLE;
    const abi::CUresult sent =
        send_in(session, context,
                wire::cuLaunchKernel_Request{.f = function,
                                             .gridDimX = params.gridDimX,
                                             .gridDimY = params.gridDimY,
                                             .gridDimZ = params.gridDimZ,
                                             .blockDimX = params.blockDimX,
                                             .blockDimY = params.blockDimY,
                                             .blockDimZ = params.blockDimZ,
                                             .sharedMemBytes = params.sharedMemBytes,
                                             .hStream = stream,
                                             .flags = kernel.cooperative() ? 1u : 0u,
                                             .params = {kernel.packed.data(), kernel.packed.size()}});
    context->note_launch();
    return sent;
}

abi::CUresult run_fill(Session& session, const graphs::FillWork& fill, abi::CUstream stream) {
    const abi::CUDA_MEMSET_NODE_PARAMS_v2& p = fill.params;
    const auto byte = static_cast<unsigned char>(p.value);
    const auto half = static_cast<unsigned short>(p.value);
    const bool line = p.height == 1;
    const std::size_t rows = p.height;
    switch (p.elementSize) {
        case 1:
            return line ? hand::cuMemsetD8Async(session, p.dst, byte, p.width, stream)
                        : hand::cuMemsetD2D8Async(session, p.dst, p.pitch, byte, p.width, rows, stream);
        case 2:
            return line ? hand::cuMemsetD16Async(session, p.dst, half, p.width, stream)
                        : hand::cuMemsetD2D16Async(session, p.dst, p.pitch, half, p.width, rows, stream);
        default:
            return line
                       ? hand::cuMemsetD32Async(session, p.dst, p.value, p.width, stream)
                       : hand::cuMemsetD2D32Async(session, p.dst, p.pitch, p.value, p.width, rows, stream);
    }
}

// One side of a box in memory: its first byte and the way to the next slice.
struct Side {
    std::uint64_t start;
    std::uint64_t slice;
    bool on_device;
};

Side side_of(Session& session, abi::CUmemorytype type, const void* host, abi::CUdeviceptr device,
             std::size_t pitch, std::size_t height, std::size_t x, std::size_t y, std::size_t z,
             const abi::CUDA_MEMCPY3D& box) {
    const std::uint64_t row = pitch != 0 ? pitch : x + box.WidthInBytes;
    const std::uint64_t slice = row * (height != 0 ? height : y + box.Height);
    const std::uint64_t base = type == abi::CU_MEMORYTYPE_HOST ? graphs::to_number(host) : device;
    const bool on_device = type == abi::CU_MEMORYTYPE_DEVICE ||
                           (type == abi::CU_MEMORYTYPE_UNIFIED && is_device_address(session, device));
    return {base + z * slice + y * row + x, slice, on_device};
}

abi::CUresult run_row(Session& session, std::uint64_t target, bool to_device, std::uint64_t source,
                      bool from_device, std::size_t size, wire::Handle stream) {
    if (to_device && from_device) return copy_on_device(session, target, source, size, stream);
    if (to_device)
        return copy_to_device(session, target, graphs::to_handle<void*>(source), size, stream,
                              Form::may_return);
    if (from_device)
        return copy_to_host(session, graphs::to_handle<void*>(target), source, size, stream, Form::lands);
    return hand::cuMemcpyAsync(session, target, source, size, wire::to_pointer<abi::CUstream>(stream));
}

abi::CUresult run_copy(Session& session, const graphs::CopyWork& copy, wire::Handle stream) {
    const abi::CUDA_MEMCPY3D& box = copy.box;
    const Side source = side_of(session, box.srcMemoryType, box.srcHost, box.srcDevice, box.srcPitch,
                                box.srcHeight, box.srcXInBytes, box.srcY, box.srcZ, box);
    const Side target = side_of(session, box.dstMemoryType, box.dstHost, box.dstDevice, box.dstPitch,
                                box.dstHeight, box.dstXInBytes, box.dstY, box.dstZ, box);
    if (!source.on_device && session.callbacks.outstanding() != 0) {
        // A host function before it may be what writes the source.
        const abi::CUresult waited = call(session, wire::cuStreamSynchronize_Request{.hStream = stream});
        if (waited != abi::CUDA_SUCCESS) return waited;
    }
    abi::CUresult result = abi::CUDA_SUCCESS;
    for (std::size_t z = 0; z < box.Depth && result == abi::CUDA_SUCCESS; ++z) {
        const std::uint64_t from = source.start + z * source.slice;
        const std::uint64_t to = target.start + z * target.slice;
        if (box.Height == 1) {
            result = run_row(session, to, target.on_device, from, source.on_device, box.WidthInBytes, stream);
            continue;
        }
        abi::CUDA_MEMCPY2D plane{};
        plane.srcMemoryType = source.on_device ? abi::CU_MEMORYTYPE_DEVICE : abi::CU_MEMORYTYPE_HOST;
        plane.srcDevice = from;
        plane.srcHost = graphs::to_handle<void*>(from);
        plane.srcPitch = box.srcPitch != 0 ? box.srcPitch : box.srcXInBytes + box.WidthInBytes;
        plane.dstMemoryType = target.on_device ? abi::CU_MEMORYTYPE_DEVICE : abi::CU_MEMORYTYPE_HOST;
        plane.dstDevice = to;
        plane.dstHost = graphs::to_handle<void*>(to);
        plane.dstPitch = box.dstPitch != 0 ? box.dstPitch : box.dstXInBytes + box.WidthInBytes;
        plane.WidthInBytes = box.WidthInBytes;
        plane.Height = box.Height;
        result = hand::cuMemcpy2DAsync_v2(session, &plane, wire::to_pointer<abi::CUstream>(stream));
    }
    return result;
}

abi::CUresult run_node(Session& session, const graphs::Node& node, wire::Handle handle) {
    const auto stream = wire::to_pointer<abi::CUstream>(handle);
    if (const auto* kernel = std::get_if<graphs::KernelWork>(&node.work))
        return run_kernel(session, *kernel, handle);
    if (const auto* fill = std::get_if<graphs::FillWork>(&node.work)) return run_fill(session, *fill, stream);
    if (const auto* copy = std::get_if<graphs::CopyWork>(&node.work)) return run_copy(session, *copy, handle);
    if (const auto* host = std::get_if<graphs::HostWork>(&node.work))
        return hand::cuLaunchHostFunc(session, stream, host->params.fn, host->params.userData);
    if (const auto* record = std::get_if<graphs::EventRecordWork>(&node.work))
        return hand::cuEventRecordWithFlags(session, record->event, stream, 0);
    if (const auto* wait = std::get_if<graphs::EventWaitWork>(&node.work))
        return hand::cuStreamWaitEvent(session, stream, wait->event, 0);
    return abi::CUDA_SUCCESS;
}

// The stream of a step, waiting for what the step needs of other lanes.
abi::CUresult ready_lane(Runs& runs, const graphs::Exec& exec, const graphs::Step& step, wire::Handle stream,
                         std::vector<bool>& begun) {
    if (!begun[step.lane]) {
        begun[step.lane] = true;
        const abi::CUresult waited = runs.wait(exec.plan().size(), stream);
        if (waited != abi::CUDA_SUCCESS) return waited;
    }
    for (const std::uint32_t on : step.after) {
        if (exec.plan()[on].lane == step.lane) continue;
        const abi::CUresult waited = runs.wait(on, stream);
        if (waited != abi::CUDA_SUCCESS) return waited;
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace

abi::CUresult launch_graph(Session& session, graphs::Exec& exec, abi::CUstream named) {
    const wire::Handle stream = wire::to_handle(named);
    graphs::StreamName name;
    abi::CUresult result = name_stream(session, stream, name);
    if (result != abi::CUDA_SUCCESS) return result;
    if (exec.state == nullptr) exec.state = std::make_shared<Runs>(session);
    Runs& runs = *static_cast<Runs*>(exec.state.get());
    if (result = runs.prepare(exec); result != abi::CUDA_SUCCESS) return result;
    const std::vector<graphs::Step>& plan = exec.plan();
    const std::size_t begin = plan.size();
    if (runs.has_run && runs.last_stream.id != name.id) result = runs.wait(begin + 1, stream);
    if (result == abi::CUDA_SUCCESS && exec.lane_count() > 1) result = runs.record(begin, stream);
    std::vector<bool> begun(exec.lane_count(), false);
    if (!begun.empty()) begun[0] = true;
    for (std::size_t index = 0; index < plan.size() && result == abi::CUDA_SUCCESS; ++index) {
        const graphs::Step& step = plan[index];
        const wire::Handle lane = step.lane == 0 ? stream : wire::to_handle(runs.lanes[step.lane - 1]);
        result = ready_lane(runs, exec, step, lane, begun);
        const bool works = step.node != nullptr && step.node->enabled;
        if (result == abi::CUDA_SUCCESS && works) result = run_node(session, *step.node, lane);
        if (result == abi::CUDA_SUCCESS && runs.signals[index]) result = runs.record(index, lane);
    }
    for (std::size_t index = 0; index < plan.size() && result == abi::CUDA_SUCCESS; ++index) {
        if (plan[index].last && plan[index].lane != 0) result = runs.wait(index, stream);
    }
    if (result == abi::CUDA_SUCCESS) result = runs.record(begin + 1, stream);
    runs.has_run = true;
    runs.last_stream = name;
    return result;
}

}  // namespace guest
