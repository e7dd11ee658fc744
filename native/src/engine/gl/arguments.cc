// Arguments of generated handlers. What is bound is asked of GL, which knows it per vertex array and share
// group better than a second account of it would.
#include "engine/gl/arguments.h"

#include "gl/enums.h"

namespace engine::gl {
namespace {

bool is_bound(GlExecutor& executor, GLenum binding) {
    GLint buffer = 0;
    executor.table().glGetIntegerv(binding, &buffer);
    return buffer != 0;
}

GLenum enumerant_of(wire::gl::Binding binding) {
    switch (binding) {
        case wire::gl::Binding::array:
            return GL_ARRAY_BUFFER_BINDING;
        case wire::gl::Binding::element_array:
            return GL_ELEMENT_ARRAY_BUFFER_BINDING;
        case wire::gl::Binding::draw_indirect:
            return GL_DRAW_INDIRECT_BUFFER_BINDING;
    }
    return GL_ARRAY_BUFFER_BINDING;
}

// SAFETY: GL takes it for a number, because a buffer is bound.
const void* as_pointer(std::uint64_t value) { return reinterpret_cast<const void*>(value); }

bool refused(GlExecutor& executor) {
    executor.set_error(GL_INVALID_OPERATION);
    return false;
}

}  // namespace

bool offset(GlExecutor& executor, wire::gl::Binding binding, std::uint64_t value, const void*& pointer) {
    return offset_into(executor, enumerant_of(binding), value, pointer);
}

bool offset_into(GlExecutor& executor, GLenum binding, std::uint64_t value, const void*& pointer) {
    if (!is_bound(executor, binding)) return refused(executor);
    pointer = as_pointer(value);
    return true;
}

bool unpack(GlExecutor& executor, std::uint8_t from, wire::gl::Bytes image, std::uint64_t offset,
            const void*& pointer) {
    const bool in_buffer = from == static_cast<std::uint8_t>(wire::gl::From::buffer);
    // OpenGL ES 2.0 has no such binding: what it leaves alone stays 0.
    if (is_bound(executor, GL_PIXEL_UNPACK_BUFFER_BINDING) != in_buffer) return refused(executor);
    if (in_buffer) {
        pointer = as_pointer(offset);
    } else if (from == static_cast<std::uint8_t>(wire::gl::From::record)) {
        if (!executor.pixel_store().unpacks_tightly()) return refused(executor);
        pointer = wire::gl::view<std::byte>(image);
    }
    return true;
}

}  // namespace engine::gl
