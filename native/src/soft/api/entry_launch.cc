// Exported: kernel launches. What can be known to be wrong is refused here, with the code CUDA gives for it;
// faults of the running kernel come with the next synchronisation.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "soft/api/function_view.h"
#include "soft/api/graph_backend.h"

using namespace soft;
using namespace soft::driver;

namespace {

struct Shape {
    std::array<unsigned, 3> grid;
    std::array<unsigned, 3> block;
    unsigned dynamic_shared = 0;  // bytes
    bool cooperative = false;
};

// What a launch asks for beyond its shape.
struct Wishes {
    std::span<const abi::CUlaunchAttribute> attributes;
    std::optional<int> priority;
    std::vector<std::pair<abi::CUevent, unsigned>> recorded;  // behind it, with flags
};

// How arguments are given: an array of pointers, or one packed buffer (`extra`).
struct Arguments {
    void** pointers = nullptr;
    void** extra = nullptr;
};

CUresult check_block(const FunctionInfo& declared, const Shape& shape) {
    std::uint64_t threads = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (shape.block[axis] == 0 || shape.block[axis] > kMaxBlockDim[axis])
            return abi::CUDA_ERROR_INVALID_VALUE;
        if (shape.grid[axis] == 0 || shape.grid[axis] > kMaxGridDim[axis])
            return abi::CUDA_ERROR_INVALID_VALUE;
        threads *= shape.block[axis];
    }
    if (threads > kMaxThreadsPerBlock) return abi::CUDA_ERROR_INVALID_VALUE;
    if (threads > declared.max_threads) return abi::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
    if (declared.required_block[0] == 0) return abi::CUDA_SUCCESS;
    const bool as_required = std::ranges::equal(shape.block, declared.required_block);
    return as_required ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

CUresult check_shape(const Device& device, const FunctionView& view, const Shape& shape) {
    if (const CUresult block = check_block(*view.declared, shape); block != abi::CUDA_SUCCESS) return block;
    const auto most =
        static_cast<unsigned>(view.settings->max_dynamic_shared.load(std::memory_order_relaxed));
    if (shape.dynamic_shared > most) return abi::CUDA_ERROR_INVALID_VALUE;
    if (view.declared->static_shared + shape.dynamic_shared > kSharedPerBlockOptIn) {
        return abi::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
    }
    if (!shape.cooperative) return abi::CUDA_SUCCESS;
    const auto threads = static_cast<int>(shape.block[0] * shape.block[1] * shape.block[2]);
    const auto room = static_cast<std::uint64_t>(resident_blocks(view, threads, shape.dynamic_shared)) *
                      static_cast<std::uint64_t>(device.profile(0).multiprocessors());
    const std::uint64_t layer = std::uint64_t{shape.grid[0]} * shape.grid[1];
    const bool fits = layer <= room && layer * shape.grid[2] <= room;
    return fits ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
}

CUresult take_packed(const FunctionInfo& declared, void** extra, std::vector<std::byte>& params) {
    const void* buffer = nullptr;
    const std::size_t* size = nullptr;
    for (void** at = extra; address_of(*at) != abi::CU_LAUNCH_PARAM_END_AS_INT; at += 2) {
        if (address_of(*at) == abi::CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT) {
            buffer = at[1];
        } else if (address_of(*at) == abi::CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT) {
            size = static_cast<const std::size_t*>(at[1]);
        } else {
            return abi::CUDA_ERROR_INVALID_VALUE;
        }
    }
    // The last parameter may be followed by padding that callers leave out.
    const ParamInfo* last = declared.params.empty() ? nullptr : &declared.params.back();
    const std::size_t needed = last == nullptr ? 0 : last->offset + last->size;
    if (needed == 0) return abi::CUDA_SUCCESS;
    if (buffer == nullptr || size == nullptr || *size < needed) return abi::CUDA_ERROR_INVALID_VALUE;
    copy_exact(params.data(), buffer, needed);
    return abi::CUDA_SUCCESS;
}

CUresult take_arguments(const FunctionInfo& declared, const Arguments& arguments,
                        std::vector<std::byte>& params) {
    if (arguments.pointers != nullptr && arguments.extra != nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    params.resize(declared.param_bytes);
    if (arguments.extra != nullptr) return take_packed(declared, arguments.extra, params);
    if (arguments.pointers == nullptr) {
        return declared.params.empty() ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    }
    for (std::size_t index = 0; index < declared.params.size(); ++index) {
        const ParamInfo& param = declared.params[index];
        if (arguments.pointers[index] == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        copy_exact(params.data() + param.offset, arguments.pointers[index], param.size);
    }
    return abi::CUDA_SUCCESS;
}

// What a launch that is captured becomes; the parameters have been taken.
graphs::KernelWork node_of(const ModuleFunction& function, const Shape& shape, const Wishes& wishes,
                           int stream_priority, std::vector<std::byte> packed) {
    graphs::KernelWork kernel;
    kernel.params.func = as_handle<abi::CUfunction>(function.handle);
    kernel.params.gridDimX = shape.grid[0];
    kernel.params.gridDimY = shape.grid[1];
    kernel.params.gridDimZ = shape.grid[2];
    kernel.params.blockDimX = shape.block[0];
    kernel.params.blockDimY = shape.block[1];
    kernel.params.blockDimZ = shape.block[2];
    kernel.params.sharedMemBytes = shape.dynamic_shared;
    kernel.params.ctx = graph_backend().current_context();
    kernel.code = code_of(function);
    kernel.packed = std::move(packed);
    abi::CUlaunchAttribute attribute{};
    attribute.id = abi::CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
    attribute.value.cooperative = 1;
    if (shape.cooperative) kernel.attributes.push_back(attribute);
    attribute.id = abi::CU_LAUNCH_ATTRIBUTE_PRIORITY;
    attribute.value.priority = wishes.priority.value_or(stream_priority);
    if (attribute.value.priority != 0) kernel.attributes.push_back(attribute);
    for (const abi::CUlaunchAttribute& other : wishes.attributes) {
        const bool known =
            other.id == abi::CU_LAUNCH_ATTRIBUTE_COOPERATIVE || other.id == abi::CU_LAUNCH_ATTRIBUTE_PRIORITY;
        if (!known && other.id != abi::CU_LAUNCH_ATTRIBUTE_IGNORE) kernel.attributes.push_back(other);
    }
    return kernel;
}

void submit_kernel(Device& device, Context& context, const ModuleFunction& function, const Shape& shape,
                   const Wishes& wishes, const StreamRef& stream, std::vector<std::byte> params) {
    LaunchConfig config;
    config.params = std::move(params);
    config.function = &function.module->program().function(function.index);
    config.grid = shape.grid;
    config.block = shape.block;
    config.dynamic_shared = shape.dynamic_shared;
    config.cooperative = shape.cooperative;
    config.stack_bytes = context.stack_size.load();
    config.most_pending = context.pending_launches.load(std::memory_order_relaxed);
    const CommandRef command = make_command(CommandKind::kernel, stream);
    command->priority = wishes.priority;
    command->single_block = std::ranges::all_of(shape.grid, [](unsigned blocks) { return blocks == 1; });
    command->grid = Grid::make(std::move(config), context);
    command->code = function.module->shared_from_this();
    command->times = {function.settings, &function.settings->times};
    device.scheduler.submit(command);
}

// An event that a launch records must have been made without timing.
CUresult check_events(const Device& device, const Wishes& wishes) {
    for (const auto& [handle, flags] : wishes.recorded) {
        const Event* event = device.handles.find<Event>(handle);
        if (event == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        const bool timed = (event->flags & abi::CU_EVENT_DISABLE_TIMING) == 0;
        if (timed || (flags & ~1U) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    }
    return abi::CUDA_SUCCESS;
}

// A program may not rely on how early they come: here they come when the kernel has ended.
CUresult record_events(const Wishes& wishes, abi::CUstream stream, bool per_thread) {
    for (const auto& [event, flags] : wishes.recorded) {
        const CUresult recorded = per_thread ? cuEventRecordWithFlags_ptsz(event, stream, flags)
                                             : cuEventRecordWithFlags(event, stream, flags);
        if (recorded != abi::CUDA_SUCCESS) return recorded;
    }
    return abi::CUDA_SUCCESS;
}

CUresult launch(abi::CUfunction handle, const Shape& shape, abi::CUstream stream_handle, bool per_thread,
                const Arguments& arguments, const Wishes& wishes = {}) {
    return enter_context([&](Device& device, Context& context) {
        CUresult error = abi::CUDA_SUCCESS;
        const ModuleFunction* function = find_function(device, context, handle, error);
        if (function == nullptr) return error;
        const StreamRef stream = find_stream(device, context, stream_handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (function->module->context_number() != context.number || stream->group != context.group) {
            return abi::CUDA_ERROR_INVALID_HANDLE;
        }
        const FunctionView view{function->declared, function->settings.get()};
        if (const CUresult checked = check_shape(device, view, shape); checked != abi::CUDA_SUCCESS)
            return checked;
        if (const CUresult good = check_events(device, wishes); good != abi::CUDA_SUCCESS) return good;
        std::vector<std::byte> params;
        const CUresult taken = take_arguments(*function->declared, arguments, params);
        if (taken != abi::CUDA_SUCCESS) return taken;
        const auto diverted = divert(device, *stream, [&](graphs::Work& work) {
            work = node_of(*function, shape, wishes, stream->priority, std::move(params));
            return abi::CUDA_SUCCESS;
        });
        if (diverted && *diverted != abi::CUDA_SUCCESS) return *diverted;
        if (!diverted) submit_kernel(device, context, *function, shape, wishes, stream, std::move(params));
        return record_events(wishes, stream_handle, per_thread);
    });
}

// Attributes that change nothing here are accepted; those that change what a kernel may do are refused.
// A kernel that may begin early, as PROGRAMMATIC_STREAM_SERIALIZATION has it, begins in its turn.
CUresult read_attributes(Shape& shape, Wishes& wishes) {
    for (const abi::CUlaunchAttribute& attribute : wishes.attributes) {
        switch (attribute.id) {
            case abi::CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
                shape.cooperative = attribute.value.cooperative != 0;
                break;
            case abi::CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
            case abi::CU_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION: {
                const auto& cluster = attribute.value.clusterDim;
                if (cluster.x > 1 || cluster.y > 1 || cluster.z > 1)
                    return abi::CUDA_ERROR_INVALID_CLUSTER_SIZE;
                break;
            }
            case abi::CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT:
                wishes.recorded.emplace_back(attribute.value.programmaticEvent.event,
                                             static_cast<unsigned>(attribute.value.programmaticEvent.flags));
                break;
            case abi::CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT:
                wishes.recorded.emplace_back(
                    attribute.value.launchCompletionEvent.event,
                    static_cast<unsigned>(attribute.value.launchCompletionEvent.flags));
                break;
            case abi::CU_LAUNCH_ATTRIBUTE_PRIORITY:
                wishes.priority = std::clamp(attribute.value.priority, kGreatestPriority, 0);
                break;
            case abi::CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE:
                if (attribute.value.deviceUpdatableKernelNode.deviceUpdatable != 0) {
                    return abi::CUDA_ERROR_NOT_SUPPORTED;
                }
                break;
            default:
                if (attribute.id < 0 || attribute.id >= abi::CU_LAUNCH_ATTRIBUTE_MAX) {
                    return abi::CUDA_ERROR_INVALID_VALUE;
                }
        }
    }
    return abi::CUDA_SUCCESS;
}

CUresult launch_ex(const abi::CUlaunchConfig* config, abi::CUfunction handle, bool per_thread,
                   const Arguments& arguments) {
    if (config == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (config->numAttrs != 0 && config->attrs == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Shape shape{{config->gridDimX, config->gridDimY, config->gridDimZ},
                {config->blockDimX, config->blockDimY, config->blockDimZ},
                config->sharedMemBytes};
    Wishes wishes{{config->attrs, config->numAttrs}, std::nullopt, {}};
    const CUresult read = read_attributes(shape, wishes);
    if (read != abi::CUDA_SUCCESS) return read;
    return launch(handle, shape, config->hStream, per_thread, arguments, wishes);
}

}  // namespace

namespace soft::driver {

CUresult check_kernel(Device& device, Context& context, const ModuleFunction& function,
                      const abi::CUDA_KERNEL_NODE_PARAMS_v3& params, bool cooperative) {
    if (function.module->context_number() != context.number) return abi::CUDA_ERROR_INVALID_HANDLE;
    const Shape shape{{params.gridDimX, params.gridDimY, params.gridDimZ},
                      {params.blockDimX, params.blockDimY, params.blockDimZ},
                      params.sharedMemBytes,
                      cooperative};
    return check_shape(device, {function.declared, function.settings.get()}, shape);
}

}  // namespace soft::driver

SOFT_TWIN(cuLaunchKernel, _ptsz,
          (abi::CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx,
           unsigned int by, unsigned int bz, unsigned int shared, abi::CUstream stream, void** params,
           void** extra),
          launch(f, {{gx, gy, gz}, {bx, by, bz}, shared, false}, stream, per_thread, {params, extra}))
SOFT_TWIN(cuLaunchCooperativeKernel, _ptsz,
          (abi::CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx,
           unsigned int by, unsigned int bz, unsigned int shared, abi::CUstream stream, void** params),
          launch(f, {{gx, gy, gz}, {bx, by, bz}, shared, true}, stream, per_thread, {params, nullptr}))
SOFT_TWIN(cuLaunchKernelEx, _ptsz,
          (const abi::CUlaunchConfig* config, abi::CUfunction f, void** params, void** extra),
          launch_ex(config, f, per_thread, {params, extra}))
