// Exported: streams and callbacks. What becomes of a call in a stream that captures is asked of graphs.
#include <algorithm>

#include "soft/api/graph_backend.h"
#include "soft/api/ipc_event.h"

using namespace soft;
using namespace soft::driver;

namespace {

// Runs `body(Device&, Context&, const StreamRef&)` with the stream that `handle` names.
template <class Body>
CUresult on_stream(abi::CUstream handle, bool per_thread, Body&& body) {
    return enter_context([&](Device& device, Context& context) -> CUresult {
        const StreamRef stream = find_stream(device, context, handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        return body(device, context, stream);
    });
}

template <class T>
CUresult tell(T* out, T value) {
    if (out == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *out = value;
    return abi::CUDA_SUCCESS;
}

CUresult create(abi::CUstream* out, unsigned flags, int priority) {
    return enter_context([&](Device&, Context& context) {
        if (out == nullptr || (flags & ~1U) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const StreamRef stream = context.create_stream(flags, std::clamp(priority, kGreatestPriority, 0));
        if (stream == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        *out = as_handle<abi::CUstream>(stream->handle);
        return abi::CUDA_SUCCESS;
    });
}

// Waits and questions, which a capture may forbid.
graphs::Diverted forbidden(const Device& device, const Stream& stream) {
    graphs::Captures& captures = graphs::captures();
    if (!captures.any()) return std::nullopt;
    if (const auto answer = captures.ask_stream(name_of(device, stream))) return answer;
    return captures.unsafe(graph_backend());
}

CUresult synchronize(abi::CUstream handle, bool per_thread) {
    return on_stream(handle, per_thread, [](Device& device, Context& context, const StreamRef& stream) {
        if (const auto answer = forbidden(device, *stream)) return *answer;
        device.scheduler.wait_stream(*stream, context.spins());
        device.pools.note_wait();
        context.output.flush();
        return context.error();
    });
}

CUresult query(abi::CUstream handle, bool per_thread, bool helps = false) {
    return on_stream(handle, per_thread, [helps](Device& device, Context& context, const StreamRef& stream) {
        if (const auto answer = forbidden(device, *stream)) return *answer;
        Scheduler& scheduler = device.scheduler;
        const bool done = helps ? scheduler.finished_with_help(*stream) : scheduler.finished(*stream);
        if (!done) return abi::CUDA_ERROR_NOT_READY;
        context.output.flush();
        return context.error();
    });
}

CUresult wait_event(abi::CUstream handle, bool per_thread, abi::CUevent event_handle, unsigned flags) {
    return on_stream(handle, per_thread, [&](Device& device, Context&, const StreamRef& stream) {
        Event* event = device.handles.find<Event>(event_handle);
        if (event == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if ((flags & ~1U) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        if (graphs::Captures::any()) {
            const bool external = (flags & abi::CU_EVENT_WAIT_EXTERNAL) != 0;
            const auto name = name_of(device, *stream);
            const auto diverted = graphs::captures().wait(name, event_handle, external);
            if (diverted) return *diverted;
        }
        if (is_interprocess(*event) && !shared_recording_over(*event)) {
            // On the thread of host functions: it may take another process long.
            const CommandRef command = make_command(CommandKind::host, stream);
            command->work = wait_for_shared_recording(*event);
            device.scheduler.submit(command);
            return abi::CUDA_SUCCESS;
        }
        std::shared_ptr<EventPoint> point;
        {
            const std::lock_guard lock(event->mutex);
            point = event->point;
        }
        if (!point || point->done.load(std::memory_order_acquire)) return abi::CUDA_SUCCESS;
        device.scheduler.submit(make_command(CommandKind::marker, stream), point.get());
        return abi::CUDA_SUCCESS;
    });
}

CUresult launch_host(abi::CUstream handle, bool per_thread, abi::CUhostFn function, void* argument) {
    return on_stream(handle, per_thread, [&](Device& device, Context& context, const StreamRef& stream) {
        if (function == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto take = [&](graphs::Work& work) {
            work = graphs::HostWork{{function, argument}};
            return abi::CUDA_SUCCESS;
        };
        if (const auto diverted = divert(device, *stream, take)) return *diverted;
        const CommandRef command = make_command(CommandKind::host, stream);
        command->work = [function, argument, &context] {
            context.output.flush();
            function(argument);
        };
        device.scheduler.submit(command);
        return abi::CUDA_SUCCESS;
    });
}

CUresult add_callback(abi::CUstream handle, bool per_thread, abi::CUstreamCallback callback, void* argument,
                      unsigned flags) {
    return on_stream(handle, per_thread, [&](Device& device, Context& context, const StreamRef& stream) {
        if (callback == nullptr || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        // A graph cannot hold one: it would have to be told of errors.
        const auto never = [](graphs::Work&) { return abi::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED; };
        if (const auto diverted = divert(device, *stream, never, true)) return *diverted;
        const CommandRef command = make_command(CommandKind::host, stream);
        command->runs_after_fault = true;
        command->work = [callback, handle, argument, &context] {
            context.output.flush();
            callback(handle, context.error(), argument);
        };
        device.scheduler.submit(command);
        return abi::CUDA_SUCCESS;
    });
}

CUresult destroy(abi::CUstream handle) {
    return enter_context([&](Device& device, Context&) {
        Stream* stream = device.handles.find<Stream>(handle);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        const StreamRef kept = stream->shared_from_this();
        graphs::captures().stream_gone(name_of(device, *stream).id);
        Context* owner = device.handles.at<Context>(stream->context);
        if (owner != nullptr) owner->destroy_stream(*kept);
        return abi::CUDA_SUCCESS;
    });
}

CUresult priority_of(abi::CUstream handle, bool per_thread, int* priority) {
    return on_stream(handle, per_thread, [&](Device&, Context&, const StreamRef& stream) {
        return tell(priority, stream->priority);
    });
}

CUresult flags_of(abi::CUstream handle, bool per_thread, unsigned* flags) {
    return on_stream(handle, per_thread,
                     [&](Device&, Context&, const StreamRef& stream) { return tell(flags, stream->flags); });
}

// Unique in the process: the context's number above the stream's within it.
CUresult id_of(abi::CUstream handle, bool per_thread, unsigned long long* id) {
    return on_stream(handle, per_thread, [&](Device&, const Context& context, const StreamRef& stream) {
        return tell(id, static_cast<unsigned long long>(context.number << 32 | stream->id));
    });
}

CUresult context_of(abi::CUstream handle, bool per_thread, abi::CUcontext* context) {
    return on_stream(handle, per_thread, [&](Device&, Context&, const StreamRef& stream) {
        return tell(context, as_handle<abi::CUcontext>(stream->context));
    });
}

CUresult context_and_green(abi::CUstream handle, bool per_thread, abi::CUcontext* context,
                           abi::CUgreenCtx* green) {
    const CUresult result = context_of(handle, per_thread, context);
    if (result == abi::CUDA_SUCCESS && green != nullptr) *green = nullptr;
    return result;
}

CUresult device_of(abi::CUstream handle, bool per_thread, abi::CUdevice* device) {
    return on_stream(handle, per_thread, [&](Device& known, const Context& current, const StreamRef& stream) {
        const Context* owner = known.handles.at<Context>(stream->context);
        return tell(device, owner == nullptr ? current.ordinal : owner->ordinal);
    });
}

}  // namespace

SOFT_EXPORT CUresult cuStreamCreate(abi::CUstream* stream, unsigned int flags) {
    return create(stream, flags, 0);
}
SOFT_EXPORT CUresult cuStreamCreateWithPriority(abi::CUstream* stream, unsigned int flags, int priority) {
    return create(stream, flags, priority);
}
SOFT_EXPORT CUresult cuStreamDestroy_v2(abi::CUstream stream) { return destroy(stream); }
SOFT_EXPORT CUresult cuStreamDestroy(abi::CUstream stream) { return destroy(stream); }

SOFT_TWIN(cuStreamSynchronize, _ptsz, (abi::CUstream stream), synchronize(stream, per_thread))
SOFT_TWIN(cuStreamQuery, _ptsz, (abi::CUstream stream), query(stream, per_thread))
// Not CUDA's: cuStreamQuery for Ferry's engine, which waits by asking (device/driver_table.cc). It may take
// the caller some microseconds, in which the work it asks about gets done.
SOFT_EXPORT CUresult ferry_soft_stream_query(abi::CUstream stream) { return query(stream, false, true); }
SOFT_TWIN(cuStreamWaitEvent, _ptsz, (abi::CUstream stream, abi::CUevent event, unsigned int flags),
          wait_event(stream, per_thread, event, flags))
SOFT_TWIN(cuLaunchHostFunc, _ptsz, (abi::CUstream stream, abi::CUhostFn function, void* argument),
          launch_host(stream, per_thread, function, argument))
SOFT_TWIN(cuStreamAddCallback, _ptsz,
          (abi::CUstream stream, abi::CUstreamCallback callback, void* argument, unsigned int flags),
          add_callback(stream, per_thread, callback, argument, flags))
SOFT_TWIN(cuStreamGetPriority, _ptsz, (abi::CUstream stream, int* priority),
          priority_of(stream, per_thread, priority))
SOFT_TWIN(cuStreamGetFlags, _ptsz, (abi::CUstream stream, unsigned int* flags),
          flags_of(stream, per_thread, flags))
SOFT_TWIN(cuStreamGetId, _ptsz, (abi::CUstream stream, unsigned long long* id), id_of(stream, per_thread, id))
SOFT_TWIN(cuStreamGetCtx, _ptsz, (abi::CUstream stream, abi::CUcontext* context),
          context_of(stream, per_thread, context))
SOFT_TWIN(cuStreamGetCtx_v2, _ptsz, (abi::CUstream stream, abi::CUcontext* context, abi::CUgreenCtx* green),
          context_and_green(stream, per_thread, context, green))
SOFT_TWIN(cuStreamGetDevice, _ptsz, (abi::CUstream stream, abi::CUdevice* device),
          device_of(stream, per_thread, device))
