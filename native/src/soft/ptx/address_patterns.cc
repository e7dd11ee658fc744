// See address_patterns.h.
#include "soft/ptx/address_patterns.h"

#include <algorithm>
#include <array>

#include "soft/ptx/schedule.h"

namespace soft::ptx {

AddressPatterns::AddressPatterns(const FunctionSyntax& function, const Effects& effects, const Cfg& cfg,
                                 std::vector<bool> is_same)
    : function_(function),
      effects_(effects),
      is_same_(std::move(is_same)),
      class_of_(function.registers.size()) {
    find_same(cfg);
}

bool AddressPatterns::is_same(const Operand& operand) const {
    if (operand.kind == OperandKind::reg) return is_same_[operand.index];
    return operand.kind == OperandKind::integer;
}

// What one statement alone computes from values that all lanes share is shared, too: those never change, so
// neither does it, whichever lanes come by when.
void AddressPatterns::find_same(const Cfg& cfg) {
    const std::vector<std::uint8_t> counts = effects_.count_defs();
    for (const std::uint32_t b : cfg.order) {
        for (std::uint32_t k = cfg.blocks[b].first; k < cfg.blocks[b].last; ++k) {
            const Statement& statement = function_.statements[k];
            const bool is_load = statement.traits.has(OpcodeTrait::load);
            if (statement.guard >= 0 || is_load || !is_arithmetic(function_, statement)) continue;
            const auto defs = effects_.defs(k);
            if (defs.size() != 1 || counts[defs[0]] != 1) continue;
            const std::span<const Operand> operands(function_.operands.data() + statement.first_operand,
                                                    statement.operand_count);
            if (std::ranges::all_of(operands.subspan(1), [&](const Operand& each) { return is_same(each); }))
                is_same_[defs[0]] = true;
        }
    }
}

void AddressPatterns::begin_block() {
    classes_.clear();
    ++block_;
}

std::uint32_t AddressPatterns::class_of(std::uint32_t reg) {
    Member& member = class_of_[reg];
    if (member.block != block_) {
        member = {block_, static_cast<std::uint32_t>(classes_.size())};
        classes_.emplace_back();
    }
    return member.number;
}

AddressPattern AddressPatterns::meet(std::uint32_t reg, std::uint32_t size, std::uint32_t own_memo) {
    Class& known = classes_[class_of(reg)];
    if (known.size == size) return {known.memo, 1};
    if (known.size == 0) known = {size, own_memo};
    return {own_memo, 0};
}

const Operand* AddressPatterns::shifted(const Statement& s) const {
    const bool adds = s.opcode == "add";
    if ((!adds && s.opcode != "sub") || s.operand_count != 3 || s.type_count != 1 || s.mod_count != 0)
        return nullptr;
    constexpr std::array kIntegers = {Type::u32, Type::s32, Type::u64, Type::s64};
    if (std::ranges::find(kIntegers, s.types[0]) == kIntegers.end()) return nullptr;
    const Operand* operands = &function_.operands[s.first_operand];
    const auto is_plain = [](const Operand& each) { return each.kind == OperandKind::reg && !each.negated; };
    if (is_plain(operands[1]) && is_same(operands[2])) return &operands[1];
    return adds && is_plain(operands[2]) && is_same(operands[1]) ? &operands[2] : nullptr;
}

void AddressPatterns::pass(std::uint32_t k) {
    const Statement& s = function_.statements[k];
    // Other warps may run where this one waits, and other lanes where it branches.
    const bool accesses = s.traits.has(OpcodeTrait::load) || s.traits.has(OpcodeTrait::store);
    if (s.guard >= 0 || !(accesses || is_arithmetic(function_, s))) return begin_block();
    const Operand* from = shifted(s);
    const std::uint32_t as = from == nullptr ? 0 : class_of(from->index);
    const auto defs = effects_.defs(k);
    for (const std::uint32_t reg : defs) class_of_[reg].block = 0;
    if (from != nullptr && defs.size() == 1) class_of_[defs[0]] = {block_, as};
}

}  // namespace soft::ptx
