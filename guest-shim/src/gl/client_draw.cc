// See client_draw.h.
#include "gl/client_draw.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "gl/buffer_targets.h"
#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"

namespace guest::gl {
namespace {

constexpr std::uint64_t kAlignment = 16;

// Element buffers up to this size are kept in the guest while a draw needs to know what is in them.
constexpr GLsizeiptr kCopied = GLsizeiptr{16} << 20;

constexpr std::uint64_t aligned(std::uint64_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }

// A stretch of the program's memory that several interleaved arrays may share.
struct Run {
    const std::byte* begin;
    const std::byte* end;
    std::uint64_t place = 0;  // in the buffer
};

struct Taken {
    unsigned at;
    const std::byte* begin;  // of the first element the draw takes
    std::uint64_t low;       // its index
    std::size_t run;
};

const void* offset(std::uint64_t place) {
    // SAFETY: nobody follows it; GL takes offsets as pointers.
    return reinterpret_cast<const void*>(place);
}

// A buffer of Ferry's own, made at its first use.
GLuint stream_buffer(Context& context, GLuint& name) {
    if (name == 0) hand::glGenBuffers(context, 1, &name);
    return name;
}

// Joins what overlaps or touches an earlier run.
std::size_t add_run(std::vector<Run>& runs, const std::byte* begin, const std::byte* end) {
    for (std::size_t index = 0; index < runs.size(); ++index) {
        Run& run = runs[index];
        if (begin > run.end || end < run.begin) continue;
        run.begin = std::min(run.begin, begin);
        run.end = std::max(run.end, end);
        return index;
    }
    runs.push_back({begin, end});
    return runs.size() - 1;
}

void point(Context& context, unsigned at, const ArraySlot& slot, const void* where) {
    const auto step = static_cast<GLsizei>(slot.step());
    if (at >= slot::kGeneric) {
        const GLuint index = at - slot::kGeneric;
        if (slot.integer)
            return remote::glVertexAttribIPointer(context, index, slot.size, slot.type, step, where);
        return remote::glVertexAttribPointer(context, index, slot.size, slot.type, slot.normalized ? 1 : 0,
                                             step, where);
    }
    if (at >= slot::kTexCoord) {
        const unsigned unit = at - slot::kTexCoord;
        const unsigned active = context.arrays.client_unit;
        if (unit != active) remote::glClientActiveTexture(context, GL_TEXTURE0 + unit);
        remote::glTexCoordPointer(context, slot.size, slot.type, step, where);
        if (unit != active) remote::glClientActiveTexture(context, GL_TEXTURE0 + active);
        return;
    }
    switch (at) {
        case slot::kVertex:
            return remote::glVertexPointer(context, slot.size, slot.type, step, where);
        case slot::kNormal:
            return remote::glNormalPointer(context, slot.type, step, where);
        case slot::kColor:
            return remote::glColorPointer(context, slot.size, slot.type, step, where);
        case slot::kIndex:
            return remote::glIndexPointer(context, slot.type, step, where);
        case slot::kEdgeFlag:
            return remote::glEdgeFlagPointer(context, step, where);
        case slot::kFogCoord:
            return remote::glFogCoordPointer(context, slot.type, step, where);
        case slot::kSecondaryColor:
            return remote::glSecondaryColorPointer(context, slot.size, slot.type, step, where);
        default:
            return;
    }
}

// Into the buffer that is bound as GL_ARRAY_BUFFER, each run at its place.
void upload(Context& context, const std::vector<Run>& runs, std::uint64_t hole, std::uint64_t total) {
    const auto size_of = [](const Run& run) { return static_cast<GLsizeiptr>(run.end - run.begin); };
    if (hole == 0 && runs.size() == 1)
        return remote::glBufferData(context, GL_ARRAY_BUFFER, size_of(runs[0]), runs[0].begin,
                                    GL_STREAM_DRAW);
    remote::glBufferData(context, GL_ARRAY_BUFFER, static_cast<GLsizeiptr>(total), nullptr, GL_STREAM_DRAW);
    for (const Run& run : runs) {
        remote::glBufferSubData(context, GL_ARRAY_BUFFER, static_cast<GLintptr>(run.place), size_of(run),
                                run.begin);
    }
}

// False: they name none.
template <class T>
bool scan(const Restart& restart, const void* indices, GLsizei count, DrawRange& range) {
    const auto* at = static_cast<const T*>(indices);
    GLuint skipped = 0;
    const bool skips = restart.finds(std::numeric_limits<T>::max(), skipped);
    // An offset in a buffer need not be a multiple of the index.
    std::uint64_t low = ~std::uint64_t{0};
    std::uint64_t high = 0;
    for (GLsizei index = 0; index < count; ++index) {
        T value;
        std::memcpy(&value, at + index, sizeof value);
        if (skips && value == skipped) continue;
        low = std::min<std::uint64_t>(low, value);
        high = std::max<std::uint64_t>(high, value);
    }
    range.first = low;
    range.last = high;
    return low <= high;
}

bool scan(const Restart& restart, const void* indices, GLsizei count, GLenum type, DrawRange& range) {
    if (type == GL_UNSIGNED_BYTE) return scan<GLubyte>(restart, indices, count, range);
    if (type == GL_UNSIGNED_SHORT) return scan<GLushort>(restart, indices, count, range);
    return scan<GLuint>(restart, indices, count, range);
}

// Of the element buffer that is bound.
void fetch_elements(Context& context, GLintptr offset, GLsizeiptr size, std::byte* to) {
    in_pieces(offset, size, to, [&](GLintptr at, GLsizeiptr count, const void*) {
        remote::glGetBufferSubData(context, GL_ELEMENT_ARRAY_BUFFER, at, count, to + (at - offset));
    });
}

// A copy of the element buffer, so that later draws need not ask what is in it. What the program maps is in
// its copy already, and what the host or a map that stays may change has none.
void copy_elements(Context& context, GLuint buffer) {
    BufferCopy copy;
    GLsizeiptr size = 0;
    std::uint64_t written = 0;
    context.group().with_buffers([&](Buffers& buffers) {
        const BufferObject& object = buffers[buffer];
        if (object.is_true || object.host_writes || object.is_mapped() || object.size > kCopied) return;
        size = object.size;
        written = object.written;
        copy = make_copy(size);
    });
    if (copy == nullptr) return;
    fetch_elements(context, 0, size, copy.get());
    context.group().with_buffers([&](Buffers& buffers) {
        BufferObject& object = buffers[buffer];
        if (object.written != written || object.is_mapped() || object.host_writes) return;
        object.copy = std::move(copy);
        object.is_true = true;
    });
}

// The same as scan() for what is in the element buffer.
bool scan_buffer(Context& context, GLuint buffer, GLsizei count, GLenum type, const void* place,
                 DrawRange& range) {
    const auto offset = static_cast<GLintptr>(wire::gl::number(place));
    const auto size = static_cast<GLsizeiptr>(static_cast<std::size_t>(count) * index_bytes(type));
    copy_elements(context, buffer);
    const Restart& restart = context.arrays.restart;
    bool any = false;
    const bool is_copied = context.group().with_buffers([&](Buffers& buffers) {
        const BufferObject& object = buffers[buffer];
        const bool is_there = object.copy != nullptr && object.is_true && object.holds(offset, size);
        if (is_there) any = scan(restart, object.copy.get() + offset, count, type, range);
        return is_there;
    });
    if (is_copied) return any;
    std::vector<std::byte> fetched(static_cast<std::size_t>(size));
    fetch_elements(context, offset, size, fetched.data());
    return scan(restart, fetched.data(), count, type, range);
}

// Which vertices the indices name. False: none.
bool scan_elements(Context& context, GLsizei count, GLenum type, const void* indices, DrawRange& range) {
    const GLuint buffer = context.arrays.current().element_buffer;
    if (buffer != 0) return scan_buffer(context, buffer, count, type, indices, range);
    return indices != nullptr && scan(context.arrays.restart, indices, count, type, range);
}

}  // namespace

std::size_t index_bytes(GLenum type) {
    switch (type) {
        case GL_UNSIGNED_BYTE:
            return 1;
        case GL_UNSIGNED_SHORT:
            return 2;
        case GL_UNSIGNED_INT:
            return 4;
        default:
            return 0;
    }
}

void send_vertices(Context& context, const DrawRange& range) {
    VertexArray& array = context.arrays.current();
    std::vector<Run> runs;
    std::vector<Taken> taken;
    std::uint64_t hole = 0;
    for (std::uint64_t rest = array.from_client(); rest != 0; rest &= rest - 1) {
        const auto at = static_cast<unsigned>(std::countr_zero(rest));
        const ArraySlot& slot = array.slots[at];
        const std::uint64_t low = slot.divisor == 0 ? range.first : range.base_instance;
        const std::uint64_t count =
            slot.divisor == 0 ? range.last - range.first + 1 : (range.instances - 1) / slot.divisor + 1;
        const auto* begin = static_cast<const std::byte*>(slot.pointer) + low * slot.step();
        const std::byte* end = begin + (count - 1) * slot.step() + slot.element();
        taken.push_back({at, begin, low, add_run(runs, begin, end)});
        hole = std::max(hole, aligned(low * slot.step()));
    }
    std::uint64_t total = hole;
    for (Run& run : runs) {
        run.place = total;
        total += aligned(static_cast<std::uint64_t>(run.end - run.begin));
    }
    remote::glBindBuffer(context, GL_ARRAY_BUFFER, stream_buffer(context, context.vertex_stream));
    upload(context, runs, hole, total);
    for (const Taken& one : taken) {
        const Run& run = runs[one.run];
        const ArraySlot& slot = array.slots[one.at];
        const auto into = static_cast<std::uint64_t>(one.begin - run.begin);
        point(context, one.at, slot, offset(run.place + into - one.low * slot.step()));
    }
    remote::glBindBuffer(context, GL_ARRAY_BUFFER, context.bindings.array);
}

bool send_elements(Context& context, GLsizei count, GLenum type, std::int64_t base_vertex,
                   const DrawRange& instances, const void*& indices) {
    VertexArray& array = context.arrays.current();
    const std::size_t size = index_bytes(type) * static_cast<std::size_t>(std::max(count, 0));
    if (size == 0 && array.element_buffer == 0) {
        // The host would take the program's address for an offset into no buffer.
        if (count < 0) fail(context, GL_INVALID_VALUE);
        if (count >= 0 && index_bytes(type) == 0) fail(context, GL_INVALID_ENUM);
        return false;
    }
    if (size == 0) return true;
    if (array.from_client() != 0) {
        DrawRange range = instances;
        if (!scan_elements(context, count, type, indices, range)) return false;
        const auto moved = [&](std::uint64_t index) {
            return static_cast<std::uint64_t>(
                std::max<std::int64_t>(static_cast<std::int64_t>(index) + base_vertex, 0));
        };
        range.first = moved(range.first);
        range.last = moved(range.last);
        send_vertices(context, range);
    }
    if (array.element_buffer != 0) return true;
    if (indices == nullptr) return false;
    const GLuint stream = stream_buffer(context, context.index_stream);
    if (!context.index_stream_bound) remote::glBindBuffer(context, GL_ELEMENT_ARRAY_BUFFER, stream);
    context.index_stream_bound = true;
    remote::glBufferData(context, GL_ELEMENT_ARRAY_BUFFER, static_cast<GLsizeiptr>(size), indices,
                         GL_STREAM_DRAW);
    indices = nullptr;
    return true;
}

}  // namespace guest::gl
