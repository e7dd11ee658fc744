// How many bytes an array of an OpenGL call is, from its scalar parameters: size expressions of proto/spec/gl
// call these. Both ends evaluate them: the guest to copy, the host to refuse a record that holds less.
// Numbers come from a program or from a record, so none of them may be trusted: a negative count is none, and
// nothing wraps.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "gl/types.h"

namespace wire::gl::size {

// More than any memory: a size that is too large for a number.
inline constexpr std::size_t kTooLarge = std::numeric_limits<std::size_t>::max() / 2;

// 32 by 32 bits.
inline constexpr std::size_t kStippleBytes = 128;

constexpr std::size_t multiplied(std::size_t left, std::size_t right) {
    std::size_t product = 0;
    if (__builtin_mul_overflow(left, right, &product) || product > kTooLarge) return kTooLarge;
    return product;
}

constexpr std::size_t added(std::size_t left, std::size_t right) {
    return left >= kTooLarge || right >= kTooLarge - left ? kTooLarge : left + right;
}

// A count of the program's, as a size.
template <std::integral T>
constexpr std::size_t bytes(T count) {
    if constexpr (std::signed_integral<T>) {
        if (count < 0) return 0;
    }
    return static_cast<std::size_t>(count);
}

template <std::integral T>
constexpr std::size_t array(T count, std::size_t each) {
    return multiplied(bytes(count), each);
}

// Elements of the parameter array that glTexParameter, glLight, glGetMaterial and their like take for
// `pname`: 1 for what this does not know.
std::size_t parameters(GLenum pname);

// Elements that glGetIntegerv and its like answer for `pname`: 1 for what this does not know, 0 where the
// host's number decides (GL_COMPRESSED_TEXTURE_FORMATS, GL_PROGRAM_BINARY_FORMATS, GL_SHADER_BINARY_FORMATS).
std::size_t state(GLenum pname);

// Bytes of the value that glClearBufferfv and its like take for `buffer`.
constexpr std::size_t clear_value(GLenum buffer) { return buffer == 0x1800 /* GL_COLOR */ ? 16 : 4; }

// Bytes of one pixel; 0 for what is no format and type of pixels.
std::size_t pixel(GLenum format, GLenum type);

// Bytes of an image without any padding.
std::size_t image(GLenum format, GLenum type, GLsizei width, GLsizei height, GLsizei depth);

// Bytes of a bitmap whose rows begin at bytes.
std::size_t bitmap(GLsizei width, GLsizei height);

// Elements of the control points of an evaluator; 0 for what the call refuses.
std::size_t map1(GLenum target, GLint stride, GLint order);
std::size_t map2(GLenum target, GLint ustride, GLint uorder, GLint vstride, GLint vorder);

// Bytes of an index or of a name in a list of glCallLists; 0 for what is no type of either.
std::size_t index(GLenum type);
std::size_t list_name(GLenum type);

}  // namespace wire::gl::size
