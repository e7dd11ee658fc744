// Mapping buffers: the program gets a part of the guest's copy of the buffer, and what it writes crosses when
// it is flushed or unmapped. The host is asked what is in the buffer only where the program may want to know
// and the copy does not tell (buffers.h). Maps that stay are elsewhere (persistent_maps.h).
#include <tuple>

#include "gl/buffer_targets.h"
#include "guest/gl_hand.h"

namespace guest::gl {
namespace hand {
namespace {

// A buffer up to this size is fetched whole when a part of it is, and all later maps need not ask.
constexpr GLsizeiptr kFetchedWhole = GLsizeiptr{1} << 20;

// A buffer as the call names it: by its target, which every version of GL has, or by itself.
struct Place {
    GLenum target = 0;
    GLuint buffer = 0;
};

void send_part(Context& context, const Place& place, GLintptr at, GLsizeiptr count, const void* from) {
    if (place.target != 0) return remote::glBufferSubData(context, place.target, at, count, from);
    remote::glNamedBufferSubData(context, place.buffer, at, count, from);
}

// Into memory that is there for as long as the mapping: what another context does to it meanwhile is the
// program's own race, as in GL.
void fetch(Context& context, const Place& place, GLintptr offset, GLsizeiptr length, std::byte* to) {
    in_pieces(offset, length, to, [&](GLintptr at, GLsizeiptr count, const void*) {
        std::byte* const piece = to + (at - offset);
        if (place.target != 0)
            remote::glGetBufferSubData(context, place.target, at, count, piece);
        else
            remote::glGetNamedBufferSubData(context, place.buffer, at, count, piece);
    });
}

// GL's rules of access bits; GL_NO_ERROR: they are kept.
GLenum wrong_access(const BufferObject& object, GLbitfield access, bool ranged) {
    const bool reads = (access & GL_MAP_READ_BIT) != 0;
    const bool writes = (access & GL_MAP_WRITE_BIT) != 0;
    constexpr GLbitfield kNotRead =
        GL_MAP_INVALIDATE_RANGE_BIT | GL_MAP_INVALIDATE_BUFFER_BIT | GL_MAP_UNSYNCHRONIZED_BIT;
    constexpr GLbitfield kKnown = kNotRead | GL_MAP_READ_BIT | GL_MAP_WRITE_BIT | GL_MAP_FLUSH_EXPLICIT_BIT |
                                  GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT;
    if ((access & ~kKnown) != 0) return GL_INVALID_VALUE;
    if (object.is_mapped() || (!reads && !writes)) return GL_INVALID_OPERATION;
    if (ranged && reads && (access & kNotRead) != 0) return GL_INVALID_OPERATION;
    if (!writes && (access & GL_MAP_FLUSH_EXPLICIT_BIT) != 0) return GL_INVALID_OPERATION;
    constexpr GLbitfield kMoves = GL_MAP_READ_BIT | GL_MAP_WRITE_BIT;
    constexpr GLbitfield kAllowed = kMoves | GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT;
    const GLbitfield allowed = object.immutable ? object.storage : kMoves;
    return (access & kAllowed & ~allowed) != 0 ? GL_INVALID_OPERATION : GL_NO_ERROR;
}

// What GL_BUFFER_ACCESS tells of access bits.
GLenum told_access(GLbitfield access) {
    if ((access & GL_MAP_WRITE_BIT) == 0) return GL_READ_ONLY;
    return (access & GL_MAP_READ_BIT) != 0 ? GL_READ_WRITE : GL_WRITE_ONLY;
}

// What a mapping needs of the host: nothing where length is 0.
struct Fetch {
    GLintptr offset = 0;
    GLsizeiptr length = 0;
};

Fetch needed(const BufferObject& object, const Mapping& mapping) {
    constexpr GLbitfield kFresh = GL_MAP_INVALIDATE_RANGE_BIT | GL_MAP_INVALIDATE_BUFFER_BIT;
    const bool is_told = (object.is_true || object.is_blank) && !object.host_writes;
    if (is_told || (mapping.access & kFresh) != 0) return {};
    const bool flushes = (mapping.access & GL_MAP_FLUSH_EXPLICIT_BIT) != 0;
    if (flushes && (mapping.access & GL_MAP_READ_BIT) == 0) return {};
    if (!object.host_writes && object.size <= kFetchedWhole) return {0, object.size};
    return {mapping.offset, mapping.length};
}

// After GL's rules have been kept.
void* map_to_stay(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr length, GLbitfield access) {
    const auto [size, host_writes] = context.group().with_buffers([&](Buffers& buffers) {
        BufferObject& object = buffers[buffer];
        // Their contents are nobody's to follow any more.
        object.copy.reset();
        object.wrote();
        return std::tuple(object.size, object.host_writes);
    });
    std::byte* const memory =
        context.group().maps().open(context, buffer, size, {offset, length, access}, host_writes);
    if (memory == nullptr) {
        fail(context, GL_OUT_OF_MEMORY);
        return nullptr;
    }
    context.group().with_buffers([&](Buffers& buffers) {
        buffers[buffer].mapping = {memory + offset, offset, length, access, told_access(access)};
    });
    return memory + offset;
}

void* map(Context& context, const Place& place, GLintptr offset, GLsizeiptr length, GLbitfield access,
          GLenum old_access = 0) {
    GLenum error = GL_NO_ERROR;
    Fetch fetched;
    const bool stays = (access & GL_MAP_PERSISTENT_BIT) != 0;
    auto* const memory = context.group().with_buffers([&](Buffers& buffers) -> std::byte* {
        BufferObject& object = buffers[place.buffer];
        if (!object.holds(offset, length))
            error = GL_INVALID_VALUE;
        else if (length == 0)
            error = old_access == 0 ? GL_INVALID_OPERATION : GL_OUT_OF_MEMORY;
        else
            error = wrong_access(object, access, old_access == 0);
        if (error != GL_NO_ERROR || stays) return nullptr;
        if (object.copy == nullptr) object.copy = make_copy(object.size);
        if (object.copy == nullptr) error = GL_OUT_OF_MEMORY;
        if (object.copy == nullptr) return nullptr;
        const GLenum told = old_access != 0 ? old_access : told_access(access);
        object.mapping = {object.copy.get() + offset, offset, length, access, told};
        fetched = needed(object, object.mapping);
        const bool is_whole = fetched.length == object.size || length == object.size;
        const bool is_blank = object.is_blank || (access & GL_MAP_INVALIDATE_BUFFER_BIT) != 0;
        if (!object.host_writes && (is_whole || is_blank)) object.is_true = true;
        return object.copy.get();
    });
    if (stays && error == GL_NO_ERROR) return map_to_stay(context, place.buffer, offset, length, access);
    if (memory == nullptr) {
        fail(context, error);
        return nullptr;
    }
    fetch(context, place, fetched.offset, fetched.length, memory + fetched.offset);
    return memory + offset;
}

// What the program has written of [offset, offset + length) of its mapping.
void flush(Context& context, const Place& place, GLintptr offset, GLsizeiptr length) {
    const auto [memory, start, size] = context.group().with_buffers([&](Buffers& buffers) {
        BufferObject& object = buffers[place.buffer];
        object.put(0, 0, nullptr);
        return std::tuple(object.mapping.memory, object.mapping.offset, object.mapping.length);
    });
    if (memory == nullptr) return fail(context, GL_INVALID_OPERATION);
    if (offset < 0 || length < 0 || offset > size - length) return fail(context, GL_INVALID_VALUE);
    in_pieces(start + offset, length, memory + offset, [&](GLintptr at, GLsizeiptr count, const void* from) {
        send_part(context, place, at, count, from);
    });
}

void flush_explicit(Context& context, const Place& place, GLintptr offset, GLsizeiptr length) {
    const bool may = context.group().with_buffers([&](Buffers& buffers) {
        return (buffers[place.buffer].mapping.access & GL_MAP_FLUSH_EXPLICIT_BIT) != 0;
    });
    if (!may) return fail(context, GL_INVALID_OPERATION);
    flush(context, place, offset, length);
}

GLboolean unmap(Context& context, const Place& place) {
    const Mapping mapping =
        context.group().with_buffers([&](Buffers& buffers) { return buffers[place.buffer].mapping; });
    if (mapping.memory == nullptr) {
        fail(context, GL_INVALID_OPERATION);
        return GL_FALSE;
    }
    const bool stayed = (mapping.access & GL_MAP_PERSISTENT_BIT) != 0;
    const bool writes = (mapping.access & GL_MAP_WRITE_BIT) != 0;
    if (stayed)
        context.group().maps().close(context, place.buffer);
    else if (writes && (mapping.access & GL_MAP_FLUSH_EXPLICIT_BIT) == 0)
        flush(context, place, 0, mapping.length);
    context.group().with_buffers([&](Buffers& buffers) {
        BufferObject& object = buffers[place.buffer];
        object.mapping = {};
        if (object.host_writes) object.is_true = false;
    });
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

void* map_whole(Context& context, const Place& place, GLenum access) {
    const GLbitfield bits = access_bits(access);
    if (bits == 0) {
        fail(context, GL_INVALID_ENUM);
        return nullptr;
    }
    const GLsizeiptr size =
        context.group().with_buffers([&](Buffers& buffers) { return buffers[place.buffer].size; });
    return map(context, place, 0, size, bits, access);
}

// The buffer that a call means by its name; false, and the error, when there is none.
bool exists(Context& context, GLuint buffer) {
    const bool known =
        buffer != 0 && context.names(NameKind::buffer, [&](NameTable& table) { return table.holds(buffer); });
    if (!known) fail(context, GL_INVALID_OPERATION);
    return known;
}

}  // namespace

void* glMapBuffer(Context& context, GLenum target, GLenum access) {
    const GLuint buffer = bound_buffer(context, target);
    return buffer == 0 ? nullptr : map_whole(context, {target, buffer}, access);
}

void* glMapBufferRange(Context& context, GLenum target, GLintptr offset, GLsizeiptr length,
                       GLbitfield access) {
    const GLuint buffer = bound_buffer(context, target);
    return buffer == 0 ? nullptr : map(context, {target, buffer}, offset, length, access);
}

void* glMapNamedBuffer(Context& context, GLuint buffer, GLenum access) {
    return exists(context, buffer) ? map_whole(context, {0, buffer}, access) : nullptr;
}

void* glMapNamedBufferRange(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr length,
                            GLbitfield access) {
    return exists(context, buffer) ? map(context, {0, buffer}, offset, length, access) : nullptr;
}

void glFlushMappedBufferRange(Context& context, GLenum target, GLintptr offset, GLsizeiptr length) {
    const GLuint buffer = bound_buffer(context, target);
    if (buffer != 0) flush_explicit(context, {target, buffer}, offset, length);
}

void glFlushMappedNamedBufferRange(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr length) {
    if (exists(context, buffer)) flush_explicit(context, {0, buffer}, offset, length);
}

GLboolean glUnmapBuffer(Context& context, GLenum target) {
    const GLuint buffer = bound_buffer(context, target);
    return buffer == 0 ? GLboolean{GL_FALSE} : unmap(context, {target, buffer});
}

GLboolean glUnmapNamedBuffer(Context& context, GLuint buffer) {
    return exists(context, buffer) ? unmap(context, {0, buffer}) : GLboolean{GL_FALSE};
}

void glGetBufferPointerv(Context& context, GLenum target, GLenum pname, void** params) {
    const GLuint buffer = bound_buffer(context, target);
    if (buffer != 0) glGetNamedBufferPointerv(context, buffer, pname, params);
}

void glGetNamedBufferPointerv(Context& context, GLuint buffer, GLenum pname, void** params) {
    if (pname != GL_BUFFER_MAP_POINTER) return fail(context, GL_INVALID_ENUM);
    *params = context.group().with_buffers(
        [&](Buffers& buffers) { return static_cast<void*>(buffers[buffer].mapping.memory); });
}

}  // namespace hand
}  // namespace guest::gl
