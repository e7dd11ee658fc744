// Selection and feedback: where the program wants what drawing in those modes gathers, and which mode is on.
// The host gathers; the memory is the program's when the mode ends. A context's; one thread.
#pragma once
#include "gl/enums.h"
#include "gl/types.h"

namespace guest::gl {

struct Feedback {
    GLenum mode = GL_RENDER;
    GLuint* selection = nullptr;
    GLsizei selection_size = 0;
    GLfloat* values = nullptr;
    GLsizei values_size = 0;
};

}  // namespace guest::gl
