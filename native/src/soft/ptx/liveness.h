// Which registers may share a slot: live ranges of one function over its layout. Called by the decoder before
// it emits.
#pragma once
#include <cstdint>
#include <vector>

#include "soft/ptx/cfg.h"
#include "soft/ptx/effects.h"
#include "soft/ptx/syntax.h"

namespace soft::ptx {

// Positions are statements in layout order; an unused register has begin > end.
struct LiveRange {
    std::uint32_t reg = 0;
    std::uint32_t begin = ~0u;
    std::uint32_t end = 0;
};

// One range for each register, ordered by where it begins; registers in `skipped` have none. Empty when the
// function is too large to be worth it.
std::vector<LiveRange> live_ranges(const FunctionSyntax& function, const Effects& effects, const Cfg& cfg,
                                   const std::vector<bool>& skipped);

}  // namespace soft::ptx
