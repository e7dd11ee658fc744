// Vertex arrays: where their elements are, which are enabled. What points into a buffer goes to the host at
// once; what points at the program's memory is noted, and goes with each draw (client_draw.cc).
#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

// Notes what the program says of a slot. True: it points into a buffer (or at nothing), which the host is to
// know.
bool point(Context& context, unsigned at, const ArraySlot& said) {
    VertexArray& array = context.arrays.current();
    ArraySlot& slot = array.slots[at];
    const GLuint divisor = slot.divisor;
    slot = said;
    slot.divisor = divisor;
    slot.buffer = context.bindings.array;
    const std::uint64_t bit = std::uint64_t{1} << at;
    const bool is_client = slot.buffer == 0 && slot.pointer != nullptr;
    array.client = is_client ? array.client | bit : array.client & ~bit;
    return !is_client;
}

// What the host would refuse must not be noted as if it had been taken.
bool is_valid(Context& context, GLenum type, GLsizei stride) {
    if (component_bytes(type) == 0) fail(context, GL_INVALID_ENUM);
    if (stride < 0) fail(context, GL_INVALID_VALUE);
    return component_bytes(type) != 0 && stride >= 0;
}

unsigned generic(GLuint index) { return index < 32 ? slot::kGeneric + index : slot::kCount; }

void enable(Context& context, unsigned at, bool on) {
    if (at >= slot::kCount) return;
    std::uint64_t& enabled = context.arrays.current().enabled;
    const std::uint64_t bit = std::uint64_t{1} << at;
    enabled = on ? enabled | bit : enabled & ~bit;
}

// slot::kCount for what is no array of a fixed name.
unsigned fixed(Context& context, GLenum array) {
    switch (array) {
        case GL_VERTEX_ARRAY:
            return slot::kVertex;
        case GL_NORMAL_ARRAY:
            return slot::kNormal;
        case GL_COLOR_ARRAY:
            return slot::kColor;
        case GL_INDEX_ARRAY:
            return slot::kIndex;
        case GL_EDGE_FLAG_ARRAY:
            return slot::kEdgeFlag;
        case GL_FOG_COORD_ARRAY:
            return slot::kFogCoord;
        case GL_SECONDARY_COLOR_ARRAY:
            return slot::kSecondaryColor;
        case GL_TEXTURE_COORD_ARRAY:
            return slot::kTexCoord + context.arrays.client_unit;
        default:
            return slot::kCount;
    }
}

}  // namespace

void glVertexPointer(Context& context, GLint size, GLenum type, GLsizei stride, const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    if (point(context, slot::kVertex, {.size = size, .type = type, .stride = stride, .pointer = pointer}))
        remote::glVertexPointer(context, size, type, stride, pointer);
}

void glNormalPointer(Context& context, GLenum type, GLsizei stride, const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    if (point(context, slot::kNormal, {.size = 3, .type = type, .stride = stride, .pointer = pointer}))
        remote::glNormalPointer(context, type, stride, pointer);
}

void glColorPointer(Context& context, GLint size, GLenum type, GLsizei stride, const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    if (point(context, slot::kColor, {.size = size, .type = type, .stride = stride, .pointer = pointer}))
        remote::glColorPointer(context, size, type, stride, pointer);
}

void glIndexPointer(Context& context, GLenum type, GLsizei stride, const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    if (point(context, slot::kIndex, {.size = 1, .type = type, .stride = stride, .pointer = pointer}))
        remote::glIndexPointer(context, type, stride, pointer);
}

void glEdgeFlagPointer(Context& context, GLsizei stride, const void* pointer) {
    if (!is_valid(context, GL_UNSIGNED_BYTE, stride)) return;
    const ArraySlot said{.size = 1, .type = GL_UNSIGNED_BYTE, .stride = stride, .pointer = pointer};
    if (point(context, slot::kEdgeFlag, said)) remote::glEdgeFlagPointer(context, stride, pointer);
}

void glFogCoordPointer(Context& context, GLenum type, GLsizei stride, const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    if (point(context, slot::kFogCoord, {.size = 1, .type = type, .stride = stride, .pointer = pointer}))
        remote::glFogCoordPointer(context, type, stride, pointer);
}

void glSecondaryColorPointer(Context& context, GLint size, GLenum type, GLsizei stride, const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    const ArraySlot said{.size = size, .type = type, .stride = stride, .pointer = pointer};
    if (point(context, slot::kSecondaryColor, said))
        remote::glSecondaryColorPointer(context, size, type, stride, pointer);
}

void glTexCoordPointer(Context& context, GLint size, GLenum type, GLsizei stride, const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    const ArraySlot said{.size = size, .type = type, .stride = stride, .pointer = pointer};
    if (point(context, slot::kTexCoord + context.arrays.client_unit, said))
        remote::glTexCoordPointer(context, size, type, stride, pointer);
}

void glVertexAttribPointer(Context& context, GLuint index, GLint size, GLenum type, GLboolean normalized,
                           GLsizei stride, const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    if (generic(index) == slot::kCount) return fail(context, GL_INVALID_VALUE);
    const ArraySlot said{
        .size = size, .type = type, .normalized = normalized != 0, .stride = stride, .pointer = pointer};
    if (point(context, generic(index), said))
        remote::glVertexAttribPointer(context, index, size, type, normalized, stride, pointer);
}

void glVertexAttribIPointer(Context& context, GLuint index, GLint size, GLenum type, GLsizei stride,
                            const void* pointer) {
    if (!is_valid(context, type, stride)) return;
    if (generic(index) == slot::kCount) return fail(context, GL_INVALID_VALUE);
    const ArraySlot said{.size = size, .type = type, .integer = true, .stride = stride, .pointer = pointer};
    if (point(context, generic(index), said))
        remote::glVertexAttribIPointer(context, index, size, type, stride, pointer);
}

void glVertexAttribDivisor(Context& context, GLuint index, GLuint divisor) {
    if (generic(index) != slot::kCount) context.arrays.current().slots[generic(index)].divisor = divisor;
    remote::glVertexAttribDivisor(context, index, divisor);
}

void glEnableVertexAttribArray(Context& context, GLuint index) {
    enable(context, generic(index), true);
    remote::glEnableVertexAttribArray(context, index);
}

void glDisableVertexAttribArray(Context& context, GLuint index) {
    enable(context, generic(index), false);
    remote::glDisableVertexAttribArray(context, index);
}

void glEnableClientState(Context& context, GLenum array) {
    enable(context, fixed(context, array), true);
    if (array == GL_PRIMITIVE_RESTART_NV) context.arrays.restart.is_on = true;
    remote::glEnableClientState(context, array);
}

void glDisableClientState(Context& context, GLenum array) {
    enable(context, fixed(context, array), false);
    if (array == GL_PRIMITIVE_RESTART_NV) context.arrays.restart.is_on = false;
    remote::glDisableClientState(context, array);
}

void glClientActiveTexture(Context& context, GLenum texture) {
    if (texture - GL_TEXTURE0 >= 8) return fail(context, GL_INVALID_ENUM);
    context.arrays.client_unit = texture - GL_TEXTURE0;
    remote::glClientActiveTexture(context, texture);
}

void glBindVertexArray(Context& context, GLuint array) {
    const bool known = array == 0 || context.names(NameKind::vertex_array,
                                                   [&](NameTable& table) { return table.holds(array); });
    if (!known) return fail(context, GL_INVALID_OPERATION);
    context.arrays.bind(array);
    context.index_stream_bound = false;
    remote::glBindVertexArray(context, array);
}

void glPrimitiveRestartIndex(Context& context, GLuint index) {
    context.arrays.restart.index = index;
    remote::glPrimitiveRestartIndex(context, index);
}

}  // namespace guest::gl::hand
