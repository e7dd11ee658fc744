// Shaders and programs as GL_ARB_shader_objects has them: handles, which are names of either. Each call is
// what later versions of GL made of it.
#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

enum class Handle : unsigned char { none, shader, program };

// What the handle is one of; none, and GL_INVALID_VALUE, when nothing has that name.
Handle kind_of(Context& context, GLhandleARB object) {
    if (remote::glIsProgram(context, object) != 0) return Handle::program;
    if (remote::glIsShader(context, object) != 0) return Handle::shader;
    fail(context, GL_INVALID_VALUE);
    return Handle::none;
}

}  // namespace

void glDeleteObjectARB(Context& context, GLhandleARB obj) {
    if (obj == 0) return;
    const Handle kind = kind_of(context, obj);
    if (kind == Handle::program) glDeleteProgram(context, obj);
    if (kind == Handle::shader) glDeleteShader(context, obj);
}

GLhandleARB glGetHandleARB(Context& context, GLenum pname) {
    if (pname != GL_PROGRAM_OBJECT_ARB) {
        fail(context, GL_INVALID_ENUM);
        return 0;
    }
    GLint program = 0;
    glGetIntegerv(context, GL_CURRENT_PROGRAM, &program);
    return static_cast<GLhandleARB>(program);
}

void glGetAttachedObjectsARB(Context& context, GLhandleARB containerObj, GLsizei maxCount, GLsizei* count,
                             GLhandleARB* obj) {
    wire::glGetAttachedShaders_Reply reply;
    const wire::glGetAttachedShaders_Request request{.program = containerObj, .maxCount = maxCount};
    if (!call(context, request, reply)) return;
    if (count != nullptr) *count = reply.count;
    wire::gl::out(obj, reply.shaders, reply.shaders.size());
}

void glGetInfoLogARB(Context& context, GLhandleARB obj, GLsizei maxLength, GLsizei* length, GLcharARB* log) {
    const Handle kind = kind_of(context, obj);
    if (kind == Handle::program) remote::glGetProgramInfoLog(context, obj, maxLength, length, log);
    if (kind == Handle::shader) remote::glGetShaderInfoLog(context, obj, maxLength, length, log);
}

void glGetObjectParameterivARB(Context& context, GLhandleARB obj, GLenum pname, GLint* params) {
    if (params == nullptr) return;
    const Handle kind = kind_of(context, obj);
    if (kind == Handle::none) return;
    const bool is_program = kind == Handle::program;
    if (pname == GL_OBJECT_TYPE_ARB) {
        *params = static_cast<GLint>(is_program ? GL_PROGRAM_OBJECT_ARB : GL_SHADER_OBJECT_ARB);
    } else if (is_program) {
        glGetProgramiv(context, obj, pname, params);
    } else {
        remote::glGetShaderiv(context, obj, pname == GL_OBJECT_SUBTYPE_ARB ? GL_SHADER_TYPE : pname, params);
    }
}

void glGetObjectParameterfvARB(Context& context, GLhandleARB obj, GLenum pname, GLfloat* params) {
    GLint value = 0;
    glGetObjectParameterivARB(context, obj, pname, &value);
    if (params != nullptr) *params = static_cast<GLfloat>(value);
}

}  // namespace guest::gl::hand
