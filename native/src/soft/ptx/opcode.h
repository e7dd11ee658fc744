// What the passes over a body ask of a statement's opcode. Looked up once, by the parser: comparing names in
// every pass was a quarter of a load.
#pragma once
#include <cstdint>
#include <string_view>

namespace soft::ptx {

enum class OpcodeTrait : std::uint16_t {
    reads_all = 1 << 0,   // its first operand is no result
    reduces = 1 << 1,     // ... but is one with .red
    arithmetic = 1 << 2,  // touches its registers and nothing else; `ld` is told apart by its modifiers
    load = 1 << 3,
    store = 1 << 4,
    branch = 1 << 5,
    leaves = 1 << 6,      // never reaches the next statement
    guarded = 1 << 7,     // waits or moves control or data between lanes: a guard is a branch around it
    open_ended = 1 << 8,  // its builder knows only some forms that PTX has; the others fail when executed
    unbuilt = 1 << 9,     // nothing here executes it: it loads, and reaching it ends the grid
    call = 1 << 10,
    parts = 1 << 11,  // a video instruction: its operands are parts of registers
};

class OpcodeTraits {
  public:
    constexpr OpcodeTraits() = default;
    template <class... More>
    constexpr OpcodeTraits(OpcodeTrait first, More... more)
        : bits_(static_cast<std::uint16_t>(
              (static_cast<unsigned>(first) | ... | static_cast<unsigned>(more)))) {}
    constexpr bool has(OpcodeTrait trait) const { return (bits_ & static_cast<unsigned>(trait)) != 0; }

  private:
    std::uint16_t bits_ = 0;
};

// None for an opcode that PTX lacks or of which nothing is to be said.
OpcodeTraits find_traits(std::string_view opcode);

}  // namespace soft::ptx
