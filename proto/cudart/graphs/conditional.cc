// See conditional.h.
#include "cudart/graphs/conditional.h"

#include <algorithm>

#include "cudart/graphs/backend.h"
#include "cudart/graphs/objects.h"

namespace cudart::graphs {
namespace {

constexpr unsigned kMostBodies = 1024;

// Of the graph itself or of one that it is somewhere inside.
Condition* find_condition(Graph& graph, std::uint64_t handle) {
    for (Graph* at = &graph; at != nullptr; at = at->parent) {
        const auto found = std::ranges::find(at->conditions, handle, &Condition::handle);
        if (found != at->conditions.end()) return &*found;
    }
    return nullptr;
}

bool is_sane(const abi::CUDA_CONDITIONAL_NODE_PARAMS& params) {
    switch (params.type) {
        case abi::CU_GRAPH_COND_TYPE_IF:
            return params.size == 1 || params.size == 2;
        case abi::CU_GRAPH_COND_TYPE_WHILE:
            return params.size == 1;
        case abi::CU_GRAPH_COND_TYPE_SWITCH:
            return params.size != 0 && params.size <= kMostBodies;
    }
    return false;
}

}  // namespace

abi::CUresult make_condition(Backend& backend, Graph& graph, const Condition& like, std::uint64_t& handle) {
    static std::uint64_t next = 0x636f'0000'0010;  // never used twice
    Condition condition = like;
    if (condition.context == nullptr) condition.context = backend.current_context();
    const abi::CUresult good = backend.check_condition(condition.context);
    if (good != abi::CUDA_SUCCESS) return good;
    condition.handle = handle = next;
    next += 16;
    graph.conditions.push_back(condition);
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_conditional(Backend& backend, Graph& graph, abi::CUDA_CONDITIONAL_NODE_PARAMS& params,
                               Work& work) {
    Condition* condition = find_condition(graph, params.handle);
    if (condition == nullptr || condition->used || !is_sane(params)) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUcontext context = params.ctx == nullptr ? backend.current_context() : params.ctx;
    if (context != condition->context) return abi::CUDA_ERROR_INVALID_VALUE;
    condition->used = true;
    ConditionalWork conditional{params, {}, {}};
    for (unsigned index = 0; index < params.size; ++index) {
        const auto& body = conditional.bodies.emplace_back(Graph::make(true));
        body->parent = &graph;
        conditional.handles.push_back(to_handle<abi::CUgraph>(body->handle));
    }
    params.phGraph_out = conditional.handles.data();
    conditional.params.phGraph_out = nullptr;
    conditional.params.ctx = context;
    work = std::move(conditional);
    return abi::CUDA_SUCCESS;
}

}  // namespace cudart::graphs
