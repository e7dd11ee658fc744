// See transfer.h.
#include "gl/transfer.h"

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"
#include "wire/limits.h"

namespace guest::gl {
namespace {

using wire::gl::From;
using wire::gl::PixelStore;

// A host's pixel store is tight in both directions; these are the parameters in which the program's differs.
void tell(Context& context, const PixelStore& store, bool unpack, bool back) {
    static constexpr PixelStore kTight{.alignment = 1};
    const PixelStore& from = back ? store : kTight;
    const PixelStore& to = back ? kTight : store;
    const auto set = [&](GLenum pack, GLenum name, GLint was, GLint is) {
        if (was != is) remote::glPixelStorei(context, unpack ? name : pack, is);
    };
    set(GL_PACK_SWAP_BYTES, GL_UNPACK_SWAP_BYTES, from.swap_bytes, to.swap_bytes);
    set(GL_PACK_LSB_FIRST, GL_UNPACK_LSB_FIRST, from.lsb_first, to.lsb_first);
    set(GL_PACK_ROW_LENGTH, GL_UNPACK_ROW_LENGTH, from.row_length, to.row_length);
    set(GL_PACK_IMAGE_HEIGHT, GL_UNPACK_IMAGE_HEIGHT, from.image_height, to.image_height);
    set(GL_PACK_SKIP_ROWS, GL_UNPACK_SKIP_ROWS, from.skip_rows, to.skip_rows);
    set(GL_PACK_SKIP_PIXELS, GL_UNPACK_SKIP_PIXELS, from.skip_pixels, to.skip_pixels);
    set(GL_PACK_SKIP_IMAGES, GL_UNPACK_SKIP_IMAGES, from.skip_images, to.skip_images);
    set(GL_PACK_ALIGNMENT, GL_UNPACK_ALIGNMENT, from.alignment, to.alignment);
}

}  // namespace

Upload::Upload(Context& context, const wire::gl::Image& image, const void* pixels) : context_(context) {
    if (context.bindings.pixel_unpack != 0) {
        from = static_cast<std::uint8_t>(From::buffer);
        offset = wire::gl::number(pixels);
        told_ = true;
        tell(context, context.pixels.unpack, true, false);
        return;
    }
    if (pixels == nullptr) return;
    const PixelStore& store = context.pixels.unpack;
    const std::size_t size =
        image.type == GL_BITMAP
            ? wire::gl::size::bitmap(image.width, image.height)
            : wire::gl::size::image(image.format, image.type, image.width, image.height, image.depth);
    if (wire::gl::is_tight(store, image)) {
        take(size, static_cast<const std::byte*>(pixels) + wire::gl::layout_of(store, image).first);
    } else if (size > wire::limits::kGlDataBytes) {
        take(size, pixels);
    } else {
        tight_.resize(size);
        wire::gl::gather(store, image, pixels, tight_);
        take(size, tight_.data());
    }
}

Upload::Upload(Context& context, std::size_t size, const void* data) : context_(context) {
    if (context.bindings.pixel_unpack != 0) {
        from = static_cast<std::uint8_t>(From::buffer);
        offset = wire::gl::number(data);
    } else if (data != nullptr) {
        take(size, data);
    }
}

void Upload::take(std::size_t size, const void* data) {
    ok_ = size <= wire::limits::kGlDataBytes;
    if (!ok_) return fail(context_, GL_OUT_OF_MEMORY);
    from = static_cast<std::uint8_t>(From::record);
    bytes = wire::gl::in(data, size);
}

Upload::~Upload() {
    if (told_) tell(context_, context_.pixels.unpack, true, true);
}

Download::Download(Context& context, const void* pixels) : context_(context) {
    if (context.bindings.pixel_pack == 0) return;
    from = static_cast<std::uint8_t>(From::buffer);
    offset = wire::gl::number(pixels);
    told_ = true;
    tell(context, context.pixels.pack, false, false);
}

Download::~Download() {
    if (told_) tell(context_, context_.pixels.pack, false, true);
}

}  // namespace guest::gl
