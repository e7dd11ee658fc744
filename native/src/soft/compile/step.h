// What can be compiled: an instruction as a recipe over slots. Written from the interpreter's own
// instructions by step.cc, read by recipes.cc.
#pragma once
#include <array>
#include <cstdint>

#include "soft/compile/assembler.h"
#include "soft/launch/registry.h"

namespace soft::compile {

// What a slot holds a lane: 32 bits, 64 bits, or a bit of one word for all lanes.
enum class Kind : std::uint8_t { word, wide, predicate };

// How the vector instructions of an operation follow from its operands. See recipes.cc.
enum class Recipe : std::uint8_t {
    binary,         // d = op(a, b)
    unary,          // d = op(a)
    move,           // d = a
    on_constant,    // d = op(a, constant)
    from_constant,  // d = op(constant, a)
    fused,          // d = a * b + c, rounded once
    multiply_add,   // d = a * b + c of integers
    multiply_wide,  // 64-bit products of 32-bit lanes; extra: op extends, op multiplies
    multiply_wide_add,
    extend,          // 64 bits from 32
    truncate,        // 32 bits from 64
    shift_wide,      // 64-bit lanes by a 32-bit count
    select,          // d = c ? a : b
    compare_float,   // extra: the comparison's immediate
    compare_signed,  // extra: a Comparison
    compare_unsigned,
    extreme,     // the lesser or greater float; extra: what combines zeros
    to_integer,  // s32 from f32, towards zero
    logic,       // of predicates: op on the (perhaps flipped) sources
    invert,      // of a predicate
};

enum class Constant : std::uint8_t { none, ones, sign, magnitude, one, zero, two_to_31, nan };
enum Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

// How NaNs pass: f32 results leave the processor with any payload, and registers hold the canonical one.
enum class Nan : std::uint8_t {
    exact,  // reads bits as they have to be, writes them so
    any,    // reads any NaN, writes any
    reads,  // reads any NaN, and writes none
    moves,  // passes on what it reads
};

struct Rule {
    Recipe recipe = Recipe::move;
    Kind to = Kind::word;
    std::array<Kind, 3> from = {Kind::word, Kind::word, Kind::word};
    std::uint8_t sources = 0;
    Vector op{};
    Nan nan = Nan::exact;
    Constant constant = Constant::none;
    std::uint8_t extra = 0;
    Vector second{};  // of recipes with two instructions
};

struct Source {
    std::uint32_t slot = 0;
    Kind kind = Kind::word;
    bool is_flipped = false;  // of predicates
};

// One operation, or one under a guard, ready to be compiled.
struct Step {
    const Rule* rule = nullptr;
    std::uint32_t slot = 0;  // written
    std::array<Source, 3> sources;
    bool is_guarded = false;
    Source guard;
};

// False when there is no rule for `entry`.
bool describe(const OpEntry& entry, const Insn& insn, Step& step);

}  // namespace soft::compile
