// Function bodies: declarations, labels and statements. See body.h.
#include "soft/ptx/body.h"

#include <algorithm>

#include "soft/ptx/constant.h"
#include "soft/ptx/declaration.h"
#include "soft/ptx/parser.h"

namespace soft::ptx {
namespace {

constexpr std::uint64_t kMaxRegisters = 1u << 20;
constexpr std::size_t kMaxScopes = 1u << 20;

}  // namespace

bool BodyParser::parse() {
    if (!declare_parameters() || !tokens_.expect('{')) return false;
    std::size_t opened = 0;
    for (;;) {
        if (tokens_.failed()) return false;
        if (tokens_.is_kind(TokenKind::end)) return tokens_.fail("expected '}'");
        if (tokens_.accept('{')) {
            if (++opened > kMaxScopes) return tokens_.fail("too many scopes");
            scopes_.open();
        } else if (tokens_.is('}')) {
            const bool last = scopes_.at_function_level();
            tokens_.advance();
            if (last) break;
            scopes_.close();
        } else if (!parse_item()) {
            return false;
        }
    }
    return resolve_labels();
}

bool BodyParser::declare_parameters() {
    for (const std::vector<Variable>* list : {&function_.results, &function_.params}) {
        for (const Variable& variable : *list) {
            if (!declare_local(variable)) return false;
        }
    }
    return true;
}

// What is called "_" cannot be referred to, but as a parameter it takes its place among the others.
bool BodyParser::declare_local(Variable variable) {
    const auto index = static_cast<std::uint32_t>(function_.locals.size());
    const std::string_view name = variable.name;
    std::int32_t reg = -1;
    if (variable.space == Space::reg && variable.vector == 0) {
        reg = function_.local_register.back() + 1;
    } else if (variable.space == Space::reg) {
        reg = static_cast<std::int32_t>(function_.registers.size());
        if (!declare_register(name, variable.type, variable.vector)) return false;
    } else if (name != "_" && !scopes_.declare(name, Binding{BindingKind::local, 1, index})) {
        return tokens_.fail_at(variable.line, "'" + std::string(name) + "' is declared twice");
    }
    function_.locals.push_back(std::move(variable));
    function_.local_register.push_back(reg);
    return true;
}

bool BodyParser::declare_register(std::string_view name, Type type, std::uint8_t width) {
    const auto first = static_cast<std::uint32_t>(function_.registers.size());
    if (first + width > kMaxRegisters) return tokens_.fail("too many registers");
    const BindingKind kind = width > 1 ? BindingKind::vector_reg : BindingKind::reg;
    if (name != "_" && !scopes_.declare(name, Binding{kind, width, first})) {
        return tokens_.fail("'" + std::string(name) + "' is declared twice");
    }
    function_.registers.insert(function_.registers.end(), width, type);
    return true;
}

bool BodyParser::parse_item() {
    if (tokens_.accept(';')) return true;
    if (tokens_.is_kind(TokenKind::dotted)) return parse_directive();
    if (tokens_.is_kind(TokenKind::word) && tokens_.ahead().kind == TokenKind::punctuation &&
        tokens_.ahead().symbol == ':') {
        const std::string_view name = tokens_.current().text;
        tokens_.advance();
        tokens_.advance();
        return parse_label(name);
    }
    return parse_statement();
}

bool BodyParser::skip_line() {
    const std::uint32_t line = tokens_.current().line;
    while (tokens_.current().line == line && !tokens_.is_kind(TokenKind::end) && !tokens_.is(';'))
        tokens_.advance();
    tokens_.accept(';');
    return !tokens_.failed();
}

bool BodyParser::parse_directive() {
    const std::string_view word = tokens_.current().text;
    if (word == "loc" || word == "file" || word == "pragma") return skip_line();
    const Space space = find_space(word);
    if (space == Space::generic) return tokens_.fail("unknown directive '." + std::string(word) + "'");
    tokens_.advance();
    return space == Space::reg ? parse_registers() : parse_locals(space);
}

bool BodyParser::parse_registers() {
    std::uint8_t width = 1;
    if (tokens_.accept_dotted("v2")) width = 2;
    if (tokens_.accept_dotted("v4")) width = 4;
    const Type type = tokens_.is_kind(TokenKind::dotted) ? find_type(tokens_.current().text) : Type::none;
    if (type == Type::none) return tokens_.fail("expected a register type");
    tokens_.advance();
    do {
        const std::string_view name = tokens_.expect_word("a register name");
        if (tokens_.accept('<')) {
            std::uint64_t count = 0;
            if (!tokens_.is_kind(TokenKind::number)) return tokens_.fail("expected a count");
            Constant constant;
            if (read_number(tokens_.current().text, constant)) count = constant.bits;
            tokens_.advance();
            // The count alone first: a huge one would wrap the sum.
            if (count > kMaxRegisters || count * width + function_.registers.size() > kMaxRegisters)
                return tokens_.fail("too many registers");
            const auto first = static_cast<std::uint32_t>(function_.registers.size());
            scopes_.declare_range(name, static_cast<std::uint32_t>(count), width, first);
            function_.registers.insert(function_.registers.end(), count * width, type);
            if (!tokens_.expect('>')) return false;
        } else if (!declare_register(name, type, width)) {
            return false;
        }
    } while (tokens_.accept(','));
    return tokens_.expect(';');
}

bool BodyParser::parse_locals(Space space) {
    Variable variable;
    if (!parse_variable(tokens_, space, variable)) return false;
    Variable prior = variable;
    if (!declare_local(std::move(variable))) return false;
    while (tokens_.accept(',')) {
        Variable next;
        if (!parse_next_variable(tokens_, prior, next) || !declare_local(std::move(next))) return false;
    }
    return tokens_.expect(';');
}

bool BodyParser::parse_label(std::string_view name) {
    if (tokens_.accept_dotted("callprototype")) return parse_prototype(name);
    if (tokens_.accept_dotted("branchtargets")) return parse_target_list(name);
    if (tokens_.accept_dotted("calltargets")) return skip_line();
    const auto statement = static_cast<std::uint32_t>(function_.statements.size());
    if (!scopes_.define_label(name, statement))
        return tokens_.fail("label '" + std::string(name) + "' is defined twice");
    return !tokens_.failed();
}

bool BodyParser::parse_prototype(std::string_view name) {
    Prototype prototype;
    prototype.name = name;
    if (tokens_.is('(') && !parse_parameters(tokens_, prototype.results)) return false;
    tokens_.expect_word("'_'");
    if (tokens_.is('(') && !parse_parameters(tokens_, prototype.params)) return false;
    function_.prototypes.push_back(std::move(prototype));
    while (tokens_.is_kind(TokenKind::dotted)) tokens_.advance();  // .noreturn
    return tokens_.expect(';');
}

bool BodyParser::parse_target_list(std::string_view name) {
    std::vector<Operand> labels;
    do {
        Operand label;
        label.kind = OperandKind::label;
        label.name = tokens_.expect_word("a label");
        labels.push_back(label);
    } while (tokens_.accept(','));
    TargetList list;
    list.name = name;
    list.count = static_cast<std::uint32_t>(labels.size());
    list.first = add_operands(labels);
    function_.branch_targets.push_back(list);
    return tokens_.expect(';');
}

bool BodyParser::parse_guard(Statement& statement) {
    if (!tokens_.accept('@')) return true;
    statement.guard_negated = tokens_.accept('!');
    const std::string_view name = tokens_.expect_word("a predicate");
    const Binding binding = scopes_.find(name);
    const bool fine = binding.kind == BindingKind::reg && function_.registers[binding.index] == Type::pred;
    statement.guard = static_cast<std::int32_t>(binding.index);
    return fine || tokens_.fail("'" + std::string(name) + "' is not a predicate");
}

bool BodyParser::parse_modifiers(Statement& statement) {
    statement.first_mod = static_cast<std::uint32_t>(function_.mods.size());
    while (tokens_.is_kind(TokenKind::dotted)) {
        const std::string_view word = tokens_.current().text;
        const Type type = find_type(word);
        if (type != Type::none && statement.type_count < statement.types.size()) {
            statement.types[statement.type_count++] = type;
        } else {
            // A word that no table knows is kept as Mod::none: whether it matters depends on the opcode.
            function_.mods.push_back(find_modifier(word));
            ++statement.mod_count;
        }
        statement.text =
            std::string_view(statement.opcode.data(),
                             static_cast<std::size_t>(word.data() + word.size() - statement.opcode.data()));
        tokens_.advance();
    }
    return !tokens_.failed();
}

bool BodyParser::parse_statement() {
    Statement statement;
    if (!parse_guard(statement)) return false;
    statement.line = tokens_.current().line;
    statement.opcode = tokens_.expect_word("an instruction");
    statement.text = statement.opcode;
    if (!parse_modifiers(statement)) return false;
    statement.traits = find_traits(statement.opcode);
    wants_label_ = statement.traits.has(OpcodeTrait::branch);
    wants_list_ = statement.traits.has(OpcodeTrait::call);
    wants_part_ = statement.traits.has(OpcodeTrait::parts);
    pending_.clear();
    while (!tokens_.failed() && !tokens_.is(';')) {
        Operand operand;
        if (!parse_operand(operand, 0)) return false;
        pending_.push_back(operand);
        if (!tokens_.accept(',')) break;
    }
    statement.operand_count = static_cast<std::uint32_t>(pending_.size());
    statement.first_operand = add_operands(pending_);
    function_.statements.push_back(statement);
    return tokens_.expect(';');
}

std::uint32_t BodyParser::add_operands(std::span<const Operand> operands) {
    const auto first = static_cast<std::uint32_t>(function_.operands.size());
    for (const Operand& operand : operands) {
        if (operand.kind == OperandKind::label) {
            const auto at = static_cast<std::uint32_t>(function_.operands.size());
            label_uses_.push_back({at, scopes_.current(), tokens_.current().line});
        }
        function_.operands.push_back(operand);
    }
    return first;
}

bool BodyParser::resolve_labels() {
    for (const LabelUse& use : label_uses_) {
        Operand& operand = function_.operands[use.operand];
        std::uint32_t statement = 0;
        if (scopes_.find_label(operand.name, use.scope, statement)) {
            operand.index = statement;
            function_.label_statements.push_back(statement);
            continue;
        }
        const auto is_same = [&](const TargetList& list) { return list.name == operand.name; };
        const auto found = std::ranges::find_if(function_.branch_targets, is_same);
        if (found == function_.branch_targets.end()) {
            return tokens_.fail_at(use.line, "label '" + std::string(operand.name) + "' is not defined");
        }
        operand.kind = OperandKind::list;
        operand.first = found->first;
        operand.count = found->count;
    }
    std::ranges::sort(function_.label_statements);
    const auto rest = std::ranges::unique(function_.label_statements);
    function_.label_statements.erase(rest.begin(), rest.end());
    return true;
}

bool parse_body(TokenStream& tokens, FunctionSyntax& function) {
    return BodyParser(tokens, function).parse();
}

}  // namespace soft::ptx
