// See schedule.h.
#include "soft/ptx/schedule.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <vector>

#include "soft/ptx/cfg.h"
#include "soft/ptx/effects.h"

namespace soft::ptx {
namespace {

// Longer stretches are taken in pieces, as many as a word has bits.
constexpr std::uint32_t kMostStatements = 64;

enum class Sort : std::uint8_t { fixed, arithmetic, load };

Sort sort_of(const FunctionSyntax& f, const Statement& s) {
    const std::span<const Mod> mods(f.mods.data() + s.first_mod, s.mod_count);
    const auto has_any = [&](std::initializer_list<Mod> set) {
        return std::ranges::any_of(mods, [&](Mod mod) { return std::ranges::find(set, mod) != set.end(); });
    };
    // The carry flag is no register that Effects knows.
    if (s.traits.has(OpcodeTrait::arithmetic)) return has_any({Mod::cc}) ? Sort::fixed : Sort::arithmetic;
    if (!s.traits.has(OpcodeTrait::load)) return Sort::fixed;
    if (has_any({Mod::param})) return Sort::arithmetic;
    const bool is_strong = has_any({Mod::volatile_, Mod::relaxed, Mod::acquire, Mod::mmio});
    return is_strong ? Sort::fixed : Sort::load;
}

// Items of a stretch, one bit each.
using Items = std::uint64_t;

Items bit(std::size_t k) { return Items{1} << k; }

class Stretch {
  public:
    explicit Stretch(FunctionSyntax& function)
        : function_(function), effects_(function), touched_(function.registers.size()) {}
    // Reorders the statements [first, last), none of which is fixed. Of each statement, once.
    void reorder(std::uint32_t first, std::uint32_t last);

  private:
    // Who of the items so far reads and writes a register.
    struct Touch {
        Items readers = 0;
        Items writers = 0;
    };

    void find_needs(std::uint32_t first, std::size_t count);
    Items all_needs(Items direct) const;
    void forget(std::uint32_t first, std::size_t count);
    void place(Items items);

    FunctionSyntax& function_;
    const Effects effects_;                       // of the statements where the text has them
    std::vector<Touch> touched_;                  // of each register; all zeros between stretches
    std::array<Items, kMostStatements> needs_{};  // of each item: those that come before it
    Items placed_ = 0;
    std::vector<std::uint32_t> order_;
};

Items Stretch::all_needs(Items direct) const {
    Items all = direct;
    for (; direct != 0; direct &= direct - 1)
        all |= needs_[static_cast<std::size_t>(std::countr_zero(direct))];
    return all;
}

void Stretch::find_needs(std::uint32_t first, std::size_t count) {
    for (std::uint32_t k = 0; k < count; ++k) {
        Items direct = 0;
        for (const std::uint32_t reg : effects_.uses(first + k)) direct |= touched_[reg].writers;
        for (const std::uint32_t reg : effects_.defs(first + k))
            direct |= touched_[reg].readers | touched_[reg].writers;
        needs_[k] = all_needs(direct);
        for (const std::uint32_t reg : effects_.uses(first + k)) touched_[reg].readers |= bit(k);
        for (const std::uint32_t reg : effects_.defs(first + k)) touched_[reg].writers |= bit(k);
    }
}

void Stretch::forget(std::uint32_t first, std::size_t count) {
    for (std::uint32_t k = first; k < first + count; ++k) {
        for (const std::uint32_t reg : effects_.uses(k)) touched_[reg] = {};
        for (const std::uint32_t reg : effects_.defs(k)) touched_[reg] = {};
    }
}

void Stretch::place(Items items) {
    items &= ~placed_;
    placed_ |= items;
    for (; items != 0; items &= items - 1)
        order_.push_back(static_cast<std::uint32_t>(std::countr_zero(items)));
}

// Rounds: what the loads need that wait for no other load, in the order of the text; those loads; and so on.
void Stretch::reorder(std::uint32_t first, std::uint32_t last) {
    const std::size_t count = last - first;
    Items loads = 0;
    for (std::size_t k = 0; k < count; ++k) {
        const bool is_load = sort_of(function_, function_.statements[first + k]) == Sort::load;
        loads |= Items{is_load} << k;
    }
    if ((loads & (loads + 1)) == 0) return;  // none, or all at the beginning
    find_needs(first, count);
    forget(first, count);
    placed_ = 0;
    order_.clear();
    for (Items waiting = loads; waiting != 0;) {
        Items ready = 0;
        Items needed = 0;
        for (Items rest = waiting; rest != 0; rest &= rest - 1) {
            const auto k = static_cast<std::size_t>(std::countr_zero(rest));
            if ((needs_[k] & waiting) != 0) continue;
            ready |= bit(k);
            needed |= needs_[k];
        }
        place(needed);
        place(ready);
        waiting &= ~ready;
    }
    place(count == kMostStatements ? ~Items{0} : bit(count) - 1);
    const std::vector<Statement> before(function_.statements.begin() + first,
                                        function_.statements.begin() + last);
    for (std::size_t k = 0; k < order_.size(); ++k) function_.statements[first + k] = before[order_[k]];
}

}  // namespace

bool is_arithmetic(const FunctionSyntax& function, const Statement& statement) {
    return sort_of(function, statement) == Sort::arithmetic;
}

void hoist_loads(FunctionSyntax& function) {
    Stretch stretch(function);
    for (const Block& block : find_blocks(function)) {
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
