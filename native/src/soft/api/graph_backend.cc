// See graph_backend.h: everything but the launch.
#include "soft/api/graph_backend.h"

#include "soft/api/copies.h"
#include "soft/api/fills.h"
#include "soft/api/stream_values.h"

namespace soft::driver {
namespace {

class SoftBackend final : public graphs::Backend {
  public:
    CUresult describe(const abi::CUDA_KERNEL_NODE_PARAMS_v3& params, graphs::KernelCode& code) override {
        return enter_context([&](Device& device, Context& current) {
            Context* context = params.ctx == nullptr ? &current : device.handles.find<Context>(params.ctx);
            if (context == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
            const auto handle =
                params.func != nullptr ? params.func : as_handle<abi::CUfunction>(address_of(params.kern));
            CUresult error = abi::CUDA_SUCCESS;
            const ModuleFunction* function = find_function(device, *context, handle, error);
            if (function == nullptr) return error;
            code = code_of(*function);
            return check_kernel(device, *context, *function, params, false);
        });
    }

    CUresult check(const graphs::CopyWork& copy) override {
        return enter([&](const Device& device) {
            std::function<void()> work;
            return prepare(device, copy, work);
        });
    }

    CUresult check(const graphs::FillWork& fill) override {
        return enter([&](const Device& device) {
            std::function<void()> work;
            return prepare(device, fill, work);
        });
    }

    CUresult check(const graphs::ValuesWork& values) override {
        return enter([&](const Device& device) {
            return check_values(device, values.operations, values.flags, true);
        });
    }

    CUresult check_event(abi::CUevent event) override {
        return enter([&](const Device& device) {
            const bool known = device.handles.find<Event>(event) != nullptr;
            return known ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
        });
    }

    CUresult check_condition(abi::CUcontext context) override {
        return enter([&](const Device& device) {
            const bool known = device.handles.find<Context>(context) != nullptr;
            return known ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
        });
    }

    CUresult reserve(const abi::CUDA_MEM_ALLOC_NODE_PARAMS_v2& params,
                     graphs::Allocation& allocation) override {
        return enter([&](Device& device) {
            const abi::CUmemPoolProps& props = params.poolProps;
            const bool plain = props.allocType == abi::CU_MEM_ALLOCATION_TYPE_PINNED &&
                               props.location.type == abi::CU_MEM_LOCATION_TYPE_DEVICE &&
                               device.has(props.location.id);
            if (!plain) return abi::CUDA_ERROR_INVALID_VALUE;
            if (props.handleTypes != abi::CU_MEM_HANDLE_TYPE_NONE) return abi::CUDA_ERROR_NOT_SUPPORTED;
            const auto address = device.graph_memory.reserve(props.location.id, params.bytesize);
            if (address == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
            allocation.address = *address;
            allocation.kept = address;
            return abi::CUDA_SUCCESS;
        });
    }

    CUresult find_stream(abi::CUstream handle, bool per_thread, graphs::StreamName& name) override {
        return enter_context([&](Device& device, Context& context) {
            const StreamRef stream = driver::find_stream(device, context, handle, per_thread);
            if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
            name = name_of(device, *stream);
            return abi::CUDA_SUCCESS;
        });
    }

    abi::CUcontext current_context() override {
        const ThreadState& thread = this_thread();
        return thread.stack.empty() ? nullptr : thread.stack.back();
    }

    std::uint64_t thread() override { return this_thread().number; }
    abi::CUstreamCaptureMode& capture_mode() override { return this_thread().capture_mode; }

    CUresult launch(graphs::Exec& exec, abi::CUstream handle, bool per_thread) override {
        return enter_context([&](Device& device, Context& context) {
            const StreamRef stream = driver::find_stream(device, context, handle, per_thread);
            if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
            Context* owner = device.handles.at<Context>(stream->context);
            if (owner == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
            return launch_graph(device, *owner, exec, stream);
        });
    }
};

}  // namespace

graphs::Backend& graph_backend() {
    static SoftBackend backend;
    return backend;
}

graphs::StreamName name_of(const Device& device, const Stream& stream) {
    const Context* context = device.handles.at<Context>(stream.context);
    const std::uint64_t number = context == nullptr ? 0 : context->number;
    return {number << 32 | stream.id, stream.context, stream.is_legacy,
            (stream.flags & abi::CU_STREAM_NON_BLOCKING) == 0};
}

graphs::KernelCode code_of(const ModuleFunction& function) {
    graphs::KernelCode code;
    code.identity = address_of(function.settings.get());
    for (const ParamInfo& param : function.declared->params) {
        code.arguments.push_back(
            {static_cast<std::uint32_t>(param.offset), static_cast<std::uint32_t>(param.size)});
    }
    code.bytes = function.declared->param_bytes;
    code.kept = std::shared_ptr<const ModuleFunction>(function.module->shared_from_this(), &function);
    return code;
}

CUresult prepare(const Device& device, const graphs::CopyWork& copy, std::function<void()>& work) {
    Request request;
    if (const CUresult read = box_request(copy.box, request); read != abi::CUDA_SUCCESS) return read;
    work = [box = request.copy] { perform(box); };
    return check_copy(device, request);
}

CUresult prepare(const Device& device, const graphs::FillWork& work_of, std::function<void()>& work) {
    const abi::CUDA_MEMSET_NODE_PARAMS_v2& params = work_of.params;
    const bool line = params.height <= 1;
    const Fill fill{params.dst,   params.value,  params.elementSize,
                    params.width, params.height, line ? 0 : params.pitch};
    if (fill.count == 0 || fill.rows == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    work = [fill] { perform(fill); };
    return check_fill(device, fill, true);
}

}  // namespace soft::driver
