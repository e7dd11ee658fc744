// See proc_table.h.
#include "gl/proc_table.h"

#include "guest/gl_stubs.h"

namespace guest::gl {
namespace {

// SAFETY: whoever asks for a function calls it as what its name says it is.
#define FERRY_GL_PROC(name, call) {name, reinterpret_cast<void (*)()>(&stub::call)},
const Proc kProcs[] = {
#include "guest/gl_proc_table.inc"
};
#undef FERRY_GL_PROC

}  // namespace

void (*find_proc(std::string_view name))() { return find_in(kProcs, name); }

}  // namespace guest::gl
