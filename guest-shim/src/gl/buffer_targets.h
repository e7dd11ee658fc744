// Targets of buffers: which buffer is bound there, and the error GL has where there is none. Used by the
// entry_*.cc files that are about buffers.
#pragma once
#include <algorithm>
#include <cstddef>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "wire/limits.h"

namespace guest::gl {

// The binding of a target; null for what is none.
inline GLuint* binding_of(Context& context, GLenum target) {
    if (target == GL_ELEMENT_ARRAY_BUFFER) return &context.arrays.current().element_buffer;
    return context.bindings.find(target);
}

// The buffer bound there; 0, and the error GL has for it, when there is none.
inline GLuint bound_buffer(Context& context, GLenum target) {
    const GLuint* name = binding_of(context, target);
    if (name == nullptr) fail(context, GL_INVALID_ENUM);
    if (name != nullptr && *name == 0) fail(context, GL_INVALID_OPERATION);
    return name == nullptr ? 0 : *name;
}

// Calls piece(offset, size, data) for parts of [offset, offset + size), each as much as a record may hold.
template <class Piece>
void in_pieces(GLintptr offset, GLsizeiptr size, const void* data, Piece&& piece) {
    constexpr auto kMost = static_cast<GLsizeiptr>(wire::limits::kGlDataBytes);
    const auto* from = static_cast<const std::byte*>(data);
    for (GLsizeiptr done = 0; done < size; done += kMost) {
        piece(offset + done, std::min(kMost, size - done), from + done);
    }
}

// The host may write into that buffer from now on, when it pleases.
void note_host_writes(Context& context, GLuint buffer);
// A record that has been sent makes the host write into it, this once.
void note_host_wrote(Context& context, GLuint buffer);

}  // namespace guest::gl
