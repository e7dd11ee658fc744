// Turns one step that does not touch memory into instructions for all 32 lanes. Used by warp_run.cc.
#pragma once
#include "soft/compile/warp_registers.h"

namespace soft::compile {

void emit_warp_step(Assembler& out, WarpRegisters& registers, const Step& step);

}  // namespace soft::compile
