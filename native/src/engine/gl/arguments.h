// What generated handlers make a driver's arguments of: pointers that are offsets into buffers, images of
// records or of buffers, names in arrays. A record may lie: nothing here lets a number of the guest's become
// an address that the driver follows.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/gl/gl_executor.h"
#include "gl/binding.h"
#include "gl/types.h"
#include "gl/view.h"

namespace engine::gl {

// The offset as the pointer that GL takes for one. False, and GL_INVALID_OPERATION: no buffer is bound there,
// so that GL would read it as an address.
bool offset(GlExecutor& executor, wire::gl::Binding binding, std::uint64_t value, const void*& pointer);

// The same for a binding by GL's name for it.
bool offset_into(GlExecutor& executor, GLenum binding, std::uint64_t value, const void*& pointer);

// Whether a record has an image of `size` bytes where it says it has one.
inline bool holds(std::uint8_t from, wire::gl::Bytes image, std::size_t size, bool nullable) {
    switch (from) {
        case static_cast<std::uint8_t>(wire::gl::From::nothing):
            return nullable || size == 0;
        case static_cast<std::uint8_t>(wire::gl::From::record):
            return image.size() >= size;
        default:
            return from == static_cast<std::uint8_t>(wire::gl::From::buffer);
    }
}

// The image of a record (tight, as wire::gl::gather() leaves it), or an offset into the bound unpack buffer.
// False, and GL_INVALID_OPERATION: no buffer where the record says so, or one where it does not, or an image
// of a record while the pixel store is not tight.
bool unpack(GlExecutor& executor, std::uint8_t from, wire::gl::Bytes image, std::uint64_t offset,
            const void*& pointer);

// The host's names for those of a record; null for none.
inline const GLuint* names(GlExecutor& executor, GlName kind, wire::gl::Bytes bytes) {
    return bytes.empty() ? nullptr : executor.names(kind, wire::gl::names(bytes));
}

inline GLsync sync(void* fence) { return static_cast<GLsync>(fence); }

}  // namespace engine::gl
