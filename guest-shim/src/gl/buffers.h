// What the guest knows of buffer objects: their sizes, and the parts of them that the program has mapped. A
// mapped part is memory of this process; what the program writes there crosses when it is flushed or
// unmapped. A share group's; whoever uses it holds the group's lock.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "gl/types.h"

namespace guest::gl {

struct Mapping {
    std::unique_ptr<std::byte[]> memory;
    GLintptr offset = 0;
    GLsizeiptr length = 0;
    GLbitfield access = 0;
};

struct BufferObject {
    GLsizeiptr size = 0;
    GLenum usage = 0x88e4;   // GL_STATIC_DRAW
    GLbitfield storage = 0;  // flags of glBufferStorage
    bool immutable = false;
    Mapping mapping;  // without memory while it is not mapped
    bool is_mapped() const { return mapping.memory != nullptr; }
};

using Buffers = std::unordered_map<GLuint, BufferObject>;

}  // namespace guest::gl
