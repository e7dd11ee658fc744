// The buffers that are bound, as far as the guest has to know: where a pointer is an offset, what a map maps.
// A context's; one thread. The element array buffer is the vertex array's (arrays.h).
#pragma once
#include <array>

#include "gl/enums.h"
#include "gl/types.h"

namespace guest::gl {

struct Bindings {
    GLuint array = 0;
    GLuint pixel_pack = 0;
    GLuint pixel_unpack = 0;
    GLuint copy_read = 0;
    GLuint copy_write = 0;
    GLuint uniform = 0;
    GLuint texture = 0;
    GLuint transform_feedback = 0;
    GLuint draw_indirect = 0;
    GLuint dispatch_indirect = 0;
    GLuint shader_storage = 0;
    GLuint atomic_counter = 0;
    GLuint query = 0;
    GLuint parameter = 0;

    // Null for the element array, and for what is no target of a buffer.
    GLuint* find(GLenum target) {
        switch (target) {
            case GL_ARRAY_BUFFER:
                return &array;
            case GL_PIXEL_PACK_BUFFER:
                return &pixel_pack;
            case GL_PIXEL_UNPACK_BUFFER:
                return &pixel_unpack;
            case GL_COPY_READ_BUFFER:
                return &copy_read;
            case GL_COPY_WRITE_BUFFER:
                return &copy_write;
            case GL_UNIFORM_BUFFER:
                return &uniform;
            case GL_TEXTURE_BUFFER:
                return &texture;
            case GL_TRANSFORM_FEEDBACK_BUFFER:
                return &transform_feedback;
            case GL_DRAW_INDIRECT_BUFFER:
                return &draw_indirect;
            case GL_DISPATCH_INDIRECT_BUFFER:
                return &dispatch_indirect;
            case GL_SHADER_STORAGE_BUFFER:
                return &shader_storage;
            case GL_ATOMIC_COUNTER_BUFFER:
                return &atomic_counter;
            case GL_QUERY_BUFFER:
                return &query;
            case GL_PARAMETER_BUFFER:
                return &parameter;
            default:
                return nullptr;
        }
    }
    void forget(GLuint buffer) {
        for (GLuint* bound : {&array, &pixel_pack, &pixel_unpack, &copy_read, &copy_write, &uniform, &texture,
                              &transform_feedback, &draw_indirect, &dispatch_indirect, &shader_storage,
                              &atomic_counter, &query, &parameter}) {
            if (*bound == buffer) *bound = 0;
        }
    }
};

}  // namespace guest::gl
