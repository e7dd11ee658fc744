// What the table of warp-wide operations (sync_ops.cc) needs of matrix.cc.
#pragma once
#include <cstdint>

#include "soft/launch/warp.h"

namespace soft {

// Executes a matrix instruction for the active lanes, once all `members` are there.
void collect_matrix(Warp& w, const Insn& i, std::uint32_t members);

}  // namespace soft
