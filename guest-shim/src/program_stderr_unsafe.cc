// What libnghttp2.a finds when it looks for stderr (see --wrap=stderr in CMakeLists.txt): a pointer of ours,
// because its own reference cannot be made position-independent. nghttp2 prints through it only when built
// for debugging.
#include "program_stderr.h"

extern "C" {
__attribute__((visibility("hidden"))) std::FILE* __wrap_stderr = nullptr;
extern std::FILE* __real_stderr;
}

namespace guest {

std::FILE* program_stderr() { return __real_stderr; }

}  // namespace guest
