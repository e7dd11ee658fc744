// What libnghttp2.a finds when it looks for stderr (see --wrap=stderr in CMakeLists.txt): a pointer of ours,
// because its own reference cannot be made position-independent. nghttp2 prints through it only when built
// for debugging.
#include <cstdio>

extern "C" {
__attribute__((visibility("hidden"))) FILE* __wrap_stderr = nullptr;
}
