// Module-level PTX: version, target, variables, function heads and their directives. See parser.h.
#include "soft/ptx/parser.h"

#include <algorithm>
#include <charconv>

#include "soft/ptx/constant.h"
#include "soft/ptx/declaration.h"

namespace soft::ptx {
namespace {

constexpr int kLastMajor = 99;  // of PTX versions: more is no version

int leading_number(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

class ModuleParser {
  public:
    ModuleParser(std::string_view text, Module& module) : tokens_(text), module_(module) {}

    bool parse();
    const std::string& error() const { return tokens_.error(); }

  private:
    bool parse_top();
    bool parse_version();
    bool parse_target();
    bool parse_variables(Space space, Linkage linkage);
    bool parse_function(bool is_entry, Linkage linkage);
    bool parse_function_directives(FunctionSyntax& function);
    bool parse_dimensions(std::array<std::uint32_t, 3>& out);
    bool skip_section();
    bool skip_statement();
    bool parse_alias();

    TokenStream tokens_;
    Module& module_;
};

bool ModuleParser::parse() {
    while (!tokens_.is_kind(TokenKind::end)) {
        if (!parse_top()) return false;
    }
    if (!tokens_.failed() && module_.ptx_version == 0) tokens_.fail("missing .version");
    return !tokens_.failed();
}

bool ModuleParser::parse_version() {
    const std::string_view text = tokens_.current().text;
    const std::size_t dot = text.find('.');
    if (!tokens_.is_kind(TokenKind::number) || dot == std::string_view::npos)
        return tokens_.fail("bad .version");
    const int major = leading_number(text);
    const int minor = leading_number(text.substr(dot + 1));
    if (major > kLastMajor || minor > 9) return tokens_.fail("bad .version");
    module_.ptx_version = major * 10 + minor;
    tokens_.advance();
    return true;
}

bool ModuleParser::parse_target() {
    do {
        const std::string_view word = tokens_.expect_word("a target");
        if (word.starts_with("sm_")) module_.target = leading_number(word.substr(3));
    } while (tokens_.accept(','));
    return !tokens_.failed();
}

bool ModuleParser::skip_section() {
    while (!tokens_.is('{') && !tokens_.is_kind(TokenKind::end)) tokens_.advance();
    tokens_.skip_braces();
    return !tokens_.failed();
}

bool ModuleParser::skip_statement() {
    const std::uint32_t line = tokens_.current().line;
    while (!tokens_.is_kind(TokenKind::end) && tokens_.current().line == line && !tokens_.is(';'))
        tokens_.advance();
    tokens_.accept(';');
    return !tokens_.failed();
}

bool ModuleParser::parse_alias() {
    Alias alias;
    alias.line = tokens_.current().line;
    alias.name = tokens_.expect_word("a function name");
    if (!tokens_.expect(',')) return false;
    alias.target = tokens_.expect_word("a function name");
    module_.aliases.push_back(alias);
    return tokens_.expect(';');
}

Linkage find_linkage(std::string_view word) {
    if (word == "extern") return Linkage::external;
    if (word == "visible") return Linkage::visible;
    if (word == "weak") return Linkage::weak;
    if (word == "common") return Linkage::common;
    return Linkage::internal;
}

bool ModuleParser::parse_top() {
    if (tokens_.accept(';')) return true;
    if (!tokens_.is_kind(TokenKind::dotted)) return tokens_.fail("expected a directive");
    std::string_view word = tokens_.current().text;
    const Linkage linkage = find_linkage(word);
    if (linkage != Linkage::internal) {
        tokens_.advance();
        if (!tokens_.is_kind(TokenKind::dotted)) return tokens_.fail("expected a directive");
        word = tokens_.current().text;
    }
    if (word == "file" || word == "pragma" || word == "loc") return skip_statement();
    tokens_.advance();
    if (word == "version") return parse_version();
    if (word == "target") return parse_target();
    if (word == "address_size") {
        const bool wide = tokens_.current().text == "64";
        return wide ? (tokens_.advance(), true) : tokens_.fail("only .address_size 64 is supported");
    }
    if (word == "section") return skip_section();
    if (word == "alias") return parse_alias();
    if (word == "entry" || word == "func") return parse_function(word == "entry", linkage);
    const Space space = find_space(word);
    if (space == Space::generic || space == Space::reg || space == Space::param) {
        return tokens_.fail("unknown directive '." + std::string(word) + "'");
    }
    return parse_variables(space, linkage);
}

bool ModuleParser::parse_variables(Space space, Linkage linkage) {
    Variable variable;
    variable.linkage = linkage;
    if (!parse_variable(tokens_, space, variable)) return false;
    module_.variables.push_back(std::move(variable));
    while (tokens_.accept(',')) {
        Variable next;
        if (!parse_next_variable(tokens_, module_.variables.back(), next)) return false;
        module_.variables.push_back(std::move(next));
    }
    return tokens_.expect(';');
}

bool ModuleParser::parse_dimensions(std::array<std::uint32_t, 3>& out) {
    out = {1, 1, 1};
    for (std::size_t i = 0; i < 3; ++i) {
        std::uint64_t value = 0;
        if (!parse_integer(tokens_, value)) return false;
        if (value == 0 || value > 0xffffffffu) return tokens_.fail("bad block size");
        out[i] = static_cast<std::uint32_t>(value);
        if (!tokens_.accept(',')) return true;
    }
    return true;
}

bool ModuleParser::parse_function_directives(FunctionSyntax& function) {
    while (tokens_.is_kind(TokenKind::dotted)) {
        const std::string_view word = tokens_.current().text;
        tokens_.advance();
        bool fine = true;
        if (word == "maxntid") {
            fine = parse_dimensions(function.max_block);
        } else if (word == "reqntid") {
            fine = parse_dimensions(function.required_block);
        } else if (word == "pragma") {
            fine = skip_statement();
        } else {  // hints: .minnctapersm 2, .noreturn, .unique, .reqnctapercluster 2, 1, 1, ...
            while (tokens_.is_kind(TokenKind::number) || tokens_.is(',')) tokens_.advance();
        }
        if (!fine) return false;
    }
    return !tokens_.failed();
}

bool ModuleParser::parse_function(bool is_entry, Linkage linkage) {
    FunctionSyntax function;
    function.is_entry = is_entry;
    function.linkage = linkage;
    if (tokens_.accept_dotted("attribute")) {
        while (!tokens_.is_kind(TokenKind::end) && !tokens_.is(')')) tokens_.advance();
        tokens_.accept(')');
    }
    if (tokens_.is('(') && !parse_parameters(tokens_, function.results)) return false;
    function.line = tokens_.current().line;
    function.name = tokens_.expect_word("a function name");
    if (tokens_.is('(') && !parse_parameters(tokens_, function.params)) return false;
    if (!parse_function_directives(function)) return false;
    if (tokens_.is('{')) {
        function.has_body = true;
        if (!parse_body(tokens_, function)) return false;
    } else if (!tokens_.accept(';')) {
        return tokens_.fail("expected a function body");
    }
    module_.functions.push_back(std::move(function));
    return !tokens_.failed();
}

}  // namespace

bool parse_module(std::string_view text, Module& module, std::string& log) {
    ModuleParser parser(text, module);
    if (parser.parse()) return true;
    log = parser.error();
    return false;
}

}  // namespace soft::ptx
