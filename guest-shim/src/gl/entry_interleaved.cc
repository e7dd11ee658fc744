// glInterleavedArrays: several arrays in one call, as the calls that it stands for.
#include <array>
#include <cstdint>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"

namespace guest::gl::hand {
namespace {

// Of an element: texture coordinates, colour, normal and position follow each other in this order.
struct Layout {
    GLint coordinates;
    GLint colours;
    bool has_bytes;  // the colours are bytes, else floats as all the rest
    bool has_normal;
    GLint positions;
};

// By format, from GL_V2F on.
constexpr std::array<Layout, 14> kLayouts{{
    {0, 0, false, false, 2},
    {0, 0, false, false, 3},
    {0, 4, true, false, 2},
    {0, 4, true, false, 3},
    {0, 3, false, false, 3},
    {0, 0, false, true, 3},
    {0, 4, false, true, 3},
    {2, 0, false, false, 3},
    {4, 0, false, false, 4},
    {2, 4, true, false, 3},
    {2, 3, false, false, 3},
    {2, 0, false, true, 3},
    {2, 4, false, true, 3},
    {4, 4, false, true, 4},
}};

GLsizei floats(GLint count) { return count * static_cast<GLsizei>(sizeof(GLfloat)); }

void set_client_state(Context& context, GLenum array, bool on) {
    on ? glEnableClientState(context, array) : glDisableClientState(context, array);
}

}  // namespace

void glInterleavedArrays(Context& context, GLenum format, GLsizei stride, const void* pointer) {
    // Of formats below the first one the difference is larger than any index.
    const std::size_t index = format - GL_V2F;
    if (index >= kLayouts.size()) return fail(context, GL_INVALID_ENUM);
    if (stride < 0) return fail(context, GL_INVALID_VALUE);
    const Layout& layout = kLayouts[index];
    const GLsizei colour_bytes = layout.has_bytes ? layout.colours : floats(layout.colours);
    const GLsizei normal_bytes = layout.has_normal ? floats(3) : 0;
    const GLsizei before_position = floats(layout.coordinates) + colour_bytes + normal_bytes;
    const GLsizei step = stride != 0 ? stride : before_position + floats(layout.positions);
    // SAFETY: a number, as it may be an offset into a buffer; nothing is read here.
    const auto base = reinterpret_cast<std::uintptr_t>(pointer);
    const auto at = [base](GLsizei offset) {
        return reinterpret_cast<const void*>(base + static_cast<std::uintptr_t>(offset));
    };
    for (const GLenum array :
         {GL_EDGE_FLAG_ARRAY, GL_INDEX_ARRAY, GL_FOG_COORD_ARRAY, GL_SECONDARY_COLOR_ARRAY})
        set_client_state(context, array, false);
    set_client_state(context, GL_TEXTURE_COORD_ARRAY, layout.coordinates != 0);
    if (layout.coordinates != 0) glTexCoordPointer(context, layout.coordinates, GL_FLOAT, step, at(0));
    set_client_state(context, GL_COLOR_ARRAY, layout.colours != 0);
    if (layout.colours != 0) {
        const GLenum type = layout.has_bytes ? GL_UNSIGNED_BYTE : GL_FLOAT;
        glColorPointer(context, layout.colours, type, step, at(floats(layout.coordinates)));
    }
    set_client_state(context, GL_NORMAL_ARRAY, layout.has_normal);
    if (layout.has_normal) glNormalPointer(context, GL_FLOAT, step, at(before_position - normal_bytes));
    set_client_state(context, GL_VERTEX_ARRAY, true);
    glVertexPointer(context, layout.positions, GL_FLOAT, step, at(before_position));
}

}  // namespace guest::gl::hand
