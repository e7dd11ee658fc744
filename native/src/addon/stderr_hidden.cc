// Debian's libnghttp2.a refers to `stderr` in one place in a way that does not fit into a shared library; the
// linker is told (--wrap=stderr) to use this private stand-in. Can go once that archive is built as
// position-independent.
#include <cstdio>

extern "C" {
extern FILE* __wrap_stderr;
FILE* __wrap_stderr = nullptr;
}
