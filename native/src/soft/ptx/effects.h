// Which registers each statement of a function writes and reads. Used by the passes before code is emitted.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "soft/ptx/syntax.h"

namespace soft::ptx {

// One table for all passes over the statements as they stand now: moving one makes it stale.
class Effects {
  public:
    explicit Effects(const FunctionSyntax& function);

    // The registers that statement `k` writes, in order.
    std::span<const std::uint32_t> defs(std::uint32_t k) const { return part(std::size_t{k} * 2); }
    // The registers it reads. Where a guard may keep the old values, it reads what it writes.
    std::span<const std::uint32_t> uses(std::uint32_t k) const { return part(std::size_t{k} * 2 + 1); }
    // How many statements write each register: 0, 1, or 2 for more. The parameters of a device function are
    // written by its callers, too.
    std::vector<std::uint8_t> count_defs() const;

  private:
    std::span<const std::uint32_t> part(std::size_t at) const {
        return std::span(registers_).subspan(ends_[at], ends_[at + 1] - ends_[at]);
    }
    void add_defs(const Statement& statement);
    void add_uses(const Statement& statement, std::size_t first_def);
    void add(const Operand& operand, bool in_address);

    const FunctionSyntax& function_;
    std::vector<std::uint32_t> registers_;
    std::vector<std::size_t> ends_;  // in registers_: of the defs, then of the uses, of each statement
};

}  // namespace soft::ptx
