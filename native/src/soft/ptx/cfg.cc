// Basic blocks, loop-aware reverse post-order and post-dominators. See cfg.h. The dominator computation is
// the iterative one of Cooper, Harvey and Kennedy.
#include "soft/ptx/cfg.h"

#include <algorithm>
#include <span>
#include <utility>

namespace soft::ptx {
namespace {

// Edges by where they start, in one piece.
class Graph {
  public:
    // `edges`: from, to; of one start in their order here.
    Graph(std::size_t nodes, std::span<const std::pair<std::uint32_t, std::uint32_t>> edges)
        : begins_(nodes + 1), targets_(edges.size()) {
        for (const auto& [from, to] : edges) ++begins_[from + 1];
        for (std::size_t k = 0; k < nodes; ++k) begins_[k + 1] += begins_[k];
        std::vector<std::uint32_t> at(begins_.begin(), begins_.end() - 1);
        for (const auto& [from, to] : edges) targets_[at[from]++] = to;
    }
    std::uint32_t size() const { return static_cast<std::uint32_t>(begins_.size() - 1); }
    std::span<const std::uint32_t> operator[](std::uint32_t node) const {
        return std::span(targets_).subspan(begins_[node], begins_[node + 1] - begins_[node]);
    }
    std::span<std::uint32_t> operator[](std::uint32_t node) {
        return std::span(targets_).subspan(begins_[node], begins_[node + 1] - begins_[node]);
    }

  private:
    std::vector<std::uint32_t> begins_;
    std::vector<std::uint32_t> targets_;
};

using Edges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

bool is_branch(const Statement& s) { return s.traits.has(OpcodeTrait::branch); }

Graph reversed(const Graph& graph) {
    Edges edges;
    for (std::uint32_t from = 0; from < graph.size(); ++from) {
        for (const std::uint32_t to : graph[from]) edges.emplace_back(to, from);
    }
    return Graph(graph.size(), edges);
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

// `block_of`: of each statement and of the end, filled.
std::vector<Block> split_blocks(const FunctionSyntax& function, std::vector<std::uint32_t>& block_of) {
    std::vector<Block> blocks;
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
            blocks.push_back(block);
        }
        block_of[k] = static_cast<std::uint32_t>(blocks.size() - 1);
        if (k < count) blocks.back().last = k + 1;
    }
    return blocks;
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
    Edges edges;
    for (std::uint32_t from = 0; from < cfg.blocks.size(); ++from) {
        for (const std::uint32_t to : cfg.blocks[from].successors) edges.emplace_back(from, to);
    }
    return Graph(cfg.blocks.size(), edges);
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
    for (std::uint32_t node = 0; node < graph.size(); ++node) {
        // What leaves a loop is visited first, hence laid out last.
        std::ranges::stable_sort(graph[node], [&](std::uint32_t a, std::uint32_t b) {
            return cfg.blocks[a].loop_depth < cfg.blocks[b].loop_depth;
        });
    }
    cfg.order = post_order(graph, 0);
    std::ranges::reverse(cfg.order);
    for (std::uint32_t k = 0; k < cfg.order.size(); ++k) cfg.blocks[cfg.order[k]].position = k;
}

void mark_joins(const FunctionSyntax& function, const Graph& graph, Cfg& cfg) {
    Edges backwards;
    const std::uint32_t end = graph.size();
    for (std::uint32_t from = 0; from < end; ++from) {
        for (const std::uint32_t to : graph[from]) backwards.emplace_back(to, from);
        if (graph[from].empty()) backwards.emplace_back(end, from);
    }
    const std::vector<std::uint32_t> ipdom = dominators(Graph(end + std::size_t{1}, backwards), end);
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

bool ends_flow(const Statement& s) { return s.guard < 0 && s.traits.has(OpcodeTrait::leaves); }

std::vector<Block> find_blocks(const FunctionSyntax& function) {
    std::vector<std::uint32_t> block_of;
    return split_blocks(function, block_of);
}

Cfg build_cfg(const FunctionSyntax& function) {
    Cfg cfg;
    std::vector<std::uint32_t> block_of;
    cfg.blocks = split_blocks(function, block_of);
    link_blocks(function, cfg, block_of);
    const Graph graph = graph_of(cfg);
    measure_loops(graph, cfg);
    order_blocks(graph, cfg);
    mark_joins(function, graph, cfg);
    return cfg;
}

}  // namespace soft::ptx
