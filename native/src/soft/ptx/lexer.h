// Splits PTX text into tokens without copying. Called by the parser only; knows nothing of meaning.
// Malformed text yields a token of kind `bad`, never an error of its own.
#pragma once
#include <cstdint>
#include <string_view>

namespace soft::ptx {

enum class TokenKind : std::uint8_t { end, word, dotted, number, string, punctuation, bad };

struct Token {
    TokenKind kind = TokenKind::end;
    char symbol = 0;  // of punctuation
    std::uint32_t line = 1;
    std::string_view text;  // of dotted: without the dot
};

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_(text) {}
    // Into `out` rather than as a copy: a token copied just after it was written stalls the processor.
    void next(Token& out);

  private:
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    void skip_blank();
    void skip_block_comment();
    void take(Token& out, TokenKind kind, std::size_t begin) const;
    void word(Token& out, std::size_t begin, TokenKind kind);
    void number(Token& out, std::size_t begin);
    void string(Token& out, std::size_t begin);

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t line_ = 1;
};

// True for the characters that continue an identifier.
bool is_word_char(char c);

}  // namespace soft::ptx
