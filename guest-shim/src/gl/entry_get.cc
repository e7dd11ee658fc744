// What the program asks of the context itself: strings, limits, errors. Answered from what the host told when
// the context was made; only what can change, and is not known here, is asked for.
#include <cmath>
#include <cstring>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

template <class T>
T converted(std::int64_t value) {
    return static_cast<T>(value);
}
template <class T>
T converted(float value) {
    if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(value);
    } else {
        return static_cast<T>(std::llround(value));
    }
}

// Stores what is known of `name`, converted as glGet does. False: the host has to be asked.
template <class T>
bool answer(Context& context, GLenum name, T* data) {
    const Facts& facts = context.facts();
    if (name == GL_NUM_EXTENSIONS) {
        *data = static_cast<T>(facts.extensions.size());
        return true;
    }
    const Value* value = facts.find(name);
    if (value == nullptr) return false;
    const bool is_real = value->type == Value::Type::real;
    for (std::size_t index = 0; index < value->count(); ++index) {
        if constexpr (std::is_same_v<T, GLboolean>) {
            data[index] = is_real ? value->reals[index] != 0 : value->integers[index] != 0;
        } else {
            data[index] = is_real ? converted<T>(value->reals[index]) : converted<T>(value->integers[index]);
        }
    }
    return true;
}

}  // namespace

void glGetIntegerv(Context& context, GLenum pname, GLint* data) {
    if (data != nullptr && !answer(context, pname, data)) remote::glGetIntegerv(context, pname, data);
}

void glGetInteger64v(Context& context, GLenum pname, GLint64* data) {
    if (data != nullptr && !answer(context, pname, data)) remote::glGetInteger64v(context, pname, data);
}

void glGetFloatv(Context& context, GLenum pname, GLfloat* data) {
    if (data != nullptr && !answer(context, pname, data)) remote::glGetFloatv(context, pname, data);
}

void glGetDoublev(Context& context, GLenum pname, GLdouble* data) {
    if (data != nullptr && !answer(context, pname, data)) remote::glGetDoublev(context, pname, data);
}

void glGetBooleanv(Context& context, GLenum pname, GLboolean* data) {
    if (data != nullptr && !answer(context, pname, data)) remote::glGetBooleanv(context, pname, data);
}

// The pointers live as long as the context, as GL has it.
const GLubyte* glGetString(Context& context, GLenum name) {
    const Facts& facts = context.facts();
    const std::string* text = nullptr;
    switch (name) {
        case GL_VENDOR:
            text = &facts.vendor;
            break;
        case GL_RENDERER:
            text = &facts.renderer;
            break;
        case GL_VERSION:
            text = &facts.version;
            break;
        case GL_SHADING_LANGUAGE_VERSION:
            text = &facts.language;
            break;
        case GL_EXTENSIONS:
            // Core contexts have glGetStringi for it.
            if (facts.profile != 1) text = &facts.extension_line;
            break;
        default:
            break;
    }
    if (text == nullptr) fail(context, GL_INVALID_ENUM);
    // SAFETY: GL's characters are bytes.
    return text == nullptr ? nullptr : reinterpret_cast<const GLubyte*>(text->c_str());
}

const GLubyte* glGetStringi(Context& context, GLenum name, GLuint index) {
    const Facts& facts = context.facts();
    if (name != GL_EXTENSIONS) {
        fail(context, GL_INVALID_ENUM);
        return nullptr;
    }
    if (index >= facts.extensions.size()) {
        fail(context, GL_INVALID_VALUE);
        return nullptr;
    }
    // SAFETY: GL's characters are bytes.
    return reinterpret_cast<const GLubyte*>(facts.extensions[index].c_str());
}

GLenum glGetError(Context& context) {
    Errors& errors = context.errors();
    if (const GLenum own = errors.take_own()) return own;
    if (!errors.must_ask()) return GL_NO_ERROR;
    wire::gl_error_Reply reply;
    return call(context, wire::gl_error_Request{}, reply) ? reply.error : GL_NO_ERROR;
}

}  // namespace guest::gl::hand
