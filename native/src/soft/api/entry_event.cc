// Exported: events.
#include "soft/api/graph_backend.h"
#include "soft/api/ipc_event.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr unsigned kFlags =
    abi::CU_EVENT_BLOCKING_SYNC | abi::CU_EVENT_DISABLE_TIMING | abi::CU_EVENT_INTERPROCESS;

// Runs `body(Device&, Context&, Event&, point)` with what the event last recorded, null before its first
// recording. What an event recorded in a capture cannot be asked about.
template <class Body>
CUresult on_event(abi::CUevent handle, Body&& body) {
    return enter_context([&](Device& device, Context& context) -> CUresult {
        Event* event = device.handles.find<Event>(handle);
        if (event == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (const auto forbidden = graphs::captures().ask_event(handle)) return *forbidden;
        std::shared_ptr<EventPoint> point;
        {
            const std::lock_guard lock(event->mutex);
            point = event->point;
        }
        return body(device, context, *event, point);
    });
}

CUresult record(abi::CUevent handle, abi::CUstream stream_handle, unsigned flags, bool per_thread) {
    return enter_context([&](Device& device, Context& context) {
        Event* event = device.handles.find<Event>(handle);
        const StreamRef stream = find_stream(device, context, stream_handle, per_thread);
        if (event == nullptr || stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if ((flags & ~1U) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        if (event->context->group != stream->group) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (graphs::Captures::any()) {
            const bool external = (flags & abi::CU_EVENT_RECORD_EXTERNAL) != 0;
            const auto name = name_of(device, *stream);
            if (const auto diverted = graphs::captures().record(name, handle, external)) return *diverted;
        }
        if (is_interprocess(*event)) {
            const CommandRef told = make_command(CommandKind::transfer, stream);
            told->runs_after_fault = true;  // or the others would wait for ever
            told->work = begin_shared_recording(*event);
            device.scheduler.submit(told);
        }
        const CommandRef command = make_command(CommandKind::marker, stream);
        command->point = std::make_shared<EventPoint>();
        command->point->command = command;
        {
            const std::lock_guard lock(event->mutex);
            event->point = command->point;
        }
        device.scheduler.submit(command);
        return abi::CUDA_SUCCESS;
    });
}

// The time of an event's last recording, in nanoseconds.
CUresult time_of(abi::CUevent handle, std::uint64_t& time_ns) {
    return on_event(handle,
                    [&](Device&, Context&, const Event& event, const std::shared_ptr<EventPoint>& point) {
                        if (!point || (event.flags & abi::CU_EVENT_DISABLE_TIMING) != 0)
                            return abi::CUDA_ERROR_INVALID_HANDLE;
                        if (!point->done.load(std::memory_order_acquire)) return abi::CUDA_ERROR_NOT_READY;
                        time_ns = point->time_ns;
                        return abi::CUDA_SUCCESS;
                    });
}

CUresult query(abi::CUevent handle, bool helps) {
    return on_event(handle, [helps](Device& device, Context& context, const Event& event, const auto& point) {
        if (const auto forbidden = graphs::captures().unsafe(graph_backend())) return *forbidden;
        Scheduler& scheduler = device.scheduler;
        const bool done =
            !point || (helps ? scheduler.finished_with_help(*point) : scheduler.finished(*point));
        if (!done || (is_interprocess(event) && !shared_recording_over(event)))
            return abi::CUDA_ERROR_NOT_READY;
        context.output.flush();
        return context.error();
    });
}

}  // namespace

SOFT_EXPORT CUresult cuEventCreate(abi::CUevent* out, unsigned int flags) {
    return enter_context([&](Device&, Context& context) {
        if (out == nullptr || (flags & ~kFlags) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const bool shared = (flags & abi::CU_EVENT_INTERPROCESS) != 0;
        if (shared && (flags & abi::CU_EVENT_DISABLE_TIMING) == 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const EventRef event = context.create_event(flags);
        if (event == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        if (shared && !share_event(*event, nullptr)) {
            context.destroy_event(*event);
            return abi::CUDA_ERROR_OUT_OF_MEMORY;
        }
        *out = as_handle<abi::CUevent>(event->handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuEventDestroy_v2(abi::CUevent handle) {
    return enter_context([&](Device& device, Context&) {
        Event* event = device.handles.find<Event>(handle);
        if (event == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        graphs::captures().event_gone(handle);
        if (is_interprocess(*event)) forget_shared_event(*event);
        event->context->destroy_event(*event);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuEventDestroy(abi::CUevent handle) { return cuEventDestroy_v2(handle); }

SOFT_TWIN(cuEventRecord, _ptsz, (abi::CUevent event, abi::CUstream stream),
          record(event, stream, 0, per_thread))
SOFT_TWIN(cuEventRecordWithFlags, _ptsz, (abi::CUevent event, abi::CUstream stream, unsigned int flags),
          record(event, stream, flags, per_thread))

SOFT_EXPORT CUresult cuEventQuery(abi::CUevent handle) { return query(handle, false); }
// Not CUDA's: see ferry_soft_stream_query.
SOFT_EXPORT CUresult ferry_soft_event_query(abi::CUevent handle) { return query(handle, true); }

SOFT_EXPORT CUresult cuEventSynchronize(abi::CUevent handle) {
    return on_event(handle, [](Device& device, Context& context, const Event& event, const auto& point) {
        if (const auto forbidden = graphs::captures().unsafe(graph_backend())) return *forbidden;
        const bool spin = context.spins() && (event.flags & abi::CU_EVENT_BLOCKING_SYNC) == 0;
        if (point) device.scheduler.wait_point(*point, spin);
        if (is_interprocess(event)) wait_for_shared_recording(event)();
        device.pools.note_wait();
        context.output.flush();
        return context.error();
    });
}

SOFT_EXPORT CUresult cuEventElapsedTime(float* milliseconds, abi::CUevent start, abi::CUevent end) {
    std::uint64_t start_ns = 0;
    std::uint64_t end_ns = 0;
    const CUresult first = time_of(start, start_ns);
    const CUresult second = time_of(end, end_ns);
    // An event that can never be compared outweighs one that is only not ready.
    const bool not_ready = first == abi::CUDA_ERROR_NOT_READY && second != abi::CUDA_SUCCESS;
    if (first != abi::CUDA_SUCCESS && !not_ready) return first;
    if (second != abi::CUDA_SUCCESS) return second;
    if (milliseconds == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const auto elapsed_ns = static_cast<double>(static_cast<std::int64_t>(end_ns - start_ns));
    *milliseconds = static_cast<float>(elapsed_ns / 1e6);
    return abi::CUDA_SUCCESS;
}

SOFT_EXPORT CUresult cuEventElapsedTime_v2(float* milliseconds, abi::CUevent start, abi::CUevent end) {
    return cuEventElapsedTime(milliseconds, start, end);
}
