// Emits one step for all 32 lanes: arithmetic in warp_recipes.cc, predicates and what hangs on them in
// warp_predicates.cc.
#pragma once
#include "soft/compile/warp_registers.h"

namespace soft::compile {

constexpr Vector as_wide(Vector op) { return {op.map, op.prefix, op.code, true}; }

class WarpEmitter {
  public:
    WarpEmitter(Assembler& out, WarpRegisters& registers, const Step& step)
        : out_(out), registers_(registers), step_(step), rule_(*step.rule) {}

    void run();

  private:
    std::uint8_t read(std::size_t n, std::uint32_t part = 0);
    Place look(std::size_t n, std::uint32_t part = 0);
    std::uint8_t target(std::uint32_t part = 0) { return registers_.define(step_.slot, rule_.to, part); }
    void op(const Vector& what, std::uint8_t to, std::uint8_t left, const Place& right, Lanes lanes = {}) {
        out_.wide(what, to, left, right, lanes);
    }
    void op(const Vector& what, std::uint8_t to, std::uint8_t left, const Place& right, unsigned last,
            Lanes lanes = {}) {
        out_.wide(what, to, left, right, static_cast<std::uint8_t>(last), lanes);
    }
    void mask(const Vector& what, std::uint8_t to, std::uint8_t left, std::uint8_t right) {
        out_.mask(what, to, left, Place::reg(right), true);
    }
    void move_mask(const Vector& what, std::uint8_t to, std::uint8_t from) {
        out_.mask(what, to, 0, Place::reg(from), false);
    }
    // A mask of the odd lanes of a part.
    std::uint8_t odd_lanes() {
        out_.set64(rax, 0xaaaa);
        move_mask({Map::x0f, Prefix::xf2, 0x92}, kTemporaryMask, rax);  // kmovd from a general register
        return kTemporaryMask;
    }
    // The bits of a predicate that belong to the part, at its low end.
    std::uint8_t mask_of(std::uint8_t predicate, Kind kind, std::uint32_t part);

    void compute();
    void one_part(std::uint32_t part);
    void from_constant(std::uint32_t part);
    void fused(std::uint32_t part);
    void multiply_add(std::uint32_t part);
    void ternary(std::uint32_t part);
    void extended(const Vector& how, std::uint8_t to, std::size_t n, std::uint32_t part);
    void multiply_wide(std::uint32_t part);
    void shift_wide(std::uint32_t part);
    void truncate(std::uint32_t part);
    void select(std::uint32_t part);
    void extreme(std::uint32_t part);
    void to_integer(std::uint32_t part);
    void to_unsigned(std::uint32_t part);
    void high(std::uint32_t part);
    void funnel(std::uint32_t part);
    void compare();
    void compare_part(std::uint8_t to, std::uint32_t part);
    void logic();
    void guarded();

    Assembler& out_;
    WarpRegisters& registers_;
    const Step& step_;
    const Rule& rule_;
    bool passes_nan_ = false;
};

}  // namespace soft::compile
