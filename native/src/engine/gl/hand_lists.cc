// Display lists by hand. Called by generated dispatch.
#include <vector>

#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {

void glNewList(GlExecutor& executor, const wire::RecordHeader&, const wire::glNewList_Request& request,
               ReplySink&) {
    executor.table().glNewList(executor.name(GlName::list, request.list), request.mode);
    executor.look_for_list();
}

void glEndList(GlExecutor& executor, const wire::RecordHeader&, const wire::glEndList_Request&, ReplySink&) {
    executor.table().glEndList();
    executor.note_list(false);
}

// The names are sums with the guest's list base already, and GL adds the host's again.
void glCallLists(GlExecutor& executor, const wire::RecordHeader&, const wire::glCallLists_Request& request,
                 ReplySink&) {
    GLint base = 0;
    executor.table().glGetIntegerv(GL_LIST_BASE, &base);
    const GLuint* from = wire::gl::view<GLuint>(request.lists);
    std::vector<GLuint> lists(request.lists.size() / sizeof(GLuint));
    for (std::size_t index = 0; index < lists.size(); ++index) {
        lists[index] = executor.name(GlName::list, from[index]) - static_cast<GLuint>(base);
    }
    executor.table().glCallLists(static_cast<GLsizei>(lists.size()), GL_UNSIGNED_INT, lists.data());
}

}  // namespace engine::gl::hand
