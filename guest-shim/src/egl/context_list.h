// The attribute list of eglCreateContext, read and judged.
#pragma once
#include "gl/types.h"
#include "gl/version_wish.h"

namespace guest::egl {

// `api`: EGL_OPENGL_API or EGL_OPENGL_ES_API. Answers EGL_SUCCESS, or the error that the specification has
// for the list: EGL 1.5, section 3.7.1; EGL_KHR_create_context, EGL_EXT_create_context_robustness,
// EGL_KHR_context_flush_control. EGL_KHR_create_context_no_error is not offered: contexts of a host share
// with one that has errors, and must agree in that.
EGLint read_context_list(const EGLint* list, EGLenum api, gl::VersionWish& wish);

}  // namespace guest::egl
