// What EGL says of itself. Null: no such text.
#pragma once
#include "gl/types.h"

namespace guest::egl {

inline constexpr const char* kVendor = "Ferry";
// Platforms alone; libglvnd asks for these by another way.
extern const char* const kPlatformExtensions;

// Of no display in particular.
const char* client_text(EGLint name);
const char* display_text(EGLint name);

}  // namespace guest::egl
