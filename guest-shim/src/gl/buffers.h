// What the guest knows of buffer objects: their sizes, what the program has mapped of them, and, of those it
// maps, a copy of their contents. A map is a part of that copy; what the program writes there crosses when it
// is flushed or unmapped. A copy that is true saves the next map the question what is in the buffer: it
// follows what the program itself puts there, and ends where the host may write. A share group's; whoever
// uses it holds the group's lock.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <unordered_map>

#include "gl/types.h"

namespace guest::gl {

// GL_MIN_MAP_BUFFER_ALIGNMENT, of the buffer's first byte.
inline constexpr std::align_val_t kMapAlignment{64};

struct FreeCopy {
    void operator()(std::byte* memory) const { ::operator delete[](memory, kMapAlignment); }
};
// A buffer's contents.
using BufferCopy = std::unique_ptr<std::byte[], FreeCopy>;

// Null: no memory.
inline BufferCopy make_copy(GLsizeiptr size) {
    return BufferCopy(new (kMapAlignment, std::nothrow) std::byte[static_cast<std::size_t>(size)]);
}

struct Mapping {
    std::byte* memory = nullptr;  // of `offset`; null while nothing is mapped
    GLintptr offset = 0;
    GLsizeiptr length = 0;
    GLbitfield access = 0;
    GLenum old_access = 0x88ba;  // GL_READ_WRITE: what GL_BUFFER_ACCESS tells
};

struct BufferObject {
    GLsizeiptr size = 0;
    GLenum usage = 0x88e4;   // GL_STATIC_DRAW
    GLbitfield storage = 0;  // flags of glBufferStorage
    bool immutable = false;
    Mapping mapping;
    // All of the buffer, from its first map on; null: not kept.
    BufferCopy copy;
    bool is_true = false;       // the copy is what the host has, or will have once it got here
    bool is_blank = true;       // nobody has put anything there: any bytes are its contents
    bool host_writes = false;   // shaders, transform feedback or pixel transfers may: no copy stays true
    std::uint64_t written = 0;  // another number whenever the contents may be others

    bool is_mapped() const { return mapping.memory != nullptr; }
    // Mapped over a part of that range, by a map that does not stay: until it ends GL refuses to work there.
    bool is_taken(GLintptr offset, GLsizeiptr length) const {
        constexpr GLbitfield kStays = 0x0040;  // GL_MAP_PERSISTENT_BIT
        return is_mapped() && (mapping.access & kStays) == 0 && offset < mapping.offset + mapping.length &&
               mapping.offset < offset + length;
    }
    bool holds(GLintptr offset, GLsizeiptr length) const {
        return offset >= 0 && length >= 0 && offset <= size - length;
    }
    // The program has put `data` there, by a record that is on its way.
    void put(GLintptr offset, GLsizeiptr length, const void* data) {
        ++written;
        is_blank = false;
        if (copy != nullptr && data != nullptr && holds(offset, length))
            std::memcpy(copy.get() + offset, data, static_cast<std::size_t>(length));
    }
    // The host has put something there that only it knows.
    void wrote() {
        ++written;
        is_blank = false;
        is_true = false;
    }
};

using Buffers = std::unordered_map<GLuint, BufferObject>;

}  // namespace guest::gl
