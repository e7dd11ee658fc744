// See effects.h.
#include "soft/ptx/effects.h"

#include <algorithm>

namespace soft::ptx {
namespace {

bool has_result(const FunctionSyntax& function, const Statement& s) {
    if (!s.traits.has(OpcodeTrait::reads_all)) return true;
    if (!s.traits.has(OpcodeTrait::reduces)) return false;
    const auto mods = function.mods.begin() + s.first_mod;
    return std::find(mods, mods + s.mod_count, Mod::red) != mods + s.mod_count;
}

bool is_group(OperandKind kind) {
    return kind == OperandKind::vector || kind == OperandKind::pair || kind == OperandKind::list;
}

}  // namespace

Effects::Effects(const FunctionSyntax& function) : function_(function) {
    ends_.reserve(function.statements.size() * 2 + 1);
    registers_.reserve(function.statements.size() * 4);
    ends_.push_back(0);
    for (const Statement& statement : function.statements) {
        const std::size_t first_def = registers_.size();
        add_defs(statement);
        ends_.push_back(registers_.size());
        add_uses(statement, first_def);
        ends_.push_back(registers_.size());
    }
}

void Effects::add(const Operand& operand, bool in_address) {
    if (operand.kind == OperandKind::reg) registers_.push_back(operand.index);
    if (!is_group(operand.kind) && !(in_address && operand.kind == OperandKind::address)) return;
    for (std::uint32_t k = 0; k < operand.count; ++k) add(function_.operands[operand.first + k], in_address);
}

// Of an address nothing is written.
void Effects::add_defs(const Statement& s) {
    if (s.operand_count == 0 || !has_result(function_, s)) return;
    const Operand& first = function_.operands[s.first_operand];
    if (s.traits.has(OpcodeTrait::call) && first.kind != OperandKind::list) return;
    add(first, false);
}

void Effects::add_uses(const Statement& s, std::size_t first_def) {
    const std::size_t last_def = registers_.size();
    for (std::uint32_t k = last_def == first_def ? 0 : 1; k < s.operand_count; ++k)
        add(function_.operands[s.first_operand + k], true);
    if (s.guard < 0) return;
    registers_.push_back(static_cast<std::uint32_t>(s.guard));
    for (std::size_t k = first_def; k < last_def; ++k) registers_.push_back(registers_[k]);
}

std::vector<std::uint8_t> Effects::count_defs() const {
    std::vector<std::uint8_t> counts(function_.registers.size());
    for (std::uint32_t k = 0; k < function_.statements.size(); ++k) {
        for (const std::uint32_t reg : defs(k))
            counts[reg] = static_cast<std::uint8_t>(std::min(2, counts[reg] + 1));
    }
    for (const std::int32_t reg : function_.local_register) {
        if (reg >= 0) counts[static_cast<std::uint32_t>(reg)] = 2;
    }
    return counts;
}

}  // namespace soft::ptx
