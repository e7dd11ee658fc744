// Loads and stores of whole-warp code. Where the active lanes' addresses have the pattern that the
// instruction saw last, and the range it touched last holds all of the pattern, halves of the warp that
// access consecutive elements, or one element, are vector moves. Everything else, faults included, is the
// interpreter's handler, called out of line. hot_memory.h is its counterpart. Used by warp_run.cc.
#pragma once
#include <vector>

#include "soft/compile/warp_registers.h"

namespace soft::compile {

// Loads what whole-warp code keeps in general registers.
void emit_warp_entry(Assembler& out);

class WarpMemory {
  public:
    // `first`: the instruction that is in kInsn. `same`: slots that hold one value for all lanes while a
    // block runs.
    WarpMemory(Assembler& out, WarpRegisters& registers, std::span<const Step> steps, const Insn* first,
               std::span<const std::uint32_t> same, bool is_partial)
        : out_(out),
          registers_(registers),
          steps_(steps),
          first_(first),
          same_(same),
          is_partial_(is_partial) {}

    // Step `at` is a load or store.
    void emit(std::size_t at);
    // Another one, before it is emitted.
    void follow(std::size_t at);
    // What is out of line, behind the code.
    void finish();

  private:
    // Out of line: a call of the step's handler; or, of a step that needs none, the way out before it.
    struct Detour {
        const Step* step = nullptr;
        std::vector<std::size_t> jumps;  // that lead to it
        std::size_t back = 0;
        std::vector<WarpRegisters::Held> held, made;
        bool has_followers = false;  // other steps count on the pattern of this one's memo
    };
    // What the slot holds differs between lanes as what all slots of the same family hold.
    struct Member {
        std::uint32_t slot = 0;
        std::uint32_t family = 0;
    };
    // The first access of its size to an address of the family.
    struct Leader {
        std::uint32_t family = 0;
        const Step* step = nullptr;
    };

    std::size_t compare_pattern(const Step& step, std::span<const std::uint8_t> address);
    void compare_pattern_of_active(const Step& step);
    void take_first_address(const Step& step);
    void check_range(const Step& step, const Step& leader);
    void move(const Step& step, const Step& leader);
    void move_consecutive(const Step& step, const Step& leader);
    void load_same(const Step& step, const Step& leader);
    bool moves_consecutive(const Step& step) const;
    bool loads_same(const Step& step) const;
    void detour_if(Condition condition) { detours_.back().jumps.push_back(out_.jump(condition)); }
    std::size_t jump_unless_shape(const Step& leader, std::uint8_t shape);
    void distance_of_half(const Step& leader);
    Detour& begin_detour(const Step& step);
    std::uint32_t family_of(std::uint32_t slot);
    const Step* leader_of(std::uint32_t family, std::uint32_t size) const;
    bool is_address_later(std::size_t at, std::uint32_t family) const;
    bool is_same(std::uint32_t slot) const;
    void require_same(const Step& step, const Source& source);
    void forget(const Step& step);
    void leave_at(const Insn* insn);
    void call(const Detour& detour);

    Assembler& out_;
    WarpRegisters& registers_;
    std::span<const Step> steps_;
    const Insn* first_;
    std::span<const std::uint32_t> same_;
    bool is_partial_;
    std::vector<Detour> detours_;
    std::vector<Member> members_;
    std::vector<Leader> leaders_;
    std::uint32_t families_ = 0;
    std::vector<std::uint32_t> found_same_;  // slots, at the step at hand
};

}  // namespace soft::compile
