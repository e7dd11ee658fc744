// Draws of which Mesa (22.3) reads the arrays without looking at the ends of their buffers, nor at whether
// there are any: while a display list is compiled, and while what is drawn is gathered (selection, feedback).
// Used by handlers of draws, generated and by hand; engine thread.
#pragma once
#include <cstdint>

#include "engine/gl/gl_executor.h"

namespace engine::gl {

// Whether every array that is on has elements [first, first + count). False: an error of the program's, and
// nothing is drawn.
bool has_elements(GlExecutor& executor, GLint first, GLsizei count);

// The same of the elements that `count` indices name, `base` added, at `offset` of the buffer of indices.
bool has_elements(GlExecutor& executor, GLsizei count, GLenum type, const void* offset, GLint base);

}  // namespace engine::gl
