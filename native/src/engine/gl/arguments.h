// What generated handlers make a driver's arguments of: pointers that are offsets into buffers, images of
// records or of buffers, names in arrays. A record may lie: nothing here lets a number of the guest's become
// an address that the driver follows.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/gl/gl_executor.h"
#include "gl/binding.h"
#include "gl/enums.h"
#include "gl/types.h"
#include "gl/view.h"

namespace engine::gl {

// The offset as the pointer that GL takes for one. False, and GL_INVALID_OPERATION: no buffer is bound there,
// so that GL would read it as an address.
bool offset(GlExecutor& executor, wire::gl::Binding binding, std::uint64_t value, const void*& pointer);

// The same for a binding by GL's name for it.
bool offset_into(GlExecutor& executor, GLenum binding, std::uint64_t value, const void*& pointer);

constexpr bool any_negative(auto... sizes) { return ((sizes < 0) || ...); }

// Whether `count` bindings from `first` on are numbered at all; an error when they are not. Mesa (22.3) takes
// one below nothing for one without a sign in glBindImageTextures, and binds past the end of its units.
inline bool is_range(GlExecutor& executor, GLuint first, GLsizei count) {
    if (count < 0) {
        executor.negative();
        return false;
    }
    if (static_cast<GLuint>(count) <= UINT32_MAX - first) return true;
    executor.set_error(GL_INVALID_OPERATION);
    return false;
}

// Whether a record that has an image has all of it. An image whose format and type make no pixels has no
// bytes.
inline bool holds(std::uint8_t from, wire::gl::Bytes image, std::size_t size) {
    if (from != static_cast<std::uint8_t>(wire::gl::From::record)) {
        return from <= static_cast<std::uint8_t>(wire::gl::From::buffer);
    }
    return size == 0 ? image.empty() : image.size() >= size;
}

// The image of a record (tight, as wire::gl::gather() leaves it), or an offset into the bound unpack buffer;
// zeros of that size where the program gave none, for GL to find out what else is wrong with the call. False,
// and an error: no buffer where the record says so, or one where it does not, an image of a record while the
// pixel store is not tight, or more zeros than there is memory for.
bool unpack(GlExecutor& executor, std::uint8_t from, wire::gl::Bytes image, std::size_t size,
            std::uint64_t offset, const void*& pointer);

// Where pixels go: into the buffer that is bound, at the offset, or into `place`.
struct Target {
    void* pointer = nullptr;
    std::span<std::byte> place;
    bool is_buffer = false;
};

// False: GL is not to be asked, which is an error, or the end of the session.
bool find_target(GlExecutor& executor, const wire::RecordHeader& header, std::uint8_t from,
                 std::uint64_t offset, std::size_t size, Target& target);

// The host's names for those of a record; null for none.
inline const GLuint* names(GlExecutor& executor, GlName kind, wire::gl::Bytes bytes) {
    return bytes.empty() ? nullptr : executor.names(kind, wire::gl::names(bytes));
}

inline GLsync sync(void* fence) { return static_cast<GLsync>(fence); }

}  // namespace engine::gl
