// Liveness by backward data flow on bit sets. Lanes have their own column of every slot and partial writes
// keep the others, so what holds for one thread's control flow holds for the warp. See liveness.h.
#include "soft/ptx/liveness.h"

#include <algorithm>
#include <bit>
#include <span>

namespace soft::ptx {
namespace {

constexpr std::size_t kMaxBits = std::size_t{1} << 29;

using Bits = std::span<std::uint64_t>;

bool test(Bits bits, std::uint32_t k) { return (bits[k / 64] >> (k % 64) & 1u) != 0; }
void set(Bits bits, std::uint32_t k) { bits[k / 64] |= std::uint64_t{1} << (k % 64); }

// Sets of registers, four of each block, in one piece of memory.
class Flow {
  public:
    Flow(std::size_t blocks, std::size_t words) : words_(words), bits_(blocks * words * 4) {}
    std::size_t words() const { return words_; }
    Bits uses(std::uint32_t block) { return part(block, 0); }  // read before written
    Bits defs(std::uint32_t block) { return part(block, 1); }
    Bits in(std::uint32_t block) { return part(block, 2); }
    Bits out(std::uint32_t block) { return part(block, 3); }

  private:
    Bits part(std::uint32_t block, std::size_t which) {
        return Bits(bits_).subspan((std::size_t{block} * 4 + which) * words_, words_);
    }

    const std::size_t words_;
    std::vector<std::uint64_t> bits_;
};

void summarise(const Effects& effects, const Cfg& cfg, Flow& flow) {
    for (const std::uint32_t b : cfg.order) {
        const Block& block = cfg.blocks[b];
        const Bits uses = flow.uses(b);
        const Bits defs = flow.defs(b);
        for (std::uint32_t k = block.first; k < block.last; ++k) {
            for (const std::uint32_t reg : effects.uses(k)) {
                if (!test(defs, reg)) set(uses, reg);
            }
            for (const std::uint32_t reg : effects.defs(k)) set(defs, reg);
        }
    }
}

void solve(const Cfg& cfg, Flow& flow) {
    for (bool changed = true; changed;) {
        changed = false;
        for (auto it = cfg.order.rbegin(); it != cfg.order.rend(); ++it) {
            const Bits uses = flow.uses(*it);
            const Bits defs = flow.defs(*it);
            const Bits in = flow.in(*it);
            const Bits out = flow.out(*it);
            for (const std::uint32_t next : cfg.blocks[*it].successors) {
                const Bits wanted = flow.in(next);
                for (std::size_t w = 0; w < flow.words(); ++w) out[w] |= wanted[w];
            }
            for (std::size_t w = 0; w < flow.words(); ++w) {
                const std::uint64_t now = uses[w] | (out[w] & ~defs[w]);
                changed |= now != in[w];
                in[w] = now;
            }
        }
    }
}

void extend(LiveRange& range, std::uint32_t at) {
    range.begin = std::min(range.begin, at);
    range.end = std::max(range.end, at);
}

void extend_all(Bits bits, std::vector<LiveRange>& ranges, std::uint32_t at) {
    for (std::uint32_t w = 0; w < bits.size(); ++w) {
        for (std::uint64_t rest = bits[w]; rest != 0; rest &= rest - 1) {
            extend(ranges[w * 64 + static_cast<std::uint32_t>(std::countr_zero(rest))], at);
        }
    }
}

}  // namespace

std::vector<LiveRange> live_ranges(const FunctionSyntax& f, const Effects& effects, const Cfg& cfg,
                                   const std::vector<bool>& skipped) {
    const std::size_t words = (f.registers.size() + 63) / 64;
    if (words * 64 * cfg.blocks.size() > kMaxBits) return {};
    Flow flow(cfg.blocks.size(), words);
    summarise(effects, cfg, flow);
    solve(cfg, flow);
    std::vector<LiveRange> ranges(words * 64);
    for (std::uint32_t reg = 0; reg < ranges.size(); ++reg) ranges[reg].reg = reg;
    std::uint32_t at = 0;
    for (const std::uint32_t b : cfg.order) {
        const Block& block = cfg.blocks[b];
        extend_all(flow.in(b), ranges, at);
        for (std::uint32_t k = block.first; k < block.last; ++k, ++at) {
            for (const std::uint32_t reg : effects.uses(k)) extend(ranges[reg], at);
            for (const std::uint32_t reg : effects.defs(k)) extend(ranges[reg], at);
        }
        extend_all(flow.out(b), ranges, at);
        ++at;  // the edge out of a block is a place of its own
    }
    std::erase_if(ranges, [&](const LiveRange& range) {
        return range.begin > range.end || range.reg >= skipped.size() || skipped[range.reg];
    });
    std::ranges::sort(ranges, {}, [](const LiveRange& range) { return range.begin; });
    return ranges;
}

}  // namespace soft::ptx
