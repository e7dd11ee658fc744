// Runs of executable graphs: each step becomes a command on a stream of the graph's own, between two markers
// in the stream the program named. Independent branches have streams of their own, so they run side by side.
#include <map>
#include <span>

#include "soft/api/graph_run.h"

namespace soft::driver {

Runs::~Runs() {
    if (Device::phase() != Phase::ready) return;
    for (const auto& [key, stream] : streams_) Device::get().scheduler.leave_stream(*stream);
}

StreamRef Runs::lane(Device& device, const Context& context, std::uint32_t lane, int priority) {
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

namespace {

// Visits the nodes of a plan that allocate or free, with their places in it.
template <class Body>
void each_memory_step(const graphs::Exec& exec, Body&& body) {
    for (std::size_t index = 0; index < exec.plan().size(); ++index) {
        const graphs::Node* node = exec.plan()[index].node;
        if (node == nullptr) continue;
        if (const auto* alloc = std::get_if<graphs::AllocWork>(&node->work))
            body(index, alloc->allocation->address, true);
        if (const auto* end = std::get_if<graphs::FreeWork>(&node->work))
            body(index, end->allocation->address, false);
    }
}

// Whether what the run allocates is free and what it frees is not, and whether the device has the memory.
CUresult back_memory(Device& device, const graphs::Exec& exec, const StreamRef& stream) {
    GraphMemory& memory = device.graph_memory;
    const bool frees_itself = (exec.flags & abi::CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH) != 0;
    std::map<std::uint64_t, bool> live;  // as the run goes on
    bool good = true;
    each_memory_step(exec, [&](std::size_t, std::uint64_t address, bool allocates) {
        const auto known = live.find(address);
        const bool is_live = known != live.end() ? known->second : memory.is_live(address);
        const bool may_be = frees_itself && known == live.end();
        good = good && (allocates ? !is_live || may_be : is_live);
        live[address] = allocates;
    });
    if (!good) return abi::CUDA_ERROR_INVALID_VALUE;
    std::vector<std::uint64_t> claimed;
    each_memory_step(exec, [&](std::size_t, std::uint64_t address, bool allocates) {
        if (!allocates || !good) return;
        if (memory.is_live(address)) memory.release(address, stream);
        good = memory.back(address, *stream) || (device.pools.trim_all() && memory.back(address, *stream));
        claimed.push_back(address);
    });
    if (good) return abi::CUDA_SUCCESS;
    for (const std::uint64_t address : claimed) memory.let_go(address);
    return abi::CUDA_ERROR_OUT_OF_MEMORY;
}

void begin_and_end_memory(Device& device, const graphs::Exec& exec, std::uint64_t owner,
                          std::span<const CommandRef> commands) {
    each_memory_step(exec, [&](std::size_t index, std::uint64_t address, bool allocates) {
        if (allocates) {
            commands[index]->behind = device.graph_memory.begin(address, owner);
        } else {
            device.graph_memory.end(address, commands[index]);
        }
    });
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

// The values that conditional nodes look at begin each run as the program has said.
void assign_values(Device& device, const graphs::Exec& exec, Runs& runs, Command& begin) {
    if (exec.conditions().empty()) return;
    std::vector<std::pair<ValueRef, std::uint32_t>> initial;
    for (const graphs::Condition& condition : exec.conditions()) {
        const ValueRef value = device.conditions.value(condition.handle);
        runs.values.insert(value);
        if (condition.assigns) initial.emplace_back(value, condition.initial);
    }
    begin.kind = CommandKind::transfer;
    begin.work = [initial] {
        for (const auto& [value, to] : initial) value->store(to, std::memory_order_relaxed);
    };
}

void add_decisions(Device& device, Context& context, const graphs::Exec& exec, const StreamRef& stream,
                   std::span<const CommandRef> commands) {
    std::uint32_t lane = exec.lane_count();
    for (std::size_t index = 0; index < exec.plan().size(); ++index) {
        const graphs::Node* node = exec.plan()[index].node;
        const auto* conditional =
            node == nullptr ? nullptr : std::get_if<graphs::ConditionalWork>(&node->work);
        if (conditional == nullptr) continue;
        const auto decision = Decision::make(device, context, exec, *conditional, stream, lane);
        commands[index]->kind = CommandKind::transfer;
        commands[index]->work = [decision, join = commands[index + 1]] { decision->decide(join); };
    }
}

}  // namespace

CUresult launch_graph(Device& device, Context& context, graphs::Exec& exec, const StreamRef& stream) {
    if (exec.state == nullptr) exec.state = std::make_shared<Runs>();
    Runs& runs = *static_cast<Runs*>(exec.state.get());
    const CommandRef begin = make_command(CommandKind::marker, stream);
    const CommandRef end = make_command(CommandKind::marker, stream);
    if (runs.last) begin->after.push_back(runs.last);
    const bool by_node = (exec.flags & abi::CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY) != 0;
    std::vector<CommandRef> commands{begin};
    for (const graphs::Step& step : exec.plan()) {
        const StreamRef lane = runs.lane(device, context, step.lane, stream->priority);
        const CommandRef command = make_command(CommandKind::marker, lane);
        if (step.after.empty()) command->after.push_back(begin);
        for (const std::uint32_t on : step.after) command->after.push_back(commands[on + 1]);
        if (step.node != nullptr && step.node->enabled) {
            const CUresult good = fill_command(device, context, step.node->work, command);
            if (good != abi::CUDA_SUCCESS) return good;
            const auto* kernel = std::get_if<graphs::KernelWork>(&step.node->work);
            if (kernel != nullptr && by_node) command->priority = kernel->priority();
        }
        if (step.last) end->after.push_back(command);
        commands.push_back(command);
    }
    commands.push_back(end);
    if (const CUresult backed = back_memory(device, exec, stream); backed != abi::CUDA_SUCCESS) return backed;
    assign_values(device, exec, runs, *begin);
    add_decisions(device, context, exec, stream, std::span(commands).subspan(1));
    begin_and_end_memory(device, exec, context.number, std::span(commands).subspan(1));
    runs.last = end;
    record_events(device, exec, std::span(commands).subspan(1));
    device.scheduler.submit_all(commands);
    return abi::CUDA_SUCCESS;
}

}  // namespace soft::driver
