// See pixel_store.h.
#include "engine/gl/pixel_store.h"

#include <algorithm>
#include <array>

#include "gl/enums.h"

namespace engine::gl {
namespace {

constexpr std::array kUnpack{GL_UNPACK_ALIGNMENT,
                             GL_UNPACK_ROW_LENGTH,
                             GL_UNPACK_IMAGE_HEIGHT,
                             GL_UNPACK_SKIP_ROWS,
                             GL_UNPACK_SKIP_PIXELS,
                             GL_UNPACK_SKIP_IMAGES,
                             GL_UNPACK_SWAP_BYTES,
                             GL_UNPACK_LSB_FIRST,
                             GL_UNPACK_COMPRESSED_BLOCK_WIDTH,
                             GL_UNPACK_COMPRESSED_BLOCK_HEIGHT,
                             GL_UNPACK_COMPRESSED_BLOCK_DEPTH,
                             GL_UNPACK_COMPRESSED_BLOCK_SIZE};
constexpr std::array kPack{GL_PACK_ALIGNMENT,
                           GL_PACK_ROW_LENGTH,
                           GL_PACK_IMAGE_HEIGHT,
                           GL_PACK_SKIP_ROWS,
                           GL_PACK_SKIP_PIXELS,
                           GL_PACK_SKIP_IMAGES,
                           GL_PACK_SWAP_BYTES,
                           GL_PACK_LSB_FIRST,
                           GL_PACK_INVERT_MESA,
                           GL_PACK_COMPRESSED_BLOCK_WIDTH,
                           GL_PACK_COMPRESSED_BLOCK_HEIGHT,
                           GL_PACK_COMPRESSED_BLOCK_DEPTH,
                           GL_PACK_COMPRESSED_BLOCK_SIZE};

GLint tight(GLenum name) { return name == GL_UNPACK_ALIGNMENT || name == GL_PACK_ALIGNMENT ? 1 : 0; }

}  // namespace

void PixelStore::set(const device::GlTable& table, GLenum name, GLint value) {
    table.glPixelStorei(name, value);
    const bool unpacks = std::ranges::find(kUnpack, name) != kUnpack.end();
    if (!unpacks && std::ranges::find(kPack, name) == kPack.end()) return;
    GLint now = tight(name) + 1;  // where GL does not answer
    table.glGetIntegerv(name, &now);
    auto& loose = loose_[unpacks ? 0 : 1];
    if (now == tight(name)) {
        loose.erase(name);
    } else {
        loose[name] = now;
    }
}

PixelStore::Packed::Packed(const device::GlTable& table, const PixelStore& store)
    : table_(table), store_(store) {
    for (const auto& [name, value] : store_.loose_[1]) table_.glPixelStorei(name, tight(name));
}

PixelStore::Packed::~Packed() {
    for (const auto& [name, value] : store_.loose_[1]) table_.glPixelStorei(name, value);
}

}  // namespace engine::gl
