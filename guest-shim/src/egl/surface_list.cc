// See surface_list.h.
#include "egl/surface_list.h"

namespace guest::egl {
namespace {

using Kind = Surface::Kind;

EGLint read_choice(bool& is_second, EGLAttrib value, EGLint first, EGLint second) {
    is_second = value == second;
    return value == first || value == second ? EGL_SUCCESS : EGL_BAD_ATTRIBUTE;
}

EGLint read_side(std::uint32_t& side, EGLAttrib value) {
    if (value < 0) return EGL_BAD_PARAMETER;
    side = static_cast<std::uint32_t>(value);
    return EGL_SUCCESS;
}

EGLint read_of_pbuffer(EGLAttrib name, EGLAttrib value, SurfaceWish& wish) {
    switch (name) {
        case EGL_WIDTH:
            return read_side(wish.size.width, value);
        case EGL_HEIGHT:
            return read_side(wish.size.height, value);
        case EGL_LARGEST_PBUFFER:
            wish.is_largest = value != EGL_FALSE;
            return EGL_SUCCESS;
        case EGL_MIPMAP_TEXTURE:
            wish.has_mipmaps = value != EGL_FALSE;
            return EGL_SUCCESS;
        case EGL_TEXTURE_FORMAT:
            wish.format = static_cast<EGLint>(value);
            // No configuration has EGL_BIND_TO_TEXTURE_RGB or _RGBA: it is eglBindTexImage that refuses.
            return value == EGL_NO_TEXTURE || value == EGL_TEXTURE_RGB || value == EGL_TEXTURE_RGBA
                       ? EGL_SUCCESS
                       : EGL_BAD_ATTRIBUTE;
        case EGL_TEXTURE_TARGET:
            wish.target = static_cast<EGLint>(value);
            return value == EGL_NO_TEXTURE || value == EGL_TEXTURE_2D ? EGL_SUCCESS : EGL_BAD_ATTRIBUTE;
        default:
            return EGL_BAD_ATTRIBUTE;
    }
}

EGLint read_one(EGLAttrib name, EGLAttrib value, Kind kind, SurfaceWish& wish) {
    bool ignored = false;
    switch (name) {
        case EGL_GL_COLORSPACE:
            return read_choice(wish.is_srgb, value, EGL_GL_COLORSPACE_LINEAR, EGL_GL_COLORSPACE_SRGB);
        case EGL_VG_COLORSPACE:
            return read_choice(ignored, value, EGL_VG_COLORSPACE_sRGB, EGL_VG_COLORSPACE_LINEAR);
        case EGL_VG_ALPHA_FORMAT:
            return read_choice(ignored, value, EGL_VG_ALPHA_FORMAT_NONPRE, EGL_VG_ALPHA_FORMAT_PRE);
        case EGL_RENDER_BUFFER:
            if (kind != Kind::window) return EGL_BAD_ATTRIBUTE;
            return read_choice(wish.is_single, value, EGL_BACK_BUFFER, EGL_SINGLE_BUFFER);
        case EGL_POST_SUB_BUFFER_SUPPORTED_NV:
            return kind == Kind::window ? EGL_SUCCESS : EGL_BAD_ATTRIBUTE;
        default:
            return kind == Kind::pbuffer ? read_of_pbuffer(name, value, wish) : EGL_BAD_ATTRIBUTE;
    }
}

template <class Item>
EGLint read(const Item* list, Kind kind, SurfaceWish& wish) {
    for (; list != nullptr && *list != EGL_NONE; list += 2) {
        const EGLint error = read_one(list[0], list[1], kind, wish);
        if (error != EGL_SUCCESS) return error;
    }
    const bool has_format = wish.format != EGL_NO_TEXTURE;
    return has_format != (wish.target != EGL_NO_TEXTURE) ? EGL_BAD_MATCH : EGL_SUCCESS;
}

}  // namespace

EGLint read_surface_list(const EGLint* list, Kind kind, SurfaceWish& wish) { return read(list, kind, wish); }

EGLint read_surface_list(const EGLAttrib* list, Kind kind, SurfaceWish& wish) {
    return read(list, kind, wish);
}

}  // namespace guest::egl
