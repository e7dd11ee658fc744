// Parses variable declarations: state space, attributes, type, name, array sizes, initialiser. Used by the
// module and body parsers; knows nothing of scopes.
#pragma once
#include "soft/ptx/syntax.h"
#include "soft/ptx/token_stream.h"

namespace soft::ptx {

// Space::generic when the dotted token is not a state space of a declaration.
Space find_space(std::string_view word);

// Parses what follows the state space (`.align 8 .b8 name[24] = {...}`), without the `;` or `,` after it.
// `prior` carries the type over a comma: `.reg .b32 a, b`.
bool parse_variable(TokenStream& tokens, Space space, Variable& out);
// A further name of the same declaration, after a comma.
bool parse_next_variable(TokenStream& tokens, const Variable& prior, Variable& out);
// `( .param .b64 a, .reg .u32 b )`; the cursor is on the parenthesis.
bool parse_parameters(TokenStream& tokens, std::vector<Variable>& out);

}  // namespace soft::ptx
