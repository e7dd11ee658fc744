// The parser's cursor over tokens, with one sticky error: after the first failure every token reads as the
// end of the text, so callers unwind without checking each step. Used by the parser files only.
#pragma once
#include <string>
#include <string_view>

#include "soft/ptx/lexer.h"

namespace soft::ptx {

class TokenStream {
  public:
    explicit TokenStream(std::string_view text) : lexer_(text) {
        lexer_.next(tokens_[0]);
        lexer_.next(tokens_[1]);
    }

    const Token& current() const { return tokens_[at_]; }
    const Token& ahead() const { return tokens_[at_ ^ 1u]; }
    bool failed() const { return !error_.empty(); }
    const std::string& error() const { return error_; }

    void advance();
    bool is(char symbol) const {
        return current().kind == TokenKind::punctuation && current().symbol == symbol;
    }
    bool is_dotted(std::string_view text) const {
        return current().kind == TokenKind::dotted && current().text == text;
    }
    bool is_kind(TokenKind kind) const { return current().kind == kind; }
    // Takes the token when it matches; answers whether it did.
    bool accept(char symbol) {
        if (!is(symbol)) return false;
        advance();
        return true;
    }
    bool accept_dotted(std::string_view text);
    // Takes the token or fails with "expected ...".
    bool expect(char symbol);
    // Takes a word; empty after a failure.
    std::string_view expect_word(std::string_view what);
    // Records the first error and ends the stream. Always answers false.
    bool fail(std::string_view message);
    bool fail_at(std::uint32_t line, std::string_view message);
    // Skips to the token after the `}` that closes the `{` at the cursor.
    void skip_braces();

  private:
    Lexer lexer_;
    Token tokens_[2];
    unsigned at_ = 0;  // the current one
    std::string error_;
};

}  // namespace soft::ptx
