// See graph_backend.h.
#include "graph_backend.h"

#include "copy.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// A side of a copy that the device must hold, or that may be the program's.
abi::CUresult check_side(Session& session, abi::CUmemorytype type, const void* host, abi::CUdeviceptr device,
                         std::uint64_t extent) {
    switch (type) {
        case abi::CU_MEMORYTYPE_HOST:
            return host == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
        case abi::CU_MEMORYTYPE_DEVICE:
            return check_device_range(session, device, extent);
        case abi::CU_MEMORYTYPE_UNIFIED:
            if (is_device_address(session, device)) return check_device_range(session, device, extent);
            return device == 0 ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
        case abi::CU_MEMORYTYPE_ARRAY:
            return abi::CUDA_ERROR_NOT_SUPPORTED;
    }
    return abi::CUDA_ERROR_INVALID_VALUE;
}

class ShimBackend final : public graphs::Backend {
public:
    Session* session = nullptr;

    abi::CUresult describe(const abi::CUDA_KERNEL_NODE_PARAMS_v3& params, graphs::KernelCode& code) override {
        return describe_kernel(*session, params, code);
    }

    abi::CUresult check(const graphs::CopyWork& copy) override {
        const abi::CUDA_MEMCPY3D& box = copy.box;
        const bool something = box.WidthInBytes != 0 && box.Height != 0 && box.Depth != 0;
        if (!something || box.srcLOD != 0 || box.dstLOD != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const abi::CUresult source =
            check_side(*session, box.srcMemoryType, box.srcHost, box.srcDevice, box.WidthInBytes);
        if (source != abi::CUDA_SUCCESS) return source;
        return check_side(*session, box.dstMemoryType, box.dstHost, box.dstDevice, box.WidthInBytes);
    }

    abi::CUresult check(const graphs::FillWork& fill) override {
        const abi::CUDA_MEMSET_NODE_PARAMS_v2& params = fill.params;
        if (params.width == 0 || params.height == 0 || params.dst % params.elementSize != 0)
            return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t row = 0;
        std::uint64_t extent = 0;
        const bool wraps =
            __builtin_mul_overflow(params.width, params.elementSize, &row) ||
            __builtin_mul_overflow(params.height - 1, std::uint64_t{params.pitch}, &extent) ||
            __builtin_add_overflow(extent, row, &extent);
        if (wraps || (params.height > 1 && params.pitch < row)) return abi::CUDA_ERROR_INVALID_VALUE;
        return check_device_range(*session, params.dst, extent);
    }

    abi::CUresult check(const graphs::ValuesWork&) override { return abi::CUDA_ERROR_NOT_SUPPORTED; }

    abi::CUresult check_event(abi::CUevent event) override {
        const abi::CUresult good = guest::check(*session, wire::HandleKind::event, wire::to_handle(event));
        return good == abi::CUDA_SUCCESS ? good : abi::CUDA_ERROR_INVALID_VALUE;
    }

    abi::CUresult check_condition(abi::CUcontext) override { return abi::CUDA_ERROR_NOT_SUPPORTED; }
    abi::CUresult reserve(const abi::CUDA_MEM_ALLOC_NODE_PARAMS_v2&, graphs::Allocation&) override {
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    }

    abi::CUresult find_stream(abi::CUstream stream, bool, graphs::StreamName& name) override {
        const wire::Handle handle = wire::to_handle(stream);
        const abi::CUresult good = guest::check(*session, wire::HandleKind::stream, handle);
        return good == abi::CUDA_SUCCESS ? name_stream(*session, handle, name) : good;
    }

    abi::CUcontext current_context() override {
        const Context* context = thread_state()->current();
        return context == nullptr ? nullptr : wire::to_pointer<abi::CUcontext>(context->handle);
    }

    std::uint64_t thread() override { return thread_state()->number; }
    abi::CUstreamCaptureMode& capture_mode() override { return thread_state()->capture_mode; }

    abi::CUresult launch(graphs::Exec& exec, abi::CUstream stream, bool) override {
        return launch_graph(*session, exec, stream);
    }
};

}  // namespace

graphs::Backend& graph_backend(Session& session) {
    static thread_local ShimBackend backend;
    backend.session = &session;
    return backend;
}

abi::CUresult name_stream(Session& session, wire::Handle handle, graphs::StreamName& name) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    if (handle.tagged()) {
        const auto* stream = static_cast<const Stream*>(
            static_cast<const Object*>(session.handles.find(wire::HandleKind::stream, handle)));
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        name = {stream->id, stream->context->id, false, stream->flags != abi::CU_STREAM_NON_BLOCKING};
        return abi::CUDA_SUCCESS;
    }
    // Ids of streams the program made stay below this.
    constexpr std::uint64_t kDefaultStreams = std::uint64_t{1} << 63;
    const bool per_thread = handle.value == wire::kStreamPerThread;
    const std::uint64_t place = per_thread ? std::uint64_t{thread_state()->number} : 0;
    name = {kDefaultStreams | context->id << 20 | place, context->id, !per_thread, true};
    return abi::CUDA_SUCCESS;
}

graphs::Diverted refuse_capture(Session& session, abi::CUstream stream) {
    if (!graphs::Captures::any()) [[likely]]
        return std::nullopt;
    const wire::Handle name = wire::to_handle(stream);
    const abi::CUresult good = check(session, wire::HandleKind::stream, name);
    if (good != abi::CUDA_SUCCESS) return good;
    return divert(session, name, [](graphs::Work&) { return abi::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED; });
}

graphs::Diverted forbidden(Session& session, wire::Handle stream) {
    if (!graphs::Captures::any()) [[likely]]
        return std::nullopt;
    graphs::StreamName name;
    const abi::CUresult named = name_stream(session, stream, name);
    if (named != abi::CUDA_SUCCESS) return named;
    if (const auto answer = graphs::captures().ask_stream(name)) return answer;
    return graphs::captures().unsafe(graph_backend(session));
}

}  // namespace guest
