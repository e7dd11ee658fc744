// What GL takes in every version: whether a call can fail, as far as the guest can be certain (`sets` in
// proto/spec/gl, and the entry_*.cc files). Where one of these says no, the host decides.
#pragma once
#include "gl/runtime.h"
#include "gl/sizes.h"

namespace guest::gl {

inline bool is_compatible(const Context& context) { return context.facts().profile == 2; }

// Drawing by the fixed function into a window: nothing can be wrong with it but the mode.
inline bool draws_plainly(const Context& context) {
    return is_compatible(context) && context.drawing.program == 0 && context.drawing.framebuffer == 0 &&
           !context.drawing.is_odd && context.surfaces.draw != nullptr;
}

// Whether the active texture unit is one that has fixed functions: GL refuses them of another.
inline bool has_fixed_unit(const Context& context) {
    const StateValue* active = context.shadow.state.find(GL_ACTIVE_TEXTURE);
    const Value* most = context.facts().find(GL_MAX_TEXTURE_COORDS);
    if (active == nullptr || most == nullptr || context.shadow.is_compiling()) return false;
    return active->integers[0] - static_cast<GLint>(GL_TEXTURE0) < most->integers[0];
}

namespace valid {

inline bool desktop(const Context& context) { return !context.facts().is_es(); }
inline bool fixed(const Context& context) { return is_compatible(context); }
inline bool fixed_unit(const Context& context) { return is_compatible(context) && has_fixed_unit(context); }

constexpr bool comparison(GLenum value) { return value - GL_NEVER <= GL_ALWAYS - GL_NEVER; }
constexpr bool source_factor(GLenum value) {
    return value <= GL_ONE || value - GL_SRC_COLOR <= GL_SRC_ALPHA_SATURATE - GL_SRC_COLOR;
}
constexpr bool target_factor(GLenum value) { return source_factor(value) && value != GL_SRC_ALPHA_SATURATE; }
constexpr bool equation(GLenum value) {
    return value == GL_FUNC_ADD || value == GL_FUNC_SUBTRACT || value == GL_FUNC_REVERSE_SUBTRACT;
}
constexpr bool stencil_operation(GLenum value) {
    return value == GL_KEEP || value == GL_ZERO || value == GL_REPLACE || value == GL_INCR ||
           value == GL_DECR || value == GL_INVERT;
}
constexpr bool face(GLenum value) {
    return value == GL_FRONT || value == GL_BACK || value == GL_FRONT_AND_BACK;
}
constexpr bool light(GLenum value) { return value - GL_LIGHT0 < 8; }
constexpr bool material(GLenum value) {
    return value == GL_AMBIENT || value == GL_DIFFUSE || value == GL_SPECULAR || value == GL_EMISSION ||
           value == GL_AMBIENT_AND_DIFFUSE;
}
constexpr bool light_vector(GLenum value) {
    return value == GL_AMBIENT || value == GL_DIFFUSE || value == GL_SPECULAR || value == GL_POSITION ||
           value == GL_SPOT_DIRECTION;
}
// A component of a colour.
constexpr GLfloat byte(GLubyte value) { return static_cast<GLfloat>(value) / 255.0F; }
// In the range where nothing is clamped, and no driver answers another value.
constexpr bool unit(GLdouble value) { return value >= 0 && value <= 1; }
template <class... Values>
constexpr bool units(Values... values) {
    return (unit(static_cast<GLdouble>(values)) && ...);
}
// A place and a size that every driver takes as they are.
constexpr bool area(GLint x, GLint y, GLsizei width, GLsizei height) {
    constexpr GLint kMost = 4096;
    return x >= -kMost && x <= kMost && y >= -kMost && y <= kMost && width >= 0 && width <= kMost &&
           height >= 0 && height <= kMost;
}
// Parameters of textures that every version has.
constexpr bool texture_target(GLenum value) { return value == GL_TEXTURE_2D || value == GL_TEXTURE_CUBE_MAP; }
constexpr bool texture_parameter(GLenum name, GLint value) {
    const auto filter = static_cast<GLenum>(value);
    if (name == GL_TEXTURE_MAG_FILTER) return filter == GL_NEAREST || filter == GL_LINEAR;
    if (name == GL_TEXTURE_MIN_FILTER)
        return filter == GL_NEAREST || filter == GL_LINEAR || filter - GL_NEAREST_MIPMAP_NEAREST < 4;
    return (name == GL_TEXTURE_WRAP_S || name == GL_TEXTURE_WRAP_T) &&
           (filter == GL_REPEAT || filter == GL_CLAMP_TO_EDGE);
}
// The same by a real number, which may be fractional where one is meant.
inline bool texture_real(const Context& context, GLenum name, GLfloat value) {
    const Value* const most = context.facts().find(GL_MAX_TEXTURE_MAX_ANISOTROPY);
    if (name == GL_TEXTURE_MAX_ANISOTROPY) return most != nullptr && value >= 1;
    if (name == GL_TEXTURE_LOD_BIAS) return desktop(context);
    return value == static_cast<GLfloat>(static_cast<GLint>(value)) &&
           texture_parameter(name, static_cast<GLint>(value));
}
constexpr bool environment(GLenum target, GLenum name, GLint value) {
    const auto mode = static_cast<GLenum>(value);
    return target == GL_TEXTURE_ENV && name == GL_TEXTURE_ENV_MODE &&
           (mode == GL_MODULATE || mode == GL_DECAL || mode == GL_BLEND || mode == GL_REPLACE);
}

}  // namespace valid

}  // namespace guest::gl
