// The program's own stderr stream, for device text. Code of the shim must not say `stderr`: --wrap=stderr
// (see program_stderr_unsafe.cc) would give it a null pointer.
#pragma once
#include <cstdio>

namespace guest {

std::FILE* program_stderr();

}  // namespace guest
