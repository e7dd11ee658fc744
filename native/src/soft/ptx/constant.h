// Numbers and constant expressions of PTX. Used by the parser for immediates, sizes and initialisers.
#pragma once
#include <cstdint>
#include <string_view>

#include "soft/ptx/token_stream.h"

namespace soft::ptx {

enum class ConstantKind : std::uint8_t { integer, f32, f64 };

struct Constant {
    ConstantKind kind = ConstantKind::integer;
    std::uint64_t bits = 0;  // two's complement, or the bits of the float
};

// Reads one number token's text; false when it is not a PTX number.
bool read_number(std::string_view text, Constant& out);
// Parses a constant expression at the cursor (precedence as in C); fails the stream when there is none.
bool parse_constant(TokenStream& tokens, Constant& out);
// The same, for places that need a whole number.
bool parse_integer(TokenStream& tokens, std::uint64_t& out);

// The constant as the bits of a float of `size` bytes (4 or 8); integers convert by value.
std::uint64_t constant_as_float(const Constant& constant, std::uint32_t size);

}  // namespace soft::ptx
