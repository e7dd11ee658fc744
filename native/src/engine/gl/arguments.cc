// Arguments of generated handlers. What is bound is asked of GL, which knows it per vertex array and share
// group better than a second account of it would.
#include "engine/gl/arguments.h"

#include <algorithm>

#include "gl/enums.h"
#include "wire/limits.h"

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
    // An array that is nowhere, as programs leave those they no longer use.
    const bool is_nothing = binding == wire::gl::Binding::array && value == 0;
    return (is_nothing && !is_bound(executor, GL_ARRAY_BUFFER_BINDING)) ||
           offset_into(executor, enumerant_of(binding), value, pointer);
}

bool offset_into(GlExecutor& executor, GLenum binding, std::uint64_t value, const void*& pointer) {
    if (!is_bound(executor, binding)) return refused(executor);
    pointer = as_pointer(value);
    return true;
}

bool unpack(GlExecutor& executor, std::uint8_t from, wire::gl::Bytes image, std::size_t size,
            std::uint64_t offset, const void*& pointer) {
    const bool in_buffer = from == static_cast<std::uint8_t>(wire::gl::From::buffer);
    // OpenGL ES 2.0 has no such binding: what it leaves alone stays 0.
    if (is_bound(executor, GL_PIXEL_UNPACK_BUFFER_BINDING) != in_buffer) return refused(executor);
    if (in_buffer) {
        pointer = as_pointer(offset);
        return true;
    }
    const bool absent = from == static_cast<std::uint8_t>(wire::gl::From::nothing);
    if (absent && size == 0) return true;
    if (!executor.pixel_store().unpacks_tightly()) return refused(executor);
    pointer = wire::gl::view<std::byte>(image);
    if (!absent) return true;
    if (size > wire::limits::kGlFrameBytes) {
        executor.set_error(GL_INVALID_VALUE);
        return false;
    }
    const auto zeros = executor.pixels(size);
    std::ranges::fill(zeros, std::byte{0});
    pointer = zeros.data();
    return true;
}

bool find_target(GlExecutor& executor, const wire::RecordHeader& header, std::uint8_t from,
                 std::uint64_t offset, std::size_t size, Target& target) {
    if (from == static_cast<std::uint8_t>(wire::gl::From::buffer)) {
        target.is_buffer = true;
        const void* pointer = nullptr;
        const bool bound = offset_into(executor, GL_PIXEL_PACK_BUFFER_BINDING, offset, pointer);
        target.pointer = const_cast<void*>(pointer);
        if (!bound) executor.refuse();
        return bound;
    }
    if (!executor.pixel_store().packs_tightly()) {
        executor.set_error(GL_INVALID_OPERATION);
        executor.refuse();
        return false;
    }
    if (size > wire::limits::kGlFrameBytes) {
        executor.malformed(header);
        return false;
    }
    target.place = executor.pixels(size);
    target.pointer = target.place.data();
    return true;
}

}  // namespace engine::gl
