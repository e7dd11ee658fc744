// What can be compiled: an instruction as a recipe over slots. Written from the interpreter's own
// instructions by step.cc, read by recipes.cc and warp_recipes.cc.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "soft/compile/assembler.h"
#include "soft/launch/registry.h"

namespace soft::compile {

// What a slot holds a lane: 32 bits, 64 bits, or a bit of one word for all lanes.
enum class Kind : std::uint8_t { word, wide, predicate };

// How the vector instructions of an operation follow from its operands. See recipes.cc.
enum class Recipe : std::uint8_t {
    binary,            // d = op(a, b)
    unary,             // d = op(a)
    move,              // d = a
    on_constant,       // d = op(a, constant)
    from_constant,     // d = op(constant, a)
    from_constant_of,  // d = op(constant, second(a))
    fused,             // d = a * b + c, rounded once
    multiply_add,      // d = a * b + c of integers
    multiply_wide,     // 64-bit products of 32-bit lanes; extra: op extends, op multiplies
    multiply_wide_add,
    extend,          // 64 bits from 32
    truncate,        // 32 bits from 64
    shift_wide,      // 64-bit lanes by a 32-bit count
    select,          // d = c ? a : b
    compare_float,   // extra: the comparison's immediate
    compare_signed,  // extra: a Comparison
    compare_unsigned,
    extreme,      // the lesser or greater float; extra: what combines zeros
    to_integer,   // s32 from f32, towards zero
    logic,        // of predicates: op on the (perhaps flipped) sources
    invert,       // of a predicate
    load,         // whole-warp code only, as all below: up to four slots from memory at a
    store,        // up to four slots to memory at a
    ternary,      // d = op(a, b, c), the table is the instruction's imm
    sign_extend,  // d = second(op(a, constant), constant)
    to_unsigned,  // u32 from f32, towards zero
    high,         // the products' upper halves; op multiplies even lanes
    high_add,
    funnel_left,  // the upper or lower word of b:a, shifted by c
    funnel_right,
};

enum class Constant : std::uint8_t {
    none,
    ones,
    sign,
    magnitude,
    one,
    zero,
    two_to_31,
    nan,
    byte,
    half,
    sixteen,
    twenty_four,
    thirty_one,
    thirty_two,
    count
};
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
    std::array<Source, 5> sources;
    std::uint8_t source_count = 0;
    bool is_guarded = false;
    Source guard;
    // Of loads, the slots written beside `slot`; the instruction; and its handlers.
    std::array<std::uint32_t, 3> others{};
    std::uint8_t other_count = 0;
    const Insn* insn = nullptr;
    const OpEntry* entry = nullptr;

    bool writes() const { return rule->recipe != Recipe::store; }
    bool writes(std::uint32_t which, Kind kind) const;
    bool reads(std::uint32_t which, Kind kind) const;
};

inline bool touches_memory(const Step& step) {
    return step.rule->recipe == Recipe::load || step.rule->recipe == Recipe::store;
}

// False when there is no rule for `entry`. `whole_warp`: those that only whole-warp code has are wanted, too.
bool describe(const OpEntry& entry, const Insn& insn, bool whole_warp, Step& step);

constexpr std::uint32_t kNever = ~0u;

// What becomes of values in a run of steps.
class Uses {
  public:
    // `unread`: slots whose value nobody reads after the steps, so that it need not be written.
    Uses(std::span<const Step> steps, std::span<const std::uint32_t> unread)
        : steps_(steps), unread_(unread) {}
    // The first step after step `at` that reads the value, before another replaces it.
    std::uint32_t next(std::uint32_t at, std::uint32_t slot, Kind kind) const;
    // Whether what the slot holds after step `at` is never seen: a later step writes it whatever it held, or
    // nobody reads it after the last one.
    bool is_lost(std::uint32_t at, std::uint32_t slot, Kind kind) const;
    bool is_unread(std::uint32_t slot) const;

  private:
    std::span<const Step> steps_;
    std::span<const std::uint32_t> unread_;
};

}  // namespace soft::compile
