// Liveness by backward data flow on bit sets. Lanes have their own column of every slot and partial writes
// keep the others, so what holds for one thread's control flow holds for the warp. See liveness.h.
#include "soft/ptx/liveness.h"

#include <algorithm>
#include <bit>

#include "soft/ptx/decoder.h"

namespace soft::ptx {
namespace {

constexpr std::size_t kMaxBits = std::size_t{1} << 29;

using Bits = std::vector<std::uint64_t>;

bool test(const Bits& bits, std::uint32_t k) { return (bits[k / 64] >> (k % 64) & 1u) != 0; }
void set(Bits& bits, std::uint32_t k) { bits[k / 64] |= std::uint64_t{1} << (k % 64); }

void add_uses(const FunctionSyntax& f, const Operand& operand, std::vector<std::uint32_t>& out) {
    if (operand.kind == OperandKind::reg) out.push_back(operand.index);
    const bool is_leaf = operand.kind != OperandKind::vector && operand.kind != OperandKind::pair &&
                         operand.kind != OperandKind::list && operand.kind != OperandKind::address;
    for (std::uint32_t k = 0; !is_leaf && k < operand.count; ++k)
        add_uses(f, f.operands[operand.first + k], out);
}

}  // namespace

void find_effects(const FunctionSyntax& f, const Statement& s, Effects& out) {
    out.defs.clear();
    out.uses.clear();
    definitions(f, s, out.defs);
    for (std::uint32_t k = out.defs.empty() ? 0 : 1; k < s.operand_count; ++k) {
        add_uses(f, f.operands[s.first_operand + k], out.uses);
    }
    if (s.guard < 0) return;
    out.uses.push_back(static_cast<std::uint32_t>(s.guard));
    // Where the guard is false the old value stays.
    out.uses.insert(out.uses.end(), out.defs.begin(), out.defs.end());
}

namespace {

struct Flow {
    std::vector<Bits> uses;  // read before written, by block
    std::vector<Bits> defs;
    std::vector<Bits> in;
    std::vector<Bits> out;
};

void summarise(const FunctionSyntax& f, const Cfg& cfg, Flow& flow) {
    Effects effects;
    for (const std::uint32_t b : cfg.order) {
        const Block& block = cfg.blocks[b];
        for (std::uint32_t k = block.first; k < block.last; ++k) {
            find_effects(f, f.statements[k], effects);
            for (const std::uint32_t reg : effects.uses) {
                if (!test(flow.defs[b], reg)) set(flow.uses[b], reg);
            }
            for (const std::uint32_t reg : effects.defs) set(flow.defs[b], reg);
        }
    }
}

void solve(const Cfg& cfg, std::size_t words, Flow& flow) {
    for (bool changed = true; changed;) {
        changed = false;
        for (auto it = cfg.order.rbegin(); it != cfg.order.rend(); ++it) {
            Bits& out = flow.out[*it];
            for (const std::uint32_t next : cfg.blocks[*it].successors) {
                for (std::size_t w = 0; w < words; ++w) out[w] |= flow.in[next][w];
            }
            for (std::size_t w = 0; w < words; ++w) {
                const std::uint64_t in = flow.uses[*it][w] | (out[w] & ~flow.defs[*it][w]);
                changed |= in != flow.in[*it][w];
                flow.in[*it][w] = in;
            }
        }
    }
}

void extend(LiveRange& range, std::uint32_t at) {
    range.begin = std::min(range.begin, at);
    range.end = std::max(range.end, at);
}

void extend_all(const Bits& bits, std::vector<LiveRange>& ranges, std::uint32_t at) {
    for (std::uint32_t w = 0; w < bits.size(); ++w) {
        for (std::uint64_t rest = bits[w]; rest != 0; rest &= rest - 1) {
            extend(ranges[w * 64 + static_cast<std::uint32_t>(std::countr_zero(rest))], at);
        }
    }
}

}  // namespace

std::vector<LiveRange> live_ranges(const FunctionSyntax& f, const Cfg& cfg,
                                   const std::vector<bool>& skipped) {
    const std::size_t words = (f.registers.size() + 63) / 64;
    if (words * 64 * cfg.blocks.size() > kMaxBits) return {};
    const std::vector<Bits> none(cfg.blocks.size(), Bits(words));
    Flow flow{none, none, none, none};
    summarise(f, cfg, flow);
    solve(cfg, words, flow);
    std::vector<LiveRange> ranges(words * 64);
    for (std::uint32_t reg = 0; reg < ranges.size(); ++reg) ranges[reg].reg = reg;
    Effects effects;
    std::uint32_t at = 0;
    for (const std::uint32_t b : cfg.order) {
        const Block& block = cfg.blocks[b];
        extend_all(flow.in[b], ranges, at);
        for (std::uint32_t k = block.first; k < block.last; ++k, ++at) {
            find_effects(f, f.statements[k], effects);
            for (const std::uint32_t reg : effects.uses) extend(ranges[reg], at);
            for (const std::uint32_t reg : effects.defs) extend(ranges[reg], at);
        }
        extend_all(flow.out[b], ranges, at);
        ++at;  // the edge out of a block is a place of its own
    }
    std::erase_if(ranges, [&](const LiveRange& range) {
        return range.begin > range.end || range.reg >= skipped.size() || skipped[range.reg];
    });
    std::ranges::sort(ranges, {}, [](const LiveRange& range) { return range.begin; });
    return ranges;
}

}  // namespace soft::ptx
