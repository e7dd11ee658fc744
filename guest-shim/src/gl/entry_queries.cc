// Query objects: what is known of their results is said here (query_results.h).
#include <algorithm>
#include <limits>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

template <class T>
T clamped(GLuint64 value) {
    return static_cast<T>(std::min(value, static_cast<GLuint64>(std::numeric_limits<T>::max())));
}

// `Request` is the call's own: for what is asked into a buffer, and what only the host knows.
template <class Request, class Reply, class T>
void get(Context& context, GLuint query, GLenum name, T* params) {
    using wire::gl::From;
    if (context.bindings.query != 0) {
        return send(context, Request{.id = query,
                                     .pname = name,
                                     .params_from = static_cast<std::uint8_t>(From::buffer),
                                     .params_offset = wire::gl::number(params)});
    }
    const bool is_followed =
        !context.shadow.in_begin() &&
        (name == GL_QUERY_RESULT || name == GL_QUERY_RESULT_AVAILABLE || name == GL_QUERY_RESULT_NO_WAIT);
    if (is_followed) {
        bool is_refused = false;
        const GLuint64* const value = name == GL_QUERY_RESULT
                                          ? context.queries.wait(context, query)
                                          : context.queries.find(context, query, is_refused);
        if (name == GL_QUERY_RESULT_AVAILABLE) {
            if (!is_refused) *params = value != nullptr;
        } else if (value != nullptr) {
            *params = clamped<T>(*value);
        }
        return;
    }
    Reply reply;
    const Request request{.id = query, .pname = name, .params_from = static_cast<std::uint8_t>(From::record)};
    if (call(context, request, reply)) wire::gl::out(params, reply.params, sizeof(T));
}

}  // namespace

void glBeginQuery(Context& context, GLenum target, GLuint id) {
    context.queries.begin(target, 0, id);
    remote::glBeginQuery(context, target, id);
}

void glBeginQueryIndexed(Context& context, GLenum target, GLuint index, GLuint id) {
    context.queries.begin(target, index, id);
    remote::glBeginQueryIndexed(context, target, index, id);
}

void glEndQuery(Context& context, GLenum target) {
    remote::glEndQuery(context, target);
    context.queries.end(target, 0, context.lane().position());
}

void glEndQueryIndexed(Context& context, GLenum target, GLuint index) {
    remote::glEndQueryIndexed(context, target, index);
    context.queries.end(target, index, context.lane().position());
}

void glQueryCounter(Context& context, GLuint id, GLenum target) {
    remote::glQueryCounter(context, id, target);
    context.queries.count(id, context.lane().position());
}

void glGetQueryObjectiv(Context& context, GLuint id, GLenum pname, GLint* params) {
    get<wire::glGetQueryObjectiv_Request, wire::glGetQueryObjectiv_Reply>(context, id, pname, params);
}

void glGetQueryObjectuiv(Context& context, GLuint id, GLenum pname, GLuint* params) {
    get<wire::glGetQueryObjectuiv_Request, wire::glGetQueryObjectuiv_Reply>(context, id, pname, params);
}

void glGetQueryObjecti64v(Context& context, GLuint id, GLenum pname, GLint64* params) {
    get<wire::glGetQueryObjecti64v_Request, wire::glGetQueryObjecti64v_Reply>(context, id, pname, params);
}

void glGetQueryObjectui64v(Context& context, GLuint id, GLenum pname, GLuint64* params) {
    get<wire::glGetQueryObjectui64v_Request, wire::glGetQueryObjectui64v_Reply>(context, id, pname, params);
}

}  // namespace guest::gl::hand
