// The parser of one function body: declarations and statements (body.cc), operands (operand.cc). Used by
// parser.cc.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "soft/ptx/scope.h"
#include "soft/ptx/syntax.h"
#include "soft/ptx/token_stream.h"

namespace soft::ptx {

class BodyParser {
  public:
    BodyParser(TokenStream& tokens, FunctionSyntax& function) : tokens_(tokens), function_(function) {}
    bool parse();

  private:
    struct LabelUse {
        std::uint32_t operand;
        std::uint32_t scope;
        std::uint32_t line;
    };

    // body.cc
    bool declare_parameters();
    bool declare_local(Variable variable);
    bool parse_item();
    bool parse_directive();
    bool parse_registers();
    bool declare_register(std::string_view name, Type type, std::uint8_t width);
    bool parse_locals(Space space);
    bool parse_label(std::string_view name);
    bool parse_prototype(std::string_view name);
    bool parse_target_list(std::string_view name);
    bool parse_guard(Statement& statement);
    bool parse_statement();
    bool parse_modifiers(Statement& statement);
    bool resolve_labels();
    bool skip_line();

    // operand.cc
    bool parse_operand(Operand& out, int depth);
    bool parse_operand_inner(Operand& out, int depth);
    bool parse_children(char close, Operand& out, int depth);
    bool parse_address(Operand& out, int depth);
    bool parse_address_offset(Operand& out);
    bool parse_name(Operand& out);
    bool name_binding(const Binding& binding, std::string_view name, Operand& out);
    bool parse_component(const Binding& binding, Operand& out);
    bool parse_constant_operand(Operand& out);
    std::uint32_t add_operands(std::span<const Operand> operands);
    std::uint32_t add_pending(std::size_t first);

    TokenStream& tokens_;
    FunctionSyntax& function_;
    Scopes scopes_;
    std::vector<LabelUse> label_uses_;
    std::vector<Operand> pending_;  // of the statement, the group and the groups in it that are being parsed
    bool wants_label_ = false;      // the statement being parsed is a branch
    bool wants_list_ = false;       // ... or a call, whose parentheses are lists
    bool wants_part_ = false;       // ... or a video instruction, whose operands are parts of registers
};

}  // namespace soft::ptx
