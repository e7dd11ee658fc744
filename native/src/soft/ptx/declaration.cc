// Variable declarations. See declaration.h.
#include "soft/ptx/declaration.h"

#include <algorithm>
#include <bit>

#include "soft/ptx/constant.h"

namespace soft::ptx {
namespace {

constexpr std::uint64_t kMaxVariableSize = std::uint64_t{1} << 40;
// What an initialiser gives values to is kept whole, and braces can leave much out between two values.
constexpr std::uint64_t kMaxInitialised = std::uint64_t{1} << 30;

struct Prefix {
    std::uint64_t align = 0;
    std::uint8_t vector = 1;
};

bool parse_alignment(TokenStream& tokens, std::uint64_t& align) {
    if (!parse_integer(tokens, align)) return false;
    if (!std::has_single_bit(align) || align > 65536) return tokens.fail("alignment must be a power of two");
    return true;
}

bool parse_attribute(TokenStream& tokens, Variable& out) {
    if (!tokens.expect('(')) return false;
    while (!tokens.failed() && !tokens.is(')')) {
        if (tokens.accept_dotted("managed")) {
            out.managed = true;
        } else if (tokens.accept_dotted("unified")) {
            tokens.skip_braces();
        } else if (!tokens.accept(',')) {
            tokens.advance();
        }
        if (tokens.is_kind(TokenKind::end)) return tokens.fail("expected ')'");
    }
    return tokens.expect(')');
}

// `.ptr .global .align 4` after the type of a parameter says what it points to; nothing here depends on it.
bool skip_pointer(TokenStream& tokens) {
    while (tokens.is_kind(TokenKind::dotted)) {
        const bool align = tokens.is_dotted("align");
        tokens.advance();
        std::uint64_t ignored = 0;
        if (align && !parse_alignment(tokens, ignored)) return false;
    }
    return !tokens.failed();
}

bool parse_prefix(TokenStream& tokens, Variable& out, Prefix& prefix) {
    while (tokens.is_kind(TokenKind::dotted) && out.type == Type::none) {
        const std::string_view word = tokens.current().text;
        const Type type = find_type(word);
        tokens.advance();
        if (type != Type::none) {
            out.type = type;
        } else if (word == "align") {
            if (!parse_alignment(tokens, prefix.align)) return false;
        } else if (word == "attribute") {
            if (!parse_attribute(tokens, out)) return false;
        } else if (word == "v2" || word == "v4") {
            prefix.vector = word == "v2" ? 2 : 4;
        } else if (word == "ptr") {
            tokens.fail("'.ptr' must follow the type");
        } else {
            return tokens.fail("unknown word '." + std::string(word) + "' in a declaration");
        }
    }
    if (out.type == Type::none) return tokens.fail("expected a type");
    return tokens.is_dotted("ptr") ? skip_pointer(tokens) : true;
}

// Of 16 bytes a constant is the lower half.
void put_bytes(Variable& out, std::uint64_t at, std::uint64_t bits, std::uint32_t size) {
    if (out.data.size() < at + size) out.data.resize(at + size);
    for (std::uint32_t i = 0; i < std::min(size, 8u); ++i)
        out.data[at + i] = static_cast<std::byte>(bits >> (8 * i));
}

std::uint64_t element_bits(const Constant& value, Type type) {
    return type == Type::f32 || type == Type::f64 ? constant_as_float(value, type_size(type)) : value.bits;
}

// `name`, `name+8`, `generic(name)+8`, or `0xFF00(name)`, which takes the masked byte of the address.
bool parse_symbol(TokenStream& tokens, Variable& out, std::uint64_t at, std::uint64_t mask) {
    Relocation relocation{};
    relocation.offset = at;
    relocation.line = tokens.current().line;
    relocation.size = static_cast<std::uint8_t>(std::min(type_size(out.type), 8u));
    relocation.shift = mask == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(std::countr_zero(mask));
    std::string_view word = tokens.expect_word("a symbol");
    const bool wrapped = word == "generic" && tokens.accept('(');
    if (wrapped) word = tokens.expect_word("a symbol");
    if (wrapped && !tokens.expect(')')) return false;
    relocation.symbol = word;
    std::uint64_t addend = 0;
    const bool minus = tokens.is('-');
    if (tokens.accept('+') || tokens.accept('-')) {
        if (!parse_integer(tokens, addend)) return false;
    }
    relocation.addend = static_cast<std::int64_t>(minus ? 0 - addend : addend);
    put_bytes(out, at, 0, type_size(out.type));
    out.relocations.push_back(relocation);
    return !tokens.failed();
}

bool parse_element(TokenStream& tokens, Variable& out, std::uint64_t at) {
    if (tokens.is_kind(TokenKind::word)) return parse_symbol(tokens, out, at, 0);
    Constant value;
    if (!parse_constant(tokens, value)) return false;
    if (tokens.is('(') && tokens.ahead().kind == TokenKind::word) {
        tokens.advance();
        return parse_symbol(tokens, out, at, value.bits) && tokens.expect(')');
    }
    put_bytes(out, at, element_bits(value, out.type), type_size(out.type));
    return true;
}

// Nested braces only group; what a group leaves out stays zero, so each level knows the bytes of one of its
// items.
bool parse_braces(TokenStream& tokens, Variable& out, const std::vector<std::uint64_t>& strides,
                  std::size_t level, std::uint64_t base) {
    if (level >= strides.size()) return tokens.fail("too many braces in an initialiser");
    if (!tokens.expect('{')) return false;
    std::uint64_t at = base;
    while (!tokens.failed() && !tokens.is('}')) {
        const std::uint64_t step = tokens.is('{') ? strides[level] : strides.back();
        if (out.size != 0 && at + step > out.size) return tokens.fail("too many values in an initialiser");
        if (at > kMaxInitialised) return tokens.fail("an initialiser has values for too much memory");
        const bool fine = tokens.is('{') ? parse_braces(tokens, out, strides, level + 1, at)
                                         : parse_element(tokens, out, at);
        if (!fine) return false;
        at += step;
        if (!tokens.accept(',')) break;
    }
    return tokens.expect('}');
}

bool parse_array(TokenStream& tokens, Variable& out, std::vector<std::uint64_t>& counts) {
    while (tokens.accept('[')) {
        std::uint64_t count = 0;
        if (!tokens.is(']') && !parse_integer(tokens, count)) return false;
        if (!tokens.expect(']')) return false;
        if (count > kMaxVariableSize) return tokens.fail("array is too large");
        counts.push_back(count);
    }
    out.is_array = !counts.empty();
    return true;
}

bool parse_value(TokenStream& tokens, Variable& out, const std::vector<std::uint64_t>& counts) {
    const std::uint64_t element = type_size(out.type);
    std::vector<std::uint64_t> strides{element};
    if (out.vector > 1) strides.insert(strides.begin(), element * out.vector);
    for (std::size_t i = counts.size(); i-- > 1;)
        strides.insert(strides.begin(), strides.front() * counts[i]);
    if (!tokens.is('{')) return parse_element(tokens, out, 0);
    if (out.type >= Type::texref && out.type <= Type::surfref) {
        tokens.skip_braces();
        return !tokens.failed();
    }
    return parse_braces(tokens, out, strides, 0, 0);
}

bool parse_name(TokenStream& tokens, Variable& out) {
    out.line = tokens.current().line;
    out.name = tokens.expect_word("a name");
    std::vector<std::uint64_t> counts;
    if (!parse_array(tokens, out, counts)) return false;
    const std::uint64_t element = static_cast<std::uint64_t>(type_size(out.type)) * out.vector;
    out.size = element;
    for (const std::uint64_t count : counts) {
        if (count != 0 && out.size > kMaxVariableSize / count) return tokens.fail("array is too large");
        out.size *= count;
    }
    if (tokens.accept('=') && !parse_value(tokens, out, counts)) return false;
    if (out.size == 0 && !out.data.empty()) out.size = (out.data.size() + element - 1) / element * element;
    return !tokens.failed();
}

}  // namespace

Space find_space(std::string_view word) {
    if (word == "global") return Space::global;
    if (word == "const") return Space::constant;
    if (word == "shared") return Space::shared;
    if (word == "local") return Space::local;
    if (word == "param") return Space::param;
    if (word == "reg") return Space::reg;
    return Space::generic;
}

bool parse_variable(TokenStream& tokens, Space space, Variable& out) {
    out.space = space;
    out.type = Type::none;
    Prefix prefix;
    if (!parse_prefix(tokens, out, prefix)) return false;
    out.vector = prefix.vector;
    const std::uint32_t natural = std::max(1u, type_size(out.type)) * out.vector;
    out.align = prefix.align != 0 ? static_cast<std::uint32_t>(prefix.align) : natural;
    return parse_name(tokens, out);
}

bool parse_next_variable(TokenStream& tokens, const Variable& prior, Variable& out) {
    out.space = prior.space;
    out.linkage = prior.linkage;
    out.type = prior.type;
    out.vector = prior.vector;
    out.align = prior.align;
    return parse_name(tokens, out);
}

// A parameter in a vector register crosses a call as its elements: one part each, the first says how many.
static void push_parts(const Variable& variable, std::vector<Variable>& out) {
    const std::uint32_t parts = variable.space == Space::reg ? variable.vector : 1;
    for (std::uint32_t k = 0; k < parts; ++k) {
        out.push_back(variable);
        out.back().size /= parts;
        if (k > 0) out.back().vector = 0;
    }
}

bool parse_parameters(TokenStream& tokens, std::vector<Variable>& out) {
    if (!tokens.expect('(')) return false;
    while (!tokens.failed() && !tokens.is(')')) {
        const Space space =
            tokens.is_kind(TokenKind::dotted) ? find_space(tokens.current().text) : Space::generic;
        if (space != Space::param && space != Space::reg) return tokens.fail("expected .param or .reg");
        tokens.advance();
        Variable variable;
        if (!parse_variable(tokens, space, variable)) return false;
        push_parts(variable, out);
        if (!tokens.accept(',')) break;
    }
    return tokens.expect(')');
}

}  // namespace soft::ptx
