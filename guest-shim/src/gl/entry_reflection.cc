// What a program asks of its linked programs: the host is asked once for each thing, until the next link.
#include <cstring>
#include <string>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"
#include "wire/gl_codec.h"
#include "wire/limits.h"
#include "wire/text.h"

namespace guest::gl::hand {
namespace {

bool is_clean(Context& context) { return context.errors().is_clean(context.lane().position()); }

void forget(Context& context, GLuint program) {
    context.group().with_programs([&](Programs& programs) { programs.erase(program); });
}

// Where a name is in the program: asked once, and kept when the host had nothing to complain of.
template <class Ask>
GLint place(Context& context, GLuint program, Naming what, const GLchar* name, Ask&& ask) {
    if (name == nullptr || std::strlen(name) > wire::limits::kNameBytes) {
        fail(context, GL_INVALID_VALUE);
        return -1;
    }
    const std::pair<Naming, std::string> key(what, name);
    GLint at = 0;
    const bool is_known = context.group().with_programs([&](Programs& programs) {
        const auto of = programs.find(program);
        if (of == programs.end()) return false;
        const auto found = of->second.places.find(key);
        if (found == of->second.places.end()) return false;
        at = found->second;
        return true;
    });
    if (is_known) return at;
    at = ask();
    if (is_clean(context))
        context.group().with_programs([&](Programs& programs) { programs[program].places[key] = at; });
    return at;
}

// What only a link changes.
bool is_of_link(GLenum name) {
    switch (name) {
        case GL_LINK_STATUS:
        case GL_INFO_LOG_LENGTH:
        case GL_ACTIVE_ATTRIBUTES:
        case GL_ACTIVE_ATTRIBUTE_MAX_LENGTH:
        case GL_ACTIVE_UNIFORMS:
        case GL_ACTIVE_UNIFORM_MAX_LENGTH:
        case GL_ACTIVE_UNIFORM_BLOCKS:
        case GL_ACTIVE_UNIFORM_BLOCK_MAX_NAME_LENGTH:
            return true;
        default:
            return false;
    }
}

}  // namespace

GLint glGetUniformLocation(Context& context, GLuint program, const GLchar* name) {
    return place(context, program, Naming::uniform, name, [&] {
        wire::glGetUniformLocation_Reply reply;
        const wire::glGetUniformLocation_Request request{.program = program, .name = wire::text(name)};
        return call(context, request, reply) ? reply.result : -1;
    });
}

GLint glGetAttribLocation(Context& context, GLuint program, const GLchar* name) {
    return place(context, program, Naming::attribute, name, [&] {
        wire::glGetAttribLocation_Reply reply;
        const wire::glGetAttribLocation_Request request{.program = program, .name = wire::text(name)};
        return call(context, request, reply) ? reply.result : -1;
    });
}

GLuint glGetUniformBlockIndex(Context& context, GLuint program, const GLchar* name) {
    return static_cast<GLuint>(place(context, program, Naming::block, name, [&] {
        return static_cast<GLint>(remote::glGetUniformBlockIndex(context, program, name));
    }));
}

GLuint glGetProgramResourceIndex(Context& context, GLuint program, GLenum interface, const GLchar* name) {
    // Nothing has no name; drivers do not call that an error.
    return name == nullptr ? GL_INVALID_INDEX
                           : remote::glGetProgramResourceIndex(context, program, interface, name);
}

void glGetProgramiv(Context& context, GLuint program, GLenum pname, GLint* params) {
    if (params == nullptr || !is_of_link(pname))
        return remote::glGetProgramiv(context, program, pname, params);
    const bool is_known = context.group().with_programs([&](Programs& programs) {
        const auto of = programs.find(program);
        if (of == programs.end()) return false;
        const auto found = of->second.parameters.find(pname);
        if (found == of->second.parameters.end()) return false;
        *params = found->second;
        return true;
    });
    if (is_known) return;
    remote::glGetProgramiv(context, program, pname, params);
    if (is_clean(context)) {
        context.group().with_programs(
            [&](Programs& programs) { programs[program].parameters[pname] = *params; });
    }
}

void glLinkProgram(Context& context, GLuint program) {
    forget(context, program);
    remote::glLinkProgram(context, program);
}

// Its log is that of the last link or validation.
void glValidateProgram(Context& context, GLuint program) {
    forget(context, program);
    remote::glValidateProgram(context, program);
}

void glProgramBinary(Context& context, GLuint program, GLenum format, const void* binary, GLsizei length) {
    forget(context, program);
    remote::glProgramBinary(context, program, format, binary, length);
}

}  // namespace guest::gl::hand
