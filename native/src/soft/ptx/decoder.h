// Turns one function's statements into Code. The driver (decode.cc) walks blocks and calls one builder per
// opcode; the builders (build_*.cc) read modifiers and operands through this class and emit instructions.
#pragma once
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "soft/compile/compiler.h"
#include "soft/launch/insn.h"
#include "soft/launch/registry.h"
#include "soft/ptx/address_patterns.h"
#include "soft/ptx/cfg.h"
#include "soft/ptx/effects.h"
#include "soft/ptx/symbols.h"
#include "soft/ptx/syntax.h"

namespace soft::ptx {

class Decoder;
using Builder = bool (*)(Decoder&);

// Null when no builder knows the opcode. `known` tells whether PTX has such an instruction at all.
Builder find_builder(std::string_view opcode, bool& known);

struct PredicateSource {
    std::uint32_t slot = 0;
    std::uint32_t flip = 0;  // xor mask: ~0 when negated
};

struct MemoryOperand {
    std::uint32_t slot = 0;
    std::uint32_t width = 8;  // bytes of a lane of the slot
    std::int64_t offset = 0;
    Space space = Space::generic;    // the variable's own, when a generic access names one
    bool is_function_local = false;  // a `.param` or `.local` of a device function, addressed as local memory
};

class Decoder {
  public:
    Decoder(const Link& link, std::uint32_t unit, const FunctionSyntax& function, Code& code);
    // False with error() set when the text is not valid PTX.
    bool run();
    const std::string& error() const { return error_; }
    // What the compiler wants to know of the finished code: where each instruction comes from, and which of
    // them begin a block, ascending.
    std::vector<compile::Origin> take_origins() { return std::move(origins_); }
    std::vector<std::uint32_t> starts() const;
    std::vector<compile::Stay> take_stays() { return std::move(stays_); }

    // The statement being built.
    const Statement& statement() const { return *statement_; }
    std::uint32_t count() const { return statement_->operand_count; }
    const Operand& operand(std::uint32_t n) const { return syntax_.operands[statement_->first_operand + n]; }
    const Operand& child(const Operand& parent, std::uint32_t n) const {
        return syntax_.operands[parent.first + n];
    }
    bool has(Mod mod) const;
    // The first modifier of the statement that is in `set`; Mod::none when there is none.
    Mod one_of(std::initializer_list<Mod> set) const;
    Type type(std::uint32_t n = 0) const {
        return n < statement_->type_count ? statement_->types[n] : Type::none;
    }
    bool is_unknown_modifier() const { return has(Mod::none); }
    bool fail(std::string_view message);
    bool need(std::uint32_t least, std::uint32_t most);

    // True when the statement's destination is only another name for a fixed slot.
    bool is_alias() const {
        return count() > 0 && operand(0).kind == OperandKind::reg && is_alias_[operand(0).index];
    }

    // Slots. `width` is the bytes of a lane: 4, 8, 16, or 0 for predicates.
    std::uint32_t source(const Operand& operand, Type type);
    std::uint32_t register_sum(const Operand& operand, std::uint32_t width);
    std::uint32_t source(std::uint32_t n, Type type) { return source(operand(n), type); }
    std::uint32_t target(const Operand& operand, Type type);
    std::uint32_t target(std::uint32_t n, Type type) { return target(operand(n), type); }
    PredicateSource predicate(const Operand& operand);
    std::uint32_t predicate_target(const Operand& operand);
    std::uint32_t constant(std::uint64_t value, std::uint32_t width);
    std::uint32_t special(Special special, std::uint32_t width, std::uint32_t index = 0,
                          std::uint32_t size = 4, bool is_signed = false);
    std::uint32_t temporary(std::uint32_t width);
    // The register an operand names; -1 when it is something else.
    std::int32_t register_of(const Operand& operand) const;
    Type register_type(std::uint32_t reg) const { return syntax_.registers[reg]; }
    std::uint32_t operand_width(const Operand& operand, Type type) const;

    // Appends the handler of (family, type, variant); what is missing becomes an instruction that faults when
    // executed.
    Insn& emit(Family family, Type type, std::uint8_t variant = 0);
    Insn& emit_unsupported();
    bool memory_operand(const Operand& operand, Space space, MemoryOperand& out);
    // The value of a symbol as an operand of mov; false after fail().
    bool symbol_value(const Operand& operand, std::uint32_t width, std::uint32_t& slot);
    void use_cache(Insn& insn) { insn.cache = code_.first_cache + code_.cache_count++; }
    // The same for an access of `size` bytes a lane that has a hot handler, at `address`.
    void use_pattern(Insn& insn, const Operand& address, std::uint32_t size);
    std::uint32_t local_offset(std::uint32_t local) const { return local_offsets_[local]; }

    const Link& link() const { return link_; }
    std::uint32_t unit() const { return unit_; }
    const FunctionSyntax& syntax() const { return syntax_; }
    Code& code() { return code_; }
    bool is_entry() const { return syntax_.is_entry; }
    // Where a branch of the current block goes when it does not fall through; recorded to be patched.
    void patch_target(std::uint32_t insn, std::uint32_t block) { patches_.push_back({insn, block}); }
    void patch_table(std::vector<const Insn*>* table, std::vector<std::uint32_t> blocks) {
        table_patches_.emplace_back(table, std::move(blocks));
    }
    std::uint32_t block_of_label(const Operand& label) const;
    bool is_back_edge(std::uint32_t block) const { return cfg_.blocks[block].position <= position_; }
    bool emit_branch();
    // Wraps what follows in a branch around it when the statement is guarded; end_skip closes it.
    std::uint32_t begin_skip();
    void end_skip(std::uint32_t begun);

  private:
    struct Patch {
        std::uint32_t insn;
        std::uint32_t block;
    };

    bool prepare();
    bool lay_out_locals();
    void find_aliases();
    bool alias_of(const Statement& s, std::uint32_t& slot);
    bool alias_param(const Statement& s, std::uint32_t& slot);
    std::vector<bool> same_registers() const;
    void assign_slots();
    bool decode_block(std::uint32_t position);
    bool decode_statement(const Statement& s);
    void finish_block(const Block& block, std::uint32_t position);
    void emit_jump(std::uint32_t block);
    void patch();
    std::uint32_t register_slot(std::uint32_t reg);
    std::uint32_t take_slot(std::uint32_t width);
    std::uint32_t immediate(const Operand& operand, Type type, std::uint32_t width);
    Space space_of_variable(const Operand& base) const;
    bool special_operand(const Operand& operand, std::uint32_t width, std::uint32_t& slot);

    const Link& link_;
    std::uint32_t unit_;
    const FunctionSyntax& syntax_;
    Code& code_;
    std::optional<Effects> effects_;
    Cfg cfg_;
    std::optional<AddressPatterns> patterns_;
    std::vector<compile::Origin> origins_;  // parallel to the code's instructions
    std::vector<compile::Stay> stays_;
    std::uint32_t at_ = 0;  // the statement being built, counted as live_ranges() does
    std::string error_;
    const Statement* statement_ = nullptr;
    std::uint32_t position_ = 0;               // of the block being decoded
    std::vector<std::uint32_t> block_starts_;  // first instruction of each block
    std::vector<std::uint32_t> slots_;         // of each register; kNoSlot when none yet
    std::vector<bool> is_alias_;               // of each register: its one definition emits no code
    std::vector<std::uint32_t>
        local_offsets_;  // of each local variable: in local memory, shared memory or parameters
    std::unordered_map<std::uint64_t, std::uint32_t> constants_[3];
    std::unordered_map<std::uint64_t, std::uint32_t> specials_;
    std::vector<Patch> patches_;
    std::vector<std::pair<std::vector<const Insn*>*, std::vector<std::uint32_t>>> table_patches_;
    std::unordered_map<std::uint32_t, std::uint32_t> statement_blocks_;
    std::uint32_t predicate_bytes_ = 0;
    std::uint32_t frame_bytes_ = 0;
};

constexpr std::uint32_t kNoSlot = ~0u;

// Bytes of a lane of the slot that holds `type`.
std::uint32_t slot_width(Type type);

}  // namespace soft::ptx
