// Draws whose parameters are in memory: in a buffer, or, as the compatibility profile has it, the program's.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"
#include "wire/limits.h"

namespace guest::gl::hand {
namespace {

// As GL lays them out.
struct ArraysCommand {
    GLuint count;
    GLuint instances;
    GLuint first;
    GLuint base_instance;
};
struct ElementsCommand {
    GLuint count;
    GLuint instances;
    GLuint first_index;
    GLint base_vertex;
    GLuint base_instance;
};

bool is_from_memory(Context& context) {
    return context.facts().profile == 2 && context.bindings.draw_indirect == 0;
}

// Whether commands are read here: they are in memory, or the vertices are, and only the command says which
// of them a draw takes along. `indirect` is an address then, where need be into `store`.
template <class Command>
bool reads_here(Context& context, const void*& indirect, GLsizei draws, GLsizei stride,
                std::vector<std::byte>& store) {
    if (is_from_memory(context)) return true;
    const std::size_t step = stride == 0 ? sizeof(Command) : static_cast<std::size_t>(stride);
    const bool is_for_client = context.arrays.current().from_client() != 0;
    if (!is_for_client || context.bindings.draw_indirect == 0 || draws <= 0 || stride < 0 || stride % 4 != 0)
        return false;
    const std::size_t size = (static_cast<std::size_t>(draws) - 1) * step + sizeof(Command);
    if (size > wire::limits::kGlDataBytes) return false;
    store.resize(size);
    remote::glGetBufferSubData(context, GL_DRAW_INDIRECT_BUFFER,
                               static_cast<GLintptr>(wire::gl::number(indirect)),
                               static_cast<GLsizeiptr>(size), store.data());
    indirect = store.data();
    return true;
}

template <class Command>
Command read(const void* indirect, GLsizei draw, GLsizei stride) {
    const auto step = stride == 0 ? sizeof(Command) : static_cast<std::size_t>(stride);
    Command command;
    std::memcpy(&command, static_cast<const std::byte*>(indirect) + static_cast<std::size_t>(draw) * step,
                sizeof command);
    return command;
}

// Bytes of an index; 0, and the error GL has for it, for what is no type of one.
std::uint64_t index_size(Context& context, GLenum type) {
    if (type == GL_UNSIGNED_BYTE) return 1;
    if (type == GL_UNSIGNED_SHORT) return 2;
    if (type == GL_UNSIGNED_INT) return 4;
    fail(context, GL_INVALID_ENUM);
    return 0;
}

// Whether a call for many draws of program memory is one at all.
bool is_sane(Context& context, const void* indirect, GLsizei draws, GLsizei stride) {
    const bool sane = draws >= 0 && stride >= 0 && stride % 4 == 0 && (indirect != nullptr || draws == 0);
    if (!sane) fail(context, GL_INVALID_VALUE);
    return sane;
}

void draw(Context& context, GLenum mode, const ArraysCommand& at) {
    glDrawArraysInstancedBaseInstance(context, mode, static_cast<GLint>(at.first),
                                      static_cast<GLsizei>(at.count), static_cast<GLsizei>(at.instances),
                                      at.base_instance);
}

void draw(Context& context, GLenum mode, GLenum type, std::uint64_t size, const ElementsCommand& at) {
    // SAFETY: an offset into the element array buffer, which nobody follows.
    const auto* indices = reinterpret_cast<const void*>(at.first_index * size);
    glDrawElementsInstancedBaseVertexBaseInstance(context, mode, static_cast<GLsizei>(at.count), type,
                                                  indices, static_cast<GLsizei>(at.instances), at.base_vertex,
                                                  at.base_instance);
}

bool has_indices(Context& context) {
    const bool has = context.arrays.current().element_buffer != 0;
    if (!has) fail(context, GL_INVALID_OPERATION);
    return has;
}

}  // namespace

void glDrawArraysIndirect(Context& context, GLenum mode, const void* indirect) {
    std::vector<std::byte> store;
    if (!reads_here<ArraysCommand>(context, indirect, 1, 0, store))
        return remote::glDrawArraysIndirect(context, mode, indirect);
    if (is_sane(context, indirect, 1, 0)) draw(context, mode, read<ArraysCommand>(indirect, 0, 0));
}

void glDrawElementsIndirect(Context& context, GLenum mode, GLenum type, const void* indirect) {
    std::vector<std::byte> store;
    if (!reads_here<ElementsCommand>(context, indirect, 1, 0, store))
        return remote::glDrawElementsIndirect(context, mode, type, indirect);
    if (!has_indices(context) || !is_sane(context, indirect, 1, 0)) return;
    if (const std::uint64_t size = index_size(context, type))
        draw(context, mode, type, size, read<ElementsCommand>(indirect, 0, 0));
}

void glMultiDrawArraysIndirect(Context& context, GLenum mode, const void* indirect, GLsizei drawcount,
                               GLsizei stride) {
    std::vector<std::byte> store;
    if (!reads_here<ArraysCommand>(context, indirect, drawcount, stride, store))
        return remote::glMultiDrawArraysIndirect(context, mode, indirect, drawcount, stride);
    if (!is_sane(context, indirect, drawcount, stride)) return;
    for (GLsizei at = 0; at < drawcount; ++at) draw(context, mode, read<ArraysCommand>(indirect, at, stride));
}

void glMultiDrawElementsIndirect(Context& context, GLenum mode, GLenum type, const void* indirect,
                                 GLsizei drawcount, GLsizei stride) {
    std::vector<std::byte> store;
    if (!reads_here<ElementsCommand>(context, indirect, drawcount, stride, store))
        return remote::glMultiDrawElementsIndirect(context, mode, type, indirect, drawcount, stride);
    if (!has_indices(context) || !is_sane(context, indirect, drawcount, stride)) return;
    const std::uint64_t size = index_size(context, type);
    for (GLsizei at = 0; size != 0 && at < drawcount; ++at)
        draw(context, mode, type, size, read<ElementsCommand>(indirect, at, stride));
}

}  // namespace guest::gl::hand
