// Pixel formats, and images under pixel store; the arithmetic is that of the OpenGL 4.5 compatibility
// specification, sections 8.4.4 and 18.2.
#include "gl/pixels.h"

#include <algorithm>
#include <cstring>

#include "gl/enums.h"

namespace wire::gl {
namespace {

std::size_t components(GLenum format) {
    switch (format) {
        case GL_COLOR_INDEX:
        case GL_STENCIL_INDEX:
        case GL_DEPTH_COMPONENT:
        case GL_RED:
        case GL_GREEN:
        case GL_BLUE:
        case GL_ALPHA:
        case GL_LUMINANCE:
        case GL_INTENSITY:
        case GL_RED_INTEGER:
        case GL_GREEN_INTEGER:
        case GL_BLUE_INTEGER:
        case GL_ALPHA_INTEGER:
        case GL_LUMINANCE_INTEGER_EXT:
            return 1;
        case GL_RG:
        case GL_RG_INTEGER:
        case GL_LUMINANCE_ALPHA:
        case GL_LUMINANCE_ALPHA_INTEGER_EXT:
        case GL_DEPTH_STENCIL:
            return 2;
        case GL_RGB:
        case GL_BGR:
        case GL_RGB_INTEGER:
        case GL_BGR_INTEGER:
            return 3;
        case GL_RGBA:
        case GL_BGRA:
        case GL_ABGR_EXT:
        case GL_RGBA_INTEGER:
        case GL_BGRA_INTEGER:
            return 4;
        default:
            return 0;
    }
}

// Bytes of one component, for types that are no packed pixel.
std::size_t component_bytes(GLenum type) {
    switch (type) {
        case GL_BYTE:
        case GL_UNSIGNED_BYTE:
            return 1;
        case GL_SHORT:
        case GL_UNSIGNED_SHORT:
        case GL_HALF_FLOAT:
        case GL_HALF_FLOAT_OES:
            return 2;
        case GL_INT:
        case GL_UNSIGNED_INT:
        case GL_FLOAT:
        case GL_FIXED:
            return 4;
        case GL_DOUBLE:
            return 8;
        default:
            return 0;
    }
}

// Bytes of a type that holds a whole pixel.
std::size_t packed_bytes(GLenum type) {
    switch (type) {
        case GL_UNSIGNED_BYTE_3_3_2:
        case GL_UNSIGNED_BYTE_2_3_3_REV:
            return 1;
        case GL_UNSIGNED_SHORT_5_6_5:
        case GL_UNSIGNED_SHORT_5_6_5_REV:
        case GL_UNSIGNED_SHORT_4_4_4_4:
        case GL_UNSIGNED_SHORT_4_4_4_4_REV:
        case GL_UNSIGNED_SHORT_5_5_5_1:
        case GL_UNSIGNED_SHORT_1_5_5_5_REV:
            return 2;
        case GL_UNSIGNED_INT_8_8_8_8:
        case GL_UNSIGNED_INT_8_8_8_8_REV:
        case GL_UNSIGNED_INT_10_10_10_2:
        case GL_UNSIGNED_INT_2_10_10_10_REV:
        case GL_UNSIGNED_INT_24_8:
        case GL_UNSIGNED_INT_10F_11F_11F_REV:
        case GL_UNSIGNED_INT_5_9_9_9_REV:
            return 4;
        case GL_FLOAT_32_UNSIGNED_INT_24_8_REV:
            return 8;
        default:
            return 0;
    }
}

std::size_t round_up(std::size_t size, std::size_t unit) {
    return unit <= 1 ? size : (size + unit - 1) / unit * unit;
}

bool is_bitmap(const Image& image) { return image.type == GL_BITMAP; }

std::size_t tight_row(const Image& image) {
    if (is_bitmap(image)) return (size::bytes(image.width) + 7) / 8;
    return size::array(image.width, size::pixel(image.format, image.type));
}

// A row under pixel store, from one to the next.
std::size_t stride_of(const PixelStore& store, const Image& image) {
    const std::size_t pixels = size::bytes(store.row_length > 0 ? store.row_length : image.width);
    const std::size_t alignment = size::bytes(store.alignment);
    if (is_bitmap(image)) return round_up((pixels + 7) / 8, alignment);
    const std::size_t row = size::multiplied(pixels, size::pixel(image.format, image.type));
    // The specification rounds only where a component is smaller than the alignment.
    const std::size_t element = swapped_element(image.type);
    return element >= alignment ? row : round_up(row, alignment);
}

void swap_elements(std::byte* at, std::size_t size, std::size_t element) {
    for (std::size_t begin = 0; begin + element <= size; begin += element) {
        std::reverse(at + begin, at + begin + element);
    }
}

bool bit_at(const std::byte* row, std::size_t index, bool lsb_first) {
    const auto byte = std::to_integer<unsigned>(row[index / 8]);
    const auto place = static_cast<unsigned>(index % 8);
    return ((byte >> (lsb_first ? place : 7 - place)) & 1u) != 0;
}

void set_bit(std::byte* row, std::size_t index, bool lsb_first, bool value) {
    const auto place = static_cast<unsigned>(index % 8);
    const auto mask = static_cast<std::byte>(1u << (lsb_first ? place : 7 - place));
    row[index / 8] = value ? row[index / 8] | mask : row[index / 8] & ~mask;
}

std::size_t first_bit(const PixelStore& store) { return size::bytes(store.skip_pixels) % 8; }

// Calls copy(row of the program, offset of the tight row) for every row.
template <class Copy>
void each_row(const PixelStore& store, const Image& image, std::size_t tight_size, Copy copy) {
    const Layout layout = layout_of(store, image);
    std::size_t tight = 0;
    for (std::size_t z = 0; z < size::bytes(image.depth); ++z) {
        for (std::size_t y = 0; y < size::bytes(image.height); ++y) {
            if (layout.row_bytes == 0 || tight + layout.row_bytes > tight_size) return;
            copy(layout.first + z * layout.image_stride + y * layout.row_stride, tight, layout.row_bytes);
            tight += layout.row_bytes;
        }
    }
}

}  // namespace

namespace size {

std::size_t pixel(GLenum format, GLenum type) {
    const std::size_t count = components(format);
    if (count == 0) return 0;
    const std::size_t packed = packed_bytes(type);
    // Depth and stencil are packed, or no pixel.
    if (packed != 0 || format == GL_DEPTH_STENCIL) return packed;
    return count * component_bytes(type);
}

std::size_t image(GLenum format, GLenum type, GLsizei width, GLsizei height, GLsizei depth) {
    if (type == GL_BITMAP) return multiplied(bitmap(width, height), bytes(depth));
    return multiplied(array(width, pixel(format, type)), multiplied(bytes(height), bytes(depth)));
}

std::size_t bitmap(GLsizei width, GLsizei height) { return array(height, (bytes(width) + 7) / 8); }

}  // namespace size

std::size_t swapped_element(GLenum type) {
    if (type == GL_FLOAT_32_UNSIGNED_INT_24_8_REV) return 4;
    const std::size_t packed = packed_bytes(type);
    const std::size_t component = component_bytes(type);
    return packed != 0 ? packed : component != 0 ? component : 1;
}

Layout layout_of(const PixelStore& store, const Image& image) {
    const std::size_t row_bytes = tight_row(image);
    if (row_bytes == 0 || image.height <= 0 || image.depth <= 0) return {};
    Layout layout;
    layout.row_bytes = row_bytes;
    layout.row_stride = stride_of(store, image);
    const bool taller = image.has_depth && store.image_height > 0;
    layout.image_stride = size::array(taller ? store.image_height : image.height, layout.row_stride);
    const std::size_t skipped = size::bytes(store.skip_pixels);
    layout.first =
        is_bitmap(image) ? skipped / 8 : size::multiplied(skipped, size::pixel(image.format, image.type));
    layout.first = size::added(layout.first, size::array(store.skip_rows, layout.row_stride));
    if (image.has_depth) {
        layout.first = size::added(layout.first, size::array(store.skip_images, layout.image_stride));
    }
    const std::size_t last_row =
        is_bitmap(image) ? (first_bit(store) + size::bytes(image.width) + 7) / 8 : row_bytes;
    const std::size_t last_image = size::array(image.depth - 1, layout.image_stride);
    const std::size_t rows_before = size::array(image.height - 1, layout.row_stride);
    layout.end = size::added(size::added(layout.first, last_image), size::added(rows_before, last_row));
    return layout;
}

bool is_tight(const PixelStore& store, const Image& image) {
    const std::size_t element = is_bitmap(image) ? 1 : swapped_element(image.type);
    if (store.swap_bytes && element > 1) return false;
    if (is_bitmap(image) && (store.lsb_first || first_bit(store) != 0)) return false;
    const Layout layout = layout_of(store, image);
    const bool one_row = image.height == 1;
    if (!one_row && layout.row_stride != layout.row_bytes) return false;
    return image.depth <= 1 || layout.image_stride == size::array(image.height, layout.row_bytes);
}

void gather(const PixelStore& store, const Image& image, const void* from, std::span<std::byte> tight) {
    const auto* program = static_cast<const std::byte*>(from);
    const std::size_t element = swapped_element(image.type);
    each_row(store, image, tight.size(), [&](std::size_t row, std::size_t at, std::size_t count) {
        std::byte* to = tight.data() + at;
        if (!is_bitmap(image)) {
            std::memcpy(to, program + row, count);
            if (store.swap_bytes && element > 1) swap_elements(to, count, element);
            return;
        }
        std::memset(to, 0, count);
        for (std::size_t x = 0; x < size::bytes(image.width); ++x) {
            set_bit(to, x, false, bit_at(program + row, first_bit(store) + x, store.lsb_first));
        }
    });
}

void scatter(const PixelStore& store, const Image& image, std::span<const std::byte> tight, void* to) {
    auto* program = static_cast<std::byte*>(to);
    const std::size_t element = swapped_element(image.type);
    each_row(store, image, tight.size(), [&](std::size_t row, std::size_t at, std::size_t count) {
        const std::byte* from = tight.data() + at;
        if (!is_bitmap(image)) {
            std::memcpy(program + row, from, count);
            if (store.swap_bytes && element > 1) swap_elements(program + row, count, element);
            return;
        }
        for (std::size_t x = 0; x < size::bytes(image.width); ++x) {
            set_bit(program + row, first_bit(store) + x, store.lsb_first, bit_at(from, x, false));
        }
    });
}

}  // namespace wire::gl
