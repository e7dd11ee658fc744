// EGL_KHR_debug: the program's own function hears of errors. What is said is the error and the call's name
// where it is known.
#pragma once
#include "gl/types.h"

namespace guest::egl {

// Tells the program's function of the error, if it has set one and wants to hear of such.
void report(EGLint error);

}  // namespace guest::egl
