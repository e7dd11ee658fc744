// The driver of the decoder: blocks in layout order, one builder per statement, branches patched at the end.
// See decoder.h.
#include <algorithm>

#include "soft/ptx/decoder.h"

namespace soft::ptx {

Decoder::Decoder(const Link& link, std::uint32_t unit, const FunctionSyntax& function, Code& code)
    : link_(link), unit_(unit), syntax_(function), code_(code) {}

bool Decoder::fail(std::string_view message) {
    if (error_.empty()) {
        const std::uint32_t line = statement_ != nullptr ? statement_->line : syntax_.line;
        error_ = "line " + std::to_string(line) + ": ";
        if (statement_ != nullptr) error_ += std::string(statement_->text.substr(0, 80)) + ": ";
        error_ += message;
    }
    return false;
}

bool Decoder::need(std::uint32_t least, std::uint32_t most) {
    return (count() >= least && count() <= most) || fail("wrong number of operands");
}

bool Decoder::has(Mod mod) const {
    const auto begin = syntax_.mods.begin() + statement_->first_mod;
    return std::find(begin, begin + statement_->mod_count, mod) != begin + statement_->mod_count;
}

Mod Decoder::one_of(std::initializer_list<Mod> set) const {
    for (std::uint32_t k = 0; k < statement_->mod_count; ++k) {
        const Mod mod = syntax_.mods[statement_->first_mod + k];
        if (std::ranges::find(set, mod) != set.end()) return mod;
    }
    return Mod::none;
}

Insn& Decoder::emit(Family family, Type type, std::uint8_t variant) {
    const OpEntry* entry = find_op(family, type, variant);
    if (entry == nullptr) entry = find_op(Family::unsupported, Type::none);
    Insn insn;
    insn.run[0] = entry->full;
    insn.run[1] = entry->partial;
    code_.insns.push_back(insn);
    origins_.push_back({entry, at_});
    code_.lines.push_back(statement_ != nullptr ? statement_->line : syntax_.line);
    const std::string_view text = statement_ != nullptr ? statement_->text : std::string_view("end");
    code_.names.push_back(text.data());
    code_.name_sizes.push_back(static_cast<std::uint32_t>(text.size()));
    return code_.insns.back();
}

Insn& Decoder::emit_unsupported() { return emit(Family::unsupported, Type::none); }

bool Decoder::run() {
    if (!prepare()) return false;
    const std::size_t likely = syntax_.statements.size() + syntax_.statements.size() / 4 + 8;
    code_.insns.reserve(likely);
    code_.lines.reserve(likely);
    code_.names.reserve(likely);
    code_.name_sizes.reserve(likely);
    origins_.reserve(likely);
    block_starts_.assign(cfg_.blocks.size(), 0);
    for (std::uint32_t k = 0; k < cfg_.order.size(); ++k) {
        if (!decode_block(k)) return false;
    }
    patch();
    code_.frame_bytes = (frame_bytes_ + 63) / 64 * 64;
    return error_.empty();
}

std::vector<std::uint32_t> Decoder::starts() const {
    std::vector<std::uint32_t> starts = block_starts_;
    std::ranges::sort(starts);
    return starts;
}

bool Decoder::decode_block(std::uint32_t position) {
    position_ = position;
    const Block& block = cfg_.blocks[cfg_.order[position]];
    block_starts_[cfg_.order[position]] = static_cast<std::uint32_t>(code_.insns.size());
    statement_ = block.first < block.last ? &syntax_.statements[block.first] : nullptr;
    if (block.is_join) emit(Family::reconverge, Type::none);
    patterns_->begin_block();
    for (std::uint32_t k = block.first; k < block.last; ++k, ++at_) {
        if (!decode_statement(syntax_.statements[k])) return false;
        patterns_->pass(k);
    }
    finish_block(block, position);
    ++at_;
    return true;
}

bool Decoder::decode_statement(const Statement& s) {
    statement_ = &s;
    bool known = false;
    const Builder builder = find_builder(s.opcode, known);
    if (builder == nullptr) {
        if (!s.traits.has(OpcodeTrait::unbuilt)) return fail("unknown instruction");
        const std::uint32_t skip = begin_skip();
        emit_unsupported();
        end_skip(skip);
        return true;
    }
    if (is_unknown_modifier() && !s.traits.has(OpcodeTrait::open_ended)) return fail("unknown modifier");
    if (s.guard < 0 || s.traits.has(OpcodeTrait::branch)) return builder(*this) && error_.empty();
    const auto before = static_cast<std::uint32_t>(code_.insns.size());
    if (!s.traits.has(OpcodeTrait::guarded)) {
        Insn& guard = emit(Family::guard, Type::none);
        guard.a = register_slot(static_cast<std::uint32_t>(s.guard));
        guard.e = s.guard_negated ? kFullMask : 0;
        if (!builder(*this)) return false;
        if (code_.insns.size() == before + 2) return error_.empty();
        // Zero or several instructions: a guard covers exactly one, so branch around them instead.
        code_.insns.resize(before);
        origins_.resize(before);
        code_.lines.resize(before);
        code_.names.resize(before);
        code_.name_sizes.resize(before);
    }
    const std::uint32_t skip = begin_skip();
    if (!builder(*this)) return false;
    end_skip(skip);
    return error_.empty();
}

std::uint32_t Decoder::begin_skip() {
    if (statement_->guard < 0) return kNoSlot;
    Insn& branch = emit(Family::branch, Type::none);
    branch.a = register_slot(static_cast<std::uint32_t>(statement_->guard));
    branch.e = statement_->guard_negated ? 0 : kFullMask;
    return static_cast<std::uint32_t>(code_.insns.size() - 1);
}

void Decoder::end_skip(std::uint32_t begun) {
    if (begun == kNoSlot) return;
    // Encoded as a distance until patch() knows where the instructions end up.
    code_.insns[begun].imm = static_cast<std::int64_t>(code_.insns.size()) - begun;
    emit(Family::reconverge, Type::none);
}

std::uint32_t Decoder::block_of_label(const Operand& label) const {
    const auto found = statement_blocks_.find(label.index);
    return found == statement_blocks_.end() ? 0 : found->second;
}

// A conditional branch whose target comes next is inverted, so that the fall-through stays a fall-through.
bool Decoder::emit_branch() {
    const std::uint32_t target = block_of_label(operand(0));
    const bool back = is_back_edge(target);
    if (statement_->guard < 0) {
        const bool is_next = cfg_.blocks[target].position == position_ + 1;
        if (!is_next) {
            emit(back ? Family::jump_back : Family::jump, Type::none);
            patch_target(static_cast<std::uint32_t>(code_.insns.size() - 1), target);
        }
        return true;
    }
    Insn& branch = emit(back ? Family::branch_back : Family::branch, Type::none);
    branch.a = register_slot(static_cast<std::uint32_t>(statement_->guard));
    branch.e = statement_->guard_negated ? kFullMask : 0;
    patch_target(static_cast<std::uint32_t>(code_.insns.size() - 1), target);
    return true;
}

void Decoder::emit_jump(std::uint32_t block) {
    emit(is_back_edge(block) ? Family::jump_back : Family::jump, Type::none);
    patch_target(static_cast<std::uint32_t>(code_.insns.size() - 1), block);
}

void Decoder::finish_block(const Block& block, std::uint32_t position) {
    const bool has_end = block.first < block.last;
    if (has_end && ends_flow(syntax_.statements[block.last - 1])) return;
    if (block.successors.empty()) {  // the text runs off the end of the function
        emit(is_entry() ? Family::exit : Family::ret, Type::none);
        return;
    }
    const std::uint32_t next = block.successors.back();
    if (cfg_.blocks[next].position != position + 1) emit_jump(next);
}

void Decoder::patch() {
    for (std::size_t k = 0; k < code_.insns.size(); ++k) {
        Insn& insn = code_.insns[k];
        const OpEntry* branch = find_op(Family::branch, Type::none);
        if (insn.run[0] == branch->full && insn.imm != 0) insn.target = &insn + insn.imm;
    }
    for (const Patch& patch : patches_)
        code_.insns[patch.insn].target = &code_.insns[block_starts_[patch.block]];
    for (auto& [table, blocks] : table_patches_) {
        for (std::size_t k = 0; k < blocks.size(); ++k) (*table)[k] = &code_.insns[block_starts_[blocks[k]]];
    }
}

}  // namespace soft::ptx
