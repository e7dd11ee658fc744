// What the program asks of the context itself: strings, limits, errors. Answered from what the host told when
// the context was made; only what can change, and is not known here, is asked for.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/sizes.h"
#include "gl/valid.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

// A number too large for the type that is asked for is the largest of that.
template <class T>
T converted(std::int64_t value) {
    if constexpr (std::is_integral_v<T>) {
        using Limits = std::numeric_limits<T>;
        return static_cast<T>(std::clamp<std::int64_t>(value, Limits::min(), Limits::max()));
    } else {
        return static_cast<T>(value);
    }
}
template <class T>
T converted(float value) {
    if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(value);
    } else {
        return static_cast<T>(std::llround(value));
    }
}

// What the guest keeps of its own: bindings of buffers and vertex arrays, and how pixels are stored.
bool own_integer(Context& context, GLenum name, GLint& value) {
    const auto named = [&value](GLuint object) {
        value = static_cast<GLint>(object);
        return true;
    };
    switch (name) {
        case GL_ARRAY_BUFFER_BINDING:
            return named(context.bindings.array);
        case GL_ELEMENT_ARRAY_BUFFER_BINDING:
            return named(context.arrays.current().element_buffer);
        case GL_PIXEL_PACK_BUFFER_BINDING:
            return named(context.bindings.pixel_pack);
        case GL_PIXEL_UNPACK_BUFFER_BINDING:
            return named(context.bindings.pixel_unpack);
        case GL_VERTEX_ARRAY_BINDING:
            return named(context.arrays.name());
        case GL_CLIENT_ACTIVE_TEXTURE:
            return named(GL_TEXTURE0 + context.arrays.client_unit);
        default:
            return context.pixels.get(name, value);
    }
}

template <class T>
void store(GLint value, T* data) {
    if constexpr (std::is_same_v<T, GLboolean>)
        *data = value != 0;
    else
        *data = static_cast<T>(value);
}

// A value of the shadow as the type that is asked for; false where only the host knows how it converts.
template <class T>
bool store(const StateValue& value, T* data) {
    const bool is_real = value.kind != StateKind::integer;
    constexpr bool is_double = std::is_same_v<T, GLdouble>;
    if (value.kind == StateKind::colour && (std::is_integral_v<T> || is_double) &&
        !std::is_same_v<T, GLboolean>)
        return false;
    for (std::size_t index = 0; index < value.count; ++index) {
        if (!is_real)
            store(value.integers[index], data + index);
        else if constexpr (std::is_same_v<T, GLboolean>)
            data[index] = value.reals[index] != 0;
        else
            data[index] = converted<T>(value.reals[index]);
    }
    return true;
}

// The stack of which that is the matrix or the depth; null: not followed.
MatrixStack* stack_of(Context& context, GLenum matrix) {
    if (!is_compatible(context) || !context.shadow.knows()) return nullptr;
    switch (matrix) {
        case GL_MODELVIEW_MATRIX:
        case GL_MODELVIEW_STACK_DEPTH:
            return context.shadow.matrices_of(GL_MODELVIEW);
        case GL_PROJECTION_MATRIX:
        case GL_PROJECTION_STACK_DEPTH:
            return context.shadow.matrices_of(GL_PROJECTION);
        case GL_TEXTURE_MATRIX:
        case GL_TEXTURE_STACK_DEPTH:
            return context.shadow.matrices_of(GL_TEXTURE);
        default:
            return nullptr;
    }
}

bool is_matrix(GLenum name) {
    return name == GL_MODELVIEW_MATRIX || name == GL_PROJECTION_MATRIX || name == GL_TEXTURE_MATRIX;
}

// How deep a stack is, where the guest has seen all that was pushed.
bool depth(Context& context, GLenum name, GLint& value) {
    std::size_t found = 0;
    if (name == GL_ATTRIB_STACK_DEPTH) {
        const bool is_followed = context.shadow.knows() && context.shadow.attributes_at_most != 0;
        if (!is_compatible(context) || !is_followed) return false;
        found = context.shadow.state.pushed();
    } else {
        const MatrixStack* const stack = is_matrix(name) ? nullptr : stack_of(context, name);
        if (stack == nullptr || stack->at_most == 0) return false;
        found = stack->depth();
    }
    value = static_cast<GLint>(found);
    return true;
}

// What calls have set, or the host has said before.
template <class T>
bool shadowed(Context& context, GLenum name, T* data) {
    if (context.shadow.in_begin()) return false;
    if (GLint value = 0; own_integer(context, name, value) || depth(context, name, value)) {
        store(value, data);
        return true;
    }
    if constexpr (std::is_same_v<T, GLfloat> || std::is_same_v<T, GLdouble>) {
        MatrixStack* const stack = is_matrix(name) ? stack_of(context, name) : nullptr;
        if (stack != nullptr && stack->top().is_known) {
            std::ranges::copy(stack->top().matrix, data);
            return true;
        }
    }
    const StateValue* value = context.shadow.state.find(name);
    return value != nullptr && store(*value, data);
}

// Keeps what the host has said of a state that is followed.
template <class T>
void keep(Context& context, GLenum name, const T* data) {
    if (context.shadow.in_begin() || !context.shadow.knows()) return;
    if constexpr (std::is_same_v<T, GLfloat>) {
        MatrixStack* const stack = is_matrix(name) ? stack_of(context, name) : nullptr;
        if (stack != nullptr) {
            std::copy_n(data, 16, stack->top().matrix.begin());
            stack->top().is_known = true;
        }
    }
    if (!State::follows(name)) return;
    const StateKind kind = State::kind_of(name);
    constexpr bool is_float = std::is_same_v<T, GLfloat>;
    if (kind == StateKind::integer ? !std::is_integral_v<T> || sizeof(T) != sizeof(GLint) : !is_float) return;
    StateValue value;
    value.count = static_cast<std::uint8_t>(wire::gl::size::state(name));
    for (std::size_t index = 0; index < value.count; ++index) {
        value.integers[index] = static_cast<GLint>(data[index]);
        value.reals[index] = static_cast<GLfloat>(data[index]);
    }
    context.shadow.state.put(name, value);
}

// Asks the host. True: it has answered, and nothing is wrong there.
template <class Ask>
bool asked(Context& context, Ask&& ask) {
    ask();
    return context.errors().is_clean(context.lane().position());
}

// Limits of which there is one for each dimension: the host says that they are asked for wrongly.
bool is_indexed(GLenum name) {
    return name == GL_MAX_COMPUTE_WORK_GROUP_COUNT || name == GL_MAX_COMPUTE_WORK_GROUP_SIZE;
}

// Stores what is known of `name`, converted as glGet does. False: the host has to be asked.
template <class T>
bool answer(Context& context, GLenum name, T* data) {
    if (shadowed(context, name, data)) return true;
    const Facts& facts = context.facts();
    if (name == GL_NUM_EXTENSIONS) {
        *data = static_cast<T>(facts.extensions.size());
        return true;
    }
    const Value* value = facts.find(name);
    if (value == nullptr || is_indexed(name)) return false;
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
    if (data == nullptr || answer(context, pname, data)) return;
    if (asked(context, [&] { remote::glGetIntegerv(context, pname, data); })) keep(context, pname, data);
}

void glGetInteger64v(Context& context, GLenum pname, GLint64* data) {
    if (data == nullptr || answer(context, pname, data)) return;
    if (asked(context, [&] { remote::glGetInteger64v(context, pname, data); })) keep(context, pname, data);
}

void glGetFloatv(Context& context, GLenum pname, GLfloat* data) {
    if (data == nullptr || answer(context, pname, data)) return;
    if (asked(context, [&] { remote::glGetFloatv(context, pname, data); })) keep(context, pname, data);
}

void glGetDoublev(Context& context, GLenum pname, GLdouble* data) {
    if (data == nullptr || answer(context, pname, data)) return;
    if (asked(context, [&] { remote::glGetDoublev(context, pname, data); })) keep(context, pname, data);
}

void glGetBooleanv(Context& context, GLenum pname, GLboolean* data) {
    if (data == nullptr || answer(context, pname, data)) return;
    // The number says more, and is kept.
    if (State::follows(pname) && State::kind_of(pname) == StateKind::integer) {
        GLint values[4] = {};
        glGetIntegerv(context, pname, values);
        for (std::size_t at = 0; at < wire::gl::size::state(pname); ++at) data[at] = values[at] != 0;
        return;
    }
    if (asked(context, [&] { remote::glGetBooleanv(context, pname, data); })) keep(context, pname, data);
}

GLboolean glIsEnabled(Context& context, GLenum cap) {
    const StateValue* value = context.shadow.in_begin() ? nullptr : context.shadow.state.find(cap);
    if (value != nullptr) return value->integers[0] != 0;
    GLboolean is_on = GL_FALSE;
    if (asked(context, [&] { is_on = remote::glIsEnabled(context, cap); })) {
        const GLint number = is_on;
        keep(context, cap, &number);
    }
    return is_on;
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
    if (!call(context, wire::gl_error_Request{}, reply)) return GL_NO_ERROR;
    deliver_messages(context);
    if (reply.error != GL_NO_ERROR) context.shadow.forget_all();
    return reply.error;
}

}  // namespace guest::gl::hand
