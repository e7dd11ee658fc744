// What is asked of a buffer that only the guest can say: the host's buffers are never mapped, and their
// storage allows more than the program has asked for.
#include <optional>

#include "gl/buffer_targets.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

// None: the host knows.
std::optional<std::int64_t> own_fact(Context& context, GLuint buffer, GLenum name) {
    return context.group().with_buffers([&](Buffers& buffers) -> std::optional<std::int64_t> {
        const auto found = buffers.find(buffer);
        if (found == buffers.end()) return std::nullopt;
        const BufferObject& object = found->second;
        const Mapping& mapping = object.mapping;
        switch (name) {
            case GL_BUFFER_MAPPED:
                return object.is_mapped() ? 1 : 0;
            case GL_BUFFER_ACCESS:
                if (context.facts().is_es()) return std::nullopt;
                return mapping.old_access;
            case GL_BUFFER_ACCESS_FLAGS:
                return mapping.access;
            case GL_BUFFER_MAP_LENGTH:
                return mapping.length;
            case GL_BUFFER_MAP_OFFSET:
                return mapping.offset;
            case GL_BUFFER_STORAGE_FLAGS:
                if (!object.immutable) return std::nullopt;
                return object.storage;
            default:
                return std::nullopt;
        }
    });
}

template <class T, class Ask>
void get(Context& context, GLuint buffer, GLenum name, T* params, Ask&& ask) {
    const auto own = own_fact(context, buffer, name);
    if (!own) return ask();
    *params = static_cast<T>(*own);
}

// 0, where the host says what is wrong.
GLuint asked_buffer(Context& context, GLenum target) {
    const GLuint* const name = binding_of(context, target);
    return name == nullptr ? 0 : *name;
}

}  // namespace

void glGetBufferParameteriv(Context& context, GLenum target, GLenum pname, GLint* params) {
    get(context, asked_buffer(context, target), pname, params,
        [&] { remote::glGetBufferParameteriv(context, target, pname, params); });
}

void glGetBufferParameteri64v(Context& context, GLenum target, GLenum pname, GLint64* params) {
    get(context, asked_buffer(context, target), pname, params,
        [&] { remote::glGetBufferParameteri64v(context, target, pname, params); });
}

void glGetNamedBufferParameteriv(Context& context, GLuint buffer, GLenum pname, GLint* params) {
    get(context, buffer, pname, params,
        [&] { remote::glGetNamedBufferParameteriv(context, buffer, pname, params); });
}

void glGetNamedBufferParameteri64v(Context& context, GLuint buffer, GLenum pname, GLint64* params) {
    get(context, buffer, pname, params,
        [&] { remote::glGetNamedBufferParameteri64v(context, buffer, pname, params); });
}

}  // namespace guest::gl::hand
