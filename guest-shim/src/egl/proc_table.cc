// See proc_table.h.
#include "egl/proc_table.h"

#include "gl/proc_table.h"
#include "guest/egl_hand.h"

namespace guest::egl {
namespace {

// SAFETY: whoever asks for a function calls it as what its name says it is.
#define FERRY_EGL(name, call) {name, reinterpret_cast<void (*)()>(&egl::call)},
const gl::Proc kProcs[] = {
#include "guest/egl_names.inc"
};
#undef FERRY_EGL

}  // namespace

__eglMustCastToProperFunctionPointerType find_proc(std::string_view name) {
    return name.starts_with("egl") ? gl::find_in(kProcs, name) : gl::find_proc(name);
}

}  // namespace guest::egl
