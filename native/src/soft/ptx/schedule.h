// Moves loads ahead of arithmetic that they do not need, within a basic block, so that the arithmetic forms
// long runs, which compile/ keeps in registers. Called before a function is decoded.
#pragma once
#include "soft/ptx/syntax.h"

namespace soft::ptx {

// Reorders statements in `function` without changing what any of them computes. Only weak loads and
// arithmetic move, never past anything else: of two loads of bad addresses the later one may end the grid.
void hoist_loads(FunctionSyntax& function);

// Whether the statement only computes: it touches registers that Effects names, and nothing else.
bool is_arithmetic(const FunctionSyntax& function, const Statement& statement);

}  // namespace soft::ptx
