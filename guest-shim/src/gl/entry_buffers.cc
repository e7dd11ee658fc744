// Buffer objects: which are bound, how large they are, and what is mapped of them.
#include <algorithm>
#include <cstring>
#include <new>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"
#include "wire/limits.h"

namespace guest::gl::hand {
namespace {


// The binding of a target; null for what is none.
GLuint* binding(Context& context, GLenum target) {
    if (target == GL_ELEMENT_ARRAY_BUFFER) return &context.arrays.current().element_buffer;
    return context.bindings.find(target);
}

// The buffer bound there; 0, and the error GL has for it, when there is none.
GLuint bound(Context& context, GLenum target) {
    const GLuint* name = binding(context, target);
    if (name == nullptr) fail(context, GL_INVALID_ENUM);
    if (name != nullptr && *name == 0) fail(context, GL_INVALID_OPERATION);
    return name == nullptr ? 0 : *name;
}

// A program may bind a name it has made up, but in the core profile.
bool may_bind(Context& context, GLuint buffer) {
    if (buffer == 0) return true;
    const bool fresh = context.names(NameKind::buffer, [&](NameTable& table) {
        if (table.holds(buffer)) return false;
        if (context.facts().profile != 1) table.hold(buffer);
        return true;
    });
    if (fresh && context.facts().profile == 1) fail(context, GL_INVALID_OPERATION);
    if (fresh) context.changed_names(NameKind::buffer);
    return !fresh || context.facts().profile != 1;
}

void note_storage(Context& context, GLuint buffer, GLsizeiptr size, GLenum usage, GLbitfield flags,
                  bool immutable) {
    if (buffer == 0 || size < 0) return;
    context.group().with_buffers([&](Buffers& buffers) {
        BufferObject& object = buffers[buffer];
        if (object.immutable) return;  // the host refuses it
        object = BufferObject{};
        object.size = size;
        object.usage = usage;
        object.storage = flags;
        object.immutable = immutable;
    });
}

// Sends `size` bytes from `data` into the buffer, cut to what a record may hold.
template <class Send>
void send_pieces(GLintptr offset, GLsizeiptr size, const void* data, Send&& piece) {
    constexpr auto kMost = static_cast<GLsizeiptr>(wire::limits::kGlDataBytes);
    const auto* from = static_cast<const std::byte*>(data);
    for (GLsizeiptr done = 0; done < size; done += kMost) {
        piece(offset + done, std::min(kMost, size - done), from + done);
    }
}

bool fits(GLsizeiptr size) { return size <= static_cast<GLsizeiptr>(wire::limits::kGlDataBytes); }

void* map(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr length, GLbitfield access) {
    constexpr GLbitfield kPersistent = GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT;
    GLenum error = GL_NO_ERROR;
    std::byte* memory = context.group().with_buffers([&](Buffers& buffers) -> std::byte* {
        BufferObject& object = buffers[buffer];
        const bool moves = (access & (GL_MAP_READ_BIT | GL_MAP_WRITE_BIT)) != 0;
        if (offset < 0 || length <= 0 || offset > object.size - length) error = GL_INVALID_VALUE;
        if (object.is_mapped() || !moves || (access & kPersistent) != 0) error = GL_INVALID_OPERATION;
        if (error != GL_NO_ERROR) return nullptr;
        auto* room = new (std::nothrow) std::byte[static_cast<std::size_t>(length)];
        if (room == nullptr) error = GL_OUT_OF_MEMORY;
        object.mapping = {std::unique_ptr<std::byte[]>(room), offset, length, access};
        return room;
    });
    if (memory == nullptr) {
        fail(context, error);
        return nullptr;
    }
    constexpr GLbitfield kFresh = GL_MAP_INVALIDATE_RANGE_BIT | GL_MAP_INVALIDATE_BUFFER_BIT;
    const bool explicit_only = (access & GL_MAP_FLUSH_EXPLICIT_BIT) != 0 && (access & GL_MAP_READ_BIT) == 0;
    if ((access & kFresh) == 0 && !explicit_only)
        remote::glGetNamedBufferSubData(context, buffer, offset, length, memory);
    return memory;
}

// What the program has written of [offset, offset + length) of its mapping.
void flush(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr length) {
    const auto [memory, start, size] = context.group().with_buffers([&](Buffers& buffers) {
        const Mapping& mapping = buffers[buffer].mapping;
        return std::tuple(mapping.memory.get(), mapping.offset, mapping.length);
    });
    if (memory == nullptr) return fail(context, GL_INVALID_OPERATION);
    if (offset < 0 || length < 0 || offset > size - length) return fail(context, GL_INVALID_VALUE);
    send_pieces(start + offset, length, memory + offset,
                [&](GLintptr at, GLsizeiptr count, const void* from) {
                    remote::glNamedBufferSubData(context, buffer, at, count, from);
                });
}

GLboolean unmap(Context& context, GLuint buffer) {
    GLbitfield access = 0;
    GLsizeiptr length = 0;
    const bool mapped = context.group().with_buffers([&](Buffers& buffers) {
        const BufferObject& object = buffers[buffer];
        access = object.mapping.access;
        length = object.mapping.length;
        return object.is_mapped();
    });
    if (!mapped) {
        fail(context, GL_INVALID_OPERATION);
        return GL_FALSE;
    }
    const bool writes = (access & GL_MAP_WRITE_BIT) != 0 && (access & GL_MAP_FLUSH_EXPLICIT_BIT) == 0;
    if (writes) flush(context, buffer, 0, length);
    context.group().with_buffers([&](Buffers& buffers) { buffers[buffer].mapping = {}; });
    return GL_TRUE;
}

GLbitfield access_bits(GLenum access) {
    switch (access) {
        case GL_READ_ONLY:
            return GL_MAP_READ_BIT;
        case GL_WRITE_ONLY:
            return GL_MAP_WRITE_BIT;
        case GL_READ_WRITE:
            return GL_MAP_READ_BIT | GL_MAP_WRITE_BIT;
        default:
            return 0;
    }
}

void* map_whole(Context& context, GLuint buffer, GLenum access) {
    const GLbitfield bits = access_bits(access);
    if (bits == 0) {
        fail(context, GL_INVALID_ENUM);
        return nullptr;
    }
    const GLsizeiptr size =
        context.group().with_buffers([&](Buffers& buffers) { return buffers[buffer].size; });
    return map(context, buffer, 0, size, bits);
}

}  // namespace

void glBindBuffer(Context& context, GLenum target, GLuint buffer) {
    GLuint* name = binding(context, target);
    if (name == nullptr) return fail(context, GL_INVALID_ENUM);
    context.follow_names();
    if (!may_bind(context, buffer)) return;
    *name = buffer;
    if (target == GL_ELEMENT_ARRAY_BUFFER) context.index_stream_bound = false;
    remote::glBindBuffer(context, target, buffer);
}

void glBindBufferBase(Context& context, GLenum target, GLuint index, GLuint buffer) {
    context.follow_names();
    if (GLuint* name = binding(context, target)) *name = buffer;
    remote::glBindBufferBase(context, target, index, buffer);
}

void glBindBufferRange(Context& context, GLenum target, GLuint index, GLuint buffer, GLintptr offset,
                       GLsizeiptr size) {
    context.follow_names();
    if (GLuint* name = binding(context, target)) *name = buffer;
    remote::glBindBufferRange(context, target, index, buffer, offset, size);
}

void glBufferData(Context& context, GLenum target, GLsizeiptr size, const void* data, GLenum usage) {
    const GLuint buffer = bound(context, target);
    if (buffer == 0) return;
    note_storage(context, buffer, size, usage, 0, false);
    if (data == nullptr || fits(size)) return remote::glBufferData(context, target, size, data, usage);
    remote::glBufferData(context, target, size, nullptr, usage);
    glBufferSubData(context, target, 0, size, data);
}

void glBufferStorage(Context& context, GLenum target, GLsizeiptr size, const void* data, GLbitfield flags) {
    const GLuint buffer = bound(context, target);
    if (buffer == 0) return;
    note_storage(context, buffer, size, GL_DYNAMIC_DRAW, flags, true);
    // What the host needs for its own writes, whatever the program has allowed itself.
    remote::glBufferStorage(context, target, size, data, flags | GL_DYNAMIC_STORAGE_BIT);
}

void glBufferSubData(Context& context, GLenum target, GLintptr offset, GLsizeiptr size, const void* data) {
    if (bound(context, target) == 0) return;
    if (size <= 0 || fits(size)) return remote::glBufferSubData(context, target, offset, size, data);
    send_pieces(offset, size, data, [&](GLintptr at, GLsizeiptr count, const void* from) {
        remote::glBufferSubData(context, target, at, count, from);
    });
}

void glDeleteBuffers(Context& context, GLsizei n, const GLuint* buffers) {
    if (n < 0) return fail(context, GL_INVALID_VALUE);
    if (n == 0 || buffers == nullptr) return;
    context.follow_names();
    const auto names = std::span(buffers, static_cast<std::size_t>(n));
    send(context, wire::glDeleteBuffers_Request{.buffers = std::as_bytes(names)});
    for (const GLuint name : names) {
        context.bindings.forget(name);
        context.arrays.forget_buffer(name);
        context.group().with_buffers([&](Buffers& known) { known.erase(name); });
        context.names(NameKind::buffer, [&](NameTable& table) { table.give(name); });
    }
    context.changed_names(NameKind::buffer);
}

void* glMapBuffer(Context& context, GLenum target, GLenum access) {
    const GLuint buffer = bound(context, target);
    return buffer == 0 ? nullptr : map_whole(context, buffer, access);
}

void* glMapBufferRange(Context& context, GLenum target, GLintptr offset, GLsizeiptr length,
                       GLbitfield access) {
    const GLuint buffer = bound(context, target);
    return buffer == 0 ? nullptr : map(context, buffer, offset, length, access);
}

void* glMapNamedBuffer(Context& context, GLuint buffer, GLenum access) {
    return map_whole(context, buffer, access);
}

void* glMapNamedBufferRange(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr length,
                            GLbitfield access) {
    return map(context, buffer, offset, length, access);
}

void glFlushMappedBufferRange(Context& context, GLenum target, GLintptr offset, GLsizeiptr length) {
    const GLuint buffer = bound(context, target);
    if (buffer != 0) flush(context, buffer, offset, length);
}

void glFlushMappedNamedBufferRange(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr length) {
    flush(context, buffer, offset, length);
}

GLboolean glUnmapBuffer(Context& context, GLenum target) {
    const GLuint buffer = bound(context, target);
    return buffer == 0 ? GLboolean{GL_FALSE} : unmap(context, buffer);
}

GLboolean glUnmapNamedBuffer(Context& context, GLuint buffer) { return unmap(context, buffer); }

void glGetBufferPointerv(Context& context, GLenum target, GLenum pname, void** params) {
    const GLuint buffer = bound(context, target);
    if (buffer != 0) glGetNamedBufferPointerv(context, buffer, pname, params);
}

void glGetNamedBufferPointerv(Context& context, GLuint buffer, GLenum pname, void** params) {
    if (pname != GL_BUFFER_MAP_POINTER) return fail(context, GL_INVALID_ENUM);
    *params = context.group().with_buffers(
        [&](Buffers& buffers) { return static_cast<void*>(buffers[buffer].mapping.memory.get()); });
}

}  // namespace guest::gl::hand
