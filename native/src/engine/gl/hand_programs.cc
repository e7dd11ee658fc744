// Shaders and programs by hand: texts that are cut into strings, and answers whose length GL decides. Called
// by generated dispatch.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gl/arguments.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/sizes.h"
#include "gl/view.h"
#include "host/gl_hand.h"
#include "wire/limits.h"

namespace engine::gl::hand {
namespace {

constexpr std::size_t kUniformValues = 16;  // of the largest type, a matrix of 4 by 4
constexpr GLint kMostIndices = 65536;
constexpr GLsizei kMostShaders = 4096;

// Mesa (22.3) knows compiled shaders by their text alone: one that has compiled is taken to compile for
// every stage and profile, and where it then does not, linking reads what it has freed. So texts end with
// both, in a comment that moves no line.
constexpr std::string_view kMeantFor = " // meant for ";

std::string marked(GlExecutor& executor, wire::gl::Bytes source, GLenum stage) {
    const GLchar* begin = wire::gl::view<GLchar>(source);
    std::string text(begin, std::find(begin, begin + source.size(), '\0'));
    const auto* version = executor.table().glGetString(GL_VERSION);
    text.append(kMeantFor).append(std::to_string(stage)).append(" of ");
    // SAFETY: GL's texts are of unsigned characters.
    if (version != nullptr) text.append(reinterpret_cast<const char*>(version));
    return text;
}

// The program's text of a shader; false: GL has refused to tell.
bool source_of(GlExecutor& executor, GLuint shader, std::string& text) {
    GLint size = 0;
    executor.settle_errors();
    executor.table().glGetShaderiv(shader, GL_SHADER_SOURCE_LENGTH, &size);
    if (executor.failed()) return false;
    text.resize(static_cast<std::size_t>(std::max(size, 0)));
    GLsizei length = 0;
    if (size > 0) executor.table().glGetShaderSource(shader, size, &length, text.data());
    text.resize(std::min(text.size(), static_cast<std::size_t>(std::max(length, 0))));
    const std::size_t end = text.rfind(kMeantFor);
    if (end != std::string::npos) text.resize(end);
    return true;
}

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
    const GLuint shader = executor.name(GlName::program, request.shader);
    GLint stage = 0;
    executor.table().glGetShaderiv(shader, GL_SHADER_TYPE, &stage);
    const std::string text = marked(executor, request.source, static_cast<GLenum>(stage));
    const GLchar* source = text.data();
    const auto length = static_cast<GLint>(text.size());
    executor.table().glShaderSource(shader, 1, &source, &length);
}

void glGetShaderSource(GlExecutor& executor, const wire::RecordHeader&,
                       const wire::glGetShaderSource_Request& request, ReplySink& sink) {
    if (any_negative(request.bufSize)) return executor.negative();
    std::string text;
    if (!source_of(executor, executor.name(GlName::program, request.shader), text)) return executor.refuse();
    wire::glGetShaderSource_Reply reply;
    text.resize(std::min(text.size(), static_cast<std::size_t>(std::max(request.bufSize - 1, 0))));
    reply.length = static_cast<GLsizei>(text.size());
    // With its NUL, where there is room for any.
    reply.source = std::as_bytes(std::span(text.c_str(), request.bufSize == 0 ? 0 : text.size() + 1));
    sink.outputs(reply);
}

void glGetShaderiv(GlExecutor& executor, const wire::RecordHeader&,
                   const wire::glGetShaderiv_Request& request, ReplySink& sink) {
    const GLuint shader = executor.name(GlName::program, request.shader);
    wire::gl::Room room(wire::gl::size::parameters(request.pname) * sizeof(GLint));
    executor.table().glGetShaderiv(shader, request.pname, room.data<GLint>());
    std::string text;
    GLint& size = *room.data<GLint>();
    if (request.pname == GL_SHADER_SOURCE_LENGTH && size > 0 && source_of(executor, shader, text))
        size = static_cast<GLint>(text.size() + 1);
    wire::glGetShaderiv_Reply reply;
    reply.params = room.bytes();
    sink.outputs(reply);
}

void glCreateShaderProgramv(GlExecutor& executor, const wire::RecordHeader&,
                            const wire::glCreateShaderProgramv_Request& request, ReplySink&) {
    if (executor.table().glCreateShaderProgramv == nullptr) return executor.missing();
    const std::string source = marked(executor, request.source, request.type);
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
