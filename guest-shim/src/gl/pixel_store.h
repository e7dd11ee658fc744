// glPixelStore of a context, both directions. It never crosses: images are packed and unpacked here, but for
// those in pixel buffers, for which the host is told while the call lasts.
#pragma once
#include "gl/pixels.h"
#include "gl/types.h"

namespace guest::gl {

struct PixelStores {
    wire::gl::PixelStore pack;
    wire::gl::PixelStore unpack;

    // The parameter `name`, as an integer; false when there is none, or the value is none of its.
    bool set(GLenum name, GLint value);
    bool get(GLenum name, GLint& value) const;
};

}  // namespace guest::gl
