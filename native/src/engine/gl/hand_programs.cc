// Shaders and programs by hand: texts that are cut into strings, and answers whose length GL decides. Called
// by generated dispatch.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/view.h"
#include "host/gl_hand.h"
#include "wire/limits.h"

namespace engine::gl::hand {
namespace {

constexpr std::size_t kUniformValues = 16;  // of the largest type, a matrix of 4 by 4
constexpr GLint kMostIndices = 65536;
constexpr GLsizei kMostShaders = 4096;

// Strings one behind the other, each with its NUL. False: there are not so many.
bool split(std::span<const std::byte> texts, GLsizei count, std::vector<const GLchar*>& out) {
    const GLchar* at = wire::gl::view<GLchar>(texts);
    const GLchar* end = at + texts.size();
    while (at != end && out.size() < static_cast<std::size_t>(std::max(count, 0))) {
        const GLchar* nul = std::find(at, end, '\0');
        if (nul == end) return false;
        out.push_back(at);
        at = nul + 1;
    }
    return out.size() == static_cast<std::size_t>(std::max(count, 0));
}

template <class T, class Reply, class Request, class Get>
void get_uniform(GlExecutor& executor, const Request& request, ReplySink& sink, Get bounded) {
    if (bounded == nullptr) return executor.missing();
    wire::gl::Room room(kUniformValues * sizeof(T));
    executor.settle_errors();
    bounded(executor.name(GlName::program, request.program), request.location,
            static_cast<GLsizei>(kUniformValues * sizeof(T)), room.data<T>());
    if (executor.failed()) return executor.refuse();
    Reply reply;
    reply.params = room.bytes();
    sink.outputs(reply);
}

}  // namespace

void glShaderSource(GlExecutor& executor, const wire::RecordHeader&,
                    const wire::glShaderSource_Request& request, ReplySink&) {
    const GLchar* source = request.source.empty() ? "" : wire::gl::view<GLchar>(request.source);
    const auto length = static_cast<GLint>(request.source.size());
    executor.table().glShaderSource(executor.name(GlName::program, request.shader), 1, &source, &length);
}

void glCreateShaderProgramv(GlExecutor& executor, const wire::RecordHeader&,
                            const wire::glCreateShaderProgramv_Request& request, ReplySink&) {
    if (executor.table().glCreateShaderProgramv == nullptr) return executor.missing();
    const GLchar* text = wire::gl::view<GLchar>(request.source);
    const std::string source(text == nullptr ? "" : text, request.source.size());
    const GLchar* whole = source.c_str();
    executor.give(GlName::program, request.program,
                  executor.table().glCreateShaderProgramv(request.type, 1, &whole));
}

void glTransformFeedbackVaryings(GlExecutor& executor, const wire::RecordHeader& header,
                                 const wire::glTransformFeedbackVaryings_Request& request, ReplySink&) {
    if (executor.table().glTransformFeedbackVaryings == nullptr) return executor.missing();
    std::vector<const GLchar*> varyings;
    if (!split(request.varyings, request.count, varyings)) return executor.malformed(header);
    executor.table().glTransformFeedbackVaryings(executor.name(GlName::program, request.program),
                                                 request.count, varyings.data(), request.mode);
}

void glGetUniformIndices(GlExecutor& executor, const wire::RecordHeader& header,
                         const wire::glGetUniformIndices_Request& request, ReplySink& sink) {
    if (executor.table().glGetUniformIndices == nullptr) return executor.missing();
    std::vector<const GLchar*> names;
    if (!split(request.names, request.count, names)) return executor.malformed(header);
    wire::gl::Room room(names.size() * sizeof(GLuint));
    executor.settle_errors();
    executor.table().glGetUniformIndices(executor.name(GlName::program, request.program), request.count,
                                         names.data(), room.data<GLuint>());
    if (executor.failed()) return executor.refuse();
    wire::glGetUniformIndices_Reply reply;
    reply.indices = room.bytes();
    sink.outputs(reply);
}

// The shaders' names are said as the guest knows them.
void glGetAttachedShaders(GlExecutor& executor, const wire::RecordHeader&,
                          const wire::glGetAttachedShaders_Request& request, ReplySink& sink) {
    const GLuint program = executor.name(GlName::program, request.program);
    const GLsizei most = std::min(request.maxCount, kMostShaders);
    wire::gl::Room room(static_cast<std::size_t>(std::max(most, 0)) * sizeof(GLuint));
    wire::glGetAttachedShaders_Reply reply;
    executor.settle_errors();
    executor.table().glGetAttachedShaders(program, most, &reply.count, room.data<GLuint>());
    if (executor.failed()) return executor.refuse();
    reply.count = std::clamp(reply.count, 0, std::max(most, 0));
    GLuint* const shaders = room.data<GLuint>();
    for (GLsizei at = 0; at < reply.count; ++at)
        shaders[at] = executor.guest_name(GlName::program, shaders[at]);
    reply.shaders = room.bytes().first(static_cast<std::size_t>(reply.count) * sizeof(GLuint));
    sink.outputs(reply);
}

void glGetUniformfv(GlExecutor& executor, const wire::RecordHeader&,
                    const wire::glGetUniformfv_Request& request, ReplySink& sink) {
    get_uniform<GLfloat, wire::glGetUniformfv_Reply>(executor, request, sink,
                                                     executor.table().glGetnUniformfv);
}

void glGetUniformiv(GlExecutor& executor, const wire::RecordHeader&,
                    const wire::glGetUniformiv_Request& request, ReplySink& sink) {
    get_uniform<GLint, wire::glGetUniformiv_Reply>(executor, request, sink, executor.table().glGetnUniformiv);
}

void glGetUniformuiv(GlExecutor& executor, const wire::RecordHeader&,
                     const wire::glGetUniformuiv_Request& request, ReplySink& sink) {
    get_uniform<GLuint, wire::glGetUniformuiv_Reply>(executor, request, sink,
                                                     executor.table().glGetnUniformuiv);
}

void glGetUniformdv(GlExecutor& executor, const wire::RecordHeader&,
                    const wire::glGetUniformdv_Request& request, ReplySink& sink) {
    get_uniform<GLdouble, wire::glGetUniformdv_Reply>(executor, request, sink,
                                                      executor.table().glGetnUniformdv);
}

void glGetnUniformfv(GlExecutor& executor, const wire::RecordHeader&,
                     const wire::glGetnUniformfv_Request& request, ReplySink& sink) {
    get_uniform<GLfloat, wire::glGetnUniformfv_Reply>(executor, request, sink,
                                                      executor.table().glGetnUniformfv);
}

void glGetnUniformiv(GlExecutor& executor, const wire::RecordHeader&,
                     const wire::glGetnUniformiv_Request& request, ReplySink& sink) {
    get_uniform<GLint, wire::glGetnUniformiv_Reply>(executor, request, sink,
                                                    executor.table().glGetnUniformiv);
}

void glGetnUniformuiv(GlExecutor& executor, const wire::RecordHeader&,
                      const wire::glGetnUniformuiv_Request& request, ReplySink& sink) {
    get_uniform<GLuint, wire::glGetnUniformuiv_Reply>(executor, request, sink,
                                                      executor.table().glGetnUniformuiv);
}

void glGetnUniformdv(GlExecutor& executor, const wire::RecordHeader&,
                     const wire::glGetnUniformdv_Request& request, ReplySink& sink) {
    get_uniform<GLdouble, wire::glGetnUniformdv_Reply>(executor, request, sink,
                                                       executor.table().glGetnUniformdv);
}

void glGetActiveUniformBlockiv(GlExecutor& executor, const wire::RecordHeader&,
                               const wire::glGetActiveUniformBlockiv_Request& request, ReplySink& sink) {
    if (executor.table().glGetActiveUniformBlockiv == nullptr) return executor.missing();
    const GLuint program = executor.name(GlName::program, request.program);
    GLint count = 1;
    executor.settle_errors();
    if (request.pname == GL_UNIFORM_BLOCK_ACTIVE_UNIFORM_INDICES) {
        executor.table().glGetActiveUniformBlockiv(program, request.uniformBlockIndex,
                                                   GL_UNIFORM_BLOCK_ACTIVE_UNIFORMS, &count);
    }
    wire::gl::Room room(static_cast<std::size_t>(std::clamp(count, 0, kMostIndices)) * sizeof(GLint));
    if (count <= kMostIndices) {
        executor.table().glGetActiveUniformBlockiv(program, request.uniformBlockIndex, request.pname,
                                                   room.data<GLint>());
    }
    if (executor.failed()) return executor.refuse();
    wire::glGetActiveUniformBlockiv_Reply reply;
    reply.params = room.bytes();
    sink.outputs(reply);
}

void glGetProgramBinary(GlExecutor& executor, const wire::RecordHeader& header,
                        const wire::glGetProgramBinary_Request& request, ReplySink& sink) {
    if (executor.table().glGetProgramBinary == nullptr) return executor.missing();
    const auto size = static_cast<std::size_t>(std::max(request.bufSize, 0));
    if (size > wire::limits::kGlFrameBytes) return executor.malformed(header);
    const auto place = executor.pixels(size);
    wire::glGetProgramBinary_Reply reply;
    executor.settle_errors();
    executor.table().glGetProgramBinary(executor.name(GlName::program, request.program), request.bufSize,
                                        &reply.length, &reply.binaryFormat, place.data());
    if (executor.failed()) return executor.refuse();
    reply.binary = place.first(std::min(size, static_cast<std::size_t>(std::max(reply.length, 0))));
    sink.outputs(reply);
}

}  // namespace engine::gl::hand
