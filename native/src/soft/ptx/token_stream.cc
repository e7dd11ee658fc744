// The parser's cursor over tokens. See token_stream.h.
#include "soft/ptx/token_stream.h"

namespace soft::ptx {

void TokenStream::advance() {
    if (failed()) return;
    lexer_.next(tokens_[at_]);
    at_ ^= 1u;
    if (current().kind == TokenKind::bad) fail("unexpected character");
}

bool TokenStream::accept_dotted(std::string_view text) {
    if (!is_dotted(text)) return false;
    advance();
    return true;
}

bool TokenStream::expect(char symbol) {
    if (accept(symbol)) return true;
    std::string message = "expected '";
    message += symbol;
    message += '\'';
    return fail(message);
}

std::string_view TokenStream::expect_word(std::string_view what) {
    if (!is_kind(TokenKind::word)) {
        fail(std::string("expected ") + std::string(what));
        return {};
    }
    const std::string_view text = current().text;
    advance();
    return text;
}

bool TokenStream::fail(std::string_view message) {
    if (failed()) return false;
    std::string text(message);
    if (current().kind == TokenKind::end) {
        text += ", found the end of the text";
    } else if (current().text.size() < 100) {
        text += ", found '" + std::string(current().text) + "'";
    }
    return fail_at(current().line, text);
}

bool TokenStream::fail_at(std::uint32_t line, std::string_view message) {
    if (failed()) return false;
    error_ = "line " + std::to_string(line) + ": " + std::string(message);
    tokens_[0] = tokens_[1] = Token{TokenKind::end, '\0', line, {}};
    return false;
}

void TokenStream::skip_braces() {
    int depth = 0;
    do {
        if (is('{')) ++depth;
        if (is('}')) --depth;
        if (is_kind(TokenKind::end)) {
            fail("expected '}'");
            return;
        }
        advance();
    } while (depth > 0 && !failed());
}

}  // namespace soft::ptx
