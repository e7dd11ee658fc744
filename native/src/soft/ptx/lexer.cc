// The PTX lexer. See lexer.h. A dotted token is a directive, a modifier, a type or a `.x` component alike; a
// modifier with `::` inside (`.L1::no_allocate`) is one token.
#include "soft/ptx/lexer.h"

#include <array>

namespace soft::ptx {
namespace {

enum : std::uint8_t { kDigit = 1, kLetter = 2, kOther = 4, kPercent = 8, kBlank = 16, kSymbol = 32 };

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> classes{};
    const auto mark = [&](std::string_view characters, std::uint8_t as) {
        for (const char c : characters) classes[static_cast<std::uint8_t>(c)] |= as;
    };
    mark("0123456789", kDigit);
    mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", kLetter);
    mark("_$", kOther);
    mark("%", kPercent);
    mark(" \t\r\f\v", kBlank);
    mark("@!,;:()[]{}<>+-*/|=~&^.?", kSymbol);
    return classes;
}

constexpr auto kClasses = make_classes();

bool is_any(char c, unsigned classes) { return (kClasses[static_cast<std::uint8_t>(c)] & classes) != 0; }
bool is_digit(char c) { return is_any(c, kDigit); }
bool is_letter(char c) { return is_any(c, kLetter); }
bool starts_word(char c) { return is_any(c, kLetter | kOther | kPercent); }

}  // namespace

bool is_word_char(char c) { return is_any(c, kLetter | kDigit | kOther); }

void Lexer::take(Token& out, TokenKind kind, std::size_t begin) const {
    out.kind = kind;
    out.symbol = '\0';
    out.line = line_;
    out.text = std::string_view(text_.data() + begin, at_ - begin);
}

void Lexer::skip_block_comment() {
    at_ += 2;
    while (at_ < text_.size() && !(peek() == '*' && peek(1) == '/')) {
        line_ += text_[at_] == '\n';
        ++at_;
    }
    at_ = at_ + 2 < text_.size() ? at_ + 2 : text_.size();
}

void Lexer::skip_blank() {
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '\n') {
            ++line_;
            ++at_;
        } else if (is_any(c, kBlank)) {
            ++at_;
        } else if (c == '/' && peek(1) == '/') {
            while (at_ < text_.size() && text_[at_] != '\n') ++at_;
        } else if (c == '/' && peek(1) == '*') {
            skip_block_comment();
        } else {
            return;
        }
    }
}

void Lexer::word(Token& out, std::size_t begin, TokenKind kind) {
    for (;;) {
        while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
        const bool goes_on =
            kind == TokenKind::dotted && peek() == ':' && peek(1) == ':' && is_word_char(peek(2));
        if (!goes_on) return take(out, kind, begin);
        at_ += 2;
    }
}

void Lexer::number(Token& out, std::size_t begin) {
    const bool prefixed = peek() == '0' && (is_letter(peek(1)));
    at_ += prefixed ? 2 : 1;
    while (is_word_char(peek()) || (!prefixed && peek() == '.' && is_digit(peek(1)))) {
        const bool exponent = !prefixed && (peek() == 'e' || peek() == 'E');
        ++at_;
        if (exponent && (peek() == '+' || peek() == '-')) ++at_;
    }
    if (!prefixed && peek() == '.' && !starts_word(peek(1))) ++at_;
    take(out, TokenKind::number, begin);
}

void Lexer::string(Token& out, std::size_t begin) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\n') return take(out, TokenKind::bad, begin);
        ++at_;
    }
    if (at_ >= text_.size()) return take(out, TokenKind::bad, begin);
    ++at_;
    take(out, TokenKind::string, begin);
    out.text = out.text.substr(1, out.text.size() - 2);
}

void Lexer::next(Token& out) {
    skip_blank();
    const std::size_t begin = at_;
    if (at_ >= text_.size() || text_[at_] == '\0') return take(out, TokenKind::end, begin);
    const char c = text_[at_];
    if (starts_word(c)) {
        ++at_;
        return word(out, begin, TokenKind::word);
    }
    if (c == '.' && (is_word_char(peek(1)))) {
        ++at_;
        return word(out, at_, TokenKind::dotted);
    }
    if (is_digit(c)) return number(out, begin);
    if (c == '"') return string(out, begin);
    ++at_;
    take(out, is_any(c, kSymbol) ? TokenKind::punctuation : TokenKind::bad, begin);
    out.symbol = c;
}

}  // namespace soft::ptx
