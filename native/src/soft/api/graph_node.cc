// What each node of a graph is as a command. See graph_run.h.
#include "soft/api/graph_run.h"
#include "soft/api/stream_values.h"

namespace soft::driver {
namespace {

CUresult check_kernel_now(Device& device, const graphs::KernelWork& kernel, const Command& command) {
    const auto& function = *static_cast<const ModuleFunction*>(kernel.code.kept.get());
    Context* context = device.context_of(function.module->context_number());
    if (context == nullptr || context->group != command.stream->group) return abi::CUDA_ERROR_INVALID_CONTEXT;
    return check_kernel(device, *context, function, kernel.params, kernel.cooperative());
}

void fill_kernel(Context& context, const graphs::KernelWork& kernel, Command& command) {
    const auto& function = *static_cast<const ModuleFunction*>(kernel.code.kept.get());
    const auto& params = kernel.params;
    LaunchConfig config;
    config.function = &function.module->program().function(function.index);
    config.grid = {params.gridDimX, params.gridDimY, params.gridDimZ};
    config.block = {params.blockDimX, params.blockDimY, params.blockDimZ};
    config.dynamic_shared = params.sharedMemBytes;
    config.params = kernel.packed;
    config.cooperative = kernel.cooperative();
    config.stack_bytes = context.stack_size.load();
    config.most_pending = context.pending_launches.load(std::memory_order_relaxed);
    command.kind = CommandKind::kernel;
    command.single_block = params.gridDimX == 1 && params.gridDimY == 1 && params.gridDimZ == 1;
    command.grid = Grid::make(std::move(config), context);
    command.code = function.module->shared_from_this();
    command.times = {function.settings, &function.settings->times};
}

void fill_host(Context& context, const graphs::HostWork& host, Command& command) {
    command.kind = CommandKind::host;
    command.work = [params = host.params, &context] {
        context.output.flush();
        params.fn(params.userData);
    };
}

// An event that has been destroyed since is nobody's any more.
void fill_wait(const Device& device, const graphs::EventWaitWork& wait, Command& command) {
    Event* event = device.handles.find<Event>(wait.event);
    if (event == nullptr) return;
    const std::lock_guard lock(event->mutex);
    command.behind = event->point;
}

}  // namespace

CUresult fill_command(Device& device, Context& context, const graphs::Work& work, const CommandRef& command) {
    if (const auto* kernel = std::get_if<graphs::KernelWork>(&work)) {
        const CUresult good = check_kernel_now(device, *kernel, *command);
        if (good == abi::CUDA_SUCCESS) fill_kernel(context, *kernel, *command);
        return good;
    }
    if (const auto* copy = std::get_if<graphs::CopyWork>(&work)) {
        command->kind = CommandKind::transfer;
        return prepare(device, *copy, command->work);
    }
    if (const auto* fill = std::get_if<graphs::FillWork>(&work)) {
        command->kind = CommandKind::transfer;
        return prepare(device, *fill, command->work);
    }
    if (const auto* values = std::get_if<graphs::ValuesWork>(&work)) {
        const CUresult good = check_values(device, values->operations, values->flags, true);
        if (good == abi::CUDA_SUCCESS) fill_values(values->operations, *command);
        return good;
    }
    if (const auto* host = std::get_if<graphs::HostWork>(&work)) fill_host(context, *host, *command);
    if (const auto* wait = std::get_if<graphs::EventWaitWork>(&work)) fill_wait(device, *wait, *command);
    return abi::CUDA_SUCCESS;
}

}  // namespace soft::driver
