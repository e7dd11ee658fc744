// The instructions that module_writer.cc takes its modules from. A capital letter is a register of a kind: H
// b16, R b32, L b64, F f32, D f64, P predicate; `#` is a constant of two bytes. A letter in front says what
// address to make first: A, B and C one of the buffer in %la (of 16, 8 and 4 bytes), S and Z of a shared and
// a local word in %rs and %ll, Y one behind all local memory in %ll.
#pragma once
#include <span>

namespace fuzz {

// What compiled runs consist of, or may one day.
std::span<const char* const> arithmetic_templates();
// Memory, lanes among themselves, barriers, calls, ends, and arithmetic that is rarer.
std::span<const char* const> other_templates();

}  // namespace fuzz
