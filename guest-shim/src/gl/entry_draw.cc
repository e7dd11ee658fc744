// Draws. Those whose arrays are all in buffers are a record each; the others take their vertices along
// (client_draw.h).
#include <algorithm>
#include <span>
#include <vector>

#include "gl/client_draw.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

// Before a draw of consecutive vertices.
void prepare(Context& context, GLint first, GLsizei count, GLsizei instances = 1, GLuint base = 0) {
    if (context.arrays.current().from_client() == 0) [[likely]]
        return;
    if (first < 0 || count <= 0 || instances <= 0) return;  // the host says what is wrong, or draws nothing
    const auto start = static_cast<std::uint64_t>(first);
    send_vertices(context, {.first = start,
                            .last = start + static_cast<std::uint64_t>(count) - 1,
                            .instances = static_cast<std::uint64_t>(instances),
                            .base_instance = base});
}

// Before a draw by indices; `indices` becomes what the record carries.
bool prepare_elements(Context& context, GLsizei count, GLenum type, const void*& indices,
                      GLsizei instances = 1, GLint base_vertex = 0, GLuint base = 0) {
    const VertexArray& array = context.arrays.current();
    if (array.from_client() == 0 && array.element_buffer != 0) [[likely]]
        return true;
    if (instances <= 0) return true;
    return send_elements(context, count, type, base_vertex,
                         {.instances = static_cast<std::uint64_t>(instances), .base_instance = base},
                         indices);
}

// Display lists have no draws of instances by indices.
bool may_repeat(Context& context) {
    const bool may = !context.shadow.is_compiling();
    if (!may) fail(context, GL_INVALID_OPERATION);
    return may;
}

// Whether neither vertices nor indices of a draw are in the program's memory.
bool is_in_buffers(Context& context) {
    const VertexArray& array = context.arrays.current();
    return array.from_client() == 0 && array.element_buffer != 0;
}

std::vector<std::uint64_t> offsets_of(const void* const* indices, std::size_t count) {
    std::vector<std::uint64_t> offsets(count);
    std::transform(indices, indices + count, offsets.begin(), wire::gl::number);
    return offsets;
}

}  // namespace

void glDrawArrays(Context& context, GLenum mode, GLint first, GLsizei count) {
    prepare(context, first, count);
    remote::glDrawArrays(context, mode, first, count);
}

void glDrawArraysInstanced(Context& context, GLenum mode, GLint first, GLsizei count, GLsizei instances) {
    prepare(context, first, count, instances);
    remote::glDrawArraysInstanced(context, mode, first, count, instances);
}

void glDrawArraysInstancedBaseInstance(Context& context, GLenum mode, GLint first, GLsizei count,
                                       GLsizei instances, GLuint base) {
    prepare(context, first, count, instances, base);
    remote::glDrawArraysInstancedBaseInstance(context, mode, first, count, instances, base);
}

void glDrawElements(Context& context, GLenum mode, GLsizei count, GLenum type, const void* indices) {
    if (prepare_elements(context, count, type, indices))
        remote::glDrawElements(context, mode, count, type, indices);
}

void glDrawRangeElements(Context& context, GLenum mode, GLuint start, GLuint end, GLsizei count, GLenum type,
                         const void* indices) {
    if (prepare_elements(context, count, type, indices))
        remote::glDrawRangeElements(context, mode, start, end, count, type, indices);
}

void glDrawElementsBaseVertex(Context& context, GLenum mode, GLsizei count, GLenum type, const void* indices,
                              GLint base_vertex) {
    if (prepare_elements(context, count, type, indices, 1, base_vertex))
        remote::glDrawElementsBaseVertex(context, mode, count, type, indices, base_vertex);
}

void glDrawRangeElementsBaseVertex(Context& context, GLenum mode, GLuint start, GLuint end, GLsizei count,
                                   GLenum type, const void* indices, GLint base_vertex) {
    if (prepare_elements(context, count, type, indices, 1, base_vertex))
        remote::glDrawRangeElementsBaseVertex(context, mode, start, end, count, type, indices, base_vertex);
}

void glDrawElementsInstanced(Context& context, GLenum mode, GLsizei count, GLenum type, const void* indices,
                             GLsizei instances) {
    if (may_repeat(context) && prepare_elements(context, count, type, indices, instances))
        remote::glDrawElementsInstanced(context, mode, count, type, indices, instances);
}

void glDrawElementsInstancedBaseVertex(Context& context, GLenum mode, GLsizei count, GLenum type,
                                       const void* indices, GLsizei instances, GLint base_vertex) {
    if (may_repeat(context) && prepare_elements(context, count, type, indices, instances, base_vertex))
        remote::glDrawElementsInstancedBaseVertex(context, mode, count, type, indices, instances,
                                                  base_vertex);
}

void glDrawElementsInstancedBaseInstance(Context& context, GLenum mode, GLsizei count, GLenum type,
                                         const void* indices, GLsizei instances, GLuint base) {
    if (may_repeat(context) && prepare_elements(context, count, type, indices, instances, 0, base))
        remote::glDrawElementsInstancedBaseInstance(context, mode, count, type, indices, instances, base);
}

void glDrawElementsInstancedBaseVertexBaseInstance(Context& context, GLenum mode, GLsizei count, GLenum type,
                                                   const void* indices, GLsizei instances, GLint base_vertex,
                                                   GLuint base) {
    if (may_repeat(context) &&
        prepare_elements(context, count, type, indices, instances, base_vertex, base)) {
        remote::glDrawElementsInstancedBaseVertexBaseInstance(context, mode, count, type, indices, instances,
                                                              base_vertex, base);
    }
}

void glMultiDrawArrays(Context& context, GLenum mode, const GLint* first, const GLsizei* count,
                       GLsizei drawcount) {
    if (context.arrays.current().from_client() == 0)
        return remote::glMultiDrawArrays(context, mode, first, count, drawcount);
    for (GLsizei draw = 0; draw < drawcount; ++draw) glDrawArrays(context, mode, first[draw], count[draw]);
}

void glMultiDrawElements(Context& context, GLenum mode, const GLsizei* count, GLenum type,
                         const void* const* indices, GLsizei drawcount) {
    if (drawcount < 0) return fail(context, GL_INVALID_VALUE);
    if (is_in_buffers(context)) {
        const auto parts = static_cast<std::size_t>(drawcount);
        const auto offsets = offsets_of(indices, parts);
        return send(context,
                    wire::glMultiDrawElements_Request{.mode = mode,
                                                      .type = type,
                                                      .drawcount = drawcount,
                                                      .counts = std::as_bytes(std::span(count, parts)),
                                                      .offsets = std::as_bytes(std::span(offsets))});
    }
    for (GLsizei draw = 0; draw < drawcount; ++draw)
        glDrawElements(context, mode, count[draw], type, indices[draw]);
}

void glMultiDrawElementsBaseVertex(Context& context, GLenum mode, const GLsizei* count, GLenum type,
                                   const void* const* indices, GLsizei drawcount, const GLint* basevertex) {
    if (drawcount < 0) return fail(context, GL_INVALID_VALUE);
    if (is_in_buffers(context)) {
        const auto parts = static_cast<std::size_t>(drawcount);
        const auto offsets = offsets_of(indices, parts);
        return send(context, wire::glMultiDrawElementsBaseVertex_Request{
                                 .mode = mode,
                                 .type = type,
                                 .drawcount = drawcount,
                                 .counts = std::as_bytes(std::span(count, parts)),
                                 .offsets = std::as_bytes(std::span(offsets)),
                                 .basevertices = std::as_bytes(std::span(basevertex, parts))});
    }
    for (GLsizei draw = 0; draw < drawcount; ++draw)
        glDrawElementsBaseVertex(context, mode, count[draw], type, indices[draw], basevertex[draw]);
}

}  // namespace guest::gl::hand
