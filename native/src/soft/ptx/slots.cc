// Where values live in the register window: registers, constants, parameters and special registers. See
// decoder.h.
#include <algorithm>
#include <bit>
#include <charconv>

#include "soft/ptx/decoder.h"

namespace soft::ptx {
namespace {

constexpr std::uint32_t kPredicateBytes = 4;

struct SpecialRow {
    std::string_view name;
    Special first;            // of component x
    std::uint8_t components;  // 0: has none
};

constexpr SpecialRow kSpecials[] = {
    {"%tid", Special::tid_x, 3},
    {"%ntid", Special::ntid_x, 3},
    {"%ctaid", Special::ctaid_x, 3},
    {"%nctaid", Special::nctaid_x, 3},
    {"%laneid", Special::laneid, 0},
    {"%warpid", Special::warpid, 0},
    {"%nwarpid", Special::nwarpid, 0},
    {"%smid", Special::smid, 0},
    {"%nsmid", Special::nsmid, 0},
    {"%gridid", Special::gridid, 0},
    {"%lanemask_eq", Special::lanemask_eq, 0},
    {"%lanemask_le", Special::lanemask_le, 0},
    {"%lanemask_lt", Special::lanemask_lt, 0},
    {"%lanemask_ge", Special::lanemask_ge, 0},
    {"%lanemask_gt", Special::lanemask_gt, 0},
    {"%dynamic_smem_size", Special::dynamic_smem, 0},
    {"%total_smem_size", Special::total_smem, 0},
    {"%aggr_smem_size", Special::total_smem, 0},
    {"%is_explicit_cluster", Special::zero, 0},
    {"%cluster_ctarank", Special::zero, 0},
    {"%cluster_nctarank", Special::one, 0},
    {"%reserved_smem_offset_begin", Special::reserved_begin, 0},
    {"%reserved_smem_offset_end", Special::reserved_end, 0},
    {"%reserved_smem_offset_cap", Special::reserved_cap, 0},
    {"%reserved_smem_offset_0", Special::reserved_0, 0},
    {"%reserved_smem_offset_1", Special::reserved_1, 0},
    {"%current_graph_exec", Special::zero, 0},
    {"%clusterid", Special::ctaid_x, 3},
    {"%nclusterid", Special::nctaid_x, 3},
};

bool find_special(std::string_view name, std::uint32_t component, Special& out) {
    if (name == "%cluster_ctaid") {
        out = Special::zero;
        return true;
    }
    if (name == "%cluster_nctaid") {
        out = Special::one;
        return true;
    }
    if (name.starts_with("%envreg")) {
        out = Special::envreg;
        return true;
    }
    const auto found = std::ranges::find(kSpecials, name, &SpecialRow::name);
    if (found == std::end(kSpecials) || component > 3) return false;
    const bool outside = component >= std::max<std::uint32_t>(1, found->components);
    out =
        outside ? Special::zero : static_cast<Special>(static_cast<std::uint32_t>(found->first) + component);
    return true;
}

bool is_per_block(Special special) { return special >= Special::ctaid_x && special <= Special::ctaid_z; }

}  // namespace

std::uint32_t slot_width(Type type) {
    if (type == Type::pred) return 0;
    if (type == Type::b128) return 16;
    return type_size(type) == 8 ? 8 : 4;
}

std::uint32_t Decoder::take_slot(std::uint32_t width) {
    if (width == 0) {
        if (predicate_bytes_ % 64 == 0) {  // a fresh line for sixteen predicates
            predicate_bytes_ = frame_bytes_;
            frame_bytes_ += 64;
        }
        const std::uint32_t slot = predicate_bytes_;
        predicate_bytes_ += kPredicateBytes;
        return slot;
    }
    const std::uint32_t slot = frame_bytes_;
    frame_bytes_ += width * kLanes;
    return slot;
}

std::uint32_t Decoder::temporary(std::uint32_t width) { return take_slot(width); }

std::uint32_t Decoder::register_slot(std::uint32_t reg) {
    if (slots_[reg] == kNoSlot) slots_[reg] = take_slot(slot_width(syntax_.registers[reg]));
    return slots_[reg];
}

std::uint32_t Decoder::constant(std::uint64_t value, std::uint32_t width) {
    auto& map = constants_[width == 8 ? 1 : width == 0 ? 2 : 0];
    const auto [found, is_new] = map.emplace(value, 0);
    if (is_new) {
        found->second = take_slot(width);
        FixedSlot slot;
        slot.is_constant = true;
        slot.width = static_cast<std::uint8_t>(width);
        slot.slot = found->second;
        slot.value = value;
        code_.fixed.push_back(slot);
    }
    return found->second;
}

std::uint32_t Decoder::special(Special special, std::uint32_t width, std::uint32_t index, std::uint32_t size,
                               bool is_signed) {
    const std::uint64_t key = static_cast<std::uint64_t>(special) << 48 |
                              static_cast<std::uint64_t>(index) << 16 | width << 8 | size << 1 |
                              (is_signed ? 1u : 0u);
    code_.reads_reserved |= special >= Special::reserved_begin && special <= Special::reserved_1;
    const auto [found, is_new] = specials_.emplace(key, 0);
    if (is_new) {
        found->second = take_slot(width);
        FixedSlot slot;
        slot.special = special;
        slot.width = static_cast<std::uint8_t>(width);
        slot.size = static_cast<std::uint8_t>(size);
        slot.is_signed = is_signed;
        slot.slot = found->second;
        slot.index = index;
        (is_per_block(special) ? code_.per_block : code_.fixed).push_back(slot);
    }
    return found->second;
}

std::int32_t Decoder::register_of(const Operand& operand) const {
    return operand.kind == OperandKind::reg ? static_cast<std::int32_t>(operand.index) : -1;
}

std::uint32_t Decoder::operand_width(const Operand& operand, Type type) const {
    return operand.kind == OperandKind::reg ? slot_width(syntax_.registers[operand.index]) : slot_width(type);
}

// The bits of a constant operand as `type` wants them.
std::uint32_t Decoder::immediate(const Operand& operand, Type type, std::uint32_t width) {
    std::uint64_t bits = operand.value;
    const bool wants_double = type == Type::f64;
    const bool wants_float = type == Type::f32;
    if (operand.kind == OperandKind::f64 && !wants_double && width == 4) {
        bits = std::bit_cast<std::uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
    } else if (operand.kind == OperandKind::f32 && width == 8) {
        bits = std::bit_cast<std::uint64_t>(
            static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))));
    } else if (operand.kind == OperandKind::integer && wants_double) {
        bits = std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(bits)));
    } else if (operand.kind == OperandKind::integer && wants_float) {
        bits = std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int64_t>(bits)));
    }
    if (width == 4) bits &= 0xffffffffu;
    if (width == 0) bits = bits != 0 ? 1 : 0;
    return constant(bits, width);
}

bool Decoder::special_operand(const Operand& operand, std::uint32_t width, std::uint32_t& slot) {
    Special which = Special::zero;
    if (operand.name == "WARP_SZ") {
        slot = constant(32, width);
        return true;
    }
    if (!find_special(operand.name, operand.index, which)) {
        return fail("'" + std::string(operand.name) + "' is not declared");
    }
    std::uint32_t number = 0;
    if (which == Special::envreg)
        std::from_chars(operand.name.data() + 7, operand.name.data() + operand.name.size(), number);
    slot = special(which, width, number, 4);
    return true;
}

// `r+8` as a value: the sum in a temporary.
std::uint32_t Decoder::register_sum(const Operand& operand, std::uint32_t width) {
    if (width != 4 && width != 8) {
        fail("an operand of this size cannot have a constant added");
        return 0;
    }
    const std::uint32_t addend = constant(static_cast<std::uint64_t>(operand.offset), width);
    const std::uint32_t sum = temporary(width);
    Insn& insn = emit(Family::add, width == 8 ? Type::u64 : Type::u32);
    insn.d = sum;
    insn.a = register_slot(operand.index);
    insn.b = addend;
    return sum;
}

std::uint32_t Decoder::source(const Operand& operand, Type type) {
    const std::uint32_t width = slot_width(type);
    switch (operand.kind) {
        case OperandKind::reg:
            if (slot_width(syntax_.registers[operand.index]) != width) fail("an operand has the wrong size");
            return operand.offset == 0 ? register_slot(operand.index) : register_sum(operand, width);
        case OperandKind::integer:
        case OperandKind::f32:
        case OperandKind::f64:
            return immediate(operand, type, width);
        case OperandKind::special: {
            std::uint32_t slot = 0;
            special_operand(operand, width, slot);
            return slot;
        }
        case OperandKind::symbol:
        case OperandKind::local_symbol: {
            if (operand.name == "WARP_SZ") return constant(32, width);
            std::uint32_t slot = 0;
            symbol_value(operand, width, slot);
            return slot;
        }
        case OperandKind::sink:
            return constant(0, width);
        default:
            fail("an operand is of the wrong kind");
            return 0;
    }
}

std::uint32_t Decoder::target(const Operand& operand, Type type) {
    if (operand.kind == OperandKind::sink) return temporary(slot_width(type));
    if (operand.kind != OperandKind::reg || operand.offset != 0) {
        fail("the destination must be a register");
        return 0;
    }
    if (slot_width(syntax_.registers[operand.index]) != slot_width(type))
        fail("the destination has the wrong size");
    return register_slot(operand.index);
}

PredicateSource Decoder::predicate(const Operand& operand) {
    if (operand.kind == OperandKind::integer)
        return {constant(operand.value, 0), operand.negated ? kFullMask : 0};
    if (operand.kind != OperandKind::reg || syntax_.registers[operand.index] != Type::pred) {
        fail("expected a predicate");
        return {};
    }
    return {register_slot(operand.index), operand.negated ? kFullMask : 0};
}

std::uint32_t Decoder::predicate_target(const Operand& operand) {
    if (operand.kind == OperandKind::sink) return temporary(0);
    if (operand.kind != OperandKind::reg || syntax_.registers[operand.index] != Type::pred) {
        fail("expected a predicate");
        return 0;
    }
    return register_slot(operand.index);
}

}  // namespace soft::ptx
