// Display lists by hand. Called by generated dispatch.
#include <vector>

#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {

void glBegin(GlExecutor& executor, const wire::RecordHeader&, const wire::glBegin_Request& request,
             ReplySink&) {
    executor.table().glBegin(request.mode);
    if (request.mode <= GL_PATCHES) executor.list_state().has_begun = true;
}

void glEnd(GlExecutor& executor, const wire::RecordHeader&, const wire::glEnd_Request&, ReplySink&) {
    executor.table().glEnd();
    executor.list_state().has_begun = false;
}

void glNewList(GlExecutor& executor, const wire::RecordHeader&, const wire::glNewList_Request& request,
               ReplySink&) {
    ListState& state = executor.list_state();
    executor.settle_errors();
    executor.table().glNewList(executor.name(GlName::list, request.list), request.mode);
    if (executor.failed() || state.has_begun) return;
    state.mode = request.mode;
}

// Mesa (22.3) ends a list inside of glBegin with vertices that are not there, though it says the error of the
// mode that also executes: what is open is closed first.
void glEndList(GlExecutor& executor, const wire::RecordHeader&, const wire::glEndList_Request&, ReplySink&) {
    ListState& state = executor.list_state();
    if (state.has_begun && state.compiles()) executor.table().glEnd();
    if (state.has_begun && state.mode == GL_COMPILE_AND_EXECUTE) {
        executor.settle_errors();
        executor.set_error(GL_INVALID_OPERATION);
    }
    executor.table().glEndList();
    state = {};
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
