// Conditional nodes. When it is a node's turn, its command puts the graph that the value selects into lanes
// of its own, and the join behind the node waits for that, too; the end of a loop's graph decides again.
#include "soft/api/graph_run.h"

namespace soft::driver {

std::shared_ptr<Decision> Decision::make(Device& device, Context& context, const graphs::Exec& exec,
                                         const graphs::ConditionalWork& work, const StreamRef& stream,
                                         std::uint32_t& lane) {
    auto decision = std::make_shared<Decision>(device, context);
    Runs& runs = *static_cast<Runs*>(exec.state.get());
    decision->type_ = work.params.type;
    decision->value_ = device.conditions.value(work.params.handle);
    for (const auto& graph : work.bodies) {
        const graphs::Plan& plan = exec.body_plan(*graph);
        const std::uint32_t first = lane;
        lane += plan.lane_count + 1;
        Body& body = decision->bodies_.emplace_back();
        body.stream = runs.lane(device, context, first + plan.lane_count, stream->priority);
        for (const graphs::Step& step : plan.steps) {
            Piece& piece = body.pieces.emplace_back();
            piece.after = step.after;
            piece.last = step.last;
            piece.lane = runs.lane(device, context, first + step.lane, stream->priority);
            if (step.node == nullptr) continue;
            piece.enabled = step.node->enabled;
            if (const auto* inner = std::get_if<graphs::ConditionalWork>(&step.node->work)) {
                piece.decision = make(device, context, exec, *inner, stream, lane);
            } else {
                piece.work = step.node->work;
            }
        }
    }
    return decision;
}

const Decision::Body* Decision::chosen() const {
    const std::uint32_t value = value_->load(std::memory_order_relaxed);
    std::size_t index = value;
    if (type_ != abi::CU_GRAPH_COND_TYPE_SWITCH) index = value != 0 ? 0 : 1;
    return index < bodies_.size() ? &bodies_[index] : nullptr;
}

CUresult Decision::build(const Body& body, std::vector<CommandRef>& commands) const {
    for (const Piece& piece : body.pieces) {
        const CommandRef command = make_command(CommandKind::marker, piece.lane);
        for (const std::uint32_t on : piece.after) command->after.push_back(commands[on]);
        if (piece.decision != nullptr) {
            command->kind = CommandKind::transfer;
        } else if (piece.enabled) {
            const CUresult good = fill_command(device_, context_, piece.work, command);
            if (good != abi::CUDA_SUCCESS) return good;
        }
        commands.push_back(command);
    }
    for (std::size_t index = 0; index < body.pieces.size(); ++index) {
        const auto& inner = body.pieces[index].decision;
        if (inner == nullptr) continue;
        commands[index]->work = [inner, join = commands[index + 1]] { inner->decide(join); };
    }
    return abi::CUDA_SUCCESS;
}

void Decision::decide(const CommandRef& join) {
    const Body* body = chosen();
    if (body == nullptr) return;
    std::vector<CommandRef> commands;
    if (const CUresult good = build(*body, commands); good != abi::CUDA_SUCCESS) {
        // The launch has been answered: what is wrong now ends the context, as a fault does.
        int none = 0;
        context_.group->error.compare_exchange_strong(none, good);
        return;
    }
    const CommandRef end = make_command(CommandKind::marker, body->stream);
    for (std::size_t index = 0; index < commands.size(); ++index) {
        if (body->pieces[index].last) end->after.push_back(commands[index]);
    }
    if (type_ == abi::CU_GRAPH_COND_TYPE_WHILE) {
        end->kind = CommandKind::transfer;
        end->work = [self = shared_from_this(), join] { self->decide(join); };
    }
    commands.push_back(end);
    device_.scheduler.submit_all(commands, join);
}

}  // namespace soft::driver
