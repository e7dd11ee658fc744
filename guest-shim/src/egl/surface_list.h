// The attribute lists of eglCreate...Surface, read and judged.
#pragma once
#include "egl/objects.h"
#include "gl/enums.h"

namespace guest::egl {

struct SurfaceWish {
    bool is_single = false;
    bool is_srgb = false;
    // Of pbuffers.
    gl::Size size{0, 0};
    bool is_largest = false;
    EGLint format = EGL_NO_TEXTURE;
    EGLint target = EGL_NO_TEXTURE;
    bool has_mipmaps = false;
};

// Answer EGL_SUCCESS, or the error that EGL has for the list. Null: an empty one.
EGLint read_surface_list(const EGLint* list, Surface::Kind kind, SurfaceWish& wish);
EGLint read_surface_list(const EGLAttrib* list, Surface::Kind kind, SurfaceWish& wish);

}  // namespace guest::egl
