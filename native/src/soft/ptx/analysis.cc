// What the decoder knows of a function before it emits code: the layout of its variables, and which registers
// are only names for a constant, a kernel parameter or a special register. See decoder.h.
#include <algorithm>
#include <queue>

#include "soft/ptx/decoder.h"
#include "soft/ptx/liveness.h"

namespace soft::ptx {
namespace {

std::uint32_t align_up(std::uint32_t value, std::uint32_t to) { return (value + to - 1) / to * to; }

}  // namespace

bool Decoder::prepare() {
    effects_.emplace(syntax_);
    cfg_ = build_cfg(syntax_);
    for (std::uint32_t k = 0; k < cfg_.blocks.size(); ++k)
        statement_blocks_.insert_or_assign(cfg_.blocks[k].first, k);
    slots_.assign(syntax_.registers.size(), kNoSlot);
    if (!lay_out_locals()) return false;
    find_aliases();
    assign_slots();
    patterns_.emplace(syntax_, *effects_, cfg_, same_registers());
    statement_ = nullptr;
    return error_.empty();
}

// Kernel parameters sit in the parameter block; a device function's parameters, `.param` variables and
// `.local` arrays in its frame of local memory; `.shared` ones in the block's shared memory.
bool Decoder::lay_out_locals() {
    std::uint64_t local = 0;
    std::uint64_t param = 0;
    std::uint64_t shared = code_.shared_bytes;
    local_offsets_.assign(syntax_.locals.size(), 0);
    for (std::size_t k = 0; k < syntax_.locals.size(); ++k) {
        const Variable& variable = syntax_.locals[k];
        const std::uint64_t align = std::max(1u, variable.align);
        const bool is_formal = k < syntax_.params.size() + syntax_.results.size();
        std::uint64_t* top = &local;
        if (variable.space == Space::param && is_entry() && is_formal) top = &param;
        if (variable.space == Space::shared) top = &shared;
        if (variable.space == Space::reg || variable.space == Space::global ||
            variable.space == Space::constant)
            continue;
        *top = (*top + align - 1) / align * align;
        local_offsets_[k] = static_cast<std::uint32_t>(*top);
        *top += variable.size;
        if (*top > 0x7fffffffu) return fail("the variables of this function are too large");
    }
    code_.local_bytes = align_up(static_cast<std::uint32_t>(local), 16);
    code_.shared_bytes = static_cast<std::uint32_t>(shared);
    const std::size_t results = syntax_.results.size();
    for (std::size_t k = 0; k < results + syntax_.params.size(); ++k) {
        const Variable& variable = syntax_.locals[k];
        Formal formal;
        formal.in_register = variable.space == Space::reg;
        formal.is_predicate = formal.in_register && variable.type == Type::pred;
        formal.size = static_cast<std::uint32_t>(variable.size);
        formal.at = formal.in_register ? register_slot(static_cast<std::uint32_t>(syntax_.local_register[k]))
                                       : local_offsets_[k];
        (k < results ? code_.results : code_.params).push_back(formal);
    }
    return true;
}

bool Decoder::alias_param(const Statement& s, std::uint32_t& slot) {
    const Operand& address = operand(1);
    if (!is_entry() || address.kind != OperandKind::address || address.count != 1 || s.type_count != 1)
        return false;
    const Operand& base = child(address, 0);
    if (base.kind != OperandKind::local_symbol || base.index >= syntax_.params.size()) return false;
    const Type type = s.types[0];
    const std::uint32_t width = operand_width(operand(0), type);
    if (width == 0 || width == 16 || type == Type::b128) return false;
    const std::int64_t offset = local_offsets_[base.index] + address.offset;
    if (offset < 0 || offset + type_size(type) > 1 << 20) return false;
    slot =
        special(Special::param, width, static_cast<std::uint32_t>(offset), type_size(type), is_signed(type));
    return true;
}

// A register that one unguarded statement defines, from something that never changes, needs no slot of its
// own.
bool Decoder::alias_of(const Statement& s, std::uint32_t& slot) {
    statement_ = &s;
    if (s.guard >= 0 || s.operand_count != 2 || operand(0).kind != OperandKind::reg) return false;
    if (s.opcode == "ld" && has(Mod::param) && !has(Mod::v2) && !has(Mod::v4)) return alias_param(s, slot);
    const bool is_cast = s.opcode == "cvta" && s.type_count == 1 && type() == Type::u64 &&
                         (has(Mod::global) || has(Mod::const_));
    if (s.opcode != "mov" && !is_cast) return false;
    const Operand& from = operand(1);
    const std::uint32_t width = slot_width(syntax_.registers[operand(0).index]);
    if (s.type_count != 1 || slot_width(type()) != width || width == 16) return false;
    if (from.kind == OperandKind::reg) {
        slot = slots_[from.index];
        return from.offset == 0 && is_alias_[from.index] &&
               slot_width(syntax_.registers[from.index]) == width;
    }
    const bool is_value =
        from.kind == OperandKind::integer || from.kind == OperandKind::f32 || from.kind == OperandKind::f64;
    const bool is_clock = from.kind == OperandKind::special &&
                          (from.name.starts_with("%clock") || from.name.starts_with("%globaltimer") ||
                           from.name.starts_with("%pm"));
    const bool is_fixed = is_value || (from.kind == OperandKind::special && !is_clock);
    if (!is_fixed || from.negated) return false;
    slot = source(from, type());
    return error_.empty();
}

void Decoder::find_aliases() {
    const std::vector<std::uint8_t> counts = effects_->count_defs();
    is_alias_.assign(syntax_.registers.size(), false);
    for (const std::uint32_t block : cfg_.order) {
        for (std::uint32_t k = cfg_.blocks[block].first; k < cfg_.blocks[block].last; ++k) {
            const Statement& s = syntax_.statements[k];
            std::uint32_t slot = kNoSlot;
            const auto defined = effects_->defs(k);
            if (defined.size() != 1 || counts[defined[0]] != 1 || !alias_of(s, slot)) continue;
            slots_[defined[0]] = slot;
            is_alias_[defined[0]] = true;
        }
    }
    error_.clear();  // what is wrong is reported where the statement is decoded
}

std::vector<bool> Decoder::same_registers() const {
    std::vector<std::uint32_t> same;
    for (const auto* slots : {&code_.fixed, &code_.per_block}) {
        for (const FixedSlot& each : *slots) {
            if (!differs_by_lane(each)) same.push_back(each.slot);
        }
    }
    std::ranges::sort(same);
    std::vector<bool> are_same(slots_.size());
    for (std::size_t reg = 0; reg < slots_.size(); ++reg)
        are_same[reg] = is_alias_[reg] && std::ranges::binary_search(same, slots_[reg]);
    return are_same;
}

// Linear scan: a register takes the slot of one whose range ended before its own begins. Ranges that touch do
// not share, since one statement may become several instructions.
void Decoder::assign_slots() {
    std::vector<bool> skipped = is_alias_;
    for (std::uint32_t reg = 0; reg < slots_.size(); ++reg)
        skipped[reg] = skipped[reg] || slots_[reg] != kNoSlot;
    struct Taken {
        std::uint32_t end;
        std::uint32_t slot;
        bool operator<(const Taken& other) const { return end > other.end; }
    };
    std::priority_queue<Taken> taken[4];
    for (const LiveRange& range : live_ranges(syntax_, *effects_, cfg_, skipped)) {
        const std::uint32_t width = slot_width(syntax_.registers[range.reg]);
        std::priority_queue<Taken>& same = taken[width == 0 ? 0 : width == 4 ? 1 : width == 8 ? 2 : 3];
        std::uint32_t slot = 0;
        if (!same.empty() && same.top().end < range.begin) {
            slot = same.top().slot;
            same.pop();
        } else {
            slot = take_slot(width);
        }
        same.push({range.end, slot});
        slots_[range.reg] = slot;
        stays_.push_back({slot, range.begin, range.end});
    }
}

}  // namespace soft::ptx
