// See proc_table.h.
#include "glx/proc_table.h"

#include "gl/proc_table.h"
#include "guest/glx_hand.h"

namespace guest::glx {
namespace {

// SAFETY: whoever asks for a function calls it as what its name says it is.
#define FERRY_GLX(name, call) {name, reinterpret_cast<void (*)()>(&glx::call)},
const gl::Proc kProcs[] = {
#include "guest/glx_names.inc"
};
#undef FERRY_GLX

}  // namespace

__GLXextFuncPtr find_proc(std::string_view name) {
    return name.starts_with("glX") ? gl::find_in(kProcs, name) : gl::find_proc(name);
}

}  // namespace guest::glx
