// Attribute lists of eglChooseConfig: which configurations will do; and what a configuration says of itself.
#pragma once
#include "egl/objects.h"

namespace guest::egl {

// Those that will do, the best first. Empty with `sound` false: EGL_BAD_ATTRIBUTE. Null list: all.
std::vector<const Config*> choose_configs(const Display& display, const EGLint* attributes, bool& sound);

// False: there is no such attribute.
bool read_attribute(const Display& display, const Config& config, EGLint attribute, EGLint& value);

// EGL_SURFACE_TYPE.
EGLint surface_types(const Display& display);

}  // namespace guest::egl
