// The PTX lexer. See lexer.h. A dotted token is a directive, a modifier, a type or a `.x` component alike; a
// modifier with `::` inside (`.L1::no_allocate`) is one token.
#include "soft/ptx/lexer.h"

namespace soft::ptx {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool starts_word(char c) { return is_letter(c) || c == '_' || c == '$' || c == '%'; }

}  // namespace

bool is_word_char(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '$'; }

Token Lexer::take(TokenKind kind, std::size_t begin) const {
    return Token{kind, '\0', line_, text_.substr(begin, at_ - begin)};
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
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
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

Token Lexer::word(std::size_t begin, TokenKind kind) {
    while (is_word_char(peek()) ||
           (kind == TokenKind::dotted && peek() == ':' && peek(1) == ':' && is_word_char(peek(2)))) {
        at_ += peek() == ':' ? 2 : 1;
    }
    return take(kind, begin);
}

Token Lexer::number(std::size_t begin) {
    const bool prefixed = peek() == '0' && (is_letter(peek(1)));
    at_ += prefixed ? 2 : 1;
    while (is_word_char(peek()) || (!prefixed && peek() == '.' && is_digit(peek(1)))) {
        const bool exponent = !prefixed && (peek() == 'e' || peek() == 'E');
        ++at_;
        if (exponent && (peek() == '+' || peek() == '-')) ++at_;
    }
    if (!prefixed && peek() == '.' && !starts_word(peek(1))) ++at_;
    return take(TokenKind::number, begin);
}

Token Lexer::string(std::size_t begin) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\n') return take(TokenKind::bad, begin);
        ++at_;
    }
    if (at_ >= text_.size()) return take(TokenKind::bad, begin);
    ++at_;
    Token token = take(TokenKind::string, begin);
    token.text = token.text.substr(1, token.text.size() - 2);
    return token;
}

Token Lexer::next() {
    skip_blank();
    const std::size_t begin = at_;
    if (at_ >= text_.size() || text_[at_] == '\0') return take(TokenKind::end, begin);
    const char c = text_[at_];
    if (starts_word(c)) {
        ++at_;
        return word(begin, TokenKind::word);
    }
    if (c == '.' && (is_word_char(peek(1)))) {
        ++at_;
        return word(at_, TokenKind::dotted);
    }
    if (is_digit(c)) return number(begin);
    if (c == '"') return string(begin);
    ++at_;
    const bool known = std::string_view("@!,;:()[]{}<>+-*/|=~&^.?").find(c) != std::string_view::npos;
    Token token = take(known ? TokenKind::punctuation : TokenKind::bad, begin);
    token.symbol = c;
    return token;
}

}  // namespace soft::ptx
