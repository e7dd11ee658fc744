// See schedule.h.
#include "soft/ptx/schedule.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "soft/ptx/cfg.h"
#include "soft/ptx/liveness.h"

namespace soft::ptx {
namespace {

// Longer stretches are taken in pieces: every statement is compared with every other.
constexpr std::uint32_t kMostStatements = 64;

enum class Sort : std::uint8_t { fixed, arithmetic, load };

constexpr std::string_view kArithmetic[] = {
    "mov", "add", "sub", "mul",  "mad",  "fma", "neg", "abs",  "min", "max",  "and",   "or",  "xor",
    "not", "shl", "shr", "setp", "selp", "cvt", "div", "sqrt", "rcp", "cvta", "rsqrt", "ex2", "lg2",
};

Sort sort_of(const FunctionSyntax& f, const Statement& s) {
    const std::span<const Mod> mods(f.mods.data() + s.first_mod, s.mod_count);
    const auto has_any = [&](std::initializer_list<Mod> set) {
        return std::ranges::any_of(mods, [&](Mod mod) { return std::ranges::find(set, mod) != set.end(); });
    };
    // The carry flag is no register that find_effects() knows.
    if (std::ranges::find(kArithmetic, s.opcode) != std::end(kArithmetic))
        return has_any({Mod::cc}) ? Sort::fixed : Sort::arithmetic;
    if (s.opcode != "ld") return Sort::fixed;
    if (has_any({Mod::param})) return Sort::arithmetic;
    const bool is_strong = has_any({Mod::volatile_, Mod::relaxed, Mod::acquire, Mod::mmio});
    return is_strong ? Sort::fixed : Sort::load;
}

struct Item {
    Statement statement;
    Effects effects;
    std::uint64_t needs = 0;  // items of the stretch that come before it, one bit each
    bool is_placed = false;
};

bool share(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
    return std::ranges::any_of(a, [&](std::uint32_t reg) { return std::ranges::find(b, reg) != b.end(); });
}

class Stretch {
  public:
    explicit Stretch(FunctionSyntax& function) : function_(function) {}
    // Reorders the statements [first, last), none of which is fixed.
    void reorder(std::uint32_t first, std::uint32_t last);

  private:
    void find_needs();
    void place(std::size_t k);
    std::uint64_t all_needs(std::size_t k) const;

    FunctionSyntax& function_;
    std::vector<Item> items_;
    std::vector<std::size_t> order_;
};

void Stretch::find_needs() {
    for (std::size_t k = 0; k < items_.size(); ++k) {
        Item& item = items_[k];
        for (std::size_t j = 0; j < k; ++j) {
            const Effects& before = items_[j].effects;
            const bool depends = share(before.defs, item.effects.uses) ||
                                 share(before.uses, item.effects.defs) ||
                                 share(before.defs, item.effects.defs);
            if (depends) item.needs |= std::uint64_t{1} << j | items_[j].needs;
        }
    }
}

void Stretch::place(std::size_t k) {
    if (items_[k].is_placed) return;
    items_[k].is_placed = true;
    order_.push_back(k);
}

// Rounds: what the loads need that wait for no other load, in the order of the text; those loads; and so on.
void Stretch::reorder(std::uint32_t first, std::uint32_t last) {
    std::uint64_t loads = 0;
    for (std::uint32_t k = first; k < last; ++k) {
        const bool is_load = sort_of(function_, function_.statements[k]) == Sort::load;
        loads |= std::uint64_t{is_load} << (k - first);
    }
    if ((loads & (loads + 1)) == 0) return;  // none, or all at the beginning
    items_.clear();
    order_.clear();
    for (std::uint32_t k = first; k < last; ++k) {
        Item& item = items_.emplace_back();
        item.statement = function_.statements[k];
        find_effects(function_, item.statement, item.effects);
    }
    find_needs();
    for (std::uint64_t waiting = loads; waiting != 0;) {
        std::uint64_t ready = 0;
        std::uint64_t needed = 0;
        for (std::size_t k = 0; k < items_.size(); ++k) {
            const std::uint64_t bit = std::uint64_t{1} << k;
            if ((waiting & bit) == 0 || (items_[k].needs & waiting) != 0) continue;
            ready |= bit;
            needed |= items_[k].needs;
        }
        for (std::size_t k = 0; k < items_.size(); ++k) {
            if ((needed >> k & 1u) != 0) place(k);
        }
        for (std::size_t k = 0; k < items_.size(); ++k) {
            if ((ready >> k & 1u) != 0) place(k);
        }
        waiting &= ~ready;
    }
    for (std::size_t k = 0; k < items_.size(); ++k) place(k);
    for (std::size_t k = 0; k < order_.size(); ++k)
        function_.statements[first + k] = items_[order_[k]].statement;
}

}  // namespace

bool is_arithmetic(const FunctionSyntax& function, const Statement& statement) {
    return sort_of(function, statement) == Sort::arithmetic;
}

void hoist_loads(FunctionSyntax& function) {
    Stretch stretch(function);
    for (const Block& block : build_cfg(function).blocks) {
        std::uint32_t first = block.first;
        for (std::uint32_t k = block.first; k <= block.last; ++k) {
            const bool ends = k == block.last || sort_of(function, function.statements[k]) == Sort::fixed;
            if (!ends && k - first < kMostStatements) continue;
            stretch.reorder(first, k);
            first = ends ? k + 1 : k;
        }
    }
}

}  // namespace soft::ptx
