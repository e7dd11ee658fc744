// Which accesses of a basic block have the same distances between their lanes' addresses, so that only the
// first one need compare them with what it saw last. Used by the decoder, statement by statement.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "soft/launch/insn.h"
#include "soft/ptx/cfg.h"
#include "soft/ptx/effects.h"
#include "soft/ptx/syntax.h"

namespace soft::ptx {

class AddressPatterns {
  public:
    // `is_same`: of each register, whether it is another name for a value that all lanes share.
    AddressPatterns(const FunctionSyntax& function, const Effects& effects, const Cfg& cfg,
                    std::vector<bool> is_same);

    // Before the first statement of each block.
    void begin_block();
    // An access of `size` bytes a lane at the address in register `reg`, `own_memo` being the memo of its
    // own: what its instruction is to say.
    AddressPattern meet(std::uint32_t reg, std::uint32_t size, std::uint32_t own_memo);
    // After each statement: its number.
    void pass(std::uint32_t statement);

  private:
    // Lanes of registers of one class lie equally far apart.
    struct Class {
        std::uint32_t size = 0;  // bytes a lane of the access that compares for all, 0: there was none yet
        std::uint32_t memo = 0;
    };

    void find_same(const Cfg& cfg);
    bool is_same(const Operand& operand) const;
    std::uint32_t class_of(std::uint32_t reg);
    // The register whose lanes lie as far apart as those of what the statement writes; null when none does.
    const Operand* shifted(const Statement& statement) const;

    const FunctionSyntax& function_;
    const Effects& effects_;
    std::vector<bool> is_same_;  // of each register: all lanes have one value
    std::vector<Class> classes_;
    // Of each register; of another block when `block` is.
    struct Member {
        std::uint32_t block = 0;
        std::uint32_t number = 0;  // in classes_
    };
    std::vector<Member> class_of_;
    std::uint32_t block_ = 1;
};

}  // namespace soft::ptx
