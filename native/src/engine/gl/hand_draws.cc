// Draws of many parts, and display lists, by hand. Called by generated dispatch.
#include <algorithm>
#include <vector>

#include "engine/gl/arguments.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {
namespace {

// The offsets of the parts as GL wants them; false: the record holds fewer.
bool parts_of(GlExecutor& executor, std::span<const std::byte> counts, std::span<const std::byte> offsets,
              GLsizei count, std::vector<const void*>& pointers) {
    const auto parts = static_cast<std::size_t>(std::max(count, 0));
    if (counts.size() < parts * sizeof(GLsizei) || offsets.size() < parts * sizeof(std::uint64_t))
        return false;
    const auto* from = wire::gl::view<std::uint64_t>(offsets);
    pointers.resize(parts);
    for (std::size_t part = 0; part < parts; ++part) {
        if (!offset(executor, wire::gl::Binding::element_array, from[part], pointers[part])) return false;
    }
    return true;
}

}  // namespace

void glMultiDrawElements(GlExecutor& executor, const wire::RecordHeader& header,
                         const wire::glMultiDrawElements_Request& request, ReplySink&) {
    std::vector<const void*> pointers;
    if (!parts_of(executor, request.counts, request.offsets, request.drawcount, pointers)) {
        return executor.malformed(header);
    }
    executor.table().glMultiDrawElements(request.mode, wire::gl::view<GLsizei>(request.counts), request.type,
                                         pointers.data(), request.drawcount);
}

void glMultiDrawElementsBaseVertex(GlExecutor& executor, const wire::RecordHeader& header,
                                   const wire::glMultiDrawElementsBaseVertex_Request& request, ReplySink&) {
    if (executor.table().glMultiDrawElementsBaseVertex == nullptr) return executor.missing();
    std::vector<const void*> pointers;
    const bool whole = parts_of(executor, request.counts, request.offsets, request.drawcount, pointers);
    if (!whole || request.basevertices.size() < pointers.size() * sizeof(GLint)) {
        return executor.malformed(header);
    }
    executor.table().glMultiDrawElementsBaseVertex(request.mode, wire::gl::view<GLsizei>(request.counts),
                                                   request.type, pointers.data(), request.drawcount,
                                                   wire::gl::view<GLint>(request.basevertices));
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
