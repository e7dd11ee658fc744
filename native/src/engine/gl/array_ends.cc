// See array_ends.h.
#include "engine/gl/array_ends.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "engine/gl/borrowed.h"
#include "gl/enums.h"
#include "gl/sizes.h"

namespace engine::gl {
namespace {

constexpr GLsizei kMostElements = 1 << 24;  // of one draw; GL keeps a copy of each

// The elements that a draw names, first and last.
struct Elements {
    std::int64_t first;
    std::int64_t last;
};

// Where GL reads elements from.
struct Array {
    GLuint buffer = 0;
    std::int64_t offset = 0;
    std::int64_t stride = 0;
    std::int64_t bytes = 0;  // of one element
};

// The state of an array of the fixed function, by name; 0 where its elements always have that many parts.
struct Fixed {
    GLenum array;
    GLenum buffer;
    GLenum pointer;
    GLenum stride;
    GLenum size;
    GLenum type;
};

constexpr std::array<Fixed, 7> kFixed{
    {{GL_VERTEX_ARRAY, GL_VERTEX_ARRAY_BUFFER_BINDING, GL_VERTEX_ARRAY_POINTER, GL_VERTEX_ARRAY_STRIDE,
      GL_VERTEX_ARRAY_SIZE, GL_VERTEX_ARRAY_TYPE},
     {GL_NORMAL_ARRAY, GL_NORMAL_ARRAY_BUFFER_BINDING, GL_NORMAL_ARRAY_POINTER, GL_NORMAL_ARRAY_STRIDE, 0,
      GL_NORMAL_ARRAY_TYPE},
     {GL_COLOR_ARRAY, GL_COLOR_ARRAY_BUFFER_BINDING, GL_COLOR_ARRAY_POINTER, GL_COLOR_ARRAY_STRIDE,
      GL_COLOR_ARRAY_SIZE, GL_COLOR_ARRAY_TYPE},
     {GL_SECONDARY_COLOR_ARRAY, GL_SECONDARY_COLOR_ARRAY_BUFFER_BINDING, GL_SECONDARY_COLOR_ARRAY_POINTER,
      GL_SECONDARY_COLOR_ARRAY_STRIDE, GL_SECONDARY_COLOR_ARRAY_SIZE, GL_SECONDARY_COLOR_ARRAY_TYPE},
     {GL_FOG_COORD_ARRAY, GL_FOG_COORD_ARRAY_BUFFER_BINDING, GL_FOG_COORD_ARRAY_POINTER,
      GL_FOG_COORD_ARRAY_STRIDE, 0, GL_FOG_COORD_ARRAY_TYPE},
     {GL_INDEX_ARRAY, GL_INDEX_ARRAY_BUFFER_BINDING, GL_INDEX_ARRAY_POINTER, GL_INDEX_ARRAY_STRIDE, 0,
      GL_INDEX_ARRAY_TYPE},
     {GL_EDGE_FLAG_ARRAY, GL_EDGE_FLAG_ARRAY_BUFFER_BINDING, GL_EDGE_FLAG_ARRAY_POINTER,
      GL_EDGE_FLAG_ARRAY_STRIDE, 0, 0}}};
constexpr Fixed kCoordinates{GL_TEXTURE_COORD_ARRAY,        GL_TEXTURE_COORD_ARRAY_BUFFER_BINDING,
                             GL_TEXTURE_COORD_ARRAY_POINTER, GL_TEXTURE_COORD_ARRAY_STRIDE,
                             GL_TEXTURE_COORD_ARRAY_SIZE,    GL_TEXTURE_COORD_ARRAY_TYPE};

std::int64_t element_bytes(GLint components, GLenum type) {
    const std::int64_t count = components == GL_BGRA ? 4 : std::clamp(components, 1, 4);
    switch (type) {
        case 0:  // edge flags
        case GL_BYTE:
        case GL_UNSIGNED_BYTE:
            return count;
        case GL_SHORT:
        case GL_UNSIGNED_SHORT:
        case GL_HALF_FLOAT:
            return 2 * count;
        case GL_DOUBLE:
            return 8 * count;
        case GL_INT_2_10_10_10_REV:
        case GL_UNSIGNED_INT_2_10_10_10_REV:
        case GL_UNSIGNED_INT_10F_11F_11F_REV:
            return 4;
        default:
            return 4 * count;
    }
}

class Check {
  public:
    explicit Check(const GlExecutor& executor) : table_(executor.table()), is_list_(executor.compiles()) {}

    bool holds(const Elements& elements) {
        return elements.first >= 0 && fixed_holds(elements) && coordinates_hold(elements) &&
               generic_holds(elements);
    }
    std::int64_t buffer_bytes(GLuint buffer) {
        if (buffer == 0) return 0;
        const GLuint before = bound(table_, GL_COPY_READ_BUFFER_BINDING);
        table_.glBindBuffer(GL_COPY_READ_BUFFER, buffer);
        GLint bytes = 0;
        table_.glGetBufferParameteriv(GL_COPY_READ_BUFFER, GL_BUFFER_SIZE, &bytes);
        table_.glBindBuffer(GL_COPY_READ_BUFFER, before);
        return bytes;
    }

  private:
    bool array_holds(const Array& array, const Elements& elements) {
        const std::int64_t stride = array.stride != 0 ? array.stride : array.bytes;
        const std::int64_t end = array.offset + elements.last * stride + array.bytes;
        return array.offset >= 0 && array.offset <= kTooFar && end <= buffer_bytes(array.buffer);
    }
    bool fixed_array_holds(const Fixed& names, const Elements& elements) {
        if (table_.glIsEnabled(names.array) == 0) return true;
        void* pointer = nullptr;
        table_.glGetPointerv(names.pointer, &pointer);
        const GLint usual = names.array == GL_NORMAL_ARRAY ? 3 : 1;
        Array array;
        array.buffer = bound(table_, names.buffer);
        // SAFETY: GL keeps offsets into buffers as pointers, and this one is only counted with.
        array.offset = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(pointer));
        array.stride = integer(names.stride);
        array.bytes = element_bytes(names.size == 0 ? usual : integer(names.size),
                                    names.type == 0 ? 0 : static_cast<GLenum>(integer(names.type)));
        return array_holds(array, elements);
    }
    bool fixed_holds(const Elements& elements) {
        return std::ranges::all_of(
            kFixed, [&](const Fixed& names) { return fixed_array_holds(names, elements); });
    }
    bool coordinates_hold(const Elements& elements) {
        const auto before = static_cast<GLenum>(integer(GL_CLIENT_ACTIVE_TEXTURE));
        const GLint units = integer(GL_MAX_TEXTURE_COORDS);
        bool all = true;
        for (GLint unit = 0; unit < units && all; ++unit) {
            table_.glClientActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(unit));
            all = fixed_array_holds(kCoordinates, elements);
        }
        table_.glClientActiveTexture(before);
        return all;
    }
    bool generic_holds(const Elements& elements) {
        const GLint count = integer(GL_MAX_VERTEX_ATTRIBS);
        for (GLint index = 0; index < count; ++index) {
            if (!generic_array_holds(static_cast<GLuint>(index), elements)) return false;
        }
        return true;
    }
    bool generic_array_holds(GLuint index, const Elements& elements) {
        const auto get = [&](GLenum name) {
            GLint value = 0;
            table_.glGetVertexAttribiv(index, name, &value);
            return value;
        };
        if (get(GL_VERTEX_ATTRIB_ARRAY_ENABLED) == 0) return true;
        Array array;
        array.buffer = static_cast<GLuint>(get(GL_VERTEX_ATTRIB_ARRAY_BUFFER_BINDING));
        array.stride = get(GL_VERTEX_ATTRIB_ARRAY_STRIDE);
        array.bytes = element_bytes(get(GL_VERTEX_ATTRIB_ARRAY_SIZE),
                                    static_cast<GLenum>(get(GL_VERTEX_ATTRIB_ARRAY_TYPE)));
        if (table_.glBindVertexBuffer != nullptr && table_.glGetInteger64i_v != nullptr) {
            // Where it has been said in parts, the pointer knows nothing of it.
            const auto binding = static_cast<GLuint>(get(GL_VERTEX_ATTRIB_BINDING));
            GLint64 offset = 0;
            GLint stride = 0;
            table_.glGetInteger64i_v(GL_VERTEX_BINDING_OFFSET, binding, &offset);
            table_.glGetIntegeri_v(GL_VERTEX_BINDING_STRIDE, binding, &stride);
            array.offset = offset + get(GL_VERTEX_ATTRIB_RELATIVE_OFFSET);
            // One of 0 is said here as it is: every element is the first one.
            array.stride = std::max<std::int64_t>(stride, array.stride);
        } else {
            void* pointer = nullptr;
            table_.glGetVertexAttribPointerv(index, GL_VERTEX_ATTRIB_ARRAY_POINTER, &pointer);
            // SAFETY: as above.
            array.offset = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(pointer));
        }
        // Lists take one element for each vertex all the same.
        const bool by_instance =
            !is_list_ && table_.glVertexAttribDivisor != nullptr && get(GL_VERTEX_ATTRIB_ARRAY_DIVISOR) != 0;
        return array_holds(array, by_instance ? Elements{.first = 0, .last = 0} : elements);
    }
    GLint integer(GLenum name) const {
        GLint value = 0;
        table_.glGetIntegerv(name, &value);
        return value;
    }

    static constexpr std::int64_t kTooFar = std::int64_t{1} << 40;
    const device::GlTable& table_;
    bool is_list_;
};

bool out_of_bounds(GlExecutor& executor) {
    executor.refuse_with(GL_INVALID_OPERATION);
    return false;
}

std::int64_t index_at(const std::vector<std::byte>& indices, std::size_t at, std::size_t each) {
    std::uint32_t index = 0;
    std::memcpy(&index, indices.data() + at * each, each);
    return index;
}

// The index that ends a primitive, of which there is no element; -1: none does.
std::int64_t restart(const device::GlTable& table, std::size_t each) {
    if (table.glIsEnabled(GL_PRIMITIVE_RESTART_FIXED_INDEX) != 0) return (std::int64_t{1} << (8 * each)) - 1;
    if (table.glIsEnabled(GL_PRIMITIVE_RESTART) == 0) return -1;
    return bound(table, GL_PRIMITIVE_RESTART_INDEX);
}

}  // namespace

bool has_elements(GlExecutor& executor, GLint first, GLsizei count) {
    if (count <= 0) return true;
    const Elements elements{first, std::int64_t{first} + count - 1};
    if (count <= kMostElements && Check(executor).holds(elements)) return true;
    return out_of_bounds(executor);
}

bool has_elements(GlExecutor& executor, GLsizei count, GLenum type, const void* offset, GLint base) {
    const std::size_t each = wire::gl::size::index(type);
    if (count <= 0 || each == 0) return true;
    const auto& table = executor.table();
    Check check(executor);
    // SAFETY: as above.
    const auto at = reinterpret_cast<std::uintptr_t>(offset);
    const auto bytes = static_cast<std::uint64_t>(count) * each;
    const auto held =
        static_cast<std::uint64_t>(check.buffer_bytes(bound(table, GL_ELEMENT_ARRAY_BUFFER_BINDING)));
    if (count > kMostElements || at > held || bytes > held - at) return out_of_bounds(executor);
    std::vector<std::byte> indices(bytes);
    table.glGetBufferSubData(GL_ELEMENT_ARRAY_BUFFER, static_cast<GLintptr>(at),
                             static_cast<GLsizeiptr>(bytes), indices.data());
    const std::int64_t ends = restart(table, each);
    Elements elements{INT64_MAX, -1};
    for (std::size_t index = 0; index < static_cast<std::size_t>(count); ++index) {
        const std::int64_t element = index_at(indices, index, each);
        if (element == ends) continue;
        elements.first = std::min(elements.first, element + base);
        elements.last = std::max(elements.last, element + base);
    }
    if (elements.last < 0 && elements.first == INT64_MAX) return true;
    return check.holds(elements) ? true : out_of_bounds(executor);
}

}  // namespace engine::gl
