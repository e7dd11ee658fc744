// Names of objects: glGen*, glCreate*, glDelete*. The guest chooses every name, so that making objects needs
// no answer; the host learns of it by the record. What a name stands for is the host's.
#include <span>
#include <string>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"
#include "wire/gl_codec.h"
#include "wire/limits.h"

namespace guest::gl::hand {
namespace {

std::span<const std::byte> bytes_of(const GLuint* names, GLsizei count) {
    return std::as_bytes(std::span(names, static_cast<std::size_t>(count)));
}

// Chooses `count` names and sends the record that makes them; `make` fills the rest of it.
template <class Make>
void generate(Context& context, NameKind kind, GLsizei count, GLuint* names, Make&& make) {
    if (count < 0) return fail(context, GL_INVALID_VALUE);
    if (count == 0 || names == nullptr) return;
    const bool enough = context.names(kind, [&](NameTable& table) {
        for (GLsizei index = 0; index < count; ++index) {
            names[index] = table.take();
            if (names[index] == 0) return false;
        }
        return true;
    });
    if (!enough) return fail(context, GL_OUT_OF_MEMORY);
    send(context, make(bytes_of(names, count)));
    context.changed_names(kind);
}

// Sends the record first: the name is free for others only behind it.
template <class Make>
void end(Context& context, NameKind kind, GLsizei count, const GLuint* names, Make&& make) {
    if (count < 0) return fail(context, GL_INVALID_VALUE);
    if (count == 0 || names == nullptr) return;
    send(context, make(bytes_of(names, count)));
    context.names(kind, [&](NameTable& table) {
        for (GLsizei index = 0; index < count; ++index) table.give(names[index]);
    });
    context.changed_names(kind);
}

// A wrong type makes no shader, and a program may ask for one to learn that: the host would say so too late.
bool is_stage(Context& context, GLenum type) {
    switch (type) {
        case GL_VERTEX_SHADER:
        case GL_FRAGMENT_SHADER:
        case GL_GEOMETRY_SHADER:
        case GL_TESS_CONTROL_SHADER:
        case GL_TESS_EVALUATION_SHADER:
        case GL_COMPUTE_SHADER:
            return true;
        default:
            fail(context, GL_INVALID_ENUM);
            return false;
    }
}

}  // namespace

void glGenBuffers(Context& context, GLsizei n, GLuint* buffers) {
    generate(context, NameKind::buffer, n, buffers,
             [](auto names) { return wire::glGenBuffers_Request{.buffers = names}; });
}

void glGenFramebuffers(Context& context, GLsizei n, GLuint* framebuffers) {
    generate(context, NameKind::framebuffer, n, framebuffers,
             [](auto names) { return wire::glGenFramebuffers_Request{.framebuffers = names}; });
}

void glGenProgramPipelines(Context& context, GLsizei n, GLuint* pipelines) {
    generate(context, NameKind::pipeline, n, pipelines,
             [](auto names) { return wire::glGenProgramPipelines_Request{.pipelines = names}; });
}

void glGenQueries(Context& context, GLsizei n, GLuint* ids) {
    generate(context, NameKind::query, n, ids,
             [](auto names) { return wire::glGenQueries_Request{.ids = names}; });
}

void glGenRenderbuffers(Context& context, GLsizei n, GLuint* renderbuffers) {
    generate(context, NameKind::renderbuffer, n, renderbuffers,
             [](auto names) { return wire::glGenRenderbuffers_Request{.renderbuffers = names}; });
}

void glGenSamplers(Context& context, GLsizei count, GLuint* samplers) {
    generate(context, NameKind::sampler, count, samplers,
             [](auto names) { return wire::glGenSamplers_Request{.samplers = names}; });
}

void glGenTextures(Context& context, GLsizei n, GLuint* textures) {
    generate(context, NameKind::texture, n, textures,
             [](auto names) { return wire::glGenTextures_Request{.textures = names}; });
    for (GLsizei index = 0; textures != nullptr && index < n; ++index) context.textures.make(textures[index]);
}

void glGenTransformFeedbacks(Context& context, GLsizei n, GLuint* ids) {
    generate(context, NameKind::transform_feedback, n, ids,
             [](auto names) { return wire::glGenTransformFeedbacks_Request{.ids = names}; });
}

void glGenVertexArrays(Context& context, GLsizei n, GLuint* arrays) {
    generate(context, NameKind::vertex_array, n, arrays,
             [](auto names) { return wire::glGenVertexArrays_Request{.arrays = names}; });
}

void glCreateBuffers(Context& context, GLsizei n, GLuint* buffers) {
    generate(context, NameKind::buffer, n, buffers,
             [](auto names) { return wire::glCreateBuffers_Request{.buffers = names}; });
}

void glCreateFramebuffers(Context& context, GLsizei n, GLuint* framebuffers) {
    generate(context, NameKind::framebuffer, n, framebuffers,
             [](auto names) { return wire::glCreateFramebuffers_Request{.framebuffers = names}; });
}

void glCreateProgramPipelines(Context& context, GLsizei n, GLuint* pipelines) {
    generate(context, NameKind::pipeline, n, pipelines,
             [](auto names) { return wire::glCreateProgramPipelines_Request{.pipelines = names}; });
}

void glCreateQueries(Context& context, GLenum target, GLsizei n, GLuint* ids) {
    generate(context, NameKind::query, n, ids,
             [&](auto names) { return wire::glCreateQueries_Request{.target = target, .ids = names}; });
}

void glCreateRenderbuffers(Context& context, GLsizei n, GLuint* renderbuffers) {
    generate(context, NameKind::renderbuffer, n, renderbuffers,
             [](auto names) { return wire::glCreateRenderbuffers_Request{.renderbuffers = names}; });
}

void glCreateSamplers(Context& context, GLsizei n, GLuint* samplers) {
    generate(context, NameKind::sampler, n, samplers,
             [](auto names) { return wire::glCreateSamplers_Request{.samplers = names}; });
}

void glCreateTextures(Context& context, GLenum target, GLsizei n, GLuint* textures) {
    generate(context, NameKind::texture, n, textures,
             [&](auto names) { return wire::glCreateTextures_Request{.target = target, .textures = names}; });
}

void glCreateTransformFeedbacks(Context& context, GLsizei n, GLuint* ids) {
    generate(context, NameKind::transform_feedback, n, ids,
             [](auto names) { return wire::glCreateTransformFeedbacks_Request{.ids = names}; });
}

void glCreateVertexArrays(Context& context, GLsizei n, GLuint* arrays) {
    generate(context, NameKind::vertex_array, n, arrays,
             [](auto names) { return wire::glCreateVertexArrays_Request{.arrays = names}; });
}

void glDeleteFramebuffers(Context& context, GLsizei n, const GLuint* framebuffers) {
    end(context, NameKind::framebuffer, n, framebuffers,
        [](auto names) { return wire::glDeleteFramebuffers_Request{.framebuffers = names}; });
    // One that is bound gives way to the window's.
    for (GLsizei index = 0; framebuffers != nullptr && index < n; ++index) {
        if (framebuffers[index] == context.drawing.framebuffer) context.drawing.framebuffer = 0;
    }
    context.shadow.state.forget(GL_DRAW_FRAMEBUFFER_BINDING);
    context.shadow.state.forget(GL_READ_FRAMEBUFFER_BINDING);
}

void glDeleteProgramPipelines(Context& context, GLsizei n, const GLuint* pipelines) {
    end(context, NameKind::pipeline, n, pipelines,
        [](auto names) { return wire::glDeleteProgramPipelines_Request{.pipelines = names}; });
}

void glDeleteQueries(Context& context, GLsizei n, const GLuint* ids) {
    end(context, NameKind::query, n, ids,
        [](auto names) { return wire::glDeleteQueries_Request{.ids = names}; });
    for (GLsizei index = 0; ids != nullptr && index < n; ++index) context.queries.forget(ids[index]);
}

void glDeleteRenderbuffers(Context& context, GLsizei n, const GLuint* renderbuffers) {
    end(context, NameKind::renderbuffer, n, renderbuffers,
        [](auto names) { return wire::glDeleteRenderbuffers_Request{.renderbuffers = names}; });
}

void glDeleteSamplers(Context& context, GLsizei count, const GLuint* samplers) {
    end(context, NameKind::sampler, count, samplers,
        [](auto names) { return wire::glDeleteSamplers_Request{.samplers = names}; });
}

void glDeleteTextures(Context& context, GLsizei n, const GLuint* textures) {
    end(context, NameKind::texture, n, textures,
        [](auto names) { return wire::glDeleteTextures_Request{.textures = names}; });
    for (GLsizei index = 0; textures != nullptr && index < n; ++index)
        context.textures.forget(textures[index]);
    context.shadow.state.forget_textures();
}

void glDeleteTransformFeedbacks(Context& context, GLsizei n, const GLuint* ids) {
    end(context, NameKind::transform_feedback, n, ids,
        [](auto names) { return wire::glDeleteTransformFeedbacks_Request{.ids = names}; });
}

void glDeleteVertexArrays(Context& context, GLsizei n, const GLuint* arrays) {
    end(context, NameKind::vertex_array, n, arrays,
        [](auto names) { return wire::glDeleteVertexArrays_Request{.arrays = names}; });
    for (GLsizei index = 0; arrays != nullptr && index < n; ++index) context.arrays.forget(arrays[index]);
}

GLuint glCreateProgram(Context& context) {
    GLuint name = 0;
    generate(context, NameKind::program, 1, &name,
             [&](auto) { return wire::glCreateProgram_Request{.name = name}; });
    return name;
}

GLuint glCreateShader(Context& context, GLenum type) {
    if (!is_stage(context, type)) return 0;
    GLuint name = 0;
    generate(context, NameKind::program, 1, &name,
             [&](auto) { return wire::glCreateShader_Request{.type = type, .name = name}; });
    return name;
}

GLuint glCreateShaderProgramv(Context& context, GLenum type, GLsizei count, const GLchar* const* strings) {
    if (!is_stage(context, type)) return 0;
    if (count < 0 || (count > 0 && strings == nullptr)) {
        fail(context, GL_INVALID_VALUE);
        return 0;
    }
    std::string source;
    for (GLsizei index = 0; index < count; ++index) source += strings[index];
    GLuint name = 0;
    if (source.size() > wire::limits::kGlDataBytes) {
        fail(context, GL_OUT_OF_MEMORY);
        return 0;
    }
    generate(context, NameKind::program, 1, &name, [&](auto) {
        return wire::glCreateShaderProgramv_Request{
            .type = type, .program = name, .source = std::as_bytes(std::span(source))};
    });
    return name;
}

// A program or shader that is in use ends later than this; its name stays taken until nobody can mean it any
// more, which only the end of the share group tells.
void glDeleteProgram(Context& context, GLuint program) {
    send(context, wire::glDeleteProgram_Request{.program = program});
}

void glDeleteShader(Context& context, GLuint shader) {
    send(context, wire::glDeleteShader_Request{.shader = shader});
}

GLuint glGenLists(Context& context, GLsizei range) {
    if (range < 0) fail(context, GL_INVALID_VALUE);
    if (range <= 0) return 0;
    const GLuint first = context.names(
        NameKind::list, [&](NameTable& table) { return table.take_run(static_cast<GLuint>(range)); });
    return first;
}

void glDeleteLists(Context& context, GLuint list, GLsizei range) {
    if (range < 0) return fail(context, GL_INVALID_VALUE);
    send(context, wire::glDeleteLists_Request{.list = list, .range = range});
    context.names(NameKind::list, [&](NameTable& table) {
        for (GLuint name = list; name - list < static_cast<GLuint>(range); ++name) table.give(name);
    });
    context.group().with_lists([&](ListTable& lists) {
        std::erase_if(lists,
                      [&](const auto& known) { return known.first - list < static_cast<GLuint>(range); });
    });
    context.changed_names(NameKind::list);
}

}  // namespace guest::gl::hand
