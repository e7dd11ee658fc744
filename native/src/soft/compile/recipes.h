// Turns one step into vector instructions for the chunk at hand. Used by compiler.cc.
#pragma once
#include "soft/compile/registers.h"

namespace soft::compile {

void emit_step(Assembler& out, Registers& registers, const Step& step);

}  // namespace soft::compile
