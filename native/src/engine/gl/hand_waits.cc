// What waits for the device, by hand: without stopping the engine thread, which also watches its guest. A
// wait looks for a moment, and the record is run again until it is over. Called by generated dispatch.
#include <algorithm>

#include "engine/gl/arguments.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {
namespace {

// How long a look may take, in ns: longer than nothing, because a software GL works meanwhile.
constexpr GLuint64 kLook = 1'000'000;

template <class Request, class Reply, class T, class Get>
void get_query(GlExecutor& executor, const Request& request, ReplySink& sink, Get get) {
    if (get == nullptr) return executor.missing();
    const GLuint query = executor.name(GlName::query, request.id);
    executor.settle_errors();
    if (request.params_from == static_cast<std::uint8_t>(wire::gl::From::buffer)) {
        const void* offset = nullptr;
        if (!offset_into(executor, GL_QUERY_BUFFER_BINDING, request.params_offset, offset)) return;
        // SAFETY: an offset into the buffer that is bound, which GL writes to and nobody here follows.
        get(query, request.pname, reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(offset)));
        if (executor.failed()) return executor.refuse();
        return sink.outputs(Reply{});
    }
    if (request.pname == GL_QUERY_RESULT && executor.table().glGetQueryObjectuiv != nullptr) {
        GLuint available = 1;
        executor.table().glGetQueryObjectuiv(query, GL_QUERY_RESULT_AVAILABLE, &available);
        if (available == 0 && !executor.failed()) return executor.wait();
    }
    // Whether the result is there, and the result where it is: the guest need not ask again.
    const bool is_about_result =
        request.pname == GL_QUERY_RESULT || request.pname == GL_QUERY_RESULT_AVAILABLE;
    wire::gl::Room room((is_about_result ? 2 : 1) * sizeof(T));
    T* const values = room.data<T>();
    const GLenum first = is_about_result ? GL_QUERY_RESULT_AVAILABLE : request.pname;
    get(query, first, values);
    if (executor.failed()) return executor.refuse();
    const bool is_there = is_about_result && (values[0] != 0 || request.pname == GL_QUERY_RESULT);
    if (is_there) get(query, GL_QUERY_RESULT, values + 1);
    if (is_there && executor.failed()) return executor.refuse();
    values[0] = is_there ? 1 : is_about_result ? 0 : values[0];
    Reply reply;
    reply.params = is_there || !is_about_result ? room.bytes() : room.bytes().first(sizeof(T));
    sink.outputs(reply);
}

}  // namespace

void glFlush(GlExecutor& executor, const wire::RecordHeader&, const wire::glFlush_Request&, ReplySink&) {
    executor.table().glFlush();
}

void glFinish(GlExecutor& executor, const wire::RecordHeader&, const wire::glFinish_Request&,
              ReplySink& sink) {
    if (!executor.finished()) return executor.wait();
    sink.outputs(wire::glFinish_Reply{});
}

void glClientWaitSync(GlExecutor& executor, const wire::RecordHeader&,
                      const wire::glClientWaitSync_Request& request, ReplySink& sink) {
    if (executor.table().glClientWaitSync == nullptr) return executor.missing();
    executor.settle_errors();
    const GLuint64 left = executor.waits_left(request.timeout);
    wire::glClientWaitSync_Reply reply;
    reply.result =
        executor.table().glClientWaitSync(executor.sync(request.sync), request.flags, std::min(left, kLook));
    if (executor.failed()) return executor.refuse();
    if (reply.result == GL_TIMEOUT_EXPIRED && left > kLook) return executor.wait();
    if (reply.result == GL_ALREADY_SIGNALED && executor.has_waited()) reply.result = GL_CONDITION_SATISFIED;
    sink.outputs(reply);
}

void glGetQueryObjectiv(GlExecutor& executor, const wire::RecordHeader&,
                        const wire::glGetQueryObjectiv_Request& request, ReplySink& sink) {
    get_query<wire::glGetQueryObjectiv_Request, wire::glGetQueryObjectiv_Reply, GLint>(
        executor, request, sink, executor.table().glGetQueryObjectiv);
}

void glGetQueryObjectuiv(GlExecutor& executor, const wire::RecordHeader&,
                         const wire::glGetQueryObjectuiv_Request& request, ReplySink& sink) {
    get_query<wire::glGetQueryObjectuiv_Request, wire::glGetQueryObjectuiv_Reply, GLuint>(
        executor, request, sink, executor.table().glGetQueryObjectuiv);
}

void glGetQueryObjecti64v(GlExecutor& executor, const wire::RecordHeader&,
                          const wire::glGetQueryObjecti64v_Request& request, ReplySink& sink) {
    get_query<wire::glGetQueryObjecti64v_Request, wire::glGetQueryObjecti64v_Reply, GLint64>(
        executor, request, sink, executor.table().glGetQueryObjecti64v);
}

void glGetQueryObjectui64v(GlExecutor& executor, const wire::RecordHeader&,
                           const wire::glGetQueryObjectui64v_Request& request, ReplySink& sink) {
    get_query<wire::glGetQueryObjectui64v_Request, wire::glGetQueryObjectui64v_Reply, GLuint64>(
        executor, request, sink, executor.table().glGetQueryObjectui64v);
}

}  // namespace engine::gl::hand
