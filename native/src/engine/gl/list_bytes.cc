// See list_bytes.h.
#include "engine/gl/list_bytes.h"

#include "gl/enums.h"
#include "gl/view.h"

namespace engine::gl {
namespace {

// Null: GL has refused it, and its error waits.
const void* read(GlExecutor& executor, std::uintptr_t at, std::size_t size) {
    const auto& table = executor.table();
    GLint held = 0;
    table.glGetBufferParameteriv(GL_PIXEL_UNPACK_BUFFER, GL_BUFFER_SIZE, &held);
    const auto end = static_cast<std::size_t>(held);
    if (executor.has_begun() || size > end || at > end - size) {
        executor.refuse_with(GL_INVALID_OPERATION);
        return nullptr;
    }
    executor.settle_errors();
    void* const bytes = executor.pixels(size).data();
    table.glGetBufferSubData(GL_PIXEL_UNPACK_BUFFER, static_cast<GLintptr>(at), static_cast<GLsizeiptr>(size),
                             bytes);
    if (!executor.failed()) return bytes;
    executor.refuse();
    return nullptr;
}

}  // namespace

ListBytes::ListBytes(GlExecutor& executor, std::uint8_t from, std::size_t size, const void*& pointer) {
    const bool in_buffer = from == static_cast<std::uint8_t>(wire::gl::From::buffer);
    if (!executor.compiles() || !in_buffer || size == 0) return;
    // SAFETY: GL takes offsets into buffers as pointers, and this one is only counted with.
    pointer = read(executor, reinterpret_cast<std::uintptr_t>(pointer), size);
    is_refused_ = pointer == nullptr;
    if (!is_refused_)
        unbound_.emplace(executor.table(), GL_PIXEL_UNPACK_BUFFER, GL_PIXEL_UNPACK_BUFFER_BINDING);
}

}  // namespace engine::gl
