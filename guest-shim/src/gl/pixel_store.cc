// See pixel_store.h.
#include "gl/pixel_store.h"

#include "gl/enums.h"

namespace guest::gl {
namespace {

using wire::gl::PixelStore;

// The parameters of one direction, in the order of their enumerants: SWAP_BYTES, LSB_FIRST, ROW_LENGTH,
// SKIP_ROWS, SKIP_PIXELS, ALIGNMENT.
constexpr GLenum kFirst[] = {GL_UNPACK_SWAP_BYTES, GL_PACK_SWAP_BYTES};
constexpr GLenum kCount = 6;

bool* flag_of(PixelStore& store, GLenum place) {
    switch (place) {
        case 0:
            return &store.swap_bytes;
        case 1:
            return &store.lsb_first;
        default:
            return nullptr;
    }
}

GLint* number_of(PixelStore& store, GLenum place) {
    switch (place) {
        case 2:
            return &store.row_length;
        case 3:
            return &store.skip_rows;
        case 4:
            return &store.skip_pixels;
        case 5:
            return &store.alignment;
        default:
            return nullptr;
    }
}

struct Found {
    bool* flag = nullptr;
    GLint* number = nullptr;
};

Found find(PixelStores& stores, GLenum name) {
    PixelStore* const both[] = {&stores.unpack, &stores.pack};
    for (std::size_t direction = 0; direction < 2; ++direction) {
        const GLenum place = name - kFirst[direction];
        if (place < kCount) return {flag_of(*both[direction], place), number_of(*both[direction], place)};
    }
    switch (name) {
        case GL_UNPACK_SKIP_IMAGES:
            return {nullptr, &stores.unpack.skip_images};
        case GL_UNPACK_IMAGE_HEIGHT:
            return {nullptr, &stores.unpack.image_height};
        case GL_PACK_SKIP_IMAGES:
            return {nullptr, &stores.pack.skip_images};
        case GL_PACK_IMAGE_HEIGHT:
            return {nullptr, &stores.pack.image_height};
        default:
            return {};
    }
}

bool is_alignment(GLenum name) { return name == GL_UNPACK_ALIGNMENT || name == GL_PACK_ALIGNMENT; }

}  // namespace

bool PixelStores::set(GLenum name, GLint value) {
    const Found found = find(*this, name);
    if (found.flag != nullptr) *found.flag = value != 0;
    if (found.number == nullptr) return found.flag != nullptr;
    const bool aligns = value == 1 || value == 2 || value == 4 || value == 8;
    if (is_alignment(name) ? !aligns : value < 0) return false;
    *found.number = value;
    return true;
}

bool PixelStores::get(GLenum name, GLint& value) const {
    // SAFETY: find() only looks.
    const Found found = find(const_cast<PixelStores&>(*this), name);
    if (found.flag != nullptr) value = *found.flag ? 1 : 0;
    if (found.number != nullptr) value = *found.number;
    return found.flag != nullptr || found.number != nullptr;
}

}  // namespace guest::gl
