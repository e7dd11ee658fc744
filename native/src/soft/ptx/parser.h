// PTX text to a Module. Called by Program::load only. Answers false with "line N: ..." for text that is not
// PTX; never crashes and never reads outside the text.
#pragma once
#include <string>
#include <string_view>

#include "soft/ptx/syntax.h"
#include "soft/ptx/token_stream.h"

namespace soft::ptx {

bool parse_module(std::string_view text, Module& module, std::string& log);

// Parses `{ ... }` of a function whose head is already in `function` (body.cc).
bool parse_body(TokenStream& tokens, FunctionSyntax& function);

}  // namespace soft::ptx
