// Draws of many parts by hand. Called by generated dispatch.
#include <vector>

#include "engine/gl/arguments.h"
#include "engine/gl/array_ends.h"
#include "engine/gl/gl_executor.h"
#include "engine/replies.h"
#include "gl/enums.h"
#include "gl/sizes.h"
#include "gl/view.h"
#include "host/gl_hand.h"

namespace engine::gl::hand {
namespace {

// Whether a record holds an array of that for each part.
bool holds(std::span<const std::byte> array, GLsizei parts, std::size_t each) {
    return array.size() >= wire::gl::size::array(parts, each);
}

// The offsets of the parts as GL wants them; false, after an error: there is no buffer that they are into.
bool parts_of(GlExecutor& executor, std::span<const std::byte> offsets, GLsizei parts,
              std::vector<const void*>& pointers) {
    const auto* from = wire::gl::view<std::uint64_t>(offsets);
    pointers.resize(wire::gl::size::bytes(parts));
    for (std::size_t part = 0; part < pointers.size(); ++part) {
        if (!offset(executor, wire::gl::Binding::element_array, from[part], pointers[part])) return false;
    }
    return true;
}

// Whether the elements that the parts name are there, where it is for us to look.
bool parts_have_elements(GlExecutor& executor, GLenum type, const GLsizei* counts, const GLint* bases,
                         std::span<const void* const> pointers) {
    if (!executor.reads_past_ends()) return true;
    for (std::size_t part = 0; part < pointers.size(); ++part) {
        if (counts[part] < 0) {
            executor.negative();
            return false;
        }
        if (!has_elements(executor, counts[part], type, pointers[part], bases == nullptr ? 0 : bases[part]))
            return false;
    }
    return true;
}

}  // namespace

void glMultiDrawArrays(GlExecutor& executor, const wire::RecordHeader&,
                       const wire::glMultiDrawArrays_Request& request, ReplySink&) {
    const GLsizei parts = request.drawcount;
    if (any_negative(parts)) return executor.negative();
    const GLint* firsts = wire::gl::view<GLint>(request.first);
    const GLsizei* counts = wire::gl::view<GLsizei>(request.count);
    for (GLsizei part = 0; part < parts && executor.reads_past_ends(); ++part) {
        if (any_negative(counts[part])) return executor.negative();
        if (!has_elements(executor, firsts[part], counts[part])) return;
    }
    executor.table().glMultiDrawArrays(request.mode, firsts, counts, parts);
}

void glMultiDrawElements(GlExecutor& executor, const wire::RecordHeader& header,
                         const wire::glMultiDrawElements_Request& request, ReplySink&) {
    const GLsizei parts = request.drawcount;
    if (any_negative(parts)) return executor.negative();
    if (!holds(request.counts, parts, sizeof(GLsizei)) ||
        !holds(request.offsets, parts, sizeof(std::uint64_t)))
        return executor.malformed(header);
    std::vector<const void*> pointers;
    if (!parts_of(executor, request.offsets, parts, pointers)) return;
    const auto* counts = wire::gl::view<GLsizei>(request.counts);
    if (!parts_have_elements(executor, request.type, counts, nullptr, pointers)) return;
    executor.table().glMultiDrawElements(request.mode, wire::gl::view<GLsizei>(request.counts), request.type,
                                         pointers.data(), request.drawcount);
}

void glMultiDrawElementsBaseVertex(GlExecutor& executor, const wire::RecordHeader& header,
                                   const wire::glMultiDrawElementsBaseVertex_Request& request, ReplySink&) {
    if (executor.table().glMultiDrawElementsBaseVertex == nullptr) return executor.missing();
    const GLsizei parts = request.drawcount;
    if (any_negative(parts)) return executor.negative();
    if (!holds(request.counts, parts, sizeof(GLsizei)) ||
        !holds(request.offsets, parts, sizeof(std::uint64_t)) ||
        !holds(request.basevertices, parts, sizeof(GLint)))
        return executor.malformed(header);
    std::vector<const void*> pointers;
    if (!parts_of(executor, request.offsets, parts, pointers)) return;
    const auto* counts = wire::gl::view<GLsizei>(request.counts);
    const auto* bases = wire::gl::view<GLint>(request.basevertices);
    if (!parts_have_elements(executor, request.type, counts, bases, pointers)) return;
    executor.table().glMultiDrawElementsBaseVertex(request.mode, wire::gl::view<GLsizei>(request.counts),
                                                   request.type, pointers.data(), request.drawcount,
                                                   wire::gl::view<GLint>(request.basevertices));
}

}  // namespace engine::gl::hand
