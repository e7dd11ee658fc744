// Shaders and programs: their texts, and what crosses as lists of texts. What a program asks of a linked one
// is the host's to say.
#include <cstring>
#include <string>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"
#include "wire/limits.h"

namespace guest::gl::hand {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// Texts one behind the other, each with its NUL. One that is missing is empty: a name that nothing has.
std::string list_of(GLsizei count, const GLchar* const* texts) {
    std::string list;
    for (GLsizei index = 0; index < count; ++index) {
        if (texts[index] != nullptr) list += texts[index];
        list += '\0';
    }
    return list;
}

}  // namespace

// GL joins the pieces, so they cross as one text; a NUL ends it.
void glShaderSource(Context& context, GLuint shader, GLsizei count, const GLchar* const* string,
                    const GLint* length) {
    if (count < 0 || (count > 0 && string == nullptr)) return fail(context, GL_INVALID_VALUE);
    std::string source;
    for (GLsizei index = 0; index < count; ++index) {
        const bool counted = length != nullptr && length[index] >= 0;
        const std::size_t size =
            counted ? static_cast<std::size_t>(length[index]) : std::strlen(string[index]);
        source.append(string[index], size);
    }
    source += '\0';
    if (source.size() > wire::limits::kGlDataBytes) return fail(context, GL_OUT_OF_MEMORY);
    send(context, wire::glShaderSource_Request{.shader = shader, .source = bytes_of(source)});
}

void glTransformFeedbackVaryings(Context& context, GLuint program, GLsizei count,
                                 const GLchar* const* varyings, GLenum mode) {
    if (count < 0) return fail(context, GL_INVALID_VALUE);
    const std::string list = list_of(count, varyings);
    send(context, wire::glTransformFeedbackVaryings_Request{
                      .program = program, .mode = mode, .count = count, .varyings = bytes_of(list)});
}

void glGetUniformIndices(Context& context, GLuint program, GLsizei count, const GLchar* const* names,
                         GLuint* indices) {
    if (count < 0) return fail(context, GL_INVALID_VALUE);
    const std::string list = list_of(count, names);
    wire::glGetUniformIndices_Reply reply;
    const wire::glGetUniformIndices_Request request{
        .program = program, .count = count, .names = bytes_of(list)};
    if (call(context, request, reply))
        wire::gl::out(indices, reply.indices, static_cast<std::size_t>(count) * sizeof(GLuint));
}

}  // namespace guest::gl::hand
