// State that GL answers, by hand: what names an object, or tells of the framebuffer objects that stand for a
// window's, is said in the guest's words. Called by generated dispatch.
#include <algorithm>
#include <cstddef>

#include "engine/gl/frames.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/sizes.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {
namespace {

constexpr GLsizei kLongestList = 512;

// What the value of a state is the name of.
bool names_object(GLenum state, GlName& kind) {
    switch (state) {
        case GL_DRAW_FRAMEBUFFER_BINDING:
        case GL_READ_FRAMEBUFFER_BINDING:
            kind = GlName::framebuffer;
            return true;
        case GL_RENDERBUFFER_BINDING:
            kind = GlName::renderbuffer;
            return true;
        case GL_CURRENT_PROGRAM:
            kind = GlName::program;
            return true;
        case GL_VERTEX_ARRAY_BINDING:
            kind = GlName::vertex_array;
            return true;
        case GL_SAMPLER_BINDING:
            kind = GlName::sampler;
            return true;
        case GL_PROGRAM_PIPELINE_BINDING:
            kind = GlName::pipeline;
            return true;
        case GL_TRANSFORM_FEEDBACK_BINDING:
            kind = GlName::feedback;
            return true;
        case GL_ARRAY_BUFFER_BINDING:
        case GL_ELEMENT_ARRAY_BUFFER_BINDING:
        case GL_PIXEL_PACK_BUFFER_BINDING:
        case GL_PIXEL_UNPACK_BUFFER_BINDING:
        case GL_UNIFORM_BUFFER_BINDING:
        case GL_SHADER_STORAGE_BUFFER_BINDING:
        case GL_ATOMIC_COUNTER_BUFFER_BINDING:
        case GL_TRANSFORM_FEEDBACK_BUFFER_BINDING:
        case GL_COPY_READ_BUFFER_BINDING:
        case GL_COPY_WRITE_BUFFER_BINDING:
        case GL_DRAW_INDIRECT_BUFFER_BINDING:
        case GL_DISPATCH_INDIRECT_BUFFER_BINDING:
        case GL_TEXTURE_BUFFER_BINDING:
        case GL_QUERY_BUFFER_BINDING:
        case GL_VERTEX_BINDING_BUFFER:
            kind = GlName::buffer;
            return true;
        case GL_TEXTURE_BINDING_1D:
        case GL_TEXTURE_BINDING_2D:
        case GL_TEXTURE_BINDING_3D:
        case GL_TEXTURE_BINDING_1D_ARRAY:
        case GL_TEXTURE_BINDING_2D_ARRAY:
        case GL_TEXTURE_BINDING_RECTANGLE:
        case GL_TEXTURE_BINDING_BUFFER:
        case GL_TEXTURE_BINDING_CUBE_MAP:
        case GL_TEXTURE_BINDING_CUBE_MAP_ARRAY:
        case GL_TEXTURE_BINDING_2D_MULTISAMPLE:
        case GL_TEXTURE_BINDING_2D_MULTISAMPLE_ARRAY:
        case GL_IMAGE_BINDING_NAME:
            kind = GlName::texture;
            return true;
        default:
            return false;
    }
}

GLenum target_of(GLenum state) {
    const bool reads = state == GL_READ_FRAMEBUFFER_BINDING || state == GL_READ_BUFFER;
    return reads ? GL_READ_FRAMEBUFFER : GL_DRAW_FRAMEBUFFER;
}

// The buffer of a window that an attachment stands for.
GLenum window_buffer(const Looks& looks, GLenum attachment) {
    if (attachment == GL_COLOR_ATTACHMENT0) return looks.is_double ? GL_BACK : GL_FRONT;
    return attachment == GL_COLOR_ATTACHMENT0 + 1 ? GL_FRONT : attachment;
}

bool is_draw_buffer(GLenum state) { return state >= GL_DRAW_BUFFER0 && state <= GL_DRAW_BUFFER15; }

// A value of the host's as the guest would have it.
template <class T>
T said(GlExecutor& executor, GLenum state, T value) {
    const Frames& frames = executor.frames();
    const auto number = [value] { return static_cast<GLuint>(value); };
    if (GlName kind{}; names_object(state, kind)) {
        const bool is_frame = kind == GlName::framebuffer;
        if (is_frame && frames.is_default(target_of(state))) return T{0};
        return static_cast<T>(executor.guest_name(kind, number()));
    }
    const GLenum target = target_of(state);
    const bool is_window = frames.is_default(target) && frames.has_default(target);
    if (state == GL_DRAW_BUFFER && is_window) return static_cast<T>(frames.draw_buffer());
    if (state == GL_READ_BUFFER && is_window) return static_cast<T>(frames.read_buffer());
    if (is_draw_buffer(state) && is_window)
        return static_cast<T>(window_buffer(frames.looks(target), number()));
    if (state == GL_DOUBLEBUFFER && is_window) return static_cast<T>(frames.looks(target).is_double);
    const bool is_list = state == GL_LIST_BASE || state == GL_LIST_INDEX;
    if (is_list && value != T{0}) return static_cast<T>(executor.guest_list(number()));
    return value;
}

// How many values there are of a state; 0: too many.
std::size_t count_of(GlExecutor& executor, GLenum state) {
    // Of each dimension there is one, asked for by its index.
    if (state == GL_MAX_COMPUTE_WORK_GROUP_COUNT || state == GL_MAX_COMPUTE_WORK_GROUP_SIZE) return 1;
    const std::size_t known = wire::gl::size::state(state);
    if (known != 0) return known;
    GLenum number = GL_NUM_COMPRESSED_TEXTURE_FORMATS;
    if (state == GL_PROGRAM_BINARY_FORMATS) number = GL_NUM_PROGRAM_BINARY_FORMATS;
    if (state == GL_SHADER_BINARY_FORMATS) number = GL_NUM_SHADER_BINARY_FORMATS;
    GLint count = 0;
    executor.table().glGetIntegerv(number, &count);
    return count < 0 || count > kLongestList ? 0 : static_cast<std::size_t>(count);
}

template <class T, class Reply, class Get>
void get(GlExecutor& executor, ReplySink& sink, GLenum state, Get&& call,
         std::span<const std::byte> Reply::*field) {
    executor.settle_errors();
    const std::size_t count = count_of(executor, state);
    wire::gl::Room room(count * sizeof(T));
    call(room.data<T>());
    if (executor.failed()) return executor.refuse();
    for (std::size_t index = 0; index < count; ++index) {
        T& value = room.data<T>()[index];
        value = said(executor, state, value);
    }
    Reply reply;
    reply.*field = room.bytes();
    sink.outputs(reply);
}

}  // namespace

void glGetBooleanv(GlExecutor& executor, const wire::RecordHeader&,
                   const wire::glGetBooleanv_Request& request, ReplySink& sink) {
    get<GLboolean>(
        executor, sink, request.pname,
        [&](GLboolean* to) { executor.table().glGetBooleanv(request.pname, to); },
        &wire::glGetBooleanv_Reply::data);
}

void glGetIntegerv(GlExecutor& executor, const wire::RecordHeader&,
                   const wire::glGetIntegerv_Request& request, ReplySink& sink) {
    get<GLint>(
        executor, sink, request.pname, [&](GLint* to) { executor.table().glGetIntegerv(request.pname, to); },
        &wire::glGetIntegerv_Reply::data);
}

void glGetInteger64v(GlExecutor& executor, const wire::RecordHeader&,
                     const wire::glGetInteger64v_Request& request, ReplySink& sink) {
    if (executor.table().glGetInteger64v == nullptr) return executor.missing();
    get<GLint64>(
        executor, sink, request.pname,
        [&](GLint64* to) { executor.table().glGetInteger64v(request.pname, to); },
        &wire::glGetInteger64v_Reply::data);
}

void glGetFloatv(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetFloatv_Request& request,
                 ReplySink& sink) {
    get<GLfloat>(
        executor, sink, request.pname, [&](GLfloat* to) { executor.table().glGetFloatv(request.pname, to); },
        &wire::glGetFloatv_Reply::data);
}

void glGetDoublev(GlExecutor& executor, const wire::RecordHeader&, const wire::glGetDoublev_Request& request,
                  ReplySink& sink) {
    get<GLdouble>(
        executor, sink, request.pname,
        [&](GLdouble* to) { executor.table().glGetDoublev(request.pname, to); },
        &wire::glGetDoublev_Reply::data);
}

void glGetBooleani_v(GlExecutor& executor, const wire::RecordHeader&,
                     const wire::glGetBooleani_v_Request& request, ReplySink& sink) {
    if (executor.table().glGetBooleani_v == nullptr) return executor.missing();
    get<GLboolean>(
        executor, sink, request.target,
        [&](GLboolean* to) { executor.table().glGetBooleani_v(request.target, request.index, to); },
        &wire::glGetBooleani_v_Reply::data);
}

void glGetIntegeri_v(GlExecutor& executor, const wire::RecordHeader&,
                     const wire::glGetIntegeri_v_Request& request, ReplySink& sink) {
    if (executor.table().glGetIntegeri_v == nullptr) return executor.missing();
    get<GLint>(
        executor, sink, request.target,
        [&](GLint* to) { executor.table().glGetIntegeri_v(request.target, request.index, to); },
        &wire::glGetIntegeri_v_Reply::data);
}

void glGetInteger64i_v(GlExecutor& executor, const wire::RecordHeader&,
                       const wire::glGetInteger64i_v_Request& request, ReplySink& sink) {
    if (executor.table().glGetInteger64i_v == nullptr) return executor.missing();
    get<GLint64>(
        executor, sink, request.target,
        [&](GLint64* to) { executor.table().glGetInteger64i_v(request.target, request.index, to); },
        &wire::glGetInteger64i_v_Reply::data);
}

void glGetFloati_v(GlExecutor& executor, const wire::RecordHeader&,
                   const wire::glGetFloati_v_Request& request, ReplySink& sink) {
    if (executor.table().glGetFloati_v == nullptr) return executor.missing();
    get<GLfloat>(
        executor, sink, request.target,
        [&](GLfloat* to) { executor.table().glGetFloati_v(request.target, request.index, to); },
        &wire::glGetFloati_v_Reply::data);
}

void glGetDoublei_v(GlExecutor& executor, const wire::RecordHeader&,
                    const wire::glGetDoublei_v_Request& request, ReplySink& sink) {
    if (executor.table().glGetDoublei_v == nullptr) return executor.missing();
    get<GLdouble>(
        executor, sink, request.target,
        [&](GLdouble* to) { executor.table().glGetDoublei_v(request.target, request.index, to); },
        &wire::glGetDoublei_v_Reply::data);
}

namespace {

// What the host says of an attachment, as the guest would have it. A window's attachments have no names.
GLint said_of_attachment(GlExecutor& executor, bool is_window, GLenum parameter, GLint type, GLint value) {
    const bool is_default = is_window && static_cast<GLenum>(type) != GL_NONE;
    if (parameter == GL_FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE) {
        return is_default ? static_cast<GLint>(GL_FRAMEBUFFER_DEFAULT) : value;
    }
    if (parameter != GL_FRAMEBUFFER_ATTACHMENT_OBJECT_NAME) return value;
    if (is_window) return 0;
    const bool is_texture = static_cast<GLenum>(type) == GL_TEXTURE;
    return static_cast<GLint>(
        executor.guest_name(is_texture ? GlName::texture : GlName::renderbuffer, static_cast<GLuint>(value)));
}

GLenum attachment_of(GlExecutor& executor, bool is_window, GLenum target, GLenum attachment) {
    if (!is_window) return attachment;
    if (attachment == GL_DEPTH) return GL_DEPTH_ATTACHMENT;
    if (attachment == GL_STENCIL) return GL_STENCIL_ATTACHMENT;
    return executor.frames().attachment(attachment, target);
}

// What only framebuffer objects have; on the host the default one is such an object, too.
bool is_of_object(GLenum parameter) {
    return parameter >= GL_FRAMEBUFFER_DEFAULT_WIDTH &&
           parameter <= GL_FRAMEBUFFER_DEFAULT_FIXED_SAMPLE_LOCATIONS;
}

}  // namespace

void glGetFramebufferAttachmentParameteriv(GlExecutor& executor, const wire::RecordHeader&,
                                           const wire::glGetFramebufferAttachmentParameteriv_Request& request,
                                           ReplySink& sink) {
    const GLenum target = request.target == GL_READ_FRAMEBUFFER ? GL_READ_FRAMEBUFFER : GL_DRAW_FRAMEBUFFER;
    const bool is_window = executor.frames().is_default(target) && executor.frames().has_default(target);
    const GLenum attachment = attachment_of(executor, is_window, target, request.attachment);
    GLint type = static_cast<GLint>(GL_NONE);
    wire::gl::Room room(sizeof(GLint));
    executor.settle_errors();
    const auto ask = [&](GLenum parameter, GLint* to) {
        executor.table().glGetFramebufferAttachmentParameteriv(request.target, attachment, parameter, to);
    };
    ask(GL_FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE, &type);
    ask(request.pname, room.data<GLint>());
    if (executor.failed()) return executor.refuse();
    GLint& value = *room.data<GLint>();
    value = said_of_attachment(executor, is_window, request.pname, type, value);
    wire::glGetFramebufferAttachmentParameteriv_Reply reply;
    reply.params = room.bytes();
    sink.outputs(reply);
}

void glGetNamedFramebufferAttachmentParameteriv(
    GlExecutor& executor, const wire::RecordHeader&,
    const wire::glGetNamedFramebufferAttachmentParameteriv_Request& request, ReplySink& sink) {
    if (executor.table().glGetNamedFramebufferAttachmentParameteriv == nullptr) return executor.missing();
    const bool is_window = request.framebuffer == 0 && executor.frames().has_default(GL_DRAW_FRAMEBUFFER);
    const GLenum attachment = attachment_of(executor, is_window, GL_DRAW_FRAMEBUFFER, request.attachment);
    const GLuint host = executor.name(GlName::framebuffer, request.framebuffer);
    GLint type = static_cast<GLint>(GL_NONE);
    wire::gl::Room room(sizeof(GLint));
    executor.settle_errors();
    const auto ask = [&](GLenum parameter, GLint* to) {
        executor.table().glGetNamedFramebufferAttachmentParameteriv(host, attachment, parameter, to);
    };
    ask(GL_FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE, &type);
    ask(request.pname, room.data<GLint>());
    if (executor.failed()) return executor.refuse();
    GLint& value = *room.data<GLint>();
    value = said_of_attachment(executor, is_window, request.pname, type, value);
    wire::glGetNamedFramebufferAttachmentParameteriv_Reply reply;
    reply.params = room.bytes();
    sink.outputs(reply);
}

void glGetFramebufferParameteriv(GlExecutor& executor, const wire::RecordHeader&,
                                 const wire::glGetFramebufferParameteriv_Request& request, ReplySink& sink) {
    if (executor.table().glGetFramebufferParameteriv == nullptr) return executor.missing();
    if (is_of_object(request.pname) && executor.frames().is_default(request.target)) {
        executor.set_error(GL_INVALID_OPERATION);
        return executor.refuse();
    }
    wire::gl::Room room(sizeof(GLint));
    executor.settle_errors();
    executor.table().glGetFramebufferParameteriv(request.target, request.pname, room.data<GLint>());
    if (executor.failed()) return executor.refuse();
    *room.data<GLint>() = said(executor, request.pname, *room.data<GLint>());
    wire::glGetFramebufferParameteriv_Reply reply;
    reply.params = room.bytes();
    sink.outputs(reply);
}

void glGetNamedFramebufferParameteriv(GlExecutor& executor, const wire::RecordHeader&,
                                      const wire::glGetNamedFramebufferParameteriv_Request& request,
                                      ReplySink& sink) {
    if (executor.table().glGetNamedFramebufferParameteriv == nullptr) return executor.missing();
    if (is_of_object(request.pname) && request.framebuffer == 0) {
        executor.set_error(GL_INVALID_OPERATION);
        return executor.refuse();
    }
    wire::gl::Room room(sizeof(GLint));
    executor.settle_errors();
    executor.table().glGetNamedFramebufferParameteriv(executor.name(GlName::framebuffer, request.framebuffer),
                                                      request.pname, room.data<GLint>());
    if (executor.failed()) return executor.refuse();
    wire::glGetNamedFramebufferParameteriv_Reply reply;
    reply.param = room.bytes();
    sink.outputs(reply);
}

}  // namespace engine::gl::hand
