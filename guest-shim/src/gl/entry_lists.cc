// Immediate mode and display lists: between glBegin and glEnd little is allowed, and what is put into a list
// happens when it is called (shadow.h).
#include <cstring>
#include <vector>

#include "gl/sizes.h"
#include "gl/valid.h"
#include "guest/gl_hand.h"
#include "wire/limits.h"

namespace guest::gl::hand {
namespace {

GLuint list_base(Context& context) {
    GLint base = 0;
    glGetIntegerv(context, GL_LIST_BASE, &base);
    return static_cast<GLuint>(base);
}

template <class T>
GLint number(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return static_cast<GLint>(value);
}

// A name of glCallLists.
GLint list_name(GLenum type, const std::byte* at) {
    const auto part = [at](std::size_t index) { return std::to_integer<GLint>(at[index]); };
    switch (type) {
        case GL_BYTE:
            return number<GLbyte>(at);
        case GL_SHORT:
            return number<GLshort>(at);
        case GL_UNSIGNED_SHORT:
            return number<GLushort>(at);
        case GL_FLOAT:
            return number<GLfloat>(at);
        case GL_2_BYTES:
            return part(0) << 8 | part(1);
        case GL_3_BYTES:
            return part(0) << 16 | part(1) << 8 | part(2);
        case GL_4_BYTES:
            return static_cast<GLint>(static_cast<GLuint>(part(0)) << 24) | part(1) << 16 | part(2) << 8 |
                   part(3);
        case GL_UNSIGNED_BYTE:
            return part(0);
        default:
            return number<GLint>(at);
    }
}

// True: GL takes what is in the list.
bool called(Context& context, GLuint list) {
    return context.group().with_lists([&](const ListTable& lists) {
        return context.shadow.call_list(lists, list, draws_plainly(context));
    });
}

}  // namespace

void glBegin(Context& context, GLenum mode) {
    const bool is_mode = is_compatible(context) && mode <= GL_POLYGON && !context.shadow.in_begin();
    context.shadow.note_draw();
    if (is_mode && (context.shadow.is_compiling() || draws_plainly(context))) context.errors().vouch();
    if (is_mode)
        context.shadow.begin();
    else if (is_compatible(context) && mode > GL_POLYGON)
        context.shadow.retire();
    remote::glBegin(context, mode);
}

void glEnd(Context& context) {
    if (context.shadow.in_begin()) context.errors().vouch();
    context.shadow.end();
    remote::glEnd(context);
}

void glNewList(Context& context, GLuint list, GLenum mode) {
    const bool is_fine =
        list != 0 && (mode == GL_COMPILE || mode == GL_COMPILE_AND_EXECUTE) && !context.shadow.is_compiling();
    if (!context.shadow.takes(is_fine)) {
        context.shadow.retire();
        return remote::glNewList(context, list, mode);
    }
    context.names(NameKind::list, [&](NameTable& table) { table.hold(list); });
    context.errors().vouch();
    remote::glNewList(context, list, mode);
    context.shadow.begin_list(list, mode == GL_COMPILE_AND_EXECUTE);
}

void glEndList(Context& context) {
    const GLuint list = context.shadow.list();
    const bool is_fine = !context.shadow.in_begin();
    const auto effects = context.shadow.end_list();
    if (effects != nullptr) {
        context.group().with_lists([&](ListTable& lists) { lists[list] = effects; });
        if (is_fine) context.errors().vouch();
    }
    remote::glEndList(context);
    context.changed_names(NameKind::list);
}

void glCallList(Context& context, GLuint list) {
    const bool is_sure = called(context, list);
    if (is_sure) context.errors().vouch();
    remote::glCallList(context, list);
}

void glCallLists(Context& context, GLsizei n, GLenum type, const void* lists) {
    const std::size_t each = wire::gl::size::list_name(type);
    if (each == 0) return fail(context, GL_INVALID_ENUM);
    if (n < 0) return fail(context, GL_INVALID_VALUE);
    if (n == 0 || lists == nullptr) return;
    context.follow_names();
    const GLuint base = list_base(context);
    std::vector<GLuint> names(static_cast<std::size_t>(n));
    if (names.size() * sizeof(GLuint) > wire::limits::kGlDataBytes) return fail(context, GL_OUT_OF_MEMORY);
    bool is_sure = true;
    for (std::size_t at = 0; at < names.size(); ++at) {
        names[at] =
            base + static_cast<GLuint>(list_name(type, static_cast<const std::byte*>(lists) + at * each));
        is_sure &= called(context, names[at]);
    }
    if (is_sure) context.errors().vouch();
    send(context, wire::glCallLists_Request{.lists = std::as_bytes(std::span(names))});
}

void glListBase(Context& context, GLuint base) {
    const bool is_sure = context.shadow.takes(is_compatible(context));
    context.shadow.set(is_sure, GL_LIST_BASE, base);
    if (is_sure) context.errors().vouch();
    remote::glListBase(context, base);
}

}  // namespace guest::gl::hand
