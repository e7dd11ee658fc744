// Draws while a display list is compiled. GL reads their arrays there and then, and Mesa (22.3) does so
// without looking at the ends of their buffers, nor at whether there are any. Used by handlers of draws,
// generated and by hand; engine thread.
#pragma once
#include <cstdint>

#include "engine/gl/gl_executor.h"

namespace engine::gl {

// Whether every array that is on has elements [first, first + count). False: an error of the program's, and
// nothing is drawn.
bool may_list(GlExecutor& executor, GLint first, GLsizei count);

// The same of the elements that `count` indices name, `base` added, at `offset` of the buffer of indices.
bool may_list(GlExecutor& executor, GLsizei count, GLenum type, const void* offset, GLint base);

}  // namespace engine::gl
