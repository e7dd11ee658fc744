// Images in client memory: how large they are under GL_PACK_* or GL_UNPACK_*, and the way between there and
// the tight rows that cross. In a record or a reply an image has rows without padding, nothing skipped, the
// bytes of the machine's order; the guest does what pixel store says. Used by guest-shim/src/gl, and by the
// host to check sizes.
#pragma once
#include <cstddef>
#include <span>

#include "gl/sizes.h"
#include "gl/types.h"

namespace wire::gl {

// The parameters of glPixelStore of one direction, with their initial values.
struct PixelStore {
    bool swap_bytes = false;
    bool lsb_first = false;
    GLint row_length = 0;
    GLint image_height = 0;
    GLint skip_rows = 0;
    GLint skip_pixels = 0;
    GLint skip_images = 0;
    GLint alignment = 4;
};

// What a transfer moves. `has_depth`: one of a 3D kind, for which GL_*_IMAGE_HEIGHT and GL_*_SKIP_IMAGES
// count.
struct Image {
    GLenum format = 0;
    GLenum type = 0;
    GLsizei width = 0;
    GLsizei height = 1;
    GLsizei depth = 1;
    bool has_depth = false;
};

// Where the parts of an image lie in client memory, in bytes from the pointer that the program gives.
struct Layout {
    std::size_t first = 0;      // the first pixel; of a bitmap, the byte that its first bit is in
    std::size_t row_bytes = 0;  // of the pixels of one row, without padding
    std::size_t row_stride = 0;
    std::size_t image_stride = 0;
    std::size_t end = 0;  // past the last pixel: what the program's memory, or its buffer, must hold
};

// All zeros for an empty image, and for one whose format and type make no pixels.
Layout layout_of(const PixelStore& store, const Image& image);

// Copies an image of the program into `tight`, of size::image() bytes (size::bitmap() per image of
// GL_BITMAP).
void gather(const PixelStore& store, const Image& image, const void* from, std::span<std::byte> tight);
// The other way: what is skipped and padded in the program's memory stays as it is.
void scatter(const PixelStore& store, const Image& image, std::span<const std::byte> tight, void* to);

// Whether client memory is tight already, so that it may be sent as it lies (from layout_of().first on).
bool is_tight(const PixelStore& store, const Image& image);

// Bytes of the element that swap_bytes turns round: 1, 2, 4 or 8.
std::size_t swapped_element(GLenum type);

}  // namespace wire::gl
