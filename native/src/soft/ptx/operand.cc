// Operands of statements: registers, constants, addresses, vectors, lists. See body.h.
#include <array>
#include <utility>

#include "soft/ptx/body.h"
#include "soft/ptx/constant.h"

namespace soft::ptx {
namespace {

constexpr int kMaxOperandDepth = 8;

// The position of a vector component, or -1.
int component_index(std::string_view word) {
    if (word.size() != 1) return -1;
    switch (word[0]) {
        case 'x':
        case 'r':
            return 0;
        case 'y':
        case 'g':
            return 1;
        case 'z':
        case 'b':
            return 2;
        case 'w':
        case 'a':
            return 3;
        default:
            return -1;
    }
}

}  // namespace

bool BodyParser::parse_operand(Operand& out, int depth) {
    if (depth > kMaxOperandDepth) return tokens_.fail("operand is nested too deeply");
    if (!parse_operand_inner(out, depth)) return false;
    if (!tokens_.is('|')) return true;
    tokens_.advance();
    Operand second;
    if (!parse_operand_inner(second, depth + 1)) return false;
    const std::array both{out, second};
    out = Operand{};
    out.kind = OperandKind::pair;
    out.count = 2;
    out.first = add_operands(both);
    return true;
}

bool BodyParser::parse_operand_inner(Operand& out, int depth) {
    if (tokens_.accept('{')) {
        out.kind = OperandKind::vector;
        return parse_children('}', out, depth);
    }
    if (tokens_.accept('[')) return parse_address(out, depth);
    if (tokens_.is('(') && wants_list_) {
        tokens_.advance();
        out.kind = OperandKind::list;
        return parse_children(')', out, depth);
    }
    if (tokens_.is('!') && tokens_.ahead().kind == TokenKind::word) {
        tokens_.advance();
        if (!parse_name(out)) return false;
        out.negated = true;
        return out.kind == OperandKind::reg || tokens_.fail("expected a predicate after '!'");
    }
    const bool negates = wants_part_ && tokens_.is('-') && tokens_.ahead().kind == TokenKind::word;
    if (negates) tokens_.advance();
    if (tokens_.is_kind(TokenKind::word)) {
        const bool is_fine = parse_name(out);
        out.negated = negates;
        return is_fine;
    }
    return parse_constant_operand(out);
}

std::uint32_t BodyParser::add_pending(std::size_t first) {
    const std::uint32_t at = add_operands(std::span(pending_).subspan(first));
    pending_.resize(first);
    return at;
}

bool BodyParser::parse_children(char close, Operand& out, int depth) {
    const std::size_t first = pending_.size();
    while (!tokens_.failed() && !tokens_.is(close)) {
        Operand child;
        if (!parse_operand(child, depth + 1)) return false;
        pending_.push_back(child);
        if (!tokens_.accept(',')) break;
    }
    if (!tokens_.expect(close)) return false;
    out.count = static_cast<std::uint32_t>(pending_.size() - first);
    out.first = add_pending(first);
    return true;
}

bool BodyParser::parse_address_offset(Operand& out) {
    const bool minus = tokens_.is('-');
    if (!tokens_.accept('+') && !tokens_.accept('-')) return true;
    std::uint64_t value = 0;
    if (!parse_integer(tokens_, value)) return false;
    out.offset += static_cast<std::int64_t>(minus ? 0 - value : value);
    return true;
}

// `[base+offset]`, or `[handle, {coordinates}]` of a texture, whose parts are all children.
bool BodyParser::parse_address(Operand& out, int depth) {
    const std::size_t first = pending_.size();
    do {
        Operand part;
        if (!parse_operand(part, depth + 1)) return false;
        if (pending_.size() == first && !parse_address_offset(out)) return false;
        pending_.push_back(part);
    } while (tokens_.accept(','));
    out.offset += std::exchange(pending_[first].offset, 0);
    out.kind = OperandKind::address;
    out.count = static_cast<std::uint32_t>(pending_.size() - first);
    out.first = add_pending(first);
    return tokens_.expect(']');
}

bool BodyParser::parse_component(const Binding& binding, Operand& out) {
    if (!tokens_.is_kind(TokenKind::dotted)) {
        std::vector<Operand> children(binding.width);
        for (std::uint32_t i = 0; i < binding.width; ++i) {
            children[i].kind = OperandKind::reg;
            children[i].index = binding.index + i;
        }
        out.kind = OperandKind::vector;
        out.count = binding.width;
        out.first = add_operands(children);
        return true;
    }
    const int component = component_index(tokens_.current().text);
    if (component < 0 || component >= binding.width) return tokens_.fail("no such component");
    tokens_.advance();
    out.kind = OperandKind::reg;
    out.index = binding.index + static_cast<std::uint32_t>(component);
    return true;
}

bool BodyParser::name_binding(const Binding& binding, std::string_view name, Operand& out) {
    switch (binding.kind) {
        case BindingKind::reg:
            out.kind = OperandKind::reg;
            out.index = binding.index;
            if (!wants_part_ || !tokens_.is_kind(TokenKind::dotted)) return parse_address_offset(out);
            out.selector = tokens_.current().text;
            tokens_.advance();
            return true;
        case BindingKind::vector_reg:
            return parse_component(binding, out);
        case BindingKind::local:
            out.kind = OperandKind::local_symbol;
            out.index = binding.index;
            return parse_address_offset(out);
        case BindingKind::none:
            break;
    }
    if (name.starts_with('%')) {
        out.kind = OperandKind::special;
        if (tokens_.is_kind(TokenKind::dotted)) {
            const int component = component_index(tokens_.current().text);
            if (component < 0) return tokens_.fail("no such component");
            out.index = static_cast<std::uint32_t>(component);
            tokens_.advance();
        }
        return true;
    }
    out.kind = wants_label_ ? OperandKind::label : OperandKind::symbol;
    return wants_label_ || parse_address_offset(out);
}

bool BodyParser::parse_name(Operand& out) {
    const std::string_view name = tokens_.expect_word("an operand");
    if (tokens_.failed()) return false;
    out.name = name;
    if (name == "_") {
        out.kind = OperandKind::sink;
        return true;
    }
    return name_binding(scopes_.find(name), name, out);
}

bool BodyParser::parse_constant_operand(Operand& out) {
    Constant constant;
    if (!parse_constant(tokens_, constant)) return false;
    out.value = constant.bits;
    out.kind = constant.kind == ConstantKind::integer ? OperandKind::integer
               : constant.kind == ConstantKind::f32   ? OperandKind::f32
                                                      : OperandKind::f64;
    return true;
}

}  // namespace soft::ptx
