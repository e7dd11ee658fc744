// Buffer objects: which are bound, how large they are, and what is put there.
#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "gl/buffer_targets.h"
#include "guest/gl_hand.h"
#include "wire/limits.h"

namespace guest::gl {

void note_host_writes(Context& context, GLuint buffer) {
    if (buffer == 0) return;
    if (context.group().maps().any()) context.group().maps().note_host_writes(buffer, true);
    context.group().with_buffers([&](Buffers& buffers) {
        BufferObject& object = buffers[buffer];
        object.wrote();
        object.host_writes = true;
    });
}

void note_host_wrote(Context& context, GLuint buffer) {
    if (buffer == 0) return;
    if (context.group().maps().any()) context.group().maps().note_host_writes(buffer, false);
    context.group().with_buffers([&](Buffers& buffers) { buffers[buffer].wrote(); });
}

namespace hand {
namespace {

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

BufferObject described(GLenum usage) {
    BufferObject object;
    object.usage = usage;
    return object;
}

BufferObject immutable(GLbitfield storage) {
    BufferObject object;
    object.usage = GL_DYNAMIC_DRAW;
    object.storage = storage;
    object.immutable = true;
    return object;
}

// What a buffer is from now on. A copy that its maps have made once is kept up to date.
void note_storage(Context& context, GLuint buffer, GLsizeiptr size, const void* data, BufferObject fresh) {
    if (buffer == 0 || size < 0) return;
    context.group().with_buffers([&](Buffers& buffers) {
        BufferObject& object = buffers[buffer];
        if (object.immutable) return;  // the host refuses it
        fresh.size = size;
        fresh.host_writes = object.host_writes;
        fresh.written = object.written + 1;
        fresh.is_blank = data == nullptr;
        if (object.copy != nullptr && !object.host_writes) {
            const auto room = static_cast<std::size_t>(size);
            if (object.size == size)
                fresh.copy = std::move(object.copy);
            else
                fresh.copy = make_copy(size);
            if (fresh.copy != nullptr) {
                if (data != nullptr) std::memcpy(fresh.copy.get(), data, room);
                fresh.is_true = true;
            }
        }
        object = std::move(fresh);
    });
}

// GL's rules of immutable storage.
bool may_store(Context& context, GLsizeiptr size, GLbitfield flags) {
    constexpr GLbitfield kMoves = GL_MAP_READ_BIT | GL_MAP_WRITE_BIT;
    constexpr GLbitfield kKnown = kMoves | GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT |
                                  GL_DYNAMIC_STORAGE_BIT | GL_CLIENT_STORAGE_BIT | GL_SPARSE_STORAGE_BIT_ARB;
    const bool stays = (flags & GL_MAP_PERSISTENT_BIT) != 0;
    const bool is_right = size > 0 && (flags & ~kKnown) == 0 && (!stays || (flags & kMoves) != 0) &&
                          (stays || (flags & GL_MAP_COHERENT_BIT) == 0);
    if (!is_right) fail(context, GL_INVALID_VALUE);
    return is_right;
}

// Whether the program may put something there by a call; a buffer without storage is GL's to refuse.
bool may_put(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr size) {
    const bool may = context.group().with_buffers([&](Buffers& buffers) {
        const BufferObject& object = buffers[buffer];
        if (object.holds(offset, size) && object.is_taken(offset, size)) return false;
        return !object.immutable || (object.storage & GL_DYNAMIC_STORAGE_BIT) != 0;
    });
    if (!may) fail(context, GL_INVALID_OPERATION);
    return may;
}

// GL refuses work on what the program has mapped; the host's buffers never are. A range that is none is the
// host's to refuse.
bool may_work(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr size) {
    const bool may = context.group().with_buffers([&](Buffers& buffers) {
        const auto found = buffers.find(buffer);
        return found == buffers.end() || !found->second.holds(offset, size) ||
               !found->second.is_taken(offset, size);
    });
    if (!may) fail(context, GL_INVALID_OPERATION);
    return may;
}

GLsizeiptr size_of(Context& context, GLuint buffer) {
    return context.group().with_buffers([&](Buffers& buffers) {
        const auto found = buffers.find(buffer);
        return found == buffers.end() ? 0 : found->second.size;
    });
}

// All of the buffer, whatever the call is about.
bool may_work(Context& context, GLuint buffer) {
    return may_work(context, buffer, 0, size_of(context, buffer));
}

GLuint named(Context& context, GLenum target) {
    const GLuint* const name = binding_of(context, target);
    return name == nullptr ? 0 : *name;
}

bool is_usage(GLenum usage) {
    const GLenum place = usage - GL_STREAM_DRAW;
    return place <= GL_DYNAMIC_COPY - GL_STREAM_DRAW && place % 4 != 3;
}

void note_put(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr size, const void* data) {
    PersistentMaps& maps = context.group().maps();
    if (maps.any()) maps.put(context, buffer, offset, size, data);
    context.group().with_buffers([&](Buffers& buffers) { buffers[buffer].put(offset, size, data); });
}

bool fits(GLsizeiptr size) { return size <= static_cast<GLsizeiptr>(wire::limits::kGlDataBytes); }

// Targets by which the host may write into a buffer whenever something is drawn or read.
bool is_written_by_host(GLenum target) {
    return target == GL_TRANSFORM_FEEDBACK_BUFFER || target == GL_SHADER_STORAGE_BUFFER ||
           target == GL_ATOMIC_COUNTER_BUFFER || target == GL_TEXTURE_BUFFER ||
           target == GL_PIXEL_PACK_BUFFER || target == GL_QUERY_BUFFER;
}

void note_binding(Context& context, GLenum target, GLuint buffer) {
    if (GLuint* name = binding_of(context, target)) *name = buffer;
    if (is_written_by_host(target)) note_host_writes(context, buffer);
}

}  // namespace

void glBindBuffer(Context& context, GLenum target, GLuint buffer) {
    if (binding_of(context, target) == nullptr) return fail(context, GL_INVALID_ENUM);
    if (!may_bind(context, buffer)) return;
    note_binding(context, target, buffer);
    if (target == GL_ELEMENT_ARRAY_BUFFER) context.index_stream_bound = false;
    remote::glBindBuffer(context, target, buffer);
}

void glBindBufferBase(Context& context, GLenum target, GLuint index, GLuint buffer) {
    note_binding(context, target, buffer);
    remote::glBindBufferBase(context, target, index, buffer);
}

void glBindBufferRange(Context& context, GLenum target, GLuint index, GLuint buffer, GLintptr offset,
                       GLsizeiptr size) {
    note_binding(context, target, buffer);
    remote::glBindBufferRange(context, target, index, buffer, offset, size);
}

void glBufferData(Context& context, GLenum target, GLsizeiptr size, const void* data, GLenum usage) {
    const GLuint buffer = bound_buffer(context, target);
    if (buffer == 0) return;
    if (!is_usage(usage)) return fail(context, GL_INVALID_ENUM);
    if (size < 0) return fail(context, GL_INVALID_VALUE);
    note_storage(context, buffer, size, data, described(usage));
    if (data == nullptr || fits(size)) return remote::glBufferData(context, target, size, data, usage);
    remote::glBufferData(context, target, size, nullptr, usage);
    glBufferSubData(context, target, 0, size, data);
}

void glBufferStorage(Context& context, GLenum target, GLsizeiptr size, const void* data, GLbitfield flags) {
    const GLuint buffer = bound_buffer(context, target);
    if (buffer == 0) return;
    if (!may_store(context, size, flags)) return;
    note_storage(context, buffer, size, data, immutable(flags));
    // What the host needs for its own writes, whatever the program has allowed itself.
    remote::glBufferStorage(context, target, size, data, flags | GL_DYNAMIC_STORAGE_BIT);
}

void glBufferSubData(Context& context, GLenum target, GLintptr offset, GLsizeiptr size, const void* data) {
    const GLuint buffer = bound_buffer(context, target);
    if (buffer == 0 || !may_put(context, buffer, offset, size)) return;
    note_put(context, buffer, offset, size, data);
    if (size <= 0 || fits(size)) return remote::glBufferSubData(context, target, offset, size, data);
    in_pieces(offset, size, data, [&](GLintptr at, GLsizeiptr count, const void* from) {
        remote::glBufferSubData(context, target, at, count, from);
    });
}

void glNamedBufferData(Context& context, GLuint buffer, GLsizeiptr size, const void* data, GLenum usage) {
    if (!is_usage(usage)) return fail(context, GL_INVALID_ENUM);
    if (size < 0) return fail(context, GL_INVALID_VALUE);
    note_storage(context, buffer, size, data, described(usage));
    if (data == nullptr || fits(size)) return remote::glNamedBufferData(context, buffer, size, data, usage);
    remote::glNamedBufferData(context, buffer, size, nullptr, usage);
    glNamedBufferSubData(context, buffer, 0, size, data);
}

void glNamedBufferStorage(Context& context, GLuint buffer, GLsizeiptr size, const void* data,
                          GLbitfield flags) {
    if (!may_store(context, size, flags)) return;
    note_storage(context, buffer, size, data, immutable(flags));
    remote::glNamedBufferStorage(context, buffer, size, data, flags | GL_DYNAMIC_STORAGE_BIT);
}

void glNamedBufferSubData(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr size,
                          const void* data) {
    if (!may_put(context, buffer, offset, size)) return;
    note_put(context, buffer, offset, size, data);
    if (size <= 0 || fits(size)) return remote::glNamedBufferSubData(context, buffer, offset, size, data);
    in_pieces(offset, size, data, [&](GLintptr at, GLsizeiptr count, const void* from) {
        remote::glNamedBufferSubData(context, buffer, at, count, from);
    });
}

void glDeleteBuffers(Context& context, GLsizei n, const GLuint* buffers) {
    if (n < 0) return fail(context, GL_INVALID_VALUE);
    if (n == 0 || buffers == nullptr) return;
    const auto names = std::span(buffers, static_cast<std::size_t>(n));
    send(context, wire::glDeleteBuffers_Request{.buffers = std::as_bytes(names)});
    for (const GLuint name : names) {
        context.bindings.forget(name);
        context.arrays.forget_buffer(name);
        context.group().maps().drop(name);
        context.group().with_buffers([&](Buffers& known) { known.erase(name); });
        context.names(NameKind::buffer, [&](NameTable& table) { table.give(name); });
    }
    context.changed_names(NameKind::buffer);
}

void glBindBuffersBase(Context& context, GLenum target, GLuint first, GLsizei count, const GLuint* buffers) {
    for (GLsizei index = 0; buffers != nullptr && index < count; ++index) {
        if (is_written_by_host(target)) note_host_writes(context, buffers[index]);
    }
    remote::glBindBuffersBase(context, target, first, count, buffers);
}

void glBindBuffersRange(Context& context, GLenum target, GLuint first, GLsizei count, const GLuint* buffers,
                        const GLintptr* offsets, const GLsizeiptr* sizes) {
    for (GLsizei index = 0; buffers != nullptr && index < count; ++index) {
        if (is_written_by_host(target)) note_host_writes(context, buffers[index]);
    }
    remote::glBindBuffersRange(context, target, first, count, buffers, offsets, sizes);
}

void glCopyBufferSubData(Context& context, GLenum from, GLenum to, GLintptr read_offset,
                         GLintptr write_offset, GLsizeiptr size) {
    if (!may_work(context, named(context, from)) || !may_work(context, named(context, to))) return;
    note_host_wrote(context, named(context, to));
    remote::glCopyBufferSubData(context, from, to, read_offset, write_offset, size);
}

void glCopyNamedBufferSubData(Context& context, GLuint from, GLuint to, GLintptr read_offset,
                              GLintptr write_offset, GLsizeiptr size) {
    if (!may_work(context, from) || !may_work(context, to)) return;
    note_host_wrote(context, to);
    remote::glCopyNamedBufferSubData(context, from, to, read_offset, write_offset, size);
}

void glClearBufferData(Context& context, GLenum target, GLenum internal, GLenum format, GLenum type,
                       const void* data) {
    if (!may_work(context, named(context, target))) return;
    note_host_wrote(context, named(context, target));
    remote::glClearBufferData(context, target, internal, format, type, data);
}

void glClearBufferSubData(Context& context, GLenum target, GLenum internal, GLintptr offset, GLsizeiptr size,
                          GLenum format, GLenum type, const void* data) {
    if (!may_work(context, named(context, target), offset, size)) return;
    note_host_wrote(context, named(context, target));
    remote::glClearBufferSubData(context, target, internal, offset, size, format, type, data);
}

void glClearNamedBufferData(Context& context, GLuint buffer, GLenum internal, GLenum format, GLenum type,
                            const void* data) {
    if (!may_work(context, buffer)) return;
    note_host_wrote(context, buffer);
    remote::glClearNamedBufferData(context, buffer, internal, format, type, data);
}

void glClearNamedBufferSubData(Context& context, GLuint buffer, GLenum internal, GLintptr offset,
                               GLsizeiptr size, GLenum format, GLenum type, const void* data) {
    if (!may_work(context, buffer, offset, size)) return;
    note_host_wrote(context, buffer);
    remote::glClearNamedBufferSubData(context, buffer, internal, offset, size, format, type, data);
}

}  // namespace hand

namespace track {

bool glTexBuffer(Context& context, GLenum, GLenum, GLuint buffer) {
    note_host_writes(context, buffer);
    return true;
}

bool glTexBufferRange(Context& context, GLenum, GLenum, GLuint buffer, GLintptr, GLsizeiptr) {
    note_host_writes(context, buffer);
    return true;
}

bool glTextureBuffer(Context& context, GLuint, GLenum, GLuint buffer) {
    note_host_writes(context, buffer);
    return true;
}

bool glTextureBufferRange(Context& context, GLuint, GLenum, GLuint buffer, GLintptr, GLsizeiptr) {
    note_host_writes(context, buffer);
    return true;
}

bool glTransformFeedbackBufferBase(Context& context, GLuint, GLuint, GLuint buffer) {
    note_host_writes(context, buffer);
    return true;
}

bool glTransformFeedbackBufferRange(Context& context, GLuint, GLuint, GLuint buffer, GLintptr, GLsizeiptr) {
    note_host_writes(context, buffer);
    return true;
}

}  // namespace track
}  // namespace guest::gl
