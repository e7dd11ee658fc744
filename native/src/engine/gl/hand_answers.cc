// What only GL knows the length of, by hand: evaluators, tables of pixels, patterns, labels, subroutines.
// Called by generated dispatch.
#include <algorithm>
#include <cstddef>

#include "engine/gl/arguments.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/sizes.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {
namespace {

constexpr GLint kMostValues = 65536;
// Of the log of debug messages, at once.
constexpr GLuint kMostMessages = 256;
constexpr GLsizei kMostText = 1 << 20;

// `count` values that `get` has stored, for field `field` of the reply.
template <class T, class Reply, class Get>
void answer(GlExecutor& executor, ReplySink& sink, GLint count, std::span<const std::byte> Reply::*field,
            Get&& get) {
    wire::gl::Room room(wire::gl::size::array(std::clamp(count, 0, kMostValues), sizeof(T)));
    executor.settle_errors();
    if (count <= kMostValues) get(room.data<T>());
    if (executor.failed()) return executor.refuse();
    Reply reply;
    reply.*field = room.bytes();
    sink.outputs(reply);
}

bool is_plane(GLenum target) { return target >= GL_MAP2_COLOR_4 && target <= GL_MAP2_VERTEX_4; }

// Values that glGetMap answers.
GLint map_values(GlExecutor& executor, GLenum target, GLenum query) {
    const GLint sides = is_plane(target) ? 2 : 1;
    if (query == GL_ORDER) return sides;
    if (query == GL_DOMAIN) return 2 * sides;
    GLint order[2]{};
    executor.settle_errors();
    executor.table().glGetMapiv(target, GL_ORDER, order);
    if (executor.failed()) return 0;
    // Of one point there are as many as the target has components.
    const std::size_t components =
        sides == 2 ? wire::gl::size::map2(target, 0, 1, 0, 1) : wire::gl::size::map1(target, 0, 1);
    const std::size_t rows = wire::gl::size::array(order[0], components);
    const std::size_t points = sides == 2 ? wire::gl::size::array(order[1], rows) : rows;
    return static_cast<GLint>(std::min<std::size_t>(points, kMostValues));
}

template <class T, class Reply, class Request>
void get_map(GlExecutor& executor, const Request& request, ReplySink& sink, void (*get)(GLenum, GLenum, T*)) {
    if (get == nullptr) return executor.missing();
    answer<T>(executor, sink, map_values(executor, request.target, request.query), &Reply::v,
              [&](T* to) { get(request.target, request.query, to); });
}

// A table of pixels, into the buffer that is bound or the reply.
template <class T, class Reply, class Request>
void get_pixel_map(GlExecutor& executor, const wire::RecordHeader& header, const Request& request,
                   ReplySink& sink, void (*get)(GLenum, T*)) {
    if (get == nullptr) return executor.missing();
    if (request.map < GL_PIXEL_MAP_I_TO_I || request.map > GL_PIXEL_MAP_A_TO_A) {
        executor.set_error(GL_INVALID_ENUM);
        return executor.refuse();
    }
    GLint count = 0;
    executor.settle_errors();
    executor.table().glGetIntegerv(GL_PIXEL_MAP_I_TO_I_SIZE + (request.map - GL_PIXEL_MAP_I_TO_I), &count);
    if (executor.failed()) return executor.refuse();
    Target target;
    const std::size_t size = wire::gl::size::array(count, sizeof(T));
    if (!find_target(executor, header, request.values_from, request.values_offset, size, target)) return;
    get(request.map, static_cast<T*>(target.pointer));
    if (executor.failed()) return executor.refuse();
    Reply reply;
    if (!target.is_buffer) reply.values = target.place;
    sink.outputs(reply);
}

template <class Reply>
void get_stipple(GlExecutor& executor, const wire::RecordHeader& header, std::uint8_t from,
                 std::uint64_t offset, ReplySink& sink, std::span<const std::byte> Reply::*field) {
    if (executor.table().glGetPolygonStipple == nullptr) return executor.missing();
    Target target;
    if (!find_target(executor, header, from, offset, wire::gl::size::kStippleBytes, target)) return;
    executor.settle_errors();
    executor.table().glGetPolygonStipple(static_cast<GLubyte*>(target.pointer));
    if (executor.failed()) return executor.refuse();
    Reply reply;
    if (!target.is_buffer) reply.*field = target.place;
    sink.outputs(reply);
}

// An answer about a query, whose name is said as the guest knows it.
template <class Reply, class Get>
void get_query(GlExecutor& executor, GLenum pname, ReplySink& sink, Get&& get) {
    wire::gl::Room room(sizeof(GLint));
    GLint& value = *room.data<GLint>();
    executor.settle_errors();
    get(&value);
    if (executor.failed()) return executor.refuse();
    if (pname == GL_CURRENT_QUERY && value != 0) {
        value = static_cast<GLint>(executor.guest_name(GlName::query, static_cast<GLuint>(value)));
    }
    Reply reply;
    reply.params = room.bytes();
    sink.outputs(reply);
}

// What a label of KHR_debug is put on. False: nothing that has a name.
bool labelled(GLenum identifier, GlName& kind) {
    switch (identifier) {
        case GL_BUFFER:
            kind = GlName::buffer;
            return true;
        case GL_SHADER:
        case GL_PROGRAM:
            kind = GlName::program;
            return true;
        case GL_QUERY:
            kind = GlName::query;
            return true;
        case GL_PROGRAM_PIPELINE:
            kind = GlName::pipeline;
            return true;
        case GL_SAMPLER:
            kind = GlName::sampler;
            return true;
        case GL_VERTEX_ARRAY:
            kind = GlName::vertex_array;
            return true;
        case GL_TEXTURE:
            kind = GlName::texture;
            return true;
        case GL_RENDERBUFFER:
            kind = GlName::renderbuffer;
            return true;
        case GL_FRAMEBUFFER:
            kind = GlName::framebuffer;
            return true;
        case GL_TRANSFORM_FEEDBACK:
            kind = GlName::feedback;
            return true;
        case GL_DISPLAY_LIST:
            kind = GlName::list;
            return true;
        default:
            return false;
    }
}

// False, after an error: there is no such kind of object, or no such object.
bool labelled_name(GlExecutor& executor, GLenum identifier, GLuint guest, GLuint& host) {
    GlName kind{};
    if (!labelled(identifier, kind)) {
        executor.set_error(GL_INVALID_ENUM);
        return false;
    }
    if (kind != GlName::list && guest != 0 && !executor.knows(kind, guest)) {
        executor.set_error(GL_INVALID_VALUE);
        return false;
    }
    host = executor.name(kind, guest);
    return true;
}

}  // namespace

void glGetMapdv(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetMapdv_Request& request,
                ReplySink& sink) {
    get_map<GLdouble, wire::glGetMapdv_Reply>(executor, request, sink, executor.table().glGetMapdv);
}

void glGetMapfv(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetMapfv_Request& request,
                ReplySink& sink) {
    get_map<GLfloat, wire::glGetMapfv_Reply>(executor, request, sink, executor.table().glGetMapfv);
}

void glGetMapiv(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetMapiv_Request& request,
                ReplySink& sink) {
    get_map<GLint, wire::glGetMapiv_Reply>(executor, request, sink, executor.table().glGetMapiv);
}

void glGetnMapdv(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetnMapdv_Request& request,
                 ReplySink& sink) {
    get_map<GLdouble, wire::glGetnMapdv_Reply>(executor, request, sink, executor.table().glGetMapdv);
}

void glGetnMapfv(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetnMapfv_Request& request,
                 ReplySink& sink) {
    get_map<GLfloat, wire::glGetnMapfv_Reply>(executor, request, sink, executor.table().glGetMapfv);
}

void glGetnMapiv(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetnMapiv_Request& request,
                 ReplySink& sink) {
    get_map<GLint, wire::glGetnMapiv_Reply>(executor, request, sink, executor.table().glGetMapiv);
}

void glGetPixelMapfv(GlExecutor& executor, const wire::RecordHeader& header,
                     const wire::glGetPixelMapfv_Request& request, ReplySink& sink) {
    get_pixel_map<GLfloat, wire::glGetPixelMapfv_Reply>(executor, header, request, sink,
                                                        executor.table().glGetPixelMapfv);
}

void glGetPixelMapuiv(GlExecutor& executor, const wire::RecordHeader& header,
                      const wire::glGetPixelMapuiv_Request& request, ReplySink& sink) {
    get_pixel_map<GLuint, wire::glGetPixelMapuiv_Reply>(executor, header, request, sink,
                                                        executor.table().glGetPixelMapuiv);
}

void glGetPixelMapusv(GlExecutor& executor, const wire::RecordHeader& header,
                      const wire::glGetPixelMapusv_Request& request, ReplySink& sink) {
    get_pixel_map<GLushort, wire::glGetPixelMapusv_Reply>(executor, header, request, sink,
                                                          executor.table().glGetPixelMapusv);
}

void glGetnPixelMapfv(GlExecutor& executor, const wire::RecordHeader& header,
                      const wire::glGetnPixelMapfv_Request& request, ReplySink& sink) {
    get_pixel_map<GLfloat, wire::glGetnPixelMapfv_Reply>(executor, header, request, sink,
                                                         executor.table().glGetPixelMapfv);
}

void glGetnPixelMapuiv(GlExecutor& executor, const wire::RecordHeader& header,
                       const wire::glGetnPixelMapuiv_Request& request, ReplySink& sink) {
    get_pixel_map<GLuint, wire::glGetnPixelMapuiv_Reply>(executor, header, request, sink,
                                                         executor.table().glGetPixelMapuiv);
}

void glGetnPixelMapusv(GlExecutor& executor, const wire::RecordHeader& header,
                       const wire::glGetnPixelMapusv_Request& request, ReplySink& sink) {
    get_pixel_map<GLushort, wire::glGetnPixelMapusv_Reply>(executor, header, request, sink,
                                                           executor.table().glGetPixelMapusv);
}

void glGetPolygonStipple(GlExecutor& executor, const wire::RecordHeader& header,
                         const wire::glGetPolygonStipple_Request& request, ReplySink& sink) {
    get_stipple(executor, header, request.mask_from, request.mask_offset, sink,
                &wire::glGetPolygonStipple_Reply::mask);
}

void glGetnPolygonStipple(GlExecutor& executor, const wire::RecordHeader& header,
                          const wire::glGetnPolygonStipple_Request& request, ReplySink& sink) {
    get_stipple(executor, header, request.pattern_from, request.pattern_offset, sink,
                &wire::glGetnPolygonStipple_Reply::pattern);
}

void glObjectLabel(GlExecutor& executor, const wire::RecordHeader&,
                   const wire::glObjectLabel_Request& request, ReplySink&) {
    GLuint host = 0;
    if (executor.table().glObjectLabel == nullptr) return executor.missing();
    if (!labelled_name(executor, request.identifier, request.name, host)) return;
    executor.table().glObjectLabel(request.identifier, host, static_cast<GLsizei>(request.label.size()),
                                   wire::gl::view<GLchar>(request.label));
}

void glGetObjectLabel(GlExecutor& executor, const wire::RecordHeader&,
                      const wire::glGetObjectLabel_Request& request, ReplySink& sink) {
    GLuint host = 0;
    if (executor.table().glGetObjectLabel == nullptr) return executor.missing();
    if (!labelled_name(executor, request.identifier, request.name, host)) return executor.refuse();
    const GLsizei size = std::clamp(request.bufSize, 0, kMostValues);
    wire::gl::Room room(static_cast<std::size_t>(size));
    wire::glGetObjectLabel_Reply reply;
    executor.settle_errors();
    executor.table().glGetObjectLabel(request.identifier, host, std::min(request.bufSize, size),
                                      &reply.length, size == 0 ? nullptr : room.data<GLchar>());
    if (executor.failed()) return executor.refuse();
    reply.label = room.text();
    sink.outputs(reply);
}

void glGetDebugMessageLog(GlExecutor& executor, const wire::RecordHeader&,
                          const wire::glGetDebugMessageLog_Request& request, ReplySink& sink) {
    const auto get = executor.table().glGetDebugMessageLog;
    if (get == nullptr) return executor.missing();
    const GLuint count = std::min(request.count, kMostMessages);
    const GLsizei size = std::clamp(request.bufSize, 0, kMostText);
    const std::size_t each = count * sizeof(GLuint);
    wire::gl::Room sources(each);
    wire::gl::Room types(each);
    wire::gl::Room ids(each);
    wire::gl::Room severities(each);
    wire::gl::Room lengths(each);
    wire::gl::Room texts(static_cast<std::size_t>(size));
    executor.settle_errors();
    wire::glGetDebugMessageLog_Reply reply;
    reply.result = get(count, size, sources.data<GLenum>(), types.data<GLenum>(), ids.data<GLuint>(),
                       severities.data<GLenum>(), lengths.data<GLsizei>(),
                       request.bufSize < 0 ? nullptr : texts.data<GLchar>());
    if (executor.failed()) return executor.refuse();
    reply.result = std::min(reply.result, count);
    const std::size_t said = reply.result * sizeof(GLuint);
    std::size_t characters = 0;
    for (GLuint at = 0; at < reply.result; ++at)
        characters += static_cast<std::size_t>(std::max(lengths.data<GLsizei>()[at], 0));
    reply.sources = sources.bytes().first(said);
    reply.types = types.bytes().first(said);
    reply.ids = ids.bytes().first(said);
    reply.severities = severities.bytes().first(said);
    reply.lengths = lengths.bytes().first(said);
    reply.messageLog = texts.bytes().first(std::min(characters, static_cast<std::size_t>(size)));
    sink.outputs(reply);
}

void glGetQueryiv(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetQueryiv_Request& request,
                  ReplySink& sink) {
    get_query<wire::glGetQueryiv_Reply>(executor, request.pname, sink, [&](GLint* to) {
        executor.table().glGetQueryiv(request.target, request.pname, to);
    });
}

void glGetQueryIndexediv(GlExecutor& executor, const wire::RecordHeader&,
                         const wire::glGetQueryIndexediv_Request& request, ReplySink& sink) {
    if (executor.table().glGetQueryIndexediv == nullptr) return executor.missing();
    get_query<wire::glGetQueryIndexediv_Reply>(executor, request.pname, sink, [&](GLint* to) {
        executor.table().glGetQueryIndexediv(request.target, request.index, request.pname, to);
    });
}

void glGetUniformSubroutineuiv(GlExecutor& executor, const wire::RecordHeader&,
                               const wire::glGetUniformSubroutineuiv_Request& request, ReplySink& sink) {
    if (executor.table().glGetUniformSubroutineuiv == nullptr) return executor.missing();
    answer<GLuint>(executor, sink, 1, &wire::glGetUniformSubroutineuiv_Reply::params, [&](GLuint* to) {
        executor.table().glGetUniformSubroutineuiv(request.shadertype, request.location, to);
    });
}

void glGetActiveSubroutineUniformiv(GlExecutor& executor, const wire::RecordHeader&,
                                    const wire::glGetActiveSubroutineUniformiv_Request& request,
                                    ReplySink& sink) {
    const auto get = executor.table().glGetActiveSubroutineUniformiv;
    if (get == nullptr) return executor.missing();
    const GLuint program = executor.name(GlName::program, request.program);
    GLint count = 1;
    if (request.pname == GL_COMPATIBLE_SUBROUTINES)
        get(program, request.shadertype, request.index, GL_NUM_COMPATIBLE_SUBROUTINES, &count);
    answer<GLint>(executor, sink, count, &wire::glGetActiveSubroutineUniformiv_Reply::values,
                  [&](GLint* to) { get(program, request.shadertype, request.index, request.pname, to); });
}

}  // namespace engine::gl::hand
