// The addresses of GL's and GLX's functions by name.
#pragma once
#include <string_view>

#include "guest/glx_hand.h"

namespace guest::glx {

// Null: there is no such function.
__GLXextFuncPtr find_proc(std::string_view name);

}  // namespace guest::glx
