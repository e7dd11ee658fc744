// Builders of ld and st, and the resolution of address operands and symbols. See builders.h and decoder.h.
#include <algorithm>

#include "soft/launch/access.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

Space space_of(const Decoder& d) {
    switch (d.one_of({Mod::global, Mod::const_, Mod::shared, Mod::local, Mod::param})) {
        case Mod::global:
            return Space::global;
        case Mod::const_:
            return Space::constant;
        case Mod::shared:
            return Space::shared;
        case Mod::local:
            return Space::local;
        case Mod::param:
            return Space::param;
        default:
            return Space::generic;
    }
}

std::uint32_t vector_count(const Decoder& d) {
    switch (d.one_of({Mod::v2, Mod::v4, Mod::v8})) {
        case Mod::v2:
            return 2;
        case Mod::v4:
            return 4;
        case Mod::v8:
            return 8;
        default:
            return 1;
    }
}

// The handler's type: sign matters only where the register is wider than memory.
Type memory_key(Type type, std::uint32_t width) {
    const std::uint32_t size = type_size(type);
    if (size == 4 && width == 4) return Type::b32;
    if (size == 8 && width == 8) return Type::b64;
    if (size == 1) return type == Type::s8 ? Type::s8 : Type::u8;
    if (size == 2) return type == Type::s16 ? Type::s16 : Type::u16;
    return Type::none;
}

struct Elements {
    std::uint32_t slots[8] = {};
    std::uint32_t width = 4;
};

bool element_slots(Decoder& d, const Operand& data, Type type, std::uint32_t count, bool is_load,
                   Elements& out) {
    const bool is_vector = data.kind == OperandKind::vector;
    if (count > 1 && (!is_vector || data.count != count))
        return d.fail("the vector has the wrong number of elements");
    if (count == 1 && is_vector && data.count != 1) return d.fail("unexpected vector");
    bool has_width = false;
    for (std::uint32_t k = 0; k < count; ++k) {
        const Operand& element = is_vector ? d.child(data, k) : data;
        const std::uint32_t width = d.operand_width(element, type);
        if (element.kind == OperandKind::reg && (!has_width || out.width == width)) {
            out.width = width;
            has_width = true;
        } else if (element.kind == OperandKind::reg) {
            return d.fail("the elements have different sizes");
        }
    }
    if (!has_width) out.width = slot_width(type);
    if (out.width == 0) return d.fail("predicates cannot be in memory");
    const Type as = out.width == 16 ? Type::b128 : out.width == 8 ? Type::b64 : Type::b32;
    for (std::uint32_t k = 0; k < count; ++k) {
        const Operand& element = is_vector ? d.child(data, k) : data;
        const bool is_constant = element.kind != OperandKind::reg && element.kind != OperandKind::sink;
        const Type constant_type = type == Type::f64 || type == Type::f32 ? type : as;
        out.slots[k] = is_load ? d.target(element, as) : d.source(element, is_constant ? constant_type : as);
    }
    return true;
}

bool has_hot_form(Space space, const MemoryOperand& address) {
    if (space == Space::global || space == Space::constant || space == Space::generic)
        return address.width == 8;
    return space == Space::shared && address.width == 4;
}

bool build_access(Decoder& d, bool is_load) {
    if (!d.need(2, 3)) return false;
    const Type type = d.type();
    if (type_size(type) == 0) return d.fail("missing type");
    const Space space = space_of(d);
    const std::uint32_t count = vector_count(d);
    const Operand& data = d.operand(is_load ? 0 : 1);
    const bool is_async = d.has(Mod::async);
    if (is_async && (is_load || d.count() != 3)) return d.emit_unsupported(), true;
    MemoryOperand address;
    Elements elements;
    if (!d.memory_operand(d.operand(is_load ? 1 : 0), space, address)) return false;
    if (!element_slots(d, data, type, count, is_load, elements)) return false;
    const Space effective = address.is_function_local ? Space::local : address.space;
    if (!is_load && effective == Space::param) return d.fail("kernel parameters cannot be written");
    const Type key = memory_key(type, elements.width);
    const auto variant = static_cast<std::uint8_t>(count * 16 + elements.width);
    const bool is_shared = effective == Space::shared;
    const Family hot = is_load ? (is_shared ? Family::load_shared : Family::load_global)
                               : (is_shared ? Family::store_shared : Family::store_global);
    const Type hot_key = is_load || (key != Type::s8 && key != Type::s16) ? key : unsigned_type(key);
    const bool is_hot =
        count <= 4 && has_hot_form(effective, address) && find_op(hot, hot_key, variant) != nullptr;
    // Eight elements are two instructions of four, aligned as the whole.
    for (std::uint32_t first = 0; first < count; first += 4) {
        Insn& insn = is_hot ? d.emit(hot, hot_key, variant)
                            : d.emit(is_load ? Family::load_any : Family::store_any, Type::none);
        insn.a = address.slot;
        insn.imm = address.offset + first * type_size(type);
        insn.d = elements.slots[first];
        insn.b = elements.slots[first + 1];
        insn.c = elements.slots[first + 2];
        insn.e = elements.slots[first + 3];
        insn.mod[kModSpace] = static_cast<std::uint8_t>(effective);
        insn.mod[kModSize] = static_cast<std::uint8_t>(type_size(type));
        insn.mod[kModSigned] = is_signed(type) ? 1 : 0;
        insn.mod[kModWidth] = static_cast<std::uint8_t>(elements.width);
        insn.mod[kModVector] = static_cast<std::uint8_t>(std::min(count, 4u));
        insn.mod[kModAddressWidth] = static_cast<std::uint8_t>(address.width);
        if (count == 8 && first == 0) insn.mod[kModOp] = static_cast<std::uint8_t>(8 * type_size(type));
        d.use_cache(insn);
        if (is_hot) d.use_pattern(insn, d.operand(is_load ? 1 : 0), type_size(type) * count);
    }
    return !is_async || emit_completion(d, 2, d.constant(count * type_size(type), 4));
}

}  // namespace

void Decoder::use_pattern(Insn& insn, const Operand& address, std::uint32_t size) {
    const Operand& base = child(address, 0);
    const bool may_follow = base.kind == OperandKind::reg && statement_->guard < 0;
    insn.pattern = may_follow ? patterns_->meet(base.index, size, insn.cache) : AddressPattern{insn.cache, 0};
}

bool Decoder::symbol_value(const Operand& operand, std::uint32_t width, std::uint32_t& slot) {
    if (width == 0 || width == 16) return fail("an address does not fit a register of this type");
    if (operand.kind == OperandKind::local_symbol) {
        const Variable& variable = syntax_.locals[operand.index];
        const std::uint64_t at = local_offsets_[operand.index] + static_cast<std::uint64_t>(operand.offset);
        const bool is_frame =
            variable.space == Space::local || (variable.space == Space::param && !is_entry());
        if (variable.space == Space::global || variable.space == Space::constant) {
            const Symbol* own = link_.find(unit_, variable.name);
            return own != nullptr
                       ? (slot = constant(own->address + static_cast<std::uint64_t>(operand.offset), width),
                          true)
                       : fail("this variable must be at module scope");
        }
        if (!is_frame || is_entry()) {
            slot = constant(at, width);
            return true;
        }
        Insn& insn = emit(Family::addr_local, width == 8 ? Type::b64 : Type::b32);
        insn.imm = static_cast<std::int64_t>(at);
        insn.d = slot = temporary(width);
        return true;
    }
    const Symbol* symbol = link_.find(unit_, operand.name);
    if (symbol == nullptr) return fail("'" + std::string(operand.name) + "' is not declared");
    if (symbol->kind == SymbolKind::dynamic_shared) {
        slot = special(Special::dynamic_shared, width, static_cast<std::uint32_t>(operand.offset));
        return true;
    }
    slot = constant(symbol->address + static_cast<std::uint64_t>(operand.offset), width);
    return true;
}

// Where the variable that an address names lives; generic when it names none, or one in global memory.
Space Decoder::space_of_variable(const Operand& base) const {
    if (base.kind == OperandKind::local_symbol) {
        const Space space = syntax_.locals[base.index].space;
        return space == Space::shared || space == Space::local || space == Space::param ? space
                                                                                        : Space::generic;
    }
    const Symbol* symbol = base.kind == OperandKind::symbol ? link_.find(unit_, base.name) : nullptr;
    const bool is_shared = symbol != nullptr &&
                           (symbol->kind == SymbolKind::shared || symbol->kind == SymbolKind::dynamic_shared);
    return is_shared ? Space::shared : Space::generic;
}

bool Decoder::memory_operand(const Operand& operand, Space space, MemoryOperand& out) {
    if (operand.kind != OperandKind::address || operand.count == 0) return fail("expected an address");
    const Operand& base = child(operand, 0);
    out.offset = operand.offset;
    out.space = space;
    out.is_function_local = space == Space::param && !is_entry();
    if (base.kind == OperandKind::reg) {
        out.width = slot_width(syntax_.registers[base.index]);
        if (out.width != 4 && out.width != 8) return fail("the address register has the wrong size");
        out.slot = register_slot(base.index);
        const bool is_far = space == Space::generic || space == Space::global || space == Space::constant;
        return out.width == 8 || !is_far || fail("the address must be 64 bits wide");
    }
    out.width = space == Space::shared ? 4 : 8;
    if (base.kind == OperandKind::local_symbol && syntax_.locals[base.index].space == Space::param) {
        const bool is_formal = base.index < syntax_.params.size() + syntax_.results.size();
        out.is_function_local = !is_entry() || !is_formal;
    }
    const Space named = space == Space::generic ? space_of_variable(base) : space;
    if (named != Space::generic) out.space = named;
    if (out.space == Space::shared) out.width = 4;
    if (base.kind == OperandKind::integer) {
        out.slot = constant(base.value, out.width);
        return true;
    }
    if (base.kind != OperandKind::symbol && base.kind != OperandKind::local_symbol)
        return fail("bad address");
    return symbol_value(base, out.width, out.slot);
}

bool build_ld(Decoder& d) {
    if (d.is_alias()) return d.need(2, 2);
    return build_access(d, true);
}

bool build_st(Decoder& d) { return build_access(d, false); }

bool build_nothing(Decoder&) { return true; }

}  // namespace soft::ptx
