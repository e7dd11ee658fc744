// Runs of executable graphs: each step becomes a command on a stream of the graph's own, between two markers
// in the stream the program named. Independent branches have streams of their own, so they run side by side.
#include <map>
#include <span>

#include "soft/api/graph_backend.h"

namespace soft::driver {
namespace {

// What an executable graph keeps between its runs.
class Runs {
  public:
    Runs() = default;
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;
    ~Runs() {
        if (Device::phase() != Phase::ready) return;
        for (const auto& [key, stream] : streams_) Device::get().scheduler.leave_stream(*stream);
    }

    // No stream of the program's: the default stream does not wait for it, only for the run's last marker.
    StreamRef lane(Device& device, const Context& context, std::uint32_t lane, int priority) {
        StreamRef& stream = streams_[{context.number, lane}];
        if (stream == nullptr) {
            stream = std::make_shared<Stream>();
            stream->group = context.group;
            stream->context = context.handle;
            stream->flags = abi::CU_STREAM_NON_BLOCKING;
            stream->is_lane = true;
            device.scheduler.enter_stream(stream);
        }
        stream->priority = priority;
        return stream;
    }

    CommandRef last;  // the end of the latest run

  private:
    std::map<std::pair<std::uint64_t, std::uint32_t>, StreamRef> streams_;
};

CUresult check_kernel_now(Device& device, const graphs::KernelWork& kernel, const Command& command) {
    const auto& function = *static_cast<const ModuleFunction*>(kernel.code.kept.get());
    Context* context = device.context_of(function.module->context_number());
    if (context == nullptr || context->group != command.stream->group)
        return abi::CUDA_ERROR_INVALID_CONTEXT;
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
    command.kind = CommandKind::kernel;
    command.single_block = params.gridDimX == 1 && params.gridDimY == 1 && params.gridDimZ == 1;
    command.grid = Grid::make(std::move(config), context);
    command.code = function.module->shared_from_this();
    command.block_ns = {function.settings, &function.settings->block_ns};
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

// Once the run is certain to be submitted: whoever waits for the recording must not wait for ever.
void record_events(const Device& device, const graphs::Exec& exec, std::span<const CommandRef> commands) {
    for (std::size_t index = 0; index < exec.plan().size(); ++index) {
        const graphs::Node* node = exec.plan()[index].node;
        const auto* record = node == nullptr ? nullptr : std::get_if<graphs::EventRecordWork>(&node->work);
        Event* event = record == nullptr ? nullptr : device.handles.find<Event>(record->event);
        if (event == nullptr) continue;
        const CommandRef& command = commands[index];
        command->point = std::make_shared<EventPoint>();
        command->point->command = command;
        const std::lock_guard lock(event->mutex);
        event->point = command->point;
    }
}

CUresult fill_command(Device& device, Context& context, const graphs::Node& node, const CommandRef& command) {
    if (const auto* kernel = std::get_if<graphs::KernelWork>(&node.work)) {
        const CUresult good = check_kernel_now(device, *kernel, *command);
        if (good == abi::CUDA_SUCCESS) fill_kernel(context, *kernel, *command);
        return good;
    }
    if (const auto* copy = std::get_if<graphs::CopyWork>(&node.work)) {
        command->kind = CommandKind::transfer;
        return prepare(device, *copy, command->work);
    }
    if (const auto* fill = std::get_if<graphs::FillWork>(&node.work)) {
        command->kind = CommandKind::transfer;
        return prepare(device, *fill, command->work);
    }
    if (const auto* host = std::get_if<graphs::HostWork>(&node.work)) fill_host(context, *host, *command);
    if (const auto* wait = std::get_if<graphs::EventWaitWork>(&node.work)) fill_wait(device, *wait, *command);
    return abi::CUDA_SUCCESS;
}

}  // namespace

CUresult launch_graph(Device& device, Context& context, graphs::Exec& exec, const StreamRef& stream) {
    if (exec.state == nullptr) exec.state = std::make_shared<Runs>();
    Runs& runs = *static_cast<Runs*>(exec.state.get());
    const CommandRef begin = make_command(CommandKind::marker, stream);
    const CommandRef end = make_command(CommandKind::marker, stream);
    if (runs.last) begin->after.push_back(runs.last);
    std::vector<CommandRef> commands{begin};
    for (const graphs::Step& step : exec.plan()) {
        const StreamRef lane = runs.lane(device, context, step.lane, stream->priority);
        const CommandRef command = make_command(CommandKind::marker, lane);
        if (step.after.empty()) command->after.push_back(begin);
        for (const std::uint32_t on : step.after) command->after.push_back(commands[on + 1]);
        if (step.node != nullptr && step.node->enabled) {
            const CUresult good = fill_command(device, context, *step.node, command);
            if (good != abi::CUDA_SUCCESS) return good;
        }
        if (step.last) end->after.push_back(command);
        commands.push_back(command);
    }
    commands.push_back(end);
    runs.last = end;
    record_events(device, exec, std::span(commands).subspan(1));
    device.scheduler.submit_all(commands);
    return abi::CUDA_SUCCESS;
}

}  // namespace soft::driver
