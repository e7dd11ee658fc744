// Addresses that the program has given: they never cross, so they are answered here.
#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

// The slot of an array that has a pointer of its own; slot::kCount: none.
unsigned slot_of(const Context& context, GLenum pname) {
    switch (pname) {
        case GL_VERTEX_ARRAY_POINTER:
            return slot::kVertex;
        case GL_NORMAL_ARRAY_POINTER:
            return slot::kNormal;
        case GL_COLOR_ARRAY_POINTER:
            return slot::kColor;
        case GL_INDEX_ARRAY_POINTER:
            return slot::kIndex;
        case GL_EDGE_FLAG_ARRAY_POINTER:
            return slot::kEdgeFlag;
        case GL_FOG_COORD_ARRAY_POINTER:
            return slot::kFogCoord;
        case GL_SECONDARY_COLOR_ARRAY_POINTER:
            return slot::kSecondaryColor;
        case GL_TEXTURE_COORD_ARRAY_POINTER:
            return slot::kTexCoord + context.arrays.client_unit;
        default:
            return slot::kCount;
    }
}

}  // namespace

void glGetPointerv(Context& context, GLenum pname, void** params) {
    if (params == nullptr) return;
    const bool is_old = context.facts().profile == 2;
    const unsigned at = slot_of(context, pname);
    // SAFETY: GL hands addresses of data and of functions out as one kind of pointer, and constant ones too.
    if (pname == GL_DEBUG_CALLBACK_FUNCTION)
        *params = reinterpret_cast<void*>(context.debug.callback);
    else if (pname == GL_DEBUG_CALLBACK_USER_PARAM)
        *params = const_cast<void*>(context.debug.user);
    else if (is_old && at != slot::kCount)
        *params = const_cast<void*>(context.arrays.current().slots[at].pointer);
    else if (is_old && pname == GL_SELECTION_BUFFER_POINTER)
        *params = context.feedback.selection;
    else if (is_old && pname == GL_FEEDBACK_BUFFER_POINTER)
        *params = context.feedback.values;
    else
        fail(context, GL_INVALID_ENUM);
}

void glGetVertexAttribPointerv(Context& context, GLuint index, GLenum pname, void** pointer) {
    constexpr unsigned kSlots = slot::kCount - slot::kGeneric;
    if (index >= kSlots || index >= context.facts().number(GL_MAX_VERTEX_ATTRIBS, kSlots))
        return fail(context, GL_INVALID_VALUE);
    if (pname != GL_VERTEX_ATTRIB_ARRAY_POINTER) return fail(context, GL_INVALID_ENUM);
    const ArraySlot& slot = context.arrays.current().slots[slot::kGeneric + index];
    if (pointer != nullptr) *pointer = const_cast<void*>(slot.pointer);
}

}  // namespace guest::gl::hand
