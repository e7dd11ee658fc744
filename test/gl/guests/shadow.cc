// What GL answers of its state, after whatever a program may have done: printed, so that a run by Ferry can
// be compared with one without. `shadow SEED STEPS` makes random calls and asks between them, `shadow SEED
// STEPS textures` those that textures and matrices have to do with, of several units.
#define GL_GLEXT_PROTOTYPES
#include "offscreen.h"

namespace {

unsigned long seed = 1;

unsigned some(unsigned most) {
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned)(seed >> 33) % most;
}

template <class T, unsigned N>
T one_of(const T (&list)[N]) {
    return list[some(N)];
}

float real() { return (float)(int)(some(2001) - 1000) / 250.0f; }

const GLenum switches[] = {GL_ALPHA_TEST,     GL_BLEND,       GL_CULL_FACE,     GL_DEPTH_TEST,
                           GL_DITHER,         GL_FOG,         GL_LIGHTING,      GL_LIGHT0,
                           GL_LIGHT3,         GL_NORMALIZE,   GL_SCISSOR_TEST,  GL_STENCIL_TEST,
                           GL_LINE_SMOOTH,    GL_TEXTURE_2D,  GL_TEXTURE_GEN_S, GL_POLYGON_OFFSET_FILL,
                           GL_COLOR_MATERIAL, GL_MULTISAMPLE, GL_LINE_STIPPLE,  GL_TEXTURE_GEN_T,
                           GL_VERTEX_ARRAY};
const GLenum integers[] = {GL_DEPTH_FUNC,
                           GL_DEPTH_WRITEMASK,
                           GL_BLEND_SRC,
                           GL_BLEND_DST,
                           GL_BLEND_SRC_ALPHA,
                           GL_BLEND_DST_ALPHA,
                           GL_BLEND_EQUATION_RGB,
                           GL_BLEND_EQUATION_ALPHA,
                           GL_ALPHA_TEST_FUNC,
                           GL_CULL_FACE_MODE,
                           GL_FRONT_FACE,
                           GL_POLYGON_MODE,
                           GL_SHADE_MODEL,
                           GL_MATRIX_MODE,
                           GL_STENCIL_FUNC,
                           GL_STENCIL_FAIL,
                           GL_STENCIL_BACK_FUNC,
                           GL_STENCIL_BACK_PASS_DEPTH_PASS,
                           GL_VIEWPORT,
                           GL_SCISSOR_BOX,
                           GL_COLOR_WRITEMASK,
                           GL_ACTIVE_TEXTURE,
                           GL_TEXTURE_BINDING_2D,
                           GL_TEXTURE_BINDING_3D,
                           GL_CURRENT_PROGRAM,
                           GL_DRAW_FRAMEBUFFER_BINDING,
                           GL_LIST_BASE,
                           GL_ATTRIB_STACK_DEPTH,
                           GL_MODELVIEW_STACK_DEPTH,
                           GL_UNPACK_ALIGNMENT,
                           GL_PACK_ROW_LENGTH,
                           GL_ARRAY_BUFFER_BINDING,
                           GL_ELEMENT_ARRAY_BUFFER_BINDING,
                           GL_VERTEX_ARRAY_BINDING,
                           GL_LINE_WIDTH,
                           GL_MAX_TEXTURE_SIZE,
                           GL_CLIENT_ACTIVE_TEXTURE,
                           GL_LIGHTING,
                           GL_BLEND};
const GLenum reals[] = {
    GL_LINE_WIDTH,        GL_POINT_SIZE,  GL_POLYGON_OFFSET_FACTOR, GL_CURRENT_COLOR,    GL_COLOR_CLEAR_VALUE,
    GL_DEPTH_RANGE,       GL_BLEND_COLOR, GL_ALPHA_TEST_REF,        GL_MODELVIEW_MATRIX, GL_PROJECTION_MATRIX,
    GL_DEPTH_CLEAR_VALUE, GL_DEPTH_FUNC,  GL_MODELVIEW_MATRIX,      GL_CURRENT_COLOR,    GL_TEXTURE_MATRIX};
const GLbitfield masks[] = {GL_ENABLE_BIT,  GL_COLOR_BUFFER_BIT,   GL_DEPTH_BUFFER_BIT, GL_LIGHTING_BIT,
                            GL_POLYGON_BIT, GL_TEXTURE_BIT,        GL_TRANSFORM_BIT,    GL_VIEWPORT_BIT,
                            GL_CURRENT_BIT, GL_STENCIL_BUFFER_BIT, GL_LINE_BIT,         GL_SCISSOR_BIT,
                            GL_LIST_BIT,    GL_ALL_ATTRIB_BITS,    GL_MULTISAMPLE_BIT,  GL_POINT_BIT};
const GLenum comparisons[] = {GL_NEVER, GL_LESS, GL_EQUAL, GL_LEQUAL, GL_GREATER, GL_ALWAYS, GL_KEEP};
const GLenum factors[] = {GL_ZERO, GL_ONE, GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_DST_COLOR, GL_BACK};
const GLenum modes[] = {GL_MODELVIEW, GL_PROJECTION, GL_TEXTURE, GL_MODELVIEW};
const GLenum operations[] = {GL_KEEP, GL_REPLACE, GL_INCR, GL_INVERT, GL_INCR_WRAP};
GLuint textures[4];
GLuint kept[4];  // textures that lists bind

void print(const char* kind, GLenum name, const float* values, int count) {
    printf("%s %04x:", kind, name);
    for (int at = 0; at < count; ++at) printf(" %a", values[at] + 0.0f);
    printf("\n");
}

void ask() {
    GLint whole[16] = {};
    GLfloat parts[16] = {};
    GLboolean truths[16] = {};
    GLdouble wide[16] = {};
    GLenum name = one_of(switches);
    printf("enabled %04x: %d\n", name, glIsEnabled(name));
    name = one_of(integers);
    glGetIntegerv(name, whole);
    printf("integer %04x: %d %d %d %d\n", name, whole[0], whole[1], whole[2], whole[3]);
    name = one_of(reals);
    glGetFloatv(name, parts);
    print("real", name, parts, 16);
    name = some(2) != 0 ? one_of(reals) : one_of(integers);
    switch (some(4)) {
        case 0:
            glGetBooleanv(name, truths);
            printf("truth %04x: %d %d\n", name, truths[0], truths[1]);
            break;
        case 1:
            glGetDoublev(name, wide);
            printf("double %04x: %a %a\n", name, wide[0] + 0.0, wide[1] + 0.0);
            break;
        case 2:
            if (name == GL_MODELVIEW_MATRIX || name == GL_PROJECTION_MATRIX) break;
            glGetIntegerv(name, whole);
            printf("integer %04x: %d %d %d %d\n", name, whole[0], whole[1], whole[2], whole[3]);
            break;
        default:
            printf("error %04x\n", glGetError());
    }
}

void matrix_step() {
    const GLfloat some_matrix[16] = {1, 0.5f, 0, 0, 0.25f, 1, 2, 0, 0, 0, 1, 0, 3, 4, 5, 1};
    const GLdouble wide_matrix[16] = {2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0.1, 0.2, 0.3, 1};
    switch (some(13)) {
        case 0:
            return glLoadIdentity();
        case 1:
            return glTranslatef(real(), real(), real());
        case 2:
            return glRotatef(real() * 90, real(), real(), real());
        case 3:
            return glRotatef(real() * 90, 0, 0, some(2) != 0 ? 1 : -2);
        case 4:
            return glRotatef(real() * 90, 0, some(2) != 0 ? 1 : -2, 0);
        case 5:
            return glRotated(real() * 90, some(2) != 0 ? 1 : -2, 0, 0);
        case 6:
            return glScalef(real(), real(), real());
        case 7:
            return glMultMatrixf(some_matrix);
        case 8:
            return glLoadMatrixd(wide_matrix);
        case 9:
            return glMultTransposeMatrixf(some_matrix);
        case 10:
            return glFrustum(-1, 1, -0.75, 0.75, some(4) != 0 ? 1.5 : -1, 40);
        case 11:
            return glOrtho(0, 640, 480, 0, -1, 1);
        default:
            return glMatrixMode(some(20) == 0 ? GL_LINE : one_of(modes));
    }
}

void value_step() {
    switch (some(22)) {
        case 0:
        case 1:
        case 2:
            return glEnable(some(30) == 0 ? GL_LINE : switches[some(20)]);
        case 3:
        case 4:
            return glDisable(switches[some(20)]);
        case 5:
            return glDepthFunc(one_of(comparisons));
        case 6:
            return glBlendFunc(one_of(factors), one_of(factors));
        case 7:
            return glBlendFuncSeparate(one_of(factors), one_of(factors), GL_ONE, GL_ZERO);
        case 8:
            return glColor4f(real(), real(), 0.25f, 1);
        case 9:
            return glColor3ub((GLubyte)some(256), 7, 255);
        case 10:
            return glClearColor(real(), 0.5f, 0.25f, 0.125f);
        case 11:
            return glDepthMask(some(2) != 0);
        case 12:
            return glStencilFunc(one_of(comparisons), 1, 0xff);
        case 13:
            return glStencilOp(one_of(operations), one_of(operations), one_of(operations));
        case 14:
            return glViewport((int)some(20), (int)some(20) - 10, (int)some(100) - 5, 50);
        case 15:
            return glScissor((int)some(20), 3, (int)some(100) - 5, 20);
        case 16:
            return glPolygonMode(some(3) == 0 ? GL_FRONT : GL_FRONT_AND_BACK,
                                 some(2) != 0 ? GL_LINE : GL_FILL);
        case 17:
            return glLineWidth(real());
        case 18:
            return glActiveTexture(GL_TEXTURE0 + some(10));
        case 19:
            return glBindTexture(some(3) == 0 ? GL_TEXTURE_3D : GL_TEXTURE_2D, one_of(textures));
        case 20:
            return glShadeModel(some(2) != 0 ? GL_FLAT : GL_SMOOTH);
        default:
            return glDepthRange(real(), 1);
    }
}

void step(int depth);

// A display list of a few steps; it calls those of lower numbers alone. `depth`: the one being compiled.
void list_step(int depth) {
    const GLuint list = depth > 0 ? some((unsigned)depth) : 1 + some(6);
    if (depth > 0 || some(3) != 0) {
        if (some(4) == 0) {
            const GLubyte names[] = {(GLubyte)list, 0, 9};
            return glCallLists(3, GL_UNSIGNED_BYTE, names);
        }
        return glCallList(list);
    }
    glNewList(list, some(3) == 0 ? GL_COMPILE_AND_EXECUTE : GL_COMPILE);
    const unsigned steps = some(6);
    for (unsigned at = 0; at < steps; ++at) step((int)list);
    glEndList();
}

void draw_step() {
    glBegin(GL_TRIANGLES);
    for (int at = 0; at < 3; ++at) {
        glColor3f(real(), real(), real());
        glVertex2f(real(), real());
    }
    // Nothing of it is allowed here.
    if (some(4) == 0) glEnable(GL_FOG);
    if (some(4) == 0) glLoadIdentity();
    if (some(4) == 0) glCallList(1 + some(6));
    glEnd();
}

void step(int depth) {
    switch (some(12)) {
        case 0:
            return glPushMatrix();
        case 1:
            return glPopMatrix();
        case 2:
            return glPushAttrib(one_of(masks));
        case 3:
            return glPopAttrib();
        case 4:
            return list_step(depth);
        case 5:
            return depth > 0 ? value_step() : draw_step();
        case 6:
        case 7:
        case 8:
            return matrix_step();
        default:
            return value_step();
    }
}

void run_script(int steps) {
    glGenTextures(3, textures);
    for (int at = 0; at < steps; ++at) {
        step(0);
        if (some(3) == 0) ask();
    }
    printf("error %04x\n", glGetError());
}

// How many errors are kept apart, and in which order, is the driver's to choose.
bool has_failed() {
    const bool is_error = glGetError() != GL_NO_ERROR;
    while (glGetError() != GL_NO_ERROR) {}
    return is_error;
}

void ask_of_textures() {
    const GLenum asked[] = {GL_TEXTURE_BINDING_2D, GL_TEXTURE_BINDING_3D, GL_TEXTURE_BINDING_1D,
                            GL_TEXTURE_BINDING_CUBE_MAP, GL_TEXTURE_STACK_DEPTH, GL_MODELVIEW_STACK_DEPTH,
                            GL_PROJECTION_STACK_DEPTH, GL_ATTRIB_STACK_DEPTH, GL_MATRIX_MODE,
                            GL_ACTIVE_TEXTURE};
    const GLenum matrices[] = {GL_TEXTURE_MATRIX, GL_TEXTURE_MATRIX, GL_MODELVIEW_MATRIX,
                               GL_PROJECTION_MATRIX};
    GLint whole = 0;
    GLfloat parts[16] = {};
    GLdouble wide[16] = {};
    const GLenum name = one_of(asked);
    const GLenum matrix = one_of(matrices);
    switch (some(4)) {
        case 0:
            printf("error: %d\n", has_failed());
            break;
        case 1:
            glGetDoublev(matrix, wide);
            for (int at = 0; at < 16; ++at) parts[at] = (float)wide[at];
            return print("double", matrix, parts, 16);
        case 2:
            glGetFloatv(matrix, parts);
            return print("matrix", matrix, parts, 16);
        default:
            glGetIntegerv(name, &whole);
            // Names are the driver's to choose.
            for (int at = 0; at < 4 && name >= GL_TEXTURE_BINDING_1D; ++at) {
                if ((GLuint)whole == textures[at]) whole = -1 - at;
            }
            printf("integer %04x: %d\n", name, whole);
    }
}

// Of units that have no fixed functions, too. Textures keep the targets that they have been given.
void texture_step(int depth) {
    const GLenum targets[] = {GL_TEXTURE_2D, GL_TEXTURE_3D, GL_TEXTURE_CUBE_MAP, GL_TEXTURE_1D};
    const unsigned kind = some(4);
    const GLuint list = depth > 0 ? some((unsigned)depth) : 1 + some(6);
    switch (some(18)) {
        case 0:
            return glActiveTexture(GL_TEXTURE0 + some(10));
        case 1:
        case 2:
            return glActiveTexture(GL_TEXTURE0 + some(3));
        case 3:
        case 4:
            return glBindTexture(targets[kind], some(3) == 0 ? 0 : (depth > 0 ? kept : textures)[kind]);
        case 5:
            if (depth == 0) glBindTextureUnit(some(3), textures[0]);
            return;
        case 6:
            if (depth == 0) glBindTextures(some(2), 2, textures);
            return;
        case 7:
            if (depth > 0) return;
            glDeleteTextures(1, textures + kind);
            glGenTextures(1, textures + kind);
            return;
        case 8:
            return glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_LOD_BIAS, real());
        case 9:
        case 10:
            return glMatrixMode(one_of(modes));
        case 11:
            return glPushMatrix();
        case 12:
            return glPopMatrix();
        case 13:
            if (depth > 0 || some(3) != 0) return glCallList(list);
            glNewList(list, some(3) == 0 ? GL_COMPILE_AND_EXECUTE : GL_COMPILE);
            for (unsigned left = some(6); left > 0; --left) texture_step((int)list);
            return glEndList();
        case 14:
            return depth > 0 ? glLoadIdentity() : glPushAttrib(GL_TRANSFORM_BIT);
        case 15:
            return depth > 0 ? glLoadIdentity() : glPopAttrib();
        default:
            return matrix_step();
    }
}

void run_textures(int steps) {
    glGenTextures(4, kept);
    glGenTextures(4, textures);
    for (int at = 0; at < steps; ++at) {
        texture_step(0);
        if (some(3) == 0) ask_of_textures();
    }
    printf("error: %d\n", has_failed());
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) return 2;
    make_current_offscreen();
    seed = strtoul(arguments[1], NULL, 10);
    if (count > 3)
        run_textures(atoi(arguments[2]));
    else
        run_script(atoi(arguments[2]));
    printf("done\n");
    return 0;
}
