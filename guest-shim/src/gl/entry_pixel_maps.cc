// Tables of pixels: glPixelMap and what asks for them. A pixel buffer that is bound holds them.
#include <algorithm>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/transfer.h"
#include "gl/view.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

template <class Request, class T>
void put(Context& context, GLenum map, GLsizei count, const T* values) {
    const Upload table(context, static_cast<std::size_t>(std::max(count, 0)) * sizeof(T), values);
    if (!table.ok()) return;
    send(context, Request{.map = map,
                          .mapsize = count,
                          .values_from = table.from,
                          .values_offset = table.offset,
                          .values = table.bytes});
}

// `room`: bytes that the program's memory has; negative: as many as it takes.
template <class Request, class Reply, class T>
void get(Context& context, GLenum map, GLsizei room, T* values) {
    const Download into(context, values);
    const Request request{.map = map, .values_from = into.from, .values_offset = into.offset};
    if (into.into_buffer()) return send(context, request);
    Reply reply;
    if (!call(context, request, reply)) return;
    const std::size_t size = reply.values.size();
    if (room >= 0 && size > static_cast<std::size_t>(room)) return fail(context, GL_INVALID_OPERATION);
    wire::gl::out(values, reply.values, size);
}

}  // namespace

void glPixelMapfv(Context& context, GLenum map, GLsizei mapsize, const GLfloat* values) {
    put<wire::glPixelMapfv_Request>(context, map, mapsize, values);
}

void glPixelMapuiv(Context& context, GLenum map, GLsizei mapsize, const GLuint* values) {
    put<wire::glPixelMapuiv_Request>(context, map, mapsize, values);
}

void glPixelMapusv(Context& context, GLenum map, GLsizei mapsize, const GLushort* values) {
    put<wire::glPixelMapusv_Request>(context, map, mapsize, values);
}

void glGetPixelMapfv(Context& context, GLenum map, GLfloat* values) {
    glGetnPixelMapfv(context, map, kNoLimit, values);
}

void glGetPixelMapuiv(Context& context, GLenum map, GLuint* values) {
    glGetnPixelMapuiv(context, map, kNoLimit, values);
}

void glGetPixelMapusv(Context& context, GLenum map, GLushort* values) {
    glGetnPixelMapusv(context, map, kNoLimit, values);
}

void glGetnPixelMapfv(Context& context, GLenum map, GLsizei bufSize, GLfloat* values) {
    get<wire::glGetPixelMapfv_Request, wire::glGetPixelMapfv_Reply>(context, map, bufSize, values);
}

void glGetnPixelMapuiv(Context& context, GLenum map, GLsizei bufSize, GLuint* values) {
    get<wire::glGetPixelMapuiv_Request, wire::glGetPixelMapuiv_Reply>(context, map, bufSize, values);
}

void glGetnPixelMapusv(Context& context, GLenum map, GLsizei bufSize, GLushort* values) {
    get<wire::glGetPixelMapusv_Request, wire::glGetPixelMapusv_Reply>(context, map, bufSize, values);
}

}  // namespace guest::gl::hand
