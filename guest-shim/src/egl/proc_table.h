// The addresses of GL's and EGL's functions by name.
#pragma once
#include <string_view>

#include "gl/types.h"

namespace guest::egl {

// Null: there is no such function.
__eglMustCastToProperFunctionPointerType find_proc(std::string_view name);

}  // namespace guest::egl
