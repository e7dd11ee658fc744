// Basic blocks, loop-aware reverse post-order and post-dominators. See cfg.h. The dominator computation is
// the iterative one of Cooper, Harvey and Kennedy.
#include "soft/ptx/cfg.h"

#include <algorithm>

namespace soft::ptx {
namespace {

using Graph = std::vector<std::vector<std::uint32_t>>;

bool is_branch(const Statement& s) { return s.opcode == "bra" || s.opcode == "brx"; }

Graph reversed(const Graph& graph) {
    Graph result(graph.size());
    for (std::uint32_t from = 0; from < graph.size(); ++from) {
        for (const std::uint32_t to : graph[from]) result[to].push_back(from);
    }
    return result;
}

// Depth-first post-order from `root`; successors are visited first to last.
std::vector<std::uint32_t> post_order(const Graph& graph, std::uint32_t root) {
    std::vector<std::uint32_t> order;
    std::vector<bool> seen(graph.size());
    std::vector<std::pair<std::uint32_t, std::size_t>> stack{{root, 0}};
    seen[root] = true;
    while (!stack.empty()) {
        auto& [node, next] = stack.back();
        if (next == graph[node].size()) {
            order.push_back(node);
            stack.pop_back();
            continue;
        }
        const std::uint32_t to = graph[node][next++];
        if (seen[to]) continue;
        seen[to] = true;
        stack.emplace_back(to, 0);
    }
    return order;
}

std::vector<std::uint32_t> dominators(const Graph& graph, std::uint32_t root) {
    const std::vector<std::uint32_t> order = post_order(graph, root);
    std::vector<std::uint32_t> rank(graph.size(), kNoBlock);
    for (std::uint32_t k = 0; k < order.size(); ++k) rank[order[k]] = k;
    const Graph predecessors = reversed(graph);
    std::vector<std::uint32_t> idom(graph.size(), kNoBlock);
    idom[root] = root;
    const auto meet = [&](std::uint32_t a, std::uint32_t b) {
        while (a != b) {
            while (rank[a] < rank[b]) a = idom[a];
            while (rank[b] < rank[a]) b = idom[b];
        }
        return a;
    };
    for (bool changed = true; changed;) {
        changed = false;
        for (auto it = order.rbegin(); it != order.rend(); ++it) {
            if (*it == root) continue;
            std::uint32_t best = kNoBlock;
            for (const std::uint32_t from : predecessors[*it]) {
                if (rank[from] == kNoBlock || idom[from] == kNoBlock) continue;
                best = best == kNoBlock ? from : meet(best, from);
            }
            changed |= idom[*it] != best;
            idom[*it] = best;
        }
    }
    return idom;
}

bool dominates(const std::vector<std::uint32_t>& idom, std::uint32_t above, std::uint32_t node) {
    while (node != above) {
        if (idom[node] == kNoBlock || idom[node] == node) return false;
        node = idom[node];
    }
    return true;
}

void split_blocks(const FunctionSyntax& function, Cfg& cfg, std::vector<std::uint32_t>& block_of) {
    const auto count = static_cast<std::uint32_t>(function.statements.size());
    std::vector<bool> starts(count + 1);
    starts[0] = true;
    for (const std::uint32_t label : function.label_statements) starts[label] = true;
    for (std::uint32_t k = 0; k < count; ++k) {
        const Statement& s = function.statements[k];
        if (is_branch(s) || ends_flow(s)) starts[k + 1] = true;
    }
    block_of.assign(count + 1, 0);
    for (std::uint32_t k = 0; k <= count; ++k) {
        if (starts[k] && (k < count || k == 0 || block_of.size() > 1)) {
            Block block;
            block.first = k;
            block.last = k;
            cfg.blocks.push_back(block);
        }
        block_of[k] = static_cast<std::uint32_t>(cfg.blocks.size() - 1);
        if (k < count) cfg.blocks.back().last = k + 1;
    }
}

void add_targets(const FunctionSyntax& function, const Statement& branch,
                 const std::vector<std::uint32_t>& block_of, Block& block) {
    for (std::uint32_t n = 0; n < branch.operand_count; ++n) {
        const Operand& operand = function.operands[branch.first_operand + n];
        if (operand.kind == OperandKind::label) block.successors.push_back(block_of[operand.index]);
        for (std::uint32_t t = 0; operand.kind == OperandKind::list && t < operand.count; ++t) {
            block.successors.push_back(block_of[function.operands[operand.first + t].index]);
        }
    }
}

void link_blocks(const FunctionSyntax& function, Cfg& cfg, const std::vector<std::uint32_t>& block_of) {
    for (std::uint32_t k = 0; k < cfg.blocks.size(); ++k) {
        Block& block = cfg.blocks[k];
        const bool is_empty = block.first == block.last;
        const Statement* end = is_empty ? nullptr : &function.statements[block.last - 1];
        if (end != nullptr && is_branch(*end)) add_targets(function, *end, block_of, block);
        const bool falls = end == nullptr || !ends_flow(*end);
        if (falls && k + 1 < cfg.blocks.size()) block.successors.push_back(k + 1);
    }
}

Graph graph_of(const Cfg& cfg) {
    Graph graph;
    graph.reserve(cfg.blocks.size());
    for (const Block& block : cfg.blocks) graph.push_back(block.successors);
    return graph;
}

void measure_loop(const Graph& predecessors, Cfg& cfg, std::uint32_t header, std::uint32_t latch) {
    std::vector<bool> inside(cfg.blocks.size());
    std::vector<std::uint32_t> work;
    inside[header] = true;
    ++cfg.blocks[header].loop_depth;
    if (!inside[latch]) work.push_back(latch);
    inside[latch] = true;
    while (!work.empty()) {
        const std::uint32_t node = work.back();
        work.pop_back();
        ++cfg.blocks[node].loop_depth;
        for (const std::uint32_t from : predecessors[node]) {
            if (!inside[from]) work.push_back(from);
            inside[from] = true;
        }
    }
}

void measure_loops(const Graph& graph, Cfg& cfg) {
    const std::vector<std::uint32_t> idom = dominators(graph, 0);
    const Graph predecessors = reversed(graph);
    for (std::uint32_t from = 0; from < graph.size(); ++from) {
        if (idom[from] == kNoBlock) continue;
        for (const std::uint32_t to : graph[from]) {
            if (dominates(idom, to, from)) measure_loop(predecessors, cfg, to, from);
        }
    }
}

void order_blocks(Graph graph, Cfg& cfg) {
    for (auto& successors : graph) {
        // What leaves a loop is visited first, hence laid out last.
        std::ranges::stable_sort(successors, [&](std::uint32_t a, std::uint32_t b) {
            return cfg.blocks[a].loop_depth < cfg.blocks[b].loop_depth;
        });
    }
    cfg.order = post_order(graph, 0);
    std::ranges::reverse(cfg.order);
    for (std::uint32_t k = 0; k < cfg.order.size(); ++k) cfg.blocks[cfg.order[k]].position = k;
}

void mark_joins(const FunctionSyntax& function, const Graph& graph, Cfg& cfg) {
    Graph backwards(graph.size() + 1);
    const auto end = static_cast<std::uint32_t>(graph.size());
    for (std::uint32_t from = 0; from < graph.size(); ++from) {
        for (const std::uint32_t to : graph[from]) backwards[to].push_back(from);
        if (graph[from].empty()) backwards[end].push_back(from);
    }
    const std::vector<std::uint32_t> ipdom = dominators(backwards, end);
    for (std::uint32_t k = 0; k < graph.size(); ++k) {
        const Block& block = cfg.blocks[k];
        if (block.successors.size() < 2 || ipdom[k] == kNoBlock || ipdom[k] == end) continue;
        const Statement& s = function.statements[block.last - 1];
        const auto mods = function.mods.begin() + s.first_mod;
        const bool is_uniform = std::find(mods, mods + s.mod_count, Mod::uni) != mods + s.mod_count;
        if (!is_uniform) cfg.blocks[ipdom[k]].is_join = true;
    }
}

}  // namespace

bool ends_flow(const Statement& s) {
    if (s.guard >= 0) return false;
    return is_branch(s) || s.opcode == "ret" || s.opcode == "exit" || s.opcode == "trap";
}

Cfg build_cfg(const FunctionSyntax& function) {
    Cfg cfg;
    std::vector<std::uint32_t> block_of;
    split_blocks(function, cfg, block_of);
    link_blocks(function, cfg, block_of);
    const Graph graph = graph_of(cfg);
    measure_loops(graph, cfg);
    order_blocks(graph, cfg);
    mark_joins(function, graph, cfg);
    return cfg;
}

}  // namespace soft::ptx
