// See arrays.h.
#include "gl/arrays.h"

#include "gl/enums.h"

namespace guest::gl {

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
        case GL_INT_2_10_10_10_REV:
        case GL_UNSIGNED_INT_2_10_10_10_REV:
        case GL_UNSIGNED_INT_10F_11F_11F_REV:
            return 4;
        case GL_DOUBLE:
            return 8;
        default:
            return 0;
    }
}

std::size_t ArraySlot::element() const {
    const bool packed = type == GL_INT_2_10_10_10_REV || type == GL_UNSIGNED_INT_2_10_10_10_REV ||
                        type == GL_UNSIGNED_INT_10F_11F_11F_REV;
    const std::size_t count = packed ? 1 : size == GL_BGRA ? 4 : static_cast<std::size_t>(size);
    return component_bytes(type) * count;
}

void Arrays::forget_buffer(GLuint buffer) {
    if (buffer == 0) return;
    for (auto& [name, object] : objects_) {
        if (object.element_buffer == buffer) object.element_buffer = 0;
        for (ArraySlot& slot : object.slots) {
            if (slot.buffer == buffer) slot.buffer = 0;
        }
    }
}

}  // namespace guest::gl
