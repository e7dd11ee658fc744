// Numbers and constant expressions of PTX. See constant.h.
#include "soft/ptx/constant.h"

#include <bit>
#include <charconv>
#include <string>

namespace soft::ptx {
namespace {

constexpr int kMaxDepth = 64;  // parentheses; malformed text must not exhaust the stack

bool read_digits(std::string_view digits, int base, std::uint64_t& out) {
    while (!digits.empty() && (digits.back() == 'U' || digits.back() == 'u')) digits.remove_suffix(1);
    if (digits.empty()) return false;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), out, base);
    return code == std::errc() && end == digits.data() + digits.size();
}

bool read_prefixed(std::string_view text, Constant& out) {
    const char kind = text[1];
    const std::string_view digits = text.substr(2);
    if (kind == 'f' || kind == 'F') {
        out.kind = ConstantKind::f32;
        return digits.size() == 8 && read_digits(digits, 16, out.bits);
    }
    if (kind == 'd' || kind == 'D') {
        out.kind = ConstantKind::f64;
        return digits.size() == 16 && read_digits(digits, 16, out.bits);
    }
    out.kind = ConstantKind::integer;
    if (kind == 'x' || kind == 'X') return read_digits(digits, 16, out.bits);
    if (kind == 'b' || kind == 'B') return read_digits(digits, 2, out.bits);
    return false;
}

bool read_decimal_float(std::string_view text, Constant& out) {
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    out.kind = ConstantKind::f64;
    out.bits = std::bit_cast<std::uint64_t>(value);
    const bool whole = end == text.data() + text.size();
    return whole && (code == std::errc() || code == std::errc::result_out_of_range);
}

double as_double(const Constant& constant) {
    if (constant.kind == ConstantKind::f64) return std::bit_cast<double>(constant.bits);
    if (constant.kind == ConstantKind::f32) {
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(constant.bits)));
    }
    return static_cast<double>(static_cast<std::int64_t>(constant.bits));
}

Constant from_double(double value) {
    return Constant{ConstantKind::f64, std::bit_cast<std::uint64_t>(value)};
}

bool apply_float(char op, const Constant& left, const Constant& right, Constant& out) {
    const double a = as_double(left);
    const double b = as_double(right);
    switch (op) {
        case '+':
            out = from_double(a + b);
            return true;
        case '-':
            out = from_double(a - b);
            return true;
        case '*':
            out = from_double(a * b);
            return true;
        case '/':
            out = from_double(a / b);
            return true;
        default:
            return false;
    }
}

bool apply_division(char op, std::uint64_t a, std::uint64_t b, std::uint64_t& out) {
    const bool overflows = b == ~std::uint64_t{0};
    if (b == 0) return false;
    const auto signed_a = static_cast<std::int64_t>(a);
    const auto signed_b = static_cast<std::int64_t>(b);
    if (op == '/') out = overflows ? 0 - a : static_cast<std::uint64_t>(signed_a / signed_b);
    if (op == '%') out = overflows ? 0 : static_cast<std::uint64_t>(signed_a % signed_b);
    return true;
}

bool apply(char op, const Constant& left, const Constant& right, Constant& out) {
    if (left.kind != ConstantKind::integer || right.kind != ConstantKind::integer) {
        return apply_float(op, left, right, out);
    }
    const std::uint64_t a = left.bits;
    const std::uint64_t b = right.bits;
    out.kind = ConstantKind::integer;
    switch (op) {
        case '+':
            out.bits = a + b;
            return true;
        case '-':
            out.bits = a - b;
            return true;
        case '*':
            out.bits = a * b;
            return true;
        case '/':
        case '%':
            return apply_division(op, a, b, out.bits);
        case '<':
            out.bits = b > 63 ? 0 : a << b;
            return true;
        case '>':
            out.bits = b > 63 ? 0 : a >> b;
            return true;
        case '&':
            out.bits = a & b;
            return true;
        case '^':
            out.bits = a ^ b;
            return true;
        case '|':
            out.bits = a | b;
            return true;
        default:
            return false;
    }
}

int precedence(const TokenStream& tokens) {
    if (!tokens.is_kind(TokenKind::punctuation)) return 0;
    switch (tokens.current().symbol) {
        case '*':
        case '/':
            return 6;
        case '+':
        case '-':
            return 5;
        case '<':
        case '>':
            return tokens.ahead().symbol == tokens.current().symbol ? 4 : 0;
        case '&':
            return 3;
        case '^':
            return 2;
        case '|':
            return 1;
        default:
            return 0;
    }
}

bool parse_binary(TokenStream& tokens, int minimum, int depth, Constant& out);

bool negate(Constant& constant) {
    if (constant.kind == ConstantKind::integer) constant.bits = 0 - constant.bits;
    if (constant.kind == ConstantKind::f32) constant.bits ^= 0x80000000u;
    if (constant.kind == ConstantKind::f64) constant.bits ^= std::uint64_t{1} << 63;
    return true;
}

bool parse_unary(TokenStream& tokens, int depth, Constant& out) {
    if (depth > kMaxDepth) return tokens.fail("expression is nested too deeply");
    if (tokens.accept('-')) return parse_unary(tokens, depth + 1, out) && negate(out);
    if (tokens.accept('+')) return parse_unary(tokens, depth + 1, out);
    if (tokens.accept('~') || tokens.accept('!')) {
        if (!parse_unary(tokens, depth + 1, out)) return false;
        out.bits = ~out.bits;
        return true;
    }
    if (tokens.accept('(')) {
        if (tokens.is_kind(TokenKind::dotted)) {  // a cast: (.u64), (.s64)
            tokens.advance();
            return tokens.expect(')') && parse_unary(tokens, depth + 1, out);
        }
        return parse_binary(tokens, 1, depth + 1, out) && tokens.expect(')');
    }
    if (!tokens.is_kind(TokenKind::number) || !read_number(tokens.current().text, out)) {
        return tokens.fail("expected a number");
    }
    tokens.advance();
    return true;
}

bool parse_binary(TokenStream& tokens, int minimum, int depth, Constant& out) {
    if (!parse_unary(tokens, depth, out)) return false;
    for (int level = precedence(tokens); level >= minimum && level > 0; level = precedence(tokens)) {
        const char op = tokens.current().symbol;
        tokens.advance();
        if (op == '<' || op == '>') tokens.advance();
        Constant right;
        if (!parse_binary(tokens, level + 1, depth + 1, right)) return false;
        if (!apply(op, Constant(out), right, out)) return tokens.fail("cannot evaluate this constant");
    }
    return true;
}

}  // namespace

bool read_number(std::string_view text, Constant& out) {
    if (text.empty()) return false;
    const bool prefixed =
        text.size() > 2 && text[0] == '0' && (text[1] < '0' || text[1] > '9') && text[1] != '.';
    if (prefixed && text[1] != 'U' && text[1] != 'e' && text[1] != 'E') return read_prefixed(text, out);
    if (text.find_first_of(".eE") != std::string_view::npos) return read_decimal_float(text, out);
    out.kind = ConstantKind::integer;
    const bool octal = text.size() > 1 && text[0] == '0' && text[1] != 'U';
    return read_digits(text, octal ? 8 : 10, out.bits);
}

bool parse_constant(TokenStream& tokens, Constant& out) { return parse_binary(tokens, 1, 0, out); }

bool parse_integer(TokenStream& tokens, std::uint64_t& out) {
    Constant constant;
    if (!parse_constant(tokens, constant)) return false;
    out = constant.bits;
    return constant.kind == ConstantKind::integer || tokens.fail("expected a whole number");
}

std::uint64_t constant_as_float(const Constant& constant, std::uint32_t size) {
    if (size == 8) {
        if (constant.kind == ConstantKind::f64) return constant.bits;
        return std::bit_cast<std::uint64_t>(as_double(constant));
    }
    if (constant.kind == ConstantKind::f32) return constant.bits;
    return std::bit_cast<std::uint32_t>(static_cast<float>(as_double(constant)));
}

}  // namespace soft::ptx
