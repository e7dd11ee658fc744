// State that is followed by hand: what is enabled, the stacks of attributes, the bindings of programs,
// framebuffers and textures. The state that calls set by their parameters alone is generated (`sets` in
// proto/spec/gl).
#include "gl/valid.h"
#include "guest/gl_hand.h"

namespace guest::gl {
namespace hand {
namespace {

// What glEnable knows in every version of a profile, and the guest follows.
bool is_switch(const Context& context, GLenum cap) {
    switch (cap) {
        case GL_BLEND:
        case GL_CULL_FACE:
        case GL_DEPTH_TEST:
        case GL_DITHER:
        case GL_POLYGON_OFFSET_FILL:
        case GL_SCISSOR_TEST:
        case GL_STENCIL_TEST:
        case GL_SAMPLE_ALPHA_TO_COVERAGE:
        case GL_SAMPLE_COVERAGE:
            return true;
        case GL_COLOR_LOGIC_OP:
        case GL_LINE_SMOOTH:
        case GL_MULTISAMPLE:
        case GL_POLYGON_OFFSET_LINE:
        case GL_POLYGON_OFFSET_POINT:
        case GL_POLYGON_SMOOTH:
            return !context.facts().is_es();
        case GL_ALPHA_TEST:
        case GL_POLYGON_STIPPLE:
        case GL_LINE_STIPPLE:
        case GL_POINT_SMOOTH:
        case GL_FOG:
        case GL_LIGHTING:
        case GL_COLOR_MATERIAL:
        case GL_NORMALIZE:
        case GL_RESCALE_NORMAL:
            return is_compatible(context);
        case GL_TEXTURE_1D:
        case GL_TEXTURE_2D:
        case GL_TEXTURE_GEN_S:
        case GL_TEXTURE_GEN_T:
        case GL_TEXTURE_GEN_R:
        case GL_TEXTURE_GEN_Q:
            return valid::fixed_unit(context);
        default:
            return is_compatible(context) && cap >= GL_LIGHT0 && cap <= GL_LIGHT7;
    }
}

void turn(Context& context, GLenum cap, bool on) {
    const bool is_sure = context.shadow.takes(is_switch(context, cap));
    context.shadow.set(is_sure, cap, on);
    // Old programs of the driver's own languages may be broken, and then nothing can be drawn.
    if (cap == GL_VERTEX_PROGRAM_ARB || cap == GL_FRAGMENT_PROGRAM_ARB) context.drawing.is_odd = true;
    if (is_sure) context.errors().vouch();
    if (cap == GL_DEBUG_OUTPUT_SYNCHRONOUS) context.debug.is_synchronous = on;
    if (cap == GL_PRIMITIVE_RESTART) context.arrays.restart.is_on = on;
    if (cap == GL_PRIMITIVE_RESTART_FIXED_INDEX) context.arrays.restart.is_fixed = on;
}

}  // namespace

void glEnable(Context& context, GLenum cap) {
    turn(context, cap, true);
    remote::glEnable(context, cap);
}

void glDisable(Context& context, GLenum cap) {
    turn(context, cap, false);
    remote::glDisable(context, cap);
}

void glEnablei(Context& context, GLenum target, GLuint index) {
    context.shadow.set(false, target, 0);
    remote::glEnablei(context, target, index);
}

void glDisablei(Context& context, GLenum target, GLuint index) {
    context.shadow.set(false, target, 0);
    remote::glDisablei(context, target, index);
}

void glPushAttrib(Context& context, GLbitfield mask) {
    if (context.shadow.push_attributes(mask)) context.errors().vouch();
    remote::glPushAttrib(context, mask);
}

void glPopAttrib(Context& context) {
    if (context.shadow.pop_attributes()) context.errors().vouch();
    remote::glPopAttrib(context);
}

void glUseProgram(Context& context, GLuint program) {
    context.drawing.program = program;
    const bool is_sure = context.shadow.takes(program == 0);
    context.shadow.set(is_sure, GL_CURRENT_PROGRAM, program);
    if (is_sure) context.errors().vouch();
    remote::glUseProgram(context, program);
}

void glBindProgramPipeline(Context& context, GLuint pipeline) {
    context.drawing.is_odd = true;
    remote::glBindProgramPipeline(context, pipeline);
}

void glBindFramebuffer(Context& context, GLenum target, GLuint framebuffer) {
    const bool draws = target != GL_READ_FRAMEBUFFER;
    if (draws) context.drawing.framebuffer = framebuffer;
    const bool is_target =
        target == GL_FRAMEBUFFER || target == GL_DRAW_FRAMEBUFFER || target == GL_READ_FRAMEBUFFER;
    const bool is_made = framebuffer == 0 || context.names(NameKind::framebuffer, [&](NameTable& table) {
        return table.holds(framebuffer);
    });
    const bool is_sure = context.shadow.takes(is_target && is_made && !context.facts().is_es());
    if (draws) context.shadow.set(is_sure, GL_DRAW_FRAMEBUFFER_BINDING, framebuffer);
    if (target != GL_DRAW_FRAMEBUFFER) context.shadow.set(is_sure, GL_READ_FRAMEBUFFER_BINDING, framebuffer);
    if (is_sure) context.errors().vouch();
    remote::glBindFramebuffer(context, target, framebuffer);
}

void glBindTexture(Context& context, GLenum target, GLuint texture) {
    GLenum name = 0;
    if (target == GL_TEXTURE_2D) name = GL_TEXTURE_BINDING_2D;
    if (target == GL_TEXTURE_3D) name = GL_TEXTURE_BINDING_3D;
    if (target == GL_TEXTURE_CUBE_MAP) name = GL_TEXTURE_BINDING_CUBE_MAP;
    if (target == GL_TEXTURE_1D && is_compatible(context)) name = GL_TEXTURE_BINDING_1D;
    // In a list it is bound when the list is called, to whatever target it has then.
    const bool is_own = texture == 0 || (!context.group().is_shared() && !context.shadow.is_compiling());
    const bool is_sure = context.shadow.takes(name != 0 && is_own && context.textures.takes(texture, target));
    if (name != 0) context.shadow.set(is_sure, name, texture);
    if (context.shadow.is_compiling() && texture != 0)
        context.textures.lose(texture);
    else if (name == 0)
        context.textures.forget(texture);
    if (is_sure) context.errors().vouch();
    remote::glBindTexture(context, target, texture);
}

}  // namespace hand

namespace track {

bool glPolygonMode(Context& context, GLenum face, GLenum mode) {
    const bool is_whole = face == GL_FRONT_AND_BACK;
    const bool is_face = is_whole || (is_compatible(context) && valid::face(face));
    const bool is_mode = mode - GL_POINT <= GL_FILL - GL_POINT;
    const bool is_sure = context.shadow.takes(is_face && is_mode && !context.facts().is_es());
    context.shadow.act(GL_POLYGON_MODE, [=](Shadow& shadow) {
        const StateValue* const known = shadow.state.find(GL_POLYGON_MODE);
        if (!is_sure || (!is_whole && known == nullptr)) return shadow.state.forget(GL_POLYGON_MODE);
        const auto is = static_cast<GLint>(mode);
        const GLint front = face == GL_BACK ? known->integers[0] : is;
        const GLint back = face == GL_FRONT ? known->integers[1] : is;
        shadow.state.set(GL_POLYGON_MODE, front, back);
    });
    if (is_sure) context.errors().vouch();
    return true;
}

bool glActiveTexture(Context& context, GLenum texture) {
    const bool is_sure = context.shadow.takes(texture - GL_TEXTURE0 < kFollowedUnits);
    context.shadow.set_active_texture(is_sure, texture);
    if (is_sure) context.errors().vouch();
    return true;
}

bool glMatrixMode(Context& context, GLenum mode) {
    const bool is_mode = mode == GL_MODELVIEW || mode == GL_PROJECTION || mode == GL_TEXTURE;
    const bool is_sure = context.shadow.takes(is_mode && is_compatible(context));
    if (context.shadow.set_matrix_mode(is_sure, mode)) context.errors().vouch();
    return true;
}

namespace {

// A change of the top matrix.
template <class Change>
bool changes(Context& context, Change&& change) {
    if (context.shadow.change_matrix(change) && is_compatible(context)) context.errors().vouch();
    return true;
}

// The same, where the new matrix is computed from the old one: of a driver that may round otherwise than Mesa
// it is asked for.
template <class Change>
bool computes(Context& context, Change&& change) {
    return changes(context, [change, is_alike = context.facts().is_mesa()](MatrixStack::Entry& top) {
        change(top.matrix);
        top.is_known &= is_alike;
    });
}

// The stack that is pushed or popped has to be known, or none is followed any more: the host is asked, once
// after it has refused something.
void learn_matrix_mode(Context& context) {
    Shadow& shadow = context.shadow;
    const bool is_lost = !shadow.takes(true) || shadow.model_view.at_most == 0;
    if (is_lost || !shadow.is_executing()) return;
    for (const GLenum name : {GL_MATRIX_MODE, GL_ACTIVE_TEXTURE}) {
        if (shadow.knows_matrices()) return;
        GLint value = 0;
        hand::glGetIntegerv(context, name, &value);
        if (value != 0) shadow.state.set(name, value);
    }
}

template <class T>
Matrix loaded(const T* from, bool transposed) {
    Matrix matrix;
    for (std::size_t at = 0; at < 16; ++at)
        matrix[at] = static_cast<GLfloat>(from[transposed ? at % 4 * 4 + at / 4 : at]);
    return matrix;
}

template <class T>
bool loads(Context& context, const T* from, bool transposed) {
    if (from == nullptr) return true;
    return changes(context, [matrix = loaded(from, transposed)](MatrixStack::Entry& top) {
        top = {matrix, true};
    });
}

template <class T>
bool multiplies(Context& context, const T* from, bool transposed) {
    if (from == nullptr) return true;
    return computes(context, [matrix = loaded(from, transposed)](Matrix& top) { multiply(top, matrix); });
}

GLfloat real(GLdouble value) { return static_cast<GLfloat>(value); }

}  // namespace

bool glPushMatrix(Context& context) {
    learn_matrix_mode(context);
    if (context.shadow.push_matrix()) context.errors().vouch();
    return true;
}

bool glPopMatrix(Context& context) {
    learn_matrix_mode(context);
    if (context.shadow.pop_matrix()) context.errors().vouch();
    return true;
}

bool glLoadIdentity(Context& context) {
    return changes(context, [](MatrixStack::Entry& top) { top = MatrixStack::Entry(); });
}

bool glLoadMatrixf(Context& context, const GLfloat* m) { return loads(context, m, false); }
bool glLoadMatrixd(Context& context, const GLdouble* m) { return loads(context, m, false); }
bool glLoadTransposeMatrixf(Context& context, const GLfloat* m) { return loads(context, m, true); }
bool glLoadTransposeMatrixd(Context& context, const GLdouble* m) { return loads(context, m, true); }
bool glMultMatrixf(Context& context, const GLfloat* m) { return multiplies(context, m, false); }
bool glMultMatrixd(Context& context, const GLdouble* m) { return multiplies(context, m, false); }
bool glMultTransposeMatrixf(Context& context, const GLfloat* m) { return multiplies(context, m, true); }
bool glMultTransposeMatrixd(Context& context, const GLdouble* m) { return multiplies(context, m, true); }

bool glTranslatef(Context& context, GLfloat x, GLfloat y, GLfloat z) {
    return computes(context, [=](Matrix& top) { translate(top, x, y, z); });
}

bool glTranslated(Context& context, GLdouble x, GLdouble y, GLdouble z) {
    return glTranslatef(context, real(x), real(y), real(z));
}

bool glScalef(Context& context, GLfloat x, GLfloat y, GLfloat z) {
    return computes(context, [=](Matrix& top) { scale(top, x, y, z); });
}

bool glScaled(Context& context, GLdouble x, GLdouble y, GLdouble z) {
    return glScalef(context, real(x), real(y), real(z));
}

bool glRotatef(Context& context, GLfloat angle, GLfloat x, GLfloat y, GLfloat z) {
    return computes(context, [=](Matrix& top) { rotate(top, angle, x, y, z); });
}

bool glRotated(Context& context, GLdouble angle, GLdouble x, GLdouble y, GLdouble z) {
    return glRotatef(context, real(angle), real(x), real(y), real(z));
}

bool glFrustum(Context& context, GLdouble left, GLdouble right, GLdouble bottom, GLdouble top, GLdouble near,
               GLdouble far) {
    if (near <= 0 || far <= 0 || near == far || left == right || top == bottom) return true;
    return computes(context, [=](Matrix& matrix) {
        frustum(matrix, real(left), real(right), real(bottom), real(top), real(near), real(far));
    });
}

bool glOrtho(Context& context, GLdouble left, GLdouble right, GLdouble bottom, GLdouble top, GLdouble near,
             GLdouble far) {
    if (near == far || left == right || top == bottom) return true;
    return computes(context, [=](Matrix& matrix) {
        ortho(matrix, real(left), real(right), real(bottom), real(top), real(near), real(far));
    });
}

}  // namespace track
}  // namespace guest::gl
