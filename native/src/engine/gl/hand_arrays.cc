// Vertex arrays by hand. GL remembers the offset of an array as a pointer, and follows it once the array has
// no buffer any more: an address of the guest's choice, in our process. So it never learns one: offsets are
// those of buffer bindings where GL has them, and an array that loses its buffer begins at null. Called by
// generated dispatch.
#include <algorithm>

#include "engine/gl/arguments.h"
#include "engine/gl/borrowed.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {
namespace {

// What is asked meanwhile that this version of GL does not have is nobody's error.
class Unheard {
public:
    explicit Unheard(GlExecutor& executor) : table_(executor.table()) { executor.settle_errors(); }
    ~Unheard() { (void)table_.glGetError(); }
    Unheard(const Unheard&) = delete;
    Unheard& operator=(const Unheard&) = delete;

private:
    const device::GlTable& table_;
};

GLint integer(const device::GlTable& table, GLenum name) {
    GLint value = 0;
    table.glGetIntegerv(name, &value);
    return value;
}

// Whether an array has an offset and no buffer that it would be into.
bool is_lost(const device::GlTable& table, GLenum buffer, GLenum pointer) {
    void* at = nullptr;
    if (bound(table, buffer) == 0) table.glGetPointerv(pointer, &at);
    return at != nullptr;
}

void end_lost_coordinates(const device::GlTable& table) {
    const auto before = static_cast<GLenum>(integer(table, GL_CLIENT_ACTIVE_TEXTURE));
    const GLint units = integer(table, GL_MAX_TEXTURE_COORDS);
    for (GLint unit = 0; unit < units; ++unit) {
        table.glClientActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(unit));
        if (!is_lost(table, GL_TEXTURE_COORD_ARRAY_BUFFER_BINDING, GL_TEXTURE_COORD_ARRAY_POINTER)) continue;
        table.glTexCoordPointer(integer(table, GL_TEXTURE_COORD_ARRAY_SIZE),
                                static_cast<GLenum>(integer(table, GL_TEXTURE_COORD_ARRAY_TYPE)),
                                integer(table, GL_TEXTURE_COORD_ARRAY_STRIDE), nullptr);
    }
    table.glClientActiveTexture(before);
}

// The arrays of the fixed function that have lost their buffer begin at null. Their state is as it was else.
void end_lost_fixed(const device::GlTable& table) {
    const auto type = [&](GLenum name) { return static_cast<GLenum>(integer(table, name)); };
    if (is_lost(table, GL_VERTEX_ARRAY_BUFFER_BINDING, GL_VERTEX_ARRAY_POINTER)) {
        table.glVertexPointer(integer(table, GL_VERTEX_ARRAY_SIZE), type(GL_VERTEX_ARRAY_TYPE),
                              integer(table, GL_VERTEX_ARRAY_STRIDE), nullptr);
    }
    if (is_lost(table, GL_NORMAL_ARRAY_BUFFER_BINDING, GL_NORMAL_ARRAY_POINTER)) {
        table.glNormalPointer(type(GL_NORMAL_ARRAY_TYPE), integer(table, GL_NORMAL_ARRAY_STRIDE), nullptr);
    }
    if (is_lost(table, GL_COLOR_ARRAY_BUFFER_BINDING, GL_COLOR_ARRAY_POINTER)) {
        table.glColorPointer(integer(table, GL_COLOR_ARRAY_SIZE), type(GL_COLOR_ARRAY_TYPE),
                             integer(table, GL_COLOR_ARRAY_STRIDE), nullptr);
    }
    if (is_lost(table, GL_SECONDARY_COLOR_ARRAY_BUFFER_BINDING, GL_SECONDARY_COLOR_ARRAY_POINTER)) {
        table.glSecondaryColorPointer(integer(table, GL_SECONDARY_COLOR_ARRAY_SIZE),
                                      type(GL_SECONDARY_COLOR_ARRAY_TYPE),
                                      integer(table, GL_SECONDARY_COLOR_ARRAY_STRIDE), nullptr);
    }
    if (is_lost(table, GL_FOG_COORD_ARRAY_BUFFER_BINDING, GL_FOG_COORD_ARRAY_POINTER)) {
        table.glFogCoordPointer(type(GL_FOG_COORD_ARRAY_TYPE), integer(table, GL_FOG_COORD_ARRAY_STRIDE),
                                nullptr);
    }
    if (is_lost(table, GL_INDEX_ARRAY_BUFFER_BINDING, GL_INDEX_ARRAY_POINTER)) {
        table.glIndexPointer(type(GL_INDEX_ARRAY_TYPE), integer(table, GL_INDEX_ARRAY_STRIDE), nullptr);
    }
    if (is_lost(table, GL_EDGE_FLAG_ARRAY_BUFFER_BINDING, GL_EDGE_FLAG_ARRAY_POINTER)) {
        table.glEdgeFlagPointer(integer(table, GL_EDGE_FLAG_ARRAY_STRIDE), nullptr);
    }
    end_lost_coordinates(table);
}

// The same of a generic array. What else it is stays so.
void end_lost_attribute(const device::GlTable& table, GLuint index) {
    const auto get = [&](GLenum name) {
        GLint value = 0;
        table.glGetVertexAttribiv(index, name, &value);
        return value;
    };
    void* pointer = nullptr;
    if (get(GL_VERTEX_ATTRIB_ARRAY_BUFFER_BINDING) == 0)
        table.glGetVertexAttribPointerv(index, GL_VERTEX_ATTRIB_ARRAY_POINTER, &pointer);
    if (pointer == nullptr) return;
    const GLint size = get(GL_VERTEX_ATTRIB_ARRAY_SIZE);
    const auto type = static_cast<GLenum>(get(GL_VERTEX_ATTRIB_ARRAY_TYPE));
    const GLint stride = get(GL_VERTEX_ATTRIB_ARRAY_STRIDE);
    if (get(GL_VERTEX_ATTRIB_ARRAY_INTEGER) != 0) {
        table.glVertexAttribIPointer(index, size, type, stride, nullptr);
    } else if (table.glVertexAttribLPointer != nullptr && get(GL_VERTEX_ATTRIB_ARRAY_LONG) != 0) {
        table.glVertexAttribLPointer(index, size, type, stride, nullptr);
    } else {
        const auto normalized = static_cast<GLboolean>(get(GL_VERTEX_ATTRIB_ARRAY_NORMALIZED));
        table.glVertexAttribPointer(index, size, type, normalized, stride, nullptr);
    }
}

void end_lost_generic(const device::GlTable& table) {
    const GLint count = integer(table, GL_MAX_VERTEX_ATTRIBS);
    for (GLint index = 0; index < count; ++index) end_lost_attribute(table, static_cast<GLuint>(index));
}

// After what may have taken the buffers of arrays away.
void end_lost(GlExecutor& executor) {
    const auto& table = executor.table();
    const Unheard unheard(executor);
    const NoBuffer none(table, GL_ARRAY_BUFFER, GL_ARRAY_BUFFER_BINDING);
    if (executor.makes_names_up() && !executor.is_es()) end_lost_fixed(table);
    end_lost_generic(table);
}

// After what binds no buffer to generic arrays of the vertex array that is bound.
void end_unbound(GlExecutor& executor) {
    const Unheard unheard(executor);
    const NoBuffer none(executor.table(), GL_ARRAY_BUFFER, GL_ARRAY_BUFFER_BINDING);
    end_lost_generic(executor.table());
}

// The same of a vertex array by name, which is none where GL has refused the call.
void end_unbound(GlExecutor& executor, GLuint array) {
    const auto& table = executor.table();
    if (array != 0 && table.glIsVertexArray(array) == 0) return;
    const GLuint before = bound(table, GL_VERTEX_ARRAY_BINDING);
    table.glBindVertexArray(array);
    end_unbound(executor);
    table.glBindVertexArray(before);
}

bool any_is_none(wire::gl::Bytes buffers) {
    const auto names = wire::gl::names(buffers);
    return names.empty() || std::ranges::find(names, 0u) != names.end();
}

}  // namespace

void glDeleteBuffers(GlExecutor& executor, const wire::RecordHeader&,
                     const wire::glDeleteBuffers_Request& request, ReplySink&) {
    executor.take(GlName::buffer, wire::gl::names(request.buffers), [&](GLsizei count, const GLuint* names) {
        executor.table().glDeleteBuffers(count, names);
    });
    end_lost(executor);
}

void glPopClientAttrib(GlExecutor& executor, const wire::RecordHeader&,
                       const wire::glPopClientAttrib_Request&, ReplySink&) {
    executor.table().glPopClientAttrib();
    end_lost(executor);
}

void glBindVertexBuffer(GlExecutor& executor, const wire::RecordHeader&,
                        const wire::glBindVertexBuffer_Request& request, ReplySink&) {
    const auto bind = executor.table().glBindVertexBuffer;
    if (bind == nullptr) return executor.missing();
    const GLuint buffer = executor.bound_name(GlName::buffer, request.buffer);
    bind(request.bindingindex, buffer, request.offset, request.stride);
    if (request.buffer == 0) end_unbound(executor);
}

void glBindVertexBuffers(GlExecutor& executor, const wire::RecordHeader&,
                         const wire::glBindVertexBuffers_Request& request, ReplySink&) {
    const auto bind = executor.table().glBindVertexBuffers;
    if (bind == nullptr) return executor.missing();
    if (!is_range(executor, request.first, request.count)) return;
    bind(request.first, request.count, names(executor, GlName::buffer, request.buffers),
         wire::gl::view<GLintptr>(request.offsets), wire::gl::view<GLsizei>(request.strides));
    if (any_is_none(request.buffers)) end_unbound(executor);
}

void glVertexAttribBinding(GlExecutor& executor, const wire::RecordHeader&,
                           const wire::glVertexAttribBinding_Request& request, ReplySink&) {
    const auto bind = executor.table().glVertexAttribBinding;
    if (bind == nullptr) return executor.missing();
    bind(request.attribindex, request.bindingindex);
    if (request.attribindex >= static_cast<GLuint>(integer(executor.table(), GL_MAX_VERTEX_ATTRIBS))) return;
    const Unheard unheard(executor);
    const NoBuffer none(executor.table(), GL_ARRAY_BUFFER, GL_ARRAY_BUFFER_BINDING);
    end_lost_attribute(executor.table(), request.attribindex);
}

void glVertexArrayVertexBuffer(GlExecutor& executor, const wire::RecordHeader&,
                               const wire::glVertexArrayVertexBuffer_Request& request, ReplySink&) {
    const auto bind = executor.table().glVertexArrayVertexBuffer;
    if (bind == nullptr) return executor.missing();
    const GLuint array = executor.name(GlName::vertex_array, request.vaobj);
    bind(array, request.bindingindex, executor.name(GlName::buffer, request.buffer), request.offset,
         request.stride);
    if (request.buffer == 0) end_unbound(executor, array);
}

void glVertexArrayVertexBuffers(GlExecutor& executor, const wire::RecordHeader&,
                                const wire::glVertexArrayVertexBuffers_Request& request, ReplySink&) {
    const auto bind = executor.table().glVertexArrayVertexBuffers;
    if (bind == nullptr) return executor.missing();
    if (!is_range(executor, request.first, request.count)) return;
    const GLuint array = executor.name(GlName::vertex_array, request.vaobj);
    bind(array, request.first, request.count, names(executor, GlName::buffer, request.buffers),
         wire::gl::view<GLintptr>(request.offsets), wire::gl::view<GLsizei>(request.strides));
    if (any_is_none(request.buffers)) end_unbound(executor, array);
}

void glVertexArrayAttribBinding(GlExecutor& executor, const wire::RecordHeader&,
                                const wire::glVertexArrayAttribBinding_Request& request, ReplySink&) {
    const auto bind = executor.table().glVertexArrayAttribBinding;
    if (bind == nullptr) return executor.missing();
    const GLuint array = executor.name(GlName::vertex_array, request.vaobj);
    bind(array, request.attribindex, request.bindingindex);
    end_unbound(executor, array);
}

}  // namespace engine::gl::hand
