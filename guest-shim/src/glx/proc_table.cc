// See proc_table.h.
#include "glx/proc_table.h"

#include <algorithm>
#include <iterator>

#include "guest/gl_stubs.h"

namespace guest::glx {
namespace {

struct Entry {
    std::string_view name;
    __GLXextFuncPtr function;
};

// SAFETY: whoever asks for a function calls it as what its name says it is.
#define FERRY_GL_PROC(name, call) {name, reinterpret_cast<__GLXextFuncPtr>(&gl::stub::call)},
const Entry kGl[] = {
#include "guest/gl_proc_table.inc"
};
#undef FERRY_GL_PROC

// SAFETY: the same.
#define FERRY_GLX(name, call) {name, reinterpret_cast<__GLXextFuncPtr>(&glx::call)},
const Entry kGlx[] = {
#include "guest/glx_names.inc"
};
#undef FERRY_GLX

template <std::size_t Count>
__GLXextFuncPtr find(const Entry (&table)[Count], std::string_view name) {
    const auto* found =
        std::lower_bound(std::begin(table), std::end(table), name,
                         [](const Entry& entry, std::string_view wanted) { return entry.name < wanted; });
    return found != std::end(table) && found->name == name ? found->function : nullptr;
}

}  // namespace

__GLXextFuncPtr find_glx(std::string_view name) { return find(kGlx, name); }

__GLXextFuncPtr find_proc(std::string_view name) {
    return name.starts_with("glX") ? find_glx(name) : find(kGl, name);
}

}  // namespace guest::glx
